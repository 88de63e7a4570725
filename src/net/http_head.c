/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/http_head.h"

#include "base/scan.h"

size_t http_head_length(struct slice text, size_t known)
{
    size_t      from = known > 3 ? known - 3 : 0; /* the end may lie across */
    const char *end  = text.len == 0 ? NULL : memmem(text.ptr + from, text.len - from, "\r\n\r\n", 4);

    return end == NULL ? 0 : (size_t)(end + 4 - text.ptr);
}

bool http_is_possible(struct slice text, size_t known)
{
    for (size_t i = known; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '\n' ? i == 0 || text.ptr[i - 1] != '\r' : c == 0x7f || (c < 0x20 && c != '\r' && c != '\t'))
            return false;
    }
    return true;
}

/* Up to CRLF, which is taken too; a CR alone is part of no line. */
static bool scan_line(struct scan *s, struct slice *line)
{
    struct scan at = *s;

    *line = SLICE("");
    scan_until(&at, "\r\n", line);
    if (!scan_exact(&at, SLICE("\r\n")))
        return false;
    *s = at;
    return true;
}

static bool parse_field(struct slice line, struct http_field *field)
{
    struct scan s = scan_from(line);

    if (!scan_token(&s, &field->name) || !scan_byte(&s, ':'))
        return false;
    field->value = slice_trim(scan_rest(&s));
    return true;
}

static unsigned parse_fields(struct scan *s, struct http_head *head)
{
    struct slice line;

    for (;;) {
        if (!scan_line(s, &line))
            return 400;
        if (line.len == 0)
            return scan_at_end(s) ? 0 : 400;
        if (head->count == HTTP_FIELDS)
            return 431;
        if (!parse_field(line, &head->fields[head->count]))
            return 400;
        head->count++;
    }
}

/* HTTP/1.1, or another version. */
static bool scan_version(struct scan *s, bool *is_1_1)
{
    const char *start = s->at;
    uint32_t    major, minor;

    if (!scan_exact(s, SLICE("HTTP/")) || !scan_number(s, 9, &major) || !scan_byte(s, '.') ||
        !scan_number(s, 9, &minor))
        return false;
    *is_1_1 = slice_eq(slice_between(start, s->at), SLICE("HTTP/1.1"));
    return true;
}

unsigned http_parse_request(struct slice text, struct http_head *head)
{
    struct scan  s = scan_from(text), first;
    struct slice line;
    bool         is_1_1;

    head->count = 0;
    if (!http_is_possible(text, 0) || !scan_line(&s, &line))
        return 400;
    first = scan_from(line);
    if (!scan_token(&first, &head->method) || !scan_byte(&first, ' ') || !scan_until(&first, " \t", &head->target) ||
        !scan_byte(&first, ' ') || !scan_version(&first, &is_1_1) || !scan_at_end(&first))
        return 400;
    return is_1_1 ? parse_fields(&s, head) : 505;
}

/* Three digits, then a space and whatever the server calls it, or nothing. */
static bool scan_status(struct scan *s, unsigned *status)
{
    const char *start = s->at;
    uint32_t    number;

    if (!scan_number(s, 999, &number) || s->at - start != 3 || !(scan_at_end(s) || *s->at == ' '))
        return false;
    *status = number;
    return number >= 100;
}

bool http_parse_response(struct slice text, struct http_head *head)
{
    struct scan  s = scan_from(text), first;
    struct slice line;
    bool         is_1_1;

    head->count = 0;
    if (!http_is_possible(text, 0) || !scan_line(&s, &line))
        return false;
    first = scan_from(line);
    if (!scan_version(&first, &is_1_1) || !is_1_1 || !scan_byte(&first, ' ') || !scan_status(&first, &head->status))
        return false;
    return parse_fields(&s, head) == 0;
}

unsigned http_find(const struct http_head *head, struct slice name, struct slice *value)
{
    unsigned found = 0;

    *value = SLICE("");
    for (unsigned i = 0; i < head->count; i++)
        if (slice_eq_nocase(head->fields[i].name, name) && found++ == 0)
            *value = head->fields[i].value;
    return found;
}

static bool value_has(struct slice value, struct slice word, bool nocase)
{
    struct scan  s = scan_from(value);
    struct slice one;

    while (!scan_at_end(&s)) {
        if (scan_until(&s, ",", &one)) {
            one = slice_trim(one);
            if (nocase ? slice_eq_nocase(one, word) : slice_eq(one, word))
                return true;
        }
        scan_byte(&s, ',');
    }
    return false;
}

bool http_list_has(const struct http_head *head, struct slice name, struct slice word, bool nocase)
{
    for (unsigned i = 0; i < head->count; i++)
        if (slice_eq_nocase(head->fields[i].name, name) && value_has(head->fields[i].value, word, nocase))
            return true;
    return false;
}
