/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks, and for what he has proved it: the digest-uri (RFC 8760 2.6 item 6, RFC 7616
 * 3.4.6).  The hash covers it, not the Request-URI: without a look at both, whoever can
 * change a request on its way could send it elsewhere, proof and all.
 *
 * Phones leave out ports and parameters there, or name us by address, so what is
 * compared is which user of which host is meant. */
#include "server/abuse.h"

static bool is_sip(const struct uri *u)
{
    return u->scheme == URI_SIP || u->scheme == URI_SIPS;
}

static bool is_ours(struct server *s, const struct uri *u)
{
    return is_sip(u) && aor_domain(s, u).len > 0;
}

static bool is_our_address(struct server *s, const struct uri *u)
{
    return !policy_is_ours(&s->snapshot->policy, u->host) && aor_domain(s, u).len > 0;
}

static bool same_host(struct server *s, const struct uri *a, const struct uri *b)
{
    if (slice_eq_nocase(a->host, b->host))
        return true;
    return is_ours(s, a) && is_ours(s, b) && (is_our_address(s, a) || is_our_address(s, b));
}

static bool same_user(const struct uri *a, const struct uri *b)
{
    char       memory[2][AOR_TEXT];
    struct buf one = BUF_ON(memory[0]), other = BUF_ON(memory[1]);

    uri_write_unescaped(&one, a->user);
    uri_write_unescaped(&other, b->user);
    return buf_ok(&one) && buf_ok(&other) && slice_eq(buf_slice(&one), buf_slice(&other));
}

static bool same_place(struct server *s, const struct uri *a, const struct uri *b)
{
    if (is_sip(a) && is_sip(b))
        return same_host(s, a, b) && same_user(a, b);
    return uri_eq(a, b);
}

static bool is_for(struct server *s, const struct message *request, const struct uri *target, struct slice digest_uri)
{
    struct uri given;

    if (slice_eq(digest_uri, request->uri_text) || !s->config->digest_uri_check)
        return true;
    if (!uri_parse(digest_uri, &given))
        return false;
    if (target == NULL)
        return is_ours(s, &given);
    return same_place(s, &given, target) || same_place(s, &given, &request->uri);
}

enum auth_result prove(struct server *s, const struct message *request, enum header_id header, struct slice domain,
                       const struct uri *target, struct auth_proof *proof)
{
    enum auth_result result = authenticator_check(s->authenticator, request, header, domain, proof);

    if (result == AUTH_WRONG)
        abuse_note(s, &request->flow, SCAN_GUESSED, proof->named);
    if (result == AUTH_OK && !is_for(s, request, target, proof->given.uri))
        return AUTH_ASTRAY;
    return result;
}
