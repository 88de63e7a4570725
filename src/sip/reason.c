/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/reason.h"

enum { CAUSE_MAX = 999999 };

bool reason_scan(struct scan *s, struct reason_value *out)
{
    struct scan         start = *s;
    struct reason_value r     = { .text = SLICE("") };
    struct slice        params, cause;
    struct scan         number;

    scan_lws(s);
    if (!scan_token(s, &r.protocol) || !params_scan(s, &params)) {
        *s = start;
        return false;
    }
    if (params_find(params, SLICE("cause"), &cause)) {
        uint32_t value = 0;

        number = scan_from(cause);
        if (scan_number(&number, CAUSE_MAX, &value) && scan_at_end(&number))
            r.cause = value;
    }
    (void)params_find(params, SLICE("text"), &r.text);
    *out = r;
    return true;
}

bool warning_scan(struct scan *s, struct warning_value *out)
{
    struct scan          start = *s;
    struct warning_value w;
    uint32_t             code;

    scan_lws(s);
    if (!scan_number(s, 999, &code) || code < 100 || !scan_byte(s, ' ') || !scan_lws(s) ||
        !scan_until(s, " \t\r\n\",", &w.agent) || !scan_lws(s) || !scan_quoted(s, &w.text)) {
        *s = start;
        return false;
    }
    w.code = code;
    *out   = w;
    return true;
}

static bool scan_comma(struct scan *s)
{
    return scan_lws(s) && scan_byte(s, ',');
}

/* The next value of a Reason through all its lines. */
static bool next_reason(const struct message *m, const struct header **h, struct scan *s, struct reason_value *out)
{
    while (*h != NULL) {
        if (reason_scan(s, out)) {
            if (!scan_comma(s))
                s->at = s->end;
            return true;
        }
        *h = message_next(m, *h);
        if (*h != NULL)
            *s = scan_from((*h)->value);
    }
    return false;
}

bool message_reason(const struct message *m, struct reason_value *out)
{
    const struct header *h = message_header(m, HEADER_REASON);
    struct scan          s = h != NULL ? scan_from(h->value) : scan_from(SLICE(""));
    struct reason_value  r;
    bool                 found = false;

    while (next_reason(m, &h, &s, &r)) {
        bool sip = slice_eq_nocase(r.protocol, SLICE("SIP"));

        if (!found || sip)
            *out = r;
        found = true;
        if (sip)
            break;
    }
    return found;
}

bool message_completed_elsewhere(const struct message *m)
{
    struct reason_value r;

    return message_reason(m, &r) && r.cause == 200 && slice_eq_nocase(r.protocol, SLICE("SIP"));
}

bool message_warning(const struct message *m, struct warning_value *out)
{
    for (const struct header *h = message_header(m, HEADER_WARNING); h != NULL; h = message_next(m, h)) {
        struct scan s = scan_from(h->value);

        if (warning_scan(&s, out))
            return true;
    }
    return false;
}

bool message_retry_after(const struct message *m, uint32_t *seconds)
{
    const struct header *h = message_header(m, HEADER_RETRY_AFTER);
    struct scan          s;

    if (h == NULL)
        return false;
    s = scan_from(h->value);
    return scan_number(&s, UINT32_MAX, seconds);
}
