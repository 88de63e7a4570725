/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/name_addr.h"

#include "base/run.h"
#include "sip/uri_usual.h"

static bool is_name_byte(char c)
{
    return is_token_byte(c) || (unsigned char)c >= 0x80;
}

/* *( token LWS ), if a '<' follows; else the cursor stays.  (The grammar wants
 * LWS before the '<', RFC 4475 3.1.1.6 does not.) */
static bool scan_words(struct scan *s, struct slice *display)
{
    struct scan look = *s;
    const char *stop = s->at;

    while (look.at < look.end && is_name_byte(*look.at)) {
        while (look.at < look.end && is_name_byte(*look.at))
            look.at++;
        stop = look.at;
        scan_lws(&look);
    }
    if (scan_at_end(&look) || *look.at != '<')
        return false;
    *display = slice_between(s->at, stop);
    *s       = look;
    return true;
}

static bool scan_quoted_name(struct scan *s, struct slice *display)
{
    const char  *start = s->at;
    struct slice inner;

    if (!scan_quoted(s, &inner))
        return false;
    *display = slice_between(start, s->at);
    return scan_lws(s);
}

/* [ "display" [ SP ] ] <URI>, both as nearly everyone writes them; behind it, or NULL for anything else. */
static const char *usual_address(const char *at, const char *end, struct name_addr *out)
{
    const char *start = at;

    if (at < end && *at == '"') {
        at = run_end_padded(at + 1, end, RUN_QUOTED);
        if (*at++ != '"')
            return NULL;
    }
    out->display   = slice_between(start, at);
    out->bracketed = true;
    if (*at == ' ')
        at++;
    if (*at != '<')
        return NULL;
    at = uri_usual(at + 1, end, '>', &out->uri);
    return at == NULL || at >= end ? NULL : at + 1;
}

bool name_addr_usual(struct slice value, struct name_addr *out, struct slice *tag)
{
    const char *end = value.ptr + value.len, *at = usual_address(value.ptr, end, out);

    if (at == NULL)
        return false;
    out->text   = value;
    out->params = slice_between(at, end);
    if (at == end) {
        out->params = SLICE("");
        *tag        = SLICE("");
        return true;
    }
    *tag = slice_between(at + 5, end);
    return end - at > 5 && word_lower(word_first(word_load(at), 5)) == WORD(";tag=") &&
           run_value_padded(at + 5, end) == end;
}

static bool scan_any_address(struct scan *s, struct name_addr *out)
{
    bool named;

    out->bracketed = true;
    out->display   = SLICE("");
    named = !scan_at_end(s) && *s->at == '"' ? scan_quoted_name(s, &out->display) : scan_words(s, &out->display);
    if (!named) {
        out->bracketed = false;
        return !scan_at_end(s) && *s->at != '"' && out->display.len == 0 && uri_scan(s, true, &out->uri);
    }
    return scan_byte(s, '<') && uri_scan(s, false, &out->uri) && scan_byte(s, '>');
}

bool name_addr_scan_tag(struct scan *s, struct name_addr *out, struct slice *tag, unsigned *tags)
{
    const char *at, *start;

    scan_lws(s);
    start = s->at;
    if (scan_is_padded(s) && (at = usual_address(start, s->end, out)) != NULL)
        s->at = at;
    else if (!scan_any_address(s, out))
        return false;
    if (!params_scan_tag(s, &out->params, tag, tags))
        return false;
    out->text = slice_between(start, s->at);
    return true;
}

bool name_addr_scan(struct scan *s, struct name_addr *out)
{
    struct slice tag;
    unsigned     tags;

    return name_addr_scan_tag(s, out, &tag, &tags);
}

bool name_addr_param(const struct name_addr *n, struct slice name, struct slice *value)
{
    return params_find(n->params, name, value);
}

bool name_addr_tag(const struct name_addr *n, struct slice *tag)
{
    struct scan  s = scan_from(n->params);
    struct slice name, value;
    unsigned     found = 0;

    *tag = SLICE("");
    while (params_next(&s, &name, &value))
        if (slice_eq_nocase(name, SLICE("tag")) && ++found == 1)
            *tag = value;
    return found < 2;
}

/* delta-seconds, those beyond 2^32-1 taken as that (RFC 4475 3.1.2.4). */
uint32_t contact_expires(const struct name_addr *n, uint32_t otherwise)
{
    struct slice text;
    uint32_t     value = otherwise;

    if (name_addr_param(n, SLICE("expires"), &text))
        delta_seconds_parse(text, &value);
    return value;
}

/* ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) */
bool q_parse(struct slice text, unsigned *q)
{
    struct scan s     = scan_from(text);
    unsigned    scale = 1000;

    *q = 1000;
    if (scan_byte(&s, '0'))
        *q = 0;
    else if (!scan_byte(&s, '1'))
        return false;
    if (scan_byte(&s, '.'))
        for (; scale > 1 && !scan_at_end(&s) && is_digit_byte(*s.at); s.at++)
            *q += (scale /= 10) * (unsigned)(*s.at - '0');
    return scan_at_end(&s) && *q <= 1000;
}

bool contact_q(const struct name_addr *n, unsigned *q)
{
    struct slice text;

    *q = 1000;
    return !name_addr_param(n, SLICE("q"), &text) || q_parse(text, q);
}
