/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/auth.h"

#include <stdlib.h>

enum { CHALLENGES_MAX = 16 };

/* RFC 8760 2.4: SHA-256 before MD5; between the two of 256 bits the server's order
 * decides. */
static int strength(enum hash_algorithm algorithm)
{
    switch (algorithm) {
    case HASH_MD5:
        return 1;
    case HASH_SHA256:
    case HASH_SHA512_256:
        return 2;
    }
    return 0;
}

/* Can we answer it?  No qop at all is RFC 2069. */
static bool usable(const struct challenge *c, const struct auth_secret *secret)
{
    if (!c->known || c->realm.len > AUTH_REALM_MAX || (c->has_qop && !c->qop_auth && !c->qop_auth_int))
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

    if (text.ptr == NULL)
        return text; /* what was not there is not sent back */
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
        struct scan      s = scan_value_of(m, h);
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

/* H(A1) for this realm, kept or made; in `memory`. */
static struct slice ha1_of(const struct auth_secret *secret, struct hasher *hasher, const struct challenge *challenge,
                           char memory[DIGEST_HEX])
{
    char       text[AUTH_REALM_MAX];
    struct buf realm = BUF_ON(text);

    if (secret->ha1.len > 0)
        return secret->ha1;
    buf_put_unquoted(&realm, challenge->realm);
    digest_ha1(hasher, challenge->algorithm, secret->user, buf_slice(&realm), secret->password, memory);
    return slice_from(memory);
}

/* The name as it stands between quotes; or its hash, where the server takes that
 * (RFC 7616 3.4.4). */
static void write_user(struct buf *b, const struct auth_secret *secret, struct hasher *hasher,
                       const struct challenge *challenge, bool hashed)
{
    char       text[AUTH_REALM_MAX], hex[DIGEST_HEX];
    struct buf realm = BUF_ON(text);

    if (!hashed) {
        buf_put_quoted(b, secret->user);
        return;
    }
    buf_put_unquoted(&realm, challenge->realm);
    digest_userhash(hasher, challenge->algorithm, secret->user, buf_slice(&realm), hex);
    buf_put_quoted(b, slice_from(hex));
}

/* What is sent with this count. */
static struct credentials credentials_for(const struct auth_realm *r, struct slice uri, char count[9])
{
    const struct challenge *challenge = &r->challenge;
    struct buf              text      = buf_on(count, 9);
    struct credentials      c         = {
                     .realm     = challenge->realm,
                     .nonce     = challenge->nonce,
                     .uri       = uri,
                     .opaque    = challenge->opaque,
                     .algorithm = challenge->algorithm,
                     .known     = true,
                     .sess      = challenge->sess,
                     .nc        = r->nc,
    };

    buf_printf(&text, "%08x", c.nc);
    if (challenge->has_qop)
        c.qop = challenge->qop_auth ? SLICE("auth") : SLICE("auth-int");
    if (challenge->has_qop || challenge->sess) {
        c.nc_text = buf_slice(&text);
        c.cnonce  = (struct slice){ r->cnonce, AUTH_CNONCE };
    }
    return c;
}

/* A session has one key, made of its first cnonce (RFC 7616 3.4.2): keeping that serves
 * servers that remember it, and those that make it anew. */
static void count_on(struct auth_realm *r, const struct random *random)
{
    struct buf cnonce = BUF_ON(r->cnonce);

    r->nc++;
    if (r->nc == 1 || !r->challenge.sess)
        random_token(random, &cnonce, AUTH_CNONCE);
}

static void write_one(struct auth_realm *r, const struct auth_secret *secret, struct hasher *hasher,
                      const struct random *random, enum method method, struct slice uri, struct slice body,
                      struct gather *g)
{
    char               count[9], ha1[DIGEST_HEX], response[DIGEST_HEX], name[2 * AUTH_USER_MAX + 2];
    struct buf         user = BUF_ON(name);
    struct credentials c;
    size_t             mark;

    count_on(r, random);
    c          = credentials_for(r, uri, count);
    c.userhash = r->challenge.userhash && c.algorithm != HASH_MD5;
    write_user(&user, secret, hasher, &r->challenge, c.userhash);
    if (!buf_ok(&user) ||
        !digest_response(hasher, &c, ha1_of(secret, hasher, &r->challenge, ha1), method_name(method), body, response))
        return; /* a nonce of escapes, and the like: the server hears that it is not known */
    c.username = (struct slice){ name + 1, buf_slice(&user).len - 2 };
    mark       = gather_mark(g);
    buf_put(&g->scratch, header_name(r->proxy ? HEADER_PROXY_AUTHORIZATION : HEADER_AUTHORIZATION));
    buf_put(&g->scratch, SLICE(": "));
    credentials_write(&g->scratch, &c, slice_from(response));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

void auth_write(struct auth *a, const struct auth_secret *secret, struct hasher *hasher, const struct random *random,
                enum method method, struct slice uri, struct slice body, struct gather *g)
{
    if (secret->user.len == 0)
        return;
    for (unsigned i = 0; i < a->count; i++)
        write_one(&a->realms[i], secret, hasher, random, method, uri, body, g);
}

/* The realm that an Authentication-Info is about: it names none, but repeats our cnonce. */
static struct auth_realm *answered_realm(struct auth *a, const struct auth_info *info)
{
    struct auth_realm *only = NULL;

    for (unsigned i = 0; i < a->count; i++) {
        struct auth_realm *r = &a->realms[i];

        if (r->proxy || r->nc == 0)
            continue;
        if (info->cnonce.ptr != NULL && digest_means(info->cnonce, (struct slice){ r->cnonce, AUTH_CNONCE }))
            return r;
        if (only != NULL && info->cnonce.ptr == NULL)
            return NULL;
        only = r;
    }
    return info->cnonce.ptr == NULL ? only : NULL;
}

static bool is_right(const struct auth_realm *r, const struct auth_secret *secret, struct hasher *hasher,
                     struct slice uri, struct slice body, struct slice rspauth)
{
    char               count[9], ha1[DIGEST_HEX], hex[DIGEST_HEX];
    struct credentials c = credentials_for(r, uri, count);

    return digest_rspauth(hasher, &c, ha1_of(secret, hasher, &r->challenge, ha1), body, hex) &&
           slice_eq_nocase(slice_from(hex), rspauth);
}

enum auth_word auth_answered(struct auth *a, const struct auth_secret *secret, struct hasher *hasher, struct slice uri,
                             const struct message *response)
{
    const struct header *h = message_header(response, HEADER_AUTHENTICATION_INFO);
    struct scan          s;
    struct auth_info     info;
    struct auth_realm   *r;
    struct challenge     next;

    if (h == NULL)
        return AUTH_WORD_NONE;
    s = scan_from(h->value);
    if (!auth_info_scan(&s, &info))
        return AUTH_WORD_NONE;
    r = answered_realm(a, &info);
    if (r == NULL)
        return info.rspauth.ptr == NULL ? AUTH_WORD_NONE : AUTH_WORD_FALSE;
    if (info.rspauth.ptr != NULL && !is_right(r, secret, hasher, uri, response->body, info.rspauth))
        return AUTH_WORD_FALSE;
    if (info.nextnonce.len > 0) {
        next       = r->challenge;
        next.nonce = info.nextnonce;
        keep(r, &next);
    }
    return info.rspauth.ptr == NULL ? AUTH_WORD_NONE : AUTH_WORD_GOOD;
}
