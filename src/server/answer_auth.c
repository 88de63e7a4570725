/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said to those who have not proved who they are. */
#include "server/internal.h"

static enum header_id credentials_of(unsigned status)
{
    return status == 401 ? HEADER_AUTHORIZATION : HEADER_PROXY_AUTHORIZATION;
}

/* Being asked for a password is how every conversation begins; a wrong one is what
 * somebody who guesses leaves behind.  That a user has no hash is told to the operator
 * alone: whoever tries sees a wrong password. */
static const struct reason *reason_of(enum auth_result result, const struct auth_proof *proof, bool any)
{
    static const struct reason first   = { "credentials are wanted", "RFC 3261 22.1" };
    static const struct reason useless = { "credentials are for another realm, or of a kind that is not offered",
                                           "RFC 3261 22.3, RFC 7616 3.4" };
    static const struct reason others  = { "credentials are another user's", "RFC 3261 22.1" };
    static const struct reason old     = { "the nonce is too old or was used", "RFC 7616 3.3" };
    static const struct reason wrong   = { "credentials are wrong", "RFC 7616 3.4" };
    static const struct reason no_hash = { "the user's password is not known as a hash of this algorithm",
                                           "RFC 7616 3.4" };

    if (result == AUTH_STALE)
        return &old;
    if (result == AUTH_WRONG)
        return proof->no_hash ? &no_hash : &wrong;
    if (result == AUTH_OK)
        return &others;
    return any ? &useless : &first;
}

void answer_note_challenge(struct server *s, const struct message *request, unsigned status, enum auth_result result,
                           const struct auth_proof *proof)
{
    bool any = message_header(request, credentials_of(status)) != NULL;

    answer_log_at(s, result == AUTH_WRONG ? LOG_NOTICE : LOG_DEBUG, request, status, reason_of(result, proof, any));
    counter_add(&s->world->counters.auth_challenged, 1);
}

static void challenge(struct server *s, object_id txn, unsigned status, enum auth_result result,
                      const struct auth_proof *proof)
{
    struct message *request = stack_server_request(s->stack, txn);
    struct gather   g;

    if (!answer_begin(s, txn, &g, status, SLICE("")))
        return;
    answer_note_challenge(s, request, status, result, proof);
    authenticator_challenge(s->authenticator, &g, status == 401 ? HEADER_WWW_AUTHENTICATE : HEADER_PROXY_AUTHENTICATE,
                            result == AUTH_STALE);
    answer_end(s, txn, &g, status);
}

void answer_challenge(struct server *s, object_id txn, unsigned status)
{
    challenge(s, txn, status, AUTH_NONE, NULL);
}

void answer_unproved(struct server *s, object_id txn, unsigned status, enum auth_result result,
                     const struct auth_proof *proof)
{
    static const struct reason broken  = { "credentials cannot be read", "RFC 7616 3.4" };
    static const struct reason astray  = { "credentials are for another URI", "RFC 7616 3.4.6" };
    static const struct reason limited = { "too many wrong passwords", "RFC 3261 21.5.4" };
    struct counters           *count   = &s->world->counters;

    switch (result) {
    case AUTH_BROKEN:
        answer(s, txn, 400, &broken);
        break;
    case AUTH_ASTRAY:
        answer(s, txn, 400, &astray);
        break;
    case AUTH_WAIT:
    case AUTH_FAILED:
        answer_retry_later(s, txn, 503, SLICE(""));
        break;
    case AUTH_LIMITED:
        answer_retry_after(s, txn, 503, SLICE(""), (unsigned)((proof->retry_after + 999) / 1000), &limited);
        break;
    case AUTH_OK: /* of somebody who may not do this */
    case AUTH_NONE:
    case AUTH_STALE:
    case AUTH_WRONG:
        counter_add(&count->auth_wrong, result == AUTH_WRONG);
        counter_add(&count->auth_replayed, result == AUTH_STALE);
        challenge(s, txn, status, result, proof);
        break;
    }
}
