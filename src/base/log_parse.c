/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_parse.h"

#include "base/scan.h"

/* ---- time ---- */

/* Exactly `width` digits. */
static bool scan_digits(struct scan *s, unsigned width, uint64_t *number)
{
    const char *at = s->at;

    *number = 0;
    for (unsigned i = 0; i < width; i++, at++) {
        if (at == s->end || *at < '0' || *at > '9')
            return false;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    s->at = at;
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar; see put_date in log_record.c. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
    uint64_t shifted     = month <= 2 ? year - 1 : year;
    uint64_t era         = shifted / 400;
    uint64_t year_of_era = shifted % 400;
    uint64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool scan_date(struct scan *s, uint64_t *days)
{
    uint64_t year, month, day;

    if (!(scan_digits(s, 4, &year) && scan_byte(s, '-') && scan_digits(s, 2, &month) && scan_byte(s, '-') &&
          scan_digits(s, 2, &day)))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = days_of(year, month, day);
    return true;
}

/* ".123456": milliseconds, cut. */
static uint64_t scan_fraction(struct scan *s)
{
    uint64_t ms     = 0, digit;
    unsigned digits = 0;

    if (!scan_byte(s, '.'))
        return 0;
    for (; scan_digits(s, 1, &digit); digits++)
        if (digits < 3)
            ms = ms * 10 + digit;
    for (; digits < 3; digits++)
        ms *= 10;
    return ms;
}

/* "Z", "+01:00", "-0330": minutes east of Greenwich. */
static bool scan_zone(struct scan *s, int64_t *minutes)
{
    uint64_t hours, rest;
    bool     west;

    *minutes = 0;
    if (scan_byte(s, 'Z'))
        return true;
    west = scan_byte(s, '-');
    if (!west && !scan_byte(s, '+'))
        return false;
    if (!scan_digits(s, 2, &hours))
        return false;
    scan_byte(s, ':');
    if (!scan_digits(s, 2, &rest) || hours > 23 || rest > 59)
        return false;
    *minutes = (int64_t)(hours * 60 + rest) * (west ? -1 : 1);
    return true;
}

static bool scan_time(struct scan *s, uint64_t *wall)
{
    uint64_t days, hour, minute, second, fraction;
    int64_t  zone;

    if (!(scan_date(s, &days) && scan_byte(s, 'T') && scan_digits(s, 2, &hour) && scan_byte(s, ':') &&
          scan_digits(s, 2, &minute) && scan_byte(s, ':') && scan_digits(s, 2, &second)))
        return false;
    fraction = scan_fraction(s);
    if (!scan_zone(s, &zone) || hour > 23 || minute > 59 || second > 60)
        return false;
    *wall = (days + 1) * 86400000 + (hour * 3600 + minute * 60 + second) * 1000 + fraction;
    *wall -= (uint64_t)(zone * 60000 + 86400000); /* a day more, so that nothing is below 0 on the way */
    return true;
}

bool log_time_parse(struct slice text, uint64_t *wall)
{
    struct scan s = scan_from(text);

    return scan_time(&s, wall) && scan_at_end(&s);
}

/* ---- the line ---- */

static bool begins_here(const struct scan *s)
{
    struct scan ahead = *s;

    return scan_word(&ahead, SLICE("time=")) || scan_word(&ahead, SLICE("level="));
}

/* "<6>", or "2026-11-26T11:10:30+0000 host ahoy[123]: ": up to where our own begins. */
static bool skip_prefix(struct scan *s, uint64_t *wall)
{
    uint64_t    digit;
    struct scan ahead = *s;
    const char *at;

    if (scan_byte(&ahead, '<') && scan_digits(&ahead, 1, &digit) && scan_byte(&ahead, '>'))
        *s = ahead;
    if (begins_here(s))
        return true;
    if (!scan_time(s, wall) || !scan_byte(s, ' '))
        return false;
    at = memmem(s->at, (size_t)(s->end - s->at), ": ", 2);
    if (at == NULL)
        return false;
    s->at = at + 2;
    return begins_here(s);
}

/* What a backslash in quotes stands for; false at its end. */
static bool scan_escape(struct scan *s, char *out)
{
    uint64_t value = 0;

    if (s->at == s->end)
        return false;
    *out = *s->at++;
    switch (*out) {
    case 'n':
        *out = '\n';
        return true;
    case 'r':
        *out = '\r';
        return true;
    case 't':
        *out = '\t';
        return true;
    case 'x':
        break;
    default:
        return *out == '"' || *out == '\\';
    }
    for (int i = 0; i < 2; i++) {
        int digit = s->at != s->end ? hex_value(*s->at) : -1;

        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
        s->at++;
    }
    *out = (char)value;
    return true;
}

/* Behind the opening quote, to behind the closing one. */
static bool scan_in_quotes(struct scan *s, char **memory, struct slice *value)
{
    char *start = *memory;

    while (s->at != s->end && *s->at != '"') {
        char c = *s->at++;

        if (c == '\\' && !scan_escape(s, &c))
            return false;
        *(*memory)++ = c;
    }
    *value = slice_between(start, *memory);
    return scan_byte(s, '"');
}

static bool scan_field(struct scan *s, char **memory, struct log_field *field)
{
    if (!scan_until(s, "= \"", &field->key) || !scan_byte(s, '='))
        return false;
    if (scan_byte(s, '"'))
        return scan_in_quotes(s, memory, &field->value);
    return scan_until(s, " \"=", &field->value);
}

bool log_parse(struct slice line, char *memory, struct log_fields *out)
{
    struct scan      s = scan_from(slice_trim(line));
    struct log_field field;

    out->wall  = 0;
    out->count = 0;
    if (!skip_prefix(&s, &out->wall))
        return false;
    while (scan_field(&s, &memory, &field)) {
        if (slice_eq(field.key, SLICE("time"))) {
            if (!log_time_parse(field.value, &out->wall))
                return false;
        } else if (out->count < LOG_FIELDS) {
            out->list[out->count++] = field;
        }
        if (scan_at_end(&s))
            return log_field(out, "level").len > 0 && log_field(out, "part").len > 0;
        if (!scan_byte(&s, ' '))
            return false;
    }
    return false;
}

struct slice log_field(const struct log_fields *f, const char *key)
{
    for (size_t i = 0; i < f->count; i++)
        if (slice_eq(f->list[i].key, slice_from(key)))
            return f->list[i].value;
    return (struct slice){ "", 0 };
}
