/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/sec_agree.h"

#include "sip/params.h"

static const struct slice option = SLICE_INIT("sec-agree");

/* "tls;q=0.9" */
struct mechanism {
    struct slice name, params;
};

/* All lines of Security-Verify, as one list. */
struct list {
    const struct message *message;
    const struct header  *line;
    struct scan           rest;
    bool                  broken;
};

static struct list list_of(const struct message *m)
{
    const struct header *line = message_header(m, HEADER_SECURITY_VERIFY);

    return (struct list){ m, line, line != NULL ? scan_from(line->value) : scan_from(SLICE("")), line == NULL };
}

static bool scan_mechanism(struct scan *s, struct mechanism *out)
{
    scan_lws(s);
    if (!scan_token(s, &out->name) || !params_scan(s, &out->params))
        return false;
    scan_lws(s);
    return scan_at_end(s) || scan_byte(s, ',');
}

static bool next(struct list *l, struct mechanism *out)
{
    while (scan_at_end(&l->rest) && l->line != NULL) {
        l->line = message_next(l->message, l->line);
        if (l->line != NULL)
            l->rest = scan_from(l->line->value);
    }
    if (l->line == NULL || l->broken)
        return false;
    l->broken = !scan_mechanism(&l->rest, out);
    return !l->broken;
}

static bool is_digest(const struct mechanism *m)
{
    return slice_eq_nocase(m->name, SLICE("digest"));
}

/* But d-ver, which is the client's. */
static unsigned count_params(const struct mechanism *m)
{
    struct scan  s     = scan_from(m->params);
    unsigned     count = 0;
    struct slice name, value;

    while (params_next(&s, &name, &value))
        count += !slice_eq_nocase(name, SLICE("d-ver"));
    return count;
}

/* The same name, and the same parameters with the same values (RFC 3329 2.3.1). */
static bool mirrors(const struct mechanism *theirs, const struct mechanism *ours)
{
    struct scan  s = scan_from(ours->params);
    struct slice name, value, given;

    if (!slice_eq_nocase(theirs->name, ours->name) || count_params(theirs) != count_params(ours))
        return false;
    while (params_next(&s, &name, &value))
        if (!params_find(theirs->params, name, &given) || !slice_eq_nocase(given, value))
            return false;
    return true;
}

/* The same mechanisms in the same order. */
static bool is_our_list(const struct message *request, struct slice offer, struct slice *digest_verify)
{
    struct list      given = list_of(request);
    struct scan      s     = scan_from(offer);
    struct mechanism ours, theirs;
    struct slice     value;

    while (!scan_at_end(&s) && scan_mechanism(&s, &ours)) {
        if (!next(&given, &theirs) || !mirrors(&theirs, &ours))
            return false;
        if (is_digest(&theirs) && digest_verify->len == 0 && params_find(theirs.params, SLICE("d-ver"), &value))
            *digest_verify = value;
    }
    return !next(&given, &theirs) && !given.broken;
}

static bool is_asked(const struct message *request)
{
    return message_lists(request, HEADER_REQUIRE, option) || message_lists(request, HEADER_PROXY_REQUIRE, option);
}

static bool is_first_hop(const struct message *request)
{
    struct header_values v = message_values(request, HEADER_VIA);
    struct via           via;

    return values_next_via(&v, &via) && !values_next_via(&v, &via) && !v.broken;
}

static bool has_credentials(const struct message *request)
{
    return message_header(request, HEADER_AUTHORIZATION) != NULL ||
           message_header(request, HEADER_PROXY_AUTHORIZATION) != NULL;
}

enum sec_agreement sec_agree_read(const struct message *request, const struct sec_offer *offer,
                                  struct slice *digest_verify)
{
    *digest_verify = SLICE("");
    if (!is_asked(request))
        return SEC_UNASKED;
    if (!is_first_hop(request))
        return SEC_BEHIND;
    if (!is_our_list(request, offer->text, digest_verify))
        return SEC_WANTED;
    if (transport_is_secure(request->flow.transport))
        return SEC_AGREED;
    return offer->digest && digest_verify->len > 0 && has_credentials(request) ? SEC_BY_PROOF : SEC_WANTED;
}
