/* SPDX-License-Identifier: BSD-2-Clause */
/* uri_usual.h - a URI as nearly everyone writes it, read in one go.
 *
 * Inline, so that the cursor stays in registers, for the two places where every message has
 * one; the grammar is that of uri_scan, which reads the same to the same result. */

#ifndef SIP_URI_USUAL_H
#define SIP_URI_USUAL_H

#include "base/run.h"
#include "sip/uri.h"

/* What is behind the host and port. */
RUN_INLINE void uri_take_tail(struct scan *s, struct uri *uri)
{
    const char *question = run_find(s->at, s->end, '?');

    uri->params  = slice_between(s->at, question == NULL ? s->end : question);
    uri->headers = slice_between(s->at + uri->params.len, s->end);
    s->at        = s->end;
}

/* [ user "@" ] host, both of nothing but what a host may have, behind "sip:".  Field by field: a whole
 * struct is cleared by REP STOS, which takes longer than all else here. */
RUN_INLINE bool uri_scan_usual_host(struct scan *s, struct uri *uri)
{
    const char *start = s->at, *at = run_end(start, s->end, RUN_HOST);

    uri->scheme      = URI_SIP;
    uri->scheme_text = (struct slice){ start - 4, 3 };
    uri->has_user    = false;
    uri->port        = 0;
    uri->user = uri->password = uri->params = uri->headers = (struct slice){ NULL, 0 };
    if (at < s->end && *at == '@' && at > start) {
        uri->has_user = true;
        uri->user     = slice_between(start, at);
        start         = at + 1;
        at            = run_end(start, s->end, RUN_HOST);
    }
    uri->host = slice_between(start, at);
    s->at     = at;
    return at > start;
}

/* What a URI that so began may end with; without a user an '@' may still come, and then
 * what was read is the user. */
static inline bool uri_scan_usual_tail(struct scan *s, char stop, struct uri *uri)
{
    const struct run_uri e      = run_uri(s->at, s->end, RUN_URI);
    struct scan          inside = { s->at, e.end };

    if (*s->at != ';' || e.escape != NULL || (e.at_sign != NULL && !uri->has_user) ||
        (e.end < s->end && *e.end != '>' && *e.end != stop))
        return false;
    uri_take_tail(&inside, uri);
    s->at = e.end;
    return true;
}

/* "sip:" [ user "@" ] host [ ":" port ] [ ";" params ], behind which `stop` or '>' may stand.  False,
 * and the cursor stays, for anything else, which may be a URI, too. */
RUN_INLINE bool uri_scan_usual(struct scan *s, char stop, struct uri *uri)
{
    struct scan in = { s->at + 4, s->end };
    uint32_t    port;

    if (s->end - s->at < 8 || (word_lower(word_load(s->at)) & UINT32_MAX) != WORD("sip:") ||
        !uri_scan_usual_host(&in, uri))
        return false;
    if (in.at < in.end && *in.at != '>' && *in.at != stop) {
        struct scan more = in;

        if (scan_byte(&more, ':')) {
            if (!scan_number(&more, UINT16_MAX, &port))
                return false;
            uri->port = (uint16_t)port;
        }
        if (!scan_at_end(&more) && *more.at != '>' && *more.at != stop && !uri_scan_usual_tail(&more, stop, uri))
            return false;
        in.at = more.at;
    }
    uri->text = slice_between(s->at, in.at);
    s->at     = in.at;
    return true;
}

#endif
