/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/auth.h"

#include <stdlib.h>

enum { CHALLENGES_MAX = 16, CNONCE_LEN = 16 };

/* RFC 8760 2.4: SHA-256 before MD5; between the two of 256 bits it does not matter. */
static int strength(enum hash_algorithm algorithm)
{
    switch (algorithm) {
    case HASH_MD5:
        return 1;
    case HASH_SHA512_256:
        return 2;
    case HASH_SHA256:
        return 3;
    }
    return 0;
}

/* Can we answer it?  auth-int alone we cannot; no qop at all is RFC 2069. */
static bool usable(const struct challenge *c, const struct auth_secret *secret)
{
    if (!c->known || (c->has_qop && !c->qop_auth))
        return false;
    return secret->ha1.len == 0 || secret->ha1_algorithm == c->algorithm;
}

static struct auth_realm *find(struct auth *a, struct slice realm, bool proxy)
{
    for (unsigned i = 0; i < a->count; i++)
        if (a->realms[i].proxy == proxy && slice_eq(a->realms[i].challenge.realm, realm))
            return &a->realms[i];
    return NULL;
}

static struct slice move_to(char **at, struct slice text)
{
    struct slice copy = { *at, text.len };

    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* The realm's challenge becomes a copy of `c`; false without memory. */
static bool keep(struct auth_realm *r, const struct challenge *c)
{
    size_t size   = c->realm.len + c->nonce.len + c->opaque.len + c->algorithm_text.len + c->qop_text.len;
    char  *memory = malloc(size + 1), *at = memory;

    if (memory == NULL)
        return false;
    r->challenge                = *c;
    r->challenge.realm          = move_to(&at, c->realm);
    r->challenge.nonce          = move_to(&at, c->nonce);
    r->challenge.opaque         = move_to(&at, c->opaque);
    r->challenge.algorithm_text = move_to(&at, c->algorithm_text);
    r->challenge.qop_text       = move_to(&at, c->qop_text);
    free(r->memory);
    r->memory = memory;
    r->nc     = 0;
    return true;
}

/* RFC 3261 22.2: credentials just rejected are not sent again, a stale nonce is
 * no rejection. */
static bool may_answer(const struct auth_realm *r, const struct challenge *c)
{
    if (r->answered == 0)
        return r->nc == 0 || c->stale || !slice_eq(r->challenge.nonce, c->nonce);
    return c->stale && r->answered <= AUTH_STALE_MAX;
}

static enum auth_result take(struct auth *a, const struct challenge *c, bool proxy)
{
    struct auth_realm *r = find(a, c->realm, proxy);

    if (r != NULL && !may_answer(r, c))
        return AUTH_REFUSED;
    if (r == NULL) {
        if (a->count == AUTH_REALMS)
            return AUTH_REFUSED;
        r  = &a->realms[a->count];
        *r = (struct auth_realm){ .proxy = proxy };
    }
    if (!keep(r, c))
        return AUTH_NO_MEMORY;
    if (r == &a->realms[a->count])
        a->count++;
    r->answered++;
    return AUTH_RETRY;
}

/* All challenges of one kind, the strongest of each realm only. */
static unsigned collect(const struct message *m, enum header_id id, const struct auth_secret *secret,
                        struct challenge *best, unsigned *seen)
{
    unsigned count = 0;

    for (const struct header *h = message_header(m, id); h != NULL; h = message_next(m, h)) {
        struct scan      s = scan_from(h->value);
        struct challenge c;
        unsigned         i = 0;

        if (*seen == CHALLENGES_MAX)
            break;
        if (!challenge_scan(&s, &c))
            continue;
        (*seen)++;
        if (!usable(&c, secret))
            continue;
        while (i < count && !slice_eq(best[i].realm, c.realm))
            i++;
        if (i == count)
            best[count++] = c;
        else if (strength(c.algorithm) > strength(best[i].algorithm))
            best[i] = c;
    }
    return count;
}

void auth_init(struct auth *a)
{
    *a = (struct auth){ 0 };
}

void auth_fini(struct auth *a)
{
    for (unsigned i = 0; i < a->count; i++)
        free(a->realms[i].memory);
    a->count = 0;
}

void auth_begin(struct auth *a)
{
    for (unsigned i = 0; i < a->count; i++)
        a->realms[i].answered = 0;
}

enum auth_result auth_challenged(struct auth *a, const struct auth_secret *secret, const struct message *response)
{
    struct challenge best[CHALLENGES_MAX];
    bool             proxy = response->status == 407;
    unsigned         seen  = 0;
    unsigned         count =
        collect(response, proxy ? HEADER_PROXY_AUTHENTICATE : HEADER_WWW_AUTHENTICATE, secret, best, &seen);
    enum auth_result result = AUTH_REFUSED;

    if (seen == 0)
        return AUTH_MALFORMED;
    if (count == 0)
        return AUTH_UNSUPPORTED;
    if (secret->user.len == 0)
        return AUTH_REFUSED;
    for (unsigned i = 0; i < count; i++) { /* one realm with news is reason enough to try again */
        enum auth_result one = take(a, &best[i], proxy);

        if (one == AUTH_NO_MEMORY)
            return one;
        if (one == AUTH_RETRY)
            result = AUTH_RETRY;
    }
    return result;
}

static void write_one(struct auth_realm *r, const struct auth_secret *secret, struct hasher *hasher,
                      const struct random *random, enum method method, struct slice uri, struct gather *g)
{
    const struct challenge *challenge = &r->challenge;
    char                    cnonce[CNONCE_LEN], count[9], ha1[DIGEST_HEX], response[DIGEST_HEX];
    struct buf              cnonce_text = BUF_ON(cnonce), count_text = BUF_ON(count);
    struct slice            secret_hex = secret->ha1;
    struct credentials      c          = {
                      .username  = secret->user,
                      .realm     = challenge->realm,
                      .nonce     = challenge->nonce,
                      .uri       = uri,
                      .opaque    = challenge->opaque,
                      .algorithm = challenge->algorithm,
                      .known     = true,
                      .sess      = challenge->sess,
                      .nc        = ++r->nc,
    };
    size_t mark;

    random_token(random, &cnonce_text, CNONCE_LEN);
    buf_printf(&count_text, "%08x", c.nc);
    if (challenge->qop_auth)
        c.qop = SLICE("auth");
    if (challenge->qop_auth || challenge->sess) {
        c.nc_text = buf_slice(&count_text);
        c.cnonce  = buf_slice(&cnonce_text);
    }
    if (secret_hex.len == 0) {
        digest_ha1(hasher, c.algorithm, secret->user, c.realm, secret->password, ha1);
        secret_hex = slice_from(ha1);
    }
    digest_response(hasher, &c, secret_hex, method_name(method), SLICE(""), response);

    mark = gather_mark(g);
    buf_put(&g->scratch, header_name(r->proxy ? HEADER_PROXY_AUTHORIZATION : HEADER_AUTHORIZATION));
    buf_put(&g->scratch, SLICE(": "));
    credentials_write(&g->scratch, &c, slice_from(response));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

void auth_write(struct auth *a, const struct auth_secret *secret, struct hasher *hasher, const struct random *random,
                enum method method, struct slice uri, struct gather *g)
{
    if (secret->user.len == 0)
        return;
    for (unsigned i = 0; i < a->count; i++)
        write_one(&a->realms[i], secret, hasher, random, method, uri, g);
}
