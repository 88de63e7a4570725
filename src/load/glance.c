/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/glance.h"

/* "SIP/2.0 180 " */
static bool read_status(struct scan *s, unsigned *status)
{
    uint32_t code;

    *status = 0;
    if (!scan_exact(s, SLICE("SIP/2.0 ")) || !scan_number(s, 699, &code) || code < 100)
        return false;
    *status = code;
    return true;
}

/* The rest of the line is left; false at the end of the headers, or of the text. */
static bool next_line(struct scan *s)
{
    const char *end = s->at == s->end ? NULL : memchr(s->at, '\n', (size_t)(s->end - s->at));

    if (end == NULL)
        return false;
    s->at = end + 1;
    return !scan_at_end(s) && *s->at != '\r' && *s->at != '\n';
}

static bool is_folded(const struct scan *s)
{
    return *s->at == ' ' || *s->at == '\t';
}

/* What stands behind "name:" up to the line end. */
static struct slice value_of(const struct scan *s, size_t name)
{
    const char *start = s->at + name, *end = memchr(start, '\n', (size_t)(s->end - start));

    return slice_trim(slice_between(start, end == NULL ? s->end : end));
}

/* The first ";branch=" of the line; of several values that is the topmost's, which must have one. */
static bool read_branch(struct slice via, struct slice *branch)
{
    const char *at = memmem(via.ptr, via.len, ";branch=", 8), *comma = memchr(via.ptr, ',', via.len);
    struct scan s;

    if (at == NULL || (comma != NULL && comma < at))
        return false;
    s = scan_from(slice_between(at + 8, via.ptr + via.len));
    return scan_token(&s, branch) && (scan_at_end(&s) || *s.at == ';' || *s.at == ',' || is_folded(&s));
}

static bool read_cseq(struct slice text, struct glance *out)
{
    struct scan  s = scan_from(text);
    struct slice method;

    if (!scan_number(&s, UINT32_MAX, &out->cseq) || !scan_lws(&s) || !scan_token(&s, &method) || !scan_at_end(&s))
        return false;
    out->method = method_parse(method);
    return true;
}

bool glance_response(struct slice bytes, struct glance *out)
{
    struct scan s       = scan_from(bytes);
    bool        has_via = false, has_cseq = false;

    *out = (struct glance){ 0 };
    if (!read_status(&s, &out->status))
        return false;
    while (next_line(&s) && !(has_via && has_cseq)) {
        struct scan line = s;

        if (is_folded(&s))
            return false;
        if (!has_via && ascii_lower(*s.at) == 'v') /* "v:" is left to the parser */
            has_via = scan_word(&line, SLICE("Via:")) && read_branch(value_of(&s, 4), &out->branch);
        else if (!has_cseq && ascii_lower(*s.at) == 'c' && scan_word(&line, SLICE("CSeq:")))
            has_cseq = read_cseq(value_of(&s, 5), out);
        else
            continue;
        if (!has_via) /* it is not the topmost that was read */
            return false;
    }
    return has_via && has_cseq;
}
