/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/wire.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const compact_names[][2] = {
    { "Via", "v" },     { "From", "f" },         { "To", "t" },
    { "Call-ID", "i" }, { "Contact", "m" },      { "Content-Length", "l" },
    { "Subject", "s" }, { "Content-Type", "c" }, { "Supported", "k" },
};

/* ---- reading a message ---- */

static bool begins(struct slice text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && memcmp(text.ptr, with, len) == 0;
}

static bool contains(struct slice text, const char *part)
{
    size_t len = strlen(part);

    return len == 0 || memmem(text.ptr, text.len, part, len) != NULL;
}

/* The next line, without its end; moves `*rest` behind it. */
static struct slice take_line(struct slice *rest)
{
    const char  *end  = memchr(rest->ptr, '\n', rest->len);
    struct slice line = end == NULL ? *rest : slice_between(rest->ptr, end);

    rest->ptr += line.len + (end != NULL);
    rest->len -= line.len + (end != NULL);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static struct slice first_line(struct slice message)
{
    while (message.len > 0 && (*message.ptr == '\r' || *message.ptr == '\n')) {
        message.ptr++;
        message.len--;
    }
    return take_line(&message);
}

bool wire_is_sip(struct slice text)
{
    struct slice line = first_line(text);

    return begins(line, "SIP/2.0 ") || (line.len > 8 && contains(line, " SIP/"));
}

unsigned wire_status(struct slice message)
{
    struct slice line = first_line(message);

    return begins(line, "SIP/2.0 ") ? (unsigned)strtoul(line.ptr + 8, NULL, 10) : 0;
}

static struct slice word_of(struct slice line, unsigned n)
{
    const char *end = line.ptr + line.len;
    const char *at  = line.ptr;

    for (;; n--) {
        const char *start = at;

        while (at < end && *at != ' ')
            at++;
        if (n == 0)
            return slice_between(start, at);
        while (at < end && *at == ' ')
            at++;
    }
}

struct slice wire_what(struct slice message)
{
    return word_of(first_line(message), wire_status(message) == 0 ? 0 : 1);
}

struct slice wire_uri(struct slice message)
{
    return wire_status(message) == 0 ? word_of(first_line(message), 1) : SLICE("");
}

struct slice wire_method(struct slice message)
{
    struct slice cseq;

