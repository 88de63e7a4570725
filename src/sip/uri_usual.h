/* SPDX-License-Identifier: BSD-2-Clause */
/* uri_usual.h - a URI as nearly everyone writes it, read in one go.
 *
 * Inline and with pointers, so that the cursor stays in registers, for the two places where every message has
 * one: a cursor in memory is copied by loads of sixteen bytes, which wait for what was stored by eights; the grammar is
 * that of uri_scan, which reads the same to the same result. */

#ifndef SIP_URI_USUAL_H
#define SIP_URI_USUAL_H

#include "base/run.h"
#include "sip/uri.h"

/* All but scheme, host and text as if they were not there.  Field by field: a whole struct is cleared by REP STOS,
 * which takes longer than all else here; and each by itself: "a = b = c" is read again from memory by sixteen bytes,
 * which waits for what was stored by eights. */
static inline void uri_clear(struct uri *uri)
{
    const struct slice none = { NULL, 0 };

    uri->has_user = false;
    uri->port     = 0;
    uri->user     = none;
    uri->password = none;
    uri->params   = none;
    uri->headers  = none;
}

/* [ ":" port ] [ ";" params ], behind which `stop`, '>' or the end stands; where that is, or NULL. */
RUN_INLINE const char *uri_usual_tail(const char *at, const char *end, const char *readable, char stop, struct uri *uri)
{
    uint32_t port;

    if (*at == ':') {
        at = scan_number_at(at + 1, end, readable, UINT16_MAX, &port);
        if (at == NULL)
            return NULL;
        uri->port = (uint16_t)port;
        if (at == end || *at == '>' || *at == stop)
            return at;
    }
    if (*at != ';')
        return NULL;
    uri->params.ptr = at;
    at              = run_end_in(at, end, readable, RUN_PART);
    uri->params.len = (size_t)(at - uri->params.ptr);
    return at == end || *at == '>' || *at == stop ? at : NULL;
}

/* "sip:" [ user "@" ] host [ ":" port ] [ ";" params ], behind which `stop` or '>' may stand, user and host of nothing
 * but what a host may have.  Where it ends, or NULL for anything else, which may be a URI, too. */
RUN_INLINE const char *uri_usual(const char *at, const char *end, const char *readable, char stop, struct uri *uri)
{
    const char *start = at, *host = at + 4;

    if (end - at < 8 || (word_lower(word_load(at)) & UINT32_MAX) != WORD("sip:"))
        return NULL;
    uri_clear(uri);
    at = run_end_in(host, end, readable, RUN_HOST);
    if (at < end && *at == '@' && at > host) {
        uri->has_user = true;
        uri->user     = slice_between(host, at);
        host          = at + 1;
        at            = run_end_in(host, end, readable, RUN_HOST);
    }
    if (at == host)
        return NULL;
    uri->host        = slice_between(host, at);
    uri->scheme      = URI_SIP;
    uri->scheme_text = (struct slice){ start, 3 };
    if (at < end && *at != '>' && *at != stop) {
        at = uri_usual_tail(at, end, readable, stop, uri);
        if (at == NULL)
            return NULL;
    }
    uri->text = slice_between(start, at);
    return at;
}

#endif
