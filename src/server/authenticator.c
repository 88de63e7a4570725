/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/authenticator.h"

#include <stdlib.h>

struct authenticator {
    struct world       *world;
    struct user_reader *users;
    struct nonces      *nonces;
    struct slice        realm;
    msec                lifetime;
    bool                sha256; /* offer it */
    struct hasher      *hasher;
};

struct authenticator *authenticator_new(struct world *w, struct user_reader *users, struct nonces *nonces,
                                        struct slice realm, msec nonce_lifetime, bool sha256)
{
    struct authenticator *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    *a = (struct authenticator){ w, users, nonces, realm, nonce_lifetime, sha256, hasher_new() };
    if (a->hasher == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

void authenticator_free(struct authenticator *a)
{
    if (a == NULL)
        return;
    hasher_free(a->hasher);
    free(a);
}

/* Without qop there is no count, and the nonce is good for one request only. */
static uint32_t count_of(const struct credentials *c)
{
    return c->qop.len > 0 ? c->nc : UINT32_MAX;
}

static enum auth_result judge(struct authenticator *a, const struct credentials *c, const struct message *request,
                              struct slice domain)
{
    char         memory[USER_HA1_MAX];
    struct slice ha1;
    msec         made_at;
    uint32_t     slot;
    bool         known;

    if (!nonces_read(a->nonces, a->hasher, a->realm, c->nonce, &made_at, &slot))
        return AUTH_STALE; /* from before a restart, or made up: a new one costs nothing */
    switch (user_reader_ha1(a->users, domain, c->username, c->algorithm, memory, &ha1)) {
    case USER_WAIT:
        return AUTH_WAIT;
    case USER_FAILED:
        return AUTH_FAILED;
    case USER_FOUND:
    case USER_UNKNOWN:
        break;
    }
    known = ha1.len > 0;
    if (!known) /* a name that does not exist takes as long as a wrong password */
        ha1 = SLICE("00000000000000000000000000000000");
    if (!digest_verify(a->hasher, c, ha1, request->method_text) || !known || c->sess)
        return AUTH_WRONG;
    if (world_now(a->world) - made_at > a->lifetime)
        return AUTH_STALE;
    return nonces_use(a->nonces, slot, made_at, count_of(c)) ? AUTH_OK : AUTH_STALE;
}

enum auth_result authenticator_check(struct authenticator *a, const struct message *request, enum header_id header,
                                     struct slice domain, struct auth_proof *proof)
{
    const struct header *h;

    proof->user        = SLICE("");
    proof->retry_after = 0;

    for (h = message_header(request, header); h != NULL; h = message_next(request, h)) {
        struct scan        s = scan_from(h->value);
        struct credentials c;

        if (!credentials_scan(&s, &c))
            return AUTH_BROKEN;
        if (!c.known || !slice_eq(c.realm, a->realm))
            continue;
        if (c.username.len > sizeof proof->memory)
            c.username.len = 0; /* longer than any user's: nobody */
        memcpy(proof->memory, c.username.ptr, c.username.len);
        proof->user      = (struct slice){ proof->memory, c.username.len };
        proof->algorithm = c.algorithm;
        return judge(a, &c, request, domain);
    }
    return AUTH_NONE;
}

static void put_challenge(struct gather *g, enum header_id header, const struct challenge *c)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, header_name(header));
    buf_put(&g->scratch, SLICE(": "));
    challenge_write(&g->scratch, c);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

void authenticator_challenge(struct authenticator *a, struct gather *g, enum header_id header, bool stale)
{
    char             nonce[NONCE_TEXT];
    struct challenge c = { .realm = a->realm, .known = true, .qop_auth = true, .has_qop = true, .stale = stale };

    nonces_make(a->nonces, a->hasher, a->realm, world_now(a->world), nonce);
    c.nonce = (struct slice){ nonce, sizeof nonce };
    if (a->sha256) {
        c.algorithm = HASH_SHA256;
        put_challenge(g, header, &c);
    }
    c.algorithm = HASH_MD5;
    put_challenge(g, header, &c);
}