    if (wire_status(message) == 0)
        return wire_what(message);
    return wire_header(message, "CSeq", 0, &cseq) ? word_of(cseq, 1) : SLICE("");
}

static bool name_is(struct slice name, const char *wanted)
{
    if (slice_eq_nocase(name, slice_from(wanted)))
        return true;
    for (size_t i = 0; i < sizeof compact_names / sizeof *compact_names; i++)
        if (strcasecmp(compact_names[i][0], wanted) == 0)
            return slice_eq_nocase(name, slice_from(compact_names[i][1]));
    return false;
}

bool wire_header(struct slice message, const char *name, unsigned n, struct slice *value)
{
    take_line(&message);
    while (message.len > 0) {
        struct slice line  = take_line(&message);
        const char  *colon = memchr(line.ptr, ':', line.len);

        if (line.len == 0)
            return false;
        if (colon == NULL || !name_is(slice_trim(slice_between(line.ptr, colon)), name))
            continue;
        if (n-- > 0)
            continue;
        *value = slice_trim(slice_between(colon + 1, line.ptr + line.len));
        return true;
    }
    return false;
}

struct slice wire_body(struct slice message)
{
    while (message.len > 0)
        if (take_line(&message).len == 0)
            break;
    return message;
}

bool wire_param(struct slice value, const char *name, struct slice *out)
{
    size_t      len = strlen(name);
    const char *end = value.ptr + value.len;
    const char *at  = memchr(value.ptr, '>', value.len);

    for (at = at == NULL ? value.ptr : at; at < end; at++) {
        const char *stop;

        if (*at != ';' || (size_t)(end - at) < len + 2 || strncasecmp(at + 1, name, len) != 0 || at[len + 1] != '=')
            continue;
        for (stop = at + len + 2; stop < end && *stop != ';' && *stop != ',' && *stop != ' '; stop++)
            ;
        *out = slice_between(at + len + 2, stop);
        return true;
    }
    return false;
}

/* ---- conditions ---- */

static unsigned count_values(struct slice message, const char *name)
{
    struct slice value;
    unsigned     count = 0;

    for (unsigned n = 0; wire_header(message, name, n, &value); n++) {
        bool quoted = false, angled = false;

        count++;
        for (size_t i = 0; i < value.len; i++) {
            char c = value.ptr[i];

            quoted = c == '"' ? !quoted : quoted;
            angled = !quoted && (c == '<' || (angled && c != '>'));
            count += c == ',' && !quoted && !angled;
        }
    }
    return count;
}

static bool reason_of(struct slice message, struct slice *out)
{
    struct slice line = first_line(message);

    *out = line.len > 12 ? slice_between(line.ptr + 12, line.ptr + line.len) : SLICE("");
    return true;
}

/* Part number n: a header's n-th line, or one of the parts with a lower-case name. */
static bool part_of(struct slice message, const char *name, unsigned n, struct slice *out)
{
    if (strcmp(name, "uri") == 0)
        return *out = wire_uri(message), n == 0;
    if (strcmp(name, "body") == 0)
        return *out = wire_body(message), n == 0;
    if (strcmp(name, "reason") == 0)
        return reason_of(message, out) && n == 0;
    return wire_header(message, name, n, out);
}

static bool condition_holds(const char *condition, struct slice message)
{
    char         name[64];
    size_t       len      = strcspn(condition, "~=*");
    const char  *argument = condition + len + (condition[len] != '\0');
    struct slice value;

    if (*condition == '!')
        return !condition_holds(condition + 1, message);
    snprintf(name, sizeof name, "%.*s", (int)len, condition);
    if (condition[len] == '*')
        return count_values(message, name) == strtoul(argument, NULL, 10);
    for (unsigned n = 0; part_of(message, name, n, &value); n++) {
        if (condition[len] == '\0' || (condition[len] == '~' && contains(value, argument)) ||
            (condition[len] == '=' && slice_eq(value, slice_from(argument))))
            return true;
    }
    return false;
}

static bool is_condition(const char *word)
{
    size_t name = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    return (word[0] == '!' && isalpha((unsigned char)word[1])) ||
           (isupper((unsigned char)word[0]) && word[name] == '\0') ||
           (name > 0 && word[name] != '\0' && strchr("~=*", word[name]) != NULL);
}

/* ---- patterns ---- */

static bool is_method(const char *word)
{
    return *word != '\0' && word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static bool parse_status(struct pattern *p, const char *word)
{
    if (strlen(word) != 3 || word[0] < '1' || word[0] > '6')
        return false;
    p->is_class = strcmp(word + 1, "xx") == 0;
    p->status   = p->is_class ? (unsigned)(word[0] - '0') * 100 : (unsigned)strtoul(word, NULL, 10);
    return p->is_class || (isdigit((unsigned char)word[1]) && isdigit((unsigned char)word[2]));
}

unsigned pattern_parse(struct pattern *p, const char *const *words)
{
    unsigned used = 0;

    memset(p, 0, sizeof *p);
    if (words[0] == NULL)
        return 0;
    if (strcmp(words[0], "any") == 0) {
        p->any = true;
        used   = 1;
    } else if (is_method(words[0])) {
        p->method = words[0];
        used      = 1;
    } else if (parse_status(p, words[0])) {
        used = 1;
        if (words[1] != NULL && is_method(words[1]))
            p->method = words[used++];
    } else {
        return 0;
    }
    while (words[used] != NULL && is_condition(words[used]) && p->condition_count < PATTERN_CONDITIONS)
        p->condition[p->condition_count++] = words[used++];
    return used;
}

static bool what_matches(const struct pattern *p, struct slice message)
{
    unsigned status = wire_status(message);

    if (p->any)
        return true;
    if (p->method != NULL && !slice_eq(wire_method(message), slice_from(p->method)))
        return false;
    return p->is_class ? status / 100 * 100 == p->status : status == p->status;
}

bool pattern_matches(const struct pattern *p, struct slice message, struct buf *why)
{
    if (!what_matches(p, message))
        return false;
    for (unsigned i = 0; i < p->condition_count; i++) {
        if (condition_holds(p->condition[i], message))
            continue;
        if (why != NULL)
            buf_printf(why, "%s does not hold", p->condition[i]);
        return false;
    }
    return true;
}

void pattern_write(const struct pattern *p, struct buf *b)
{
    if (p->any)
        buf_printf(b, "any");
    else if (p->is_class)
        buf_printf(b, "%uxx%s", p->status / 100, p->method == NULL ? "" : " ");
    else if (p->status != 0)
        buf_printf(b, "%u%s", p->status, p->method == NULL ? "" : " ");
    if (p->method != NULL)
        buf_printf(b, "%s", p->method);
    for (unsigned i = 0; i < p->condition_count; i++)
        buf_printf(b, " %s", p->condition[i]);
}
