/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_record.h"

static const char cut_mark[] = " cut=yes";

enum value_kind { VALUE_IS_TEXT, VALUE_IS_NUMBER, VALUE_IS_ADDRESS };

/* Its value follows, padded to 8 bytes. */
struct pair {
    const char *key;
    uint16_t    len;
    uint8_t     kind; /* enum value_kind                  */
    bool        cut;  /* the value was longer than this   */
};

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

struct log_record *log_record_begin(void *memory, enum log_level level, enum log_part part, const char *event)
{
    struct log_record *r = memory;

    *r = (struct log_record){
        .size   = sizeof *r,
        .level  = (uint8_t)level,
        .part   = (uint8_t)part,
        .worker = LOG_NO_WORKER,
        .event  = event,
    };
    return r;
}

static void put(struct log_record *r, const struct pair *pair, const void *value)
{
    size_t size = padded(sizeof *pair + pair->len);
    char  *at   = (char *)r + r->size;

    if (r->size + size > LOG_RECORD_MAX) {
        r->cut = true;
        return;
    }
    memcpy(at, pair, sizeof *pair);
    if (pair->len > 0)
        memcpy(at + sizeof *pair, value, pair->len);
    r->size += (uint32_t)size;
}

void log_record_put_text(struct log_record *r, const char *key, struct slice value, size_t longest)
{
    bool   cut = value.len > longest;
    size_t len = cut ? longest : value.len;

    put(r, &(struct pair){ key, (uint16_t)len, VALUE_IS_TEXT, cut }, value.ptr);
}

void log_record_put_number(struct log_record *r, const char *key, int64_t value)
{
    put(r, &(struct pair){ key, sizeof value, VALUE_IS_NUMBER, false }, &value);
}

void log_record_put_address(struct log_record *r, const char *key, const struct address *value)
{
    put(r, &(struct pair){ key, sizeof *value, VALUE_IS_ADDRESS, false }, value);
}

/* ---- as text ---- */

/* A byte of a value: what a reader of key=value can take without quotes, what can stand
 * inside quotes as it is, and all others, which are escaped there. */
enum { BARE = 1, QUOTED = 2 };

static const unsigned char kinds[256] = {
    [' '] = QUOTED, ['!'] = BARE | QUOTED,         ['#' ... '<'] = BARE | QUOTED,
    ['='] = QUOTED, ['>' ... '['] = BARE | QUOTED, [']' ... '~'] = BARE | QUOTED,
};

/* How many bytes at the start are of this kind. */
static size_t span(struct slice text, unsigned kind)
{
    size_t len = 0;

    while (len < text.len && kinds[(unsigned char)text.ptr[len]] & kind)
        len++;
    return len;
}

/* One byte inside quotes: a line stays one line of printable ASCII. */
static void put_escaped(struct buf *b, char c)
{
    switch (c) {
    case '\n':
        buf_put(b, SLICE("\\n"));
        break;
    case '\r':
        buf_put(b, SLICE("\\r"));
        break;
    case '\t':
        buf_put(b, SLICE("\\t"));
        break;
    case '"':
    case '\\':
        buf_put_byte(b, '\\');
        buf_put_byte(b, c);
        break;
    default:
        buf_put(b, SLICE("\\x"));
        buf_put_hex(b, &c, 1);
    }
}

static void put_inside_quotes(struct buf *b, struct slice value)
{
    for (size_t done = 0; done < value.len;) {
        struct slice rest = { value.ptr + done, value.len - done };

        rest.len = span(rest, QUOTED);
        buf_put(b, rest);
        done += rest.len;
        if (done < value.len)
            put_escaped(b, value.ptr[done++]);
    }
}

void log_value_write(struct buf *b, struct slice value, bool cut)
{
    if (value.len > 0 && !cut && span(value, BARE) == value.len) {
        buf_put(b, value);
        return;
    }
    buf_put_byte(b, '"');
    put_inside_quotes(b, value);
    buf_put(b, cut ? SLICE("...\"") : SLICE("\""));
}

/* `width` digits, zeros in front, and what follows them. */
static void put_digits(char **at, unsigned number, unsigned width, char after)
{
    for (unsigned i = width; i-- > 0; number /= 10)
        (*at)[i] = (char)('0' + number % 10);
    (*at)[width] = after;
    *at += width + 1;
}

