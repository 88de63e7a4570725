/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_record.h"

#include "base/run.h"

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

#ifdef __x86_64__
/* A bit for each of sixteen bytes that is not of this kind; from 0x80 on they are negative, and so are below SP, too.
 */
static inline unsigned stops(const char *at, unsigned kind)
{
    __m128i v     = run_load(at);
    __m128i found = _mm_cmplt_epi8(v, _mm_set1_epi8(kind == BARE ? '!' : ' '));

    found = run_or(run_or(found, run_is(v, 0x7f)), run_or(run_is(v, '"'), run_is(v, '\\')));
    if (kind == BARE)
        found = run_or(found, run_is(v, '='));
    return (unsigned)_mm_movemask_epi8(found);
}

/* As span, for sixteen bytes or more: the last sixteen may be looked at twice.  400 of a line's instructions less. */
static inline size_t span_long(struct slice text, unsigned kind)
{
    unsigned found = 0;
    size_t   at    = 0;

    while (at + 16 < text.len && (found = stops(text.ptr + at, kind)) == 0)
        at += 16;
    if (found == 0) {
        at    = text.len - 16;
        found = stops(text.ptr + at, kind);
    }
    return found != 0 ? at + (size_t)__builtin_ctz(found) : text.len;
}
#endif

/* How many bytes at the start are of this kind. */
static inline size_t span(struct slice text, unsigned kind)
{
    size_t len = 0;

#ifdef __x86_64__
    if (text.len >= 16)
        return span_long(text, kind);
#endif
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

/* Two digits, and what follows them. */
static inline void put_two(char **at, unsigned number, char after)
{
    (*at)[0] = (char)('0' + number / 10);
    (*at)[1] = (char)('0' + number % 10);
    (*at)[2] = after;
    *at += 3;
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

    unsigned year = (unsigned)(era * 400) + year_of_era + (month <= 2);

    put_two(at, year / 100, '-');
    --*at;
    put_two(at, year % 100, '-');
    put_two(at, month, '-');
    put_two(at, day, 'T');
}

void log_time_write(struct buf *b, uint64_t wall)
{
    uint64_t days   = wall / 86400000;
    unsigned of_day = (unsigned)(wall % 86400000);
    char     text[sizeof "2026-11-26T11:10:30.123Z"], *at = text;

    put_date(&at, days);
    put_two(&at, of_day / 3600000, ':');
    put_two(&at, of_day / 60000 % 60, ':');
    put_two(&at, of_day / 1000 % 60, '.');
    put_two(&at, of_day % 1000 / 10, (char)('0' + of_day % 10));
    *at++ = 'Z';
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

static void put_head(struct buf *b, const struct log_record *r, bool with_time)
{
    if (with_time && r->nsec != 0) {
        buf_put(b, SLICE("time="));
        log_time_write(b, r->nsec / 1000000);
        buf_put_byte(b, ' ');
    }
    buf_put(b, SLICE("level="));
    buf_put(b, slice_from(log_level_name((enum log_level)r->level)));
    buf_put(b, SLICE(" part="));
    buf_put(b, slice_from(log_part_name((enum log_part)r->part)));
    if (r->worker != LOG_NO_WORKER) {
        buf_put(b, SLICE(" worker="));
        buf_put_number(b, r->worker);
    }
    if (r->event != NULL) {
        buf_put(b, SLICE(" event="));
        buf_put(b, slice_from(r->event));
    }
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
