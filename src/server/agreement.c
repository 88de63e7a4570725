/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/agreement.h"

/* ---- the offer ---- */

/* Each with less q than the one before: from 0.9 on. */
static void put_mechanism(struct buf *b, unsigned *q, const char *name, struct slice algorithm)
{
    buf_put(b, b->len > 0 ? SLICE(", ") : SLICE(""));
    buf_put(b, slice_from(name));
    if (algorithm.len > 0) {
        buf_put(b, SLICE(";d-alg="));
        buf_put(b, algorithm);
        buf_put(b, SLICE(";d-qop=auth"));
    }
    buf_put(b, SLICE(";q=0."));
    buf_put_number(b, (*q)--);
}

static bool offers_tls(const struct server *s)
{
    for (unsigned i = 0; i < s->listener_count; i++)
        if (s->listeners[i].transport == TRANSPORT_TLS)
            return true;
    return false;
}

static bool lists(const struct config_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_eq(list->texts[i], slice_from(text)))
            return true;
    return false;
}

void agreement_offer(struct server *s)
{
    const struct config *c = s->config;
    struct buf           b = BUF_ON(s->offer_text);
    unsigned             q = 9;

    s->offer = (struct sec_offer){ .digest = c->authentication && lists(&c->digest_qop, "auth") };
    if (!c->security_agreement)
        return;
    if (offers_tls(s))
        put_mechanism(&b, &q, "tls", SLICE(""));
    for (size_t i = 0; s->offer.digest && i < c->digest_algorithms.count && q > 0; i++)
        put_mechanism(&b, &q, "digest", c->digest_algorithms.texts[i]);
    if (buf_ok(&b))
        s->offer.text = buf_slice(&b);
}

/* ---- who has agreed ---- */

static enum sec_agreement read_agreement(const struct server *s, const struct message *request,
                                         struct slice *digest_verify)
{
    return s->offer.text.len > 0 ? sec_agree_read(request, &s->offer, digest_verify) : SEC_UNASKED;
}

void agreement_refuse(struct server *s, object_id txn, const struct message *request, const struct reason *why)
{
    bool          registers = request->method == METHOD_REGISTER;
    struct gather g;

    if (!answer_begin(s, txn, &g, 494, SLICE("")))
        return;
    answer_log(s, request, 494, why);
    counter_add(&s->world->counters.requests_refused, 1);
    gather_header(&g, HEADER_SECURITY_SERVER, s->offer.text);
    if (s->offer.digest)
        authenticator_challenge(s->authenticator, &g, registers ? HEADER_WWW_AUTHENTICATE : HEADER_PROXY_AUTHENTICATE,
                                false);
    answer_end(s, txn, &g, 494);
}

bool agreement_allows(struct server *s, object_id txn, const struct message *request)
{
    static const struct reason wanted = { "the offer is to be seen, and to be repeated unchanged", "RFC 3329 2.3.1" };
    static const struct reason behind = { "security is agreed on with the first hop", "RFC 3329 2.3.2" };
    struct slice               digest_verify;

    switch (read_agreement(s, request, &digest_verify)) {
    case SEC_UNASKED:
    case SEC_AGREED:
    case SEC_BY_PROOF:
        return true;
    case SEC_WANTED:
        agreement_refuse(s, txn, request, &wanted);
        break;
    case SEC_BEHIND:
        answer(s, txn, 502, &behind);
        break;
    }
    return false;
}

bool agreement_wants_proof(const struct server *s, const struct message *request)
{
    struct slice digest_verify;

    return read_agreement(s, request, &digest_verify) == SEC_BY_PROOF;
}

/* The value alone is what most read RFC 3329 2.2 to mean, the grammar says the whole line. */
bool agreement_is_proved(struct server *s, const struct message *request, const struct auth_proof *proof)
{
    static const char name[] = "Security-Server: ";
    char              memory[SEC_OFFER_TEXT + sizeof name];
    struct buf        line = BUF_ON(memory);
    struct slice      digest_verify;

    if (read_agreement(s, request, &digest_verify) != SEC_BY_PROOF)
        return true;
    buf_put(&line, slice_from(name));
    buf_put(&line, s->offer.text);
    return authenticator_verifies(s->authenticator, proof, request->method_text, s->offer.text, digest_verify) ||
           authenticator_verifies(s->authenticator, proof, request->method_text, buf_slice(&line), digest_verify);
}