/* Days since 1970 as a date of the Gregorian calendar: years are counted from March,
 * so that the leap day is the last of its year, in eras of 400 years. */
static void put_date(char **at, uint64_t days)
{
    uint64_t shifted     = days + 719468; /* from 0000-03-01 */
    uint64_t era         = shifted / 146097;
    unsigned day_of_era  = (unsigned)(shifted % 146097);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march  = (5 * day_of_year + 2) / 153;
    unsigned day         = day_of_year - (153 * from_march + 2) / 5 + 1;
    unsigned month       = from_march < 10 ? from_march + 3 : from_march - 9;

    put_digits(at, (unsigned)(era * 400) + year_of_era + (month <= 2), 4, '-');
    put_digits(at, month, 2, '-');
    put_digits(at, day, 2, 'T');
}

void log_time_write(struct buf *b, uint64_t wall)
{
    uint64_t days   = wall / 86400000;
    unsigned of_day = (unsigned)(wall % 86400000);
    char     text[sizeof "2026-11-26T11:10:30.123Z"], *at = text;

    put_date(&at, days);
    put_digits(&at, of_day / 3600000, 2, ':');
    put_digits(&at, of_day / 60000 % 60, 2, ':');
    put_digits(&at, of_day / 1000 % 60, 2, '.');
    put_digits(&at, of_day % 1000, 3, 'Z');
    buf_put(b, slice_between(text, at));
}

static void put_number(struct buf *b, const char *bytes)
{
    int64_t value;

    memcpy(&value, bytes, sizeof value);
    if (value < 0)
        buf_put_byte(b, '-');
    buf_put_number(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_value(struct buf *b, const struct pair *pair, const char *bytes)
{
    struct address address;

    switch ((enum value_kind)pair->kind) {
    case VALUE_IS_TEXT:
        log_value_write(b, (struct slice){ bytes, pair->len }, pair->cut);
        break;
    case VALUE_IS_NUMBER:
        put_number(b, bytes);
        break;
    case VALUE_IS_ADDRESS:
        memcpy(&address, bytes, sizeof address);
        address_write(b, &address);
        break;
    }
}

static void put_word(struct buf *b, const char *key, const char *value)
{
    if (b->len > 0)
        buf_put_byte(b, ' ');
    buf_put(b, slice_from(key));
    buf_put_byte(b, '=');
    buf_put(b, slice_from(value));
}

static void put_head(struct buf *b, const struct log_record *r, bool with_time)
{
    if (with_time && r->nsec != 0) {
        buf_put(b, SLICE("time="));
        log_time_write(b, r->nsec / 1000000);
    }
    put_word(b, "level", log_level_name((enum log_level)r->level));
    put_word(b, "part", log_part_name((enum log_part)r->part));
    if (r->worker != LOG_NO_WORKER) {
        buf_put(b, SLICE(" worker="));
        buf_put_number(b, r->worker);
    }
    if (r->event != NULL)
        put_word(b, "event", r->event);
}

/* " key=value" as a whole or, if it does not fit, not at all. */
static void put_pair(struct buf *b, const struct pair *pair, const char *bytes)
{
    size_t mark = b->len;

    buf_put_byte(b, ' ');
    buf_put(b, slice_from(pair->key));
    buf_put_byte(b, '=');
    put_value(b, pair, bytes);
    if (!buf_ok(b))
        b->len = mark;
}

void log_record_write(struct buf *b, const struct log_record *r, bool with_time)
{
    struct buf  body = buf_on(b->ptr + b->len, b->cap - b->len);
    const char *at = (const char *)r + sizeof *r, *end = (const char *)r + r->size;
    struct pair pair;

    if (body.cap < sizeof cut_mark) {
        b->overflow = true;
        return;
    }
    body.cap -= sizeof cut_mark - 1;
    put_head(&body, r, with_time);
    while (at < end) {
        memcpy(&pair, at, sizeof pair);
        put_pair(&body, &pair, at + sizeof pair);
        at += padded(sizeof pair + pair.len);
    }
    b->len += body.len;
    if (r->cut || !buf_ok(&body))
        buf_put(b, slice_from(cut_mark));
}
