/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/authenticator.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    SLOTS      = 1 << 16,
    MAC_BYTES  = 16,
    STAMP_HEX  = 16, /* milliseconds, 12 digits; slot, 4 digits */
    NONCE_TEXT = STAMP_HEX + 2 * MAC_BYTES,
};

/* A slot holds the time of its nonce (low 32 bits of the milliseconds) above the
 * last nonce count that was accepted with it. */
struct authenticator {
    struct world       *world;
    const struct users *users;
    struct slice        realm;
    msec                lifetime;
    bool                sha256; /* offer it */
    struct hasher      *hasher;
    uint8_t             key[32];
    uint32_t            next_slot;
    _Atomic uint64_t    slots[SLOTS];
};

struct authenticator *authenticator_new(struct world *w, const struct users *users, struct slice realm,
                                        msec nonce_lifetime, bool sha256)
{
    struct authenticator *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->world    = w;
    a->users    = users;
    a->realm    = realm;
    a->lifetime = nonce_lifetime;
    a->sha256   = sha256;
    a->hasher   = hasher_new();
    if (a->hasher == NULL) {
        free(a);
        return NULL;
    }
    random_fill(&w->random, a->key, sizeof a->key);
    return a;
}

void authenticator_free(struct authenticator *a)
{
    if (a == NULL)
        return;
    hasher_free(a->hasher);
    memset(a->key, 0, sizeof a->key);
    free(a);
}

static void write_mac(struct authenticator *a, struct buf *b, struct slice stamp)
{
    struct slice parts[] = { stamp, a->realm };
    uint8_t      mac[32];

    hasher_mac(a->hasher, a->key, parts, 2, mac);
    buf_put_hex(b, mac, MAC_BYTES);
}

static void make_nonce(struct authenticator *a, char text[NONCE_TEXT])
{
    struct buf b    = buf_on(text, NONCE_TEXT);
    msec       now  = world_now(a->world);
    uint32_t   slot = a->next_slot++ % SLOTS;
    char       stamp[STAMP_HEX + 1];
    struct buf s = BUF_ON(stamp);

    atomic_store(&a->slots[slot], (uint64_t)(uint32_t)now << 32);
    buf_printf(&s, "%012llx%04x", (unsigned long long)(now & 0xffffffffffff), slot);
    buf_put(&b, buf_slice(&s));
    write_mac(a, &b, buf_slice(&s));
}

static bool read_hex(struct slice text, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);

        if (digit < 0)
            return false;
        *value = *value << 4 | (unsigned)digit;
    }
    return true;
}

/* Is it one of ours, and of when? */
static bool read_nonce(struct authenticator *a, struct slice nonce, msec *made_at, uint32_t *slot)
{
    char       mac[2 * MAC_BYTES];
    struct buf b = BUF_ON(mac);
    uint64_t   at, index;

    if (nonce.len != NONCE_TEXT)
        return false;
    write_mac(a, &b, (struct slice){ nonce.ptr, STAMP_HEX });
    if (!secret_eq(mac, nonce.ptr + STAMP_HEX, sizeof mac))
        return false;
    if (!read_hex((struct slice){ nonce.ptr, 12 }, &at) || !read_hex((struct slice){ nonce.ptr + 12, 4 }, &index))
        return false;
    *made_at = at;
    *slot    = (uint32_t)index;
    return true;
}

/* One compare-and-swap: the count must rise.  Without qop there is no count, and
 * the nonce is good for one request only. */
static bool count_rises(struct authenticator *a, uint32_t slot, msec made_at, const struct credentials *c)
{
    uint32_t nc   = c->qop.len > 0 ? c->nc : UINT32_MAX;
    uint64_t seen = atomic_load(&a->slots[slot]);

    do {
        if ((uint32_t)(seen >> 32) != (uint32_t)made_at || nc <= (uint32_t)seen)
            return false;
    } while (!atomic_compare_exchange_weak(&a->slots[slot], &seen, (seen & 0xffffffff00000000) | nc));
    return true;
}

static struct slice ha1_of(const struct user *user, enum hash_algorithm algorithm)
{
    switch (algorithm) {
    case HASH_MD5:
        return user->ha1_md5;
    case HASH_SHA256:
        return user->ha1_sha256;
    case HASH_SHA512_256:
        break;
    }
    return SLICE("");
}

static enum auth_result judge(struct authenticator *a, const struct credentials *c, const struct message *request,
                              struct slice domain)
{
    const struct user *user = users_find(a->users, domain, c->username);
    struct slice       ha1;
    msec               made_at;
    uint32_t           slot;
    bool               known = false;

    if (!read_nonce(a, c->nonce, &made_at, &slot))
        return AUTH_STALE; /* from before a restart, or made up: a new one costs nothing */
    ha1 = user != NULL ? ha1_of(user, c->algorithm) : SLICE("");
    if (ha1.len == 0) /* a name that does not exist takes as long as a wrong password */
        ha1 = SLICE("00000000000000000000000000000000");
    else
        known = true;
    if (!digest_verify(a->hasher, c, ha1, request->method_text) || !known || c->sess)
        return AUTH_WRONG;
    if (world_now(a->world) - made_at > a->lifetime)
        return AUTH_STALE;
    return count_rises(a, slot, made_at, c) ? AUTH_OK : AUTH_STALE;
}

enum auth_result authenticator_check(struct authenticator *a, const struct message *request, enum header_id header,
                                     struct slice domain, struct slice *name)
{
    const struct header *h;

    for (h = message_header(request, header); h != NULL; h = message_next(request, h)) {
        struct scan        s = scan_from(h->value);
        struct credentials c;

        if (!credentials_scan(&s, &c))
            return AUTH_BROKEN;
        if (!c.known || !slice_eq(c.realm, a->realm))
            continue;
        *name = c.username;
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

    make_nonce(a, nonce);
    c.nonce = (struct slice){ nonce, sizeof nonce };
    if (a->sha256) {
        c.algorithm = HASH_SHA256;
        put_challenge(g, header, &c);
    }
    c.algorithm = HASH_MD5;
    put_challenge(g, header, &c);
}
