/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/authenticator.h"

#include <stdlib.h>

enum { ALGORITHMS = HASH_SHA512_256 + 1, LONGEST_URI = 2048, BEFORE_TEXT = 64, REST_TEXT = 128 };

/* What is the same in each challenge is written once: up to the nonce for either header, and behind it for each
 * algorithm, whether the nonce before was stale or not. */
struct challenge_texts {
    struct buf before[2];
    struct buf behind[ALGORITHMS][2];
    char       memory[ALGORITHMS][2][REST_TEXT];
};

struct authenticator {
    struct world          *world;
    struct user_reader    *users;
    struct nonces         *nonces;
    struct slice           realm;
    struct nonce_realm     nonce_realm;
    const struct config   *config;
    struct hasher         *hasher;
    struct auth_guard      guard;
    enum hash_algorithm    offered[ALGORITHMS]; /* the most wanted first */
    size_t                 offered_count;
    bool                   qop_auth, qop_auth_int;
    struct challenge_texts texts;
};

static struct buf *before_nonce(struct challenge_texts *t, enum header_id header)
{
    return &t->before[header == HEADER_PROXY_AUTHENTICATE];
}

static void write_before(struct buf *b, enum header_id header, struct slice realm)
{
    buf_put(b, header_name(header));
    buf_put(b, SLICE(": Digest realm="));
    buf_put_quoted(b, realm);
    buf_put(b, SLICE(", nonce=\""));
}

static void write_behind(struct authenticator *a, size_t offer, bool stale)
{
    struct buf            *b = &a->texts.behind[offer][stale];
    const struct challenge c = {
        .algorithm    = a->offered[offer],
        .qop_auth     = a->qop_auth,
        .qop_auth_int = a->qop_auth_int,
        .stale        = stale,
        .userhash     = a->config->digest_userhash && a->offered[offer] != HASH_MD5,
    };

    *b = BUF_ON(a->texts.memory[offer][stale]);
    buf_put_byte(b, '"');
    challenge_write_rest(b, &c);
    buf_put(b, SLICE("\r\n"));
}

static bool is_offered(const struct authenticator *a, enum hash_algorithm algorithm)
{
    for (size_t i = 0; i < a->offered_count; i++)
        if (a->offered[i] == algorithm)
            return true;
    return false;
}

/* No algorithm twice (RFC 8760 2.3). */
static void take_config(struct authenticator *a, const struct config *config)
{
    const struct config_list *names = &config->digest_algorithms, *qops = &config->digest_qop;

    a->config        = config;
    a->offered_count = 0;
    a->qop_auth = a->qop_auth_int = false;
    for (size_t i = 0; i < names->count; i++) {
        enum hash_algorithm algorithm;

        if (hash_algorithm_parse(names->texts[i], &algorithm) && !is_offered(a, algorithm))
            a->offered[a->offered_count++] = algorithm;
    }
    for (size_t i = 0; i < qops->count; i++) {
        a->qop_auth |= slice_eq(qops->texts[i], SLICE("auth"));
        a->qop_auth_int |= slice_eq(qops->texts[i], SLICE("auth-int"));
    }
    for (size_t i = 0; i < a->offered_count; i++) {
        write_behind(a, i, false);
        write_behind(a, i, true);
    }
}

struct authenticator *authenticator_new(struct world *w, struct user_reader *users, struct nonces *nonces,
                                        struct slice realm, const struct config *config)
{
    size_t                room = BEFORE_TEXT + 2 * realm.len; /* each byte of it escaped */
    struct authenticator *a    = calloc(1, sizeof *a + 2 * room);

    if (a == NULL)
        return NULL;
    a->world       = w;
    a->users       = users;
    a->nonces      = nonces;
    a->realm       = realm;
    a->nonce_realm = nonces_realm(nonces, realm);
    a->guard.world = w;
    a->hasher      = hasher_new();
    for (int i = 0; i < 2; i++)
        a->texts.before[i] = buf_on((char *)(a + 1) + (size_t)i * room, room);
    write_before(before_nonce(&a->texts, HEADER_WWW_AUTHENTICATE), HEADER_WWW_AUTHENTICATE, realm);
    write_before(before_nonce(&a->texts, HEADER_PROXY_AUTHENTICATE), HEADER_PROXY_AUTHENTICATE, realm);
    take_config(a, config);
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
    explicit_bzero(&a->nonce_realm, sizeof a->nonce_realm);
    free(a);
}

void authenticator_configure(struct authenticator *a, const struct config *config)
{
    take_config(a, config);
}

void authenticator_guard(struct authenticator *a, struct attempts *attempts, struct log_limit *lines)
{
    a->guard.attempts = attempts;
    a->guard.lines    = lines;
}

uint64_t authenticator_work(const struct authenticator *a)
{
    return hasher_work(a->hasher);
}

/* Without qop it is what qop=auth covers (RFC 8760 2.6 item 8). */
static bool qop_is_offered(const struct authenticator *a, struct slice qop)
{
    if (slice_eq_nocase(qop, SLICE("auth-int")))
        return a->qop_auth_int;
    return a->qop_auth && (qop.len == 0 || slice_eq_nocase(qop, SLICE("auth")));
}

/* Empty values stand in what is sent before any challenge (RFC 8760 2.7). */
static bool is_for_us(const struct authenticator *a, const struct credentials *c)
{
    return c->known && !c->sess && c->nonce.len > 0 && c->response.len > 0 && digest_means(c->realm, a->realm) &&
           is_offered(a, c->algorithm) && qop_is_offered(a, c->qop);
}

/* Those to be judged; false if any of all cannot be read. */
static bool collect(const struct authenticator *a, const struct message *request, enum header_id header,
                    struct credentials given[CREDENTIALS_JUDGED], unsigned *count)
{
    *count = 0;
    for (const struct header *h = message_header(request, header); h != NULL; h = message_next(request, h)) {
        struct scan        s = scan_value_of(request, h);
        struct credentials c;

        if (!credentials_scan(&s, &c))
            return false;
        if (*count < CREDENTIALS_JUDGED && is_for_us(a, &c))
            given[(*count)++] = c;
    }
    return true;
}

/* As the request has it.  Empty: longer than any name, and than the hash of one. */
static void read_named(const struct credentials *c, struct auth_proof *proof)
{
    struct buf b = BUF_ON(proof->named_memory);

    credentials_write_user(&b, c);
    proof->named = buf_ok(&b) ? buf_slice(&b) : SLICE("");
    for (size_t i = 0; c->userhash && i < proof->named.len; i++) /* hex: one hash, one spelling */
        proof->named_memory[i] = ascii_lower(proof->named_memory[i]);
}

/* The name that was given, or that of the hash that was given. */
static enum user_state find_name(struct authenticator *a, const struct credentials *c, struct slice domain,
                                 struct auth_proof *proof)
{
    proof->user = SLICE("");
    if (proof->named.len == 0)
        return USER_UNKNOWN;
    if (!c->userhash) {
        proof->user = proof->named;
        return USER_FOUND;
    }
    if (!a->config->digest_userhash)
        return USER_UNKNOWN; /* we have not said that hashes would do */
    return user_reader_by_hash(a->users, domain, c->algorithm, proof->named, proof->memory, &proof->user);
}

static enum user_state find_ha1(struct authenticator *a, const struct credentials *c, struct slice domain,
                                enum user_state state, struct auth_proof *proof)
{
    proof->ha1 = SLICE("");
    if (state == USER_FOUND)
        state = user_reader_ha1(a->users, domain, proof->user, c->algorithm, proof->ha1_memory, &proof->ha1);
    return state;
}

/* What a hash of nobody's password looks like, so that a name that does not exist takes
 * as long as a wrong password. */
static struct slice nobodys_ha1(enum hash_algorithm algorithm)
{
    struct slice zeros = SLICE("0000000000000000000000000000000000000000000000000000000000000000");

    return (struct slice){ zeros.ptr, 2 * hash_size(algorithm) };
}

/* Without qop there is no count, and the nonce is good for one request only. */
static uint32_t count_of(const struct credentials *c)
{
    return c->qop.len > 0 ? c->nc : NONCE_ONCE;
}

/* Whoever is asked for Authorization is told in the 2xx that we know the secret, too.  What both
 * proofs share is hashed once here: 3 % of a REGISTER with a password. */
static bool is_right(struct authenticator *a, const struct credentials *c, const struct message *request,
                     enum header_id header, struct slice ha1, struct auth_proof *proof)
{
    proof->rspauth[0] = '\0';
    if (header == HEADER_AUTHORIZATION && a->config->digest_info)
        return digest_verify_mutually(a->hasher, c, ha1, request->method_text, request->body, proof->rspauth);
    return digest_verify(a->hasher, c, ha1, request->method_text, request->body);
}

static enum auth_result judge(struct authenticator *a, const struct credentials *c, const struct message *request,
                              enum header_id header, struct slice domain, struct auth_proof *proof)
{
    enum user_state state;
    bool            known;

    if (!nonces_read(a->nonce_realm, c->nonce, &proof->nonce))
        return AUTH_STALE; /* from before a restart, or made up: a new one costs nothing */
    read_named(c, proof);
    if (!auth_guard_allow(&a->guard, request, proof->named, domain, &proof->retry_after))
        return AUTH_LIMITED; /* and the store is not asked either */
    state = find_ha1(a, c, domain, find_name(a, c, domain, proof), proof);
    if (state == USER_WAIT || state == USER_FAILED)
        return state == USER_WAIT ? AUTH_WAIT : AUTH_FAILED;
    known          = state == USER_FOUND && proof->ha1.len > 0;
    proof->no_hash = state == USER_FOUND && !known;
    if (!is_right(a, c, request, header, known ? proof->ha1 : nobodys_ha1(c->algorithm), proof) || !known)
        return AUTH_WRONG;
    if (world_now(a->world) > proof->nonce.ends_at || !nonces_use(a->nonces, &proof->nonce, count_of(c)))
        return AUTH_STALE;
    proof->given = *c;
    return AUTH_OK;
}

enum auth_result authenticator_check(struct authenticator *a, const struct message *request, enum header_id header,
                                     struct slice domain, struct auth_proof *proof)
{
    struct credentials given[CREDENTIALS_JUDGED];
    enum auth_result   worst = AUTH_NONE;
    unsigned           count;

    proof->user        = SLICE("");
    proof->named       = SLICE("");
    proof->no_hash     = false;
    proof->retry_after = 0;
    if (!collect(a, request, header, given, &count))
        return AUTH_BROKEN;
    for (unsigned i = 0; i < count; i++) {
        enum auth_result result = judge(a, &given[i], request, header, domain, proof);

        if (result == AUTH_OK || result == AUTH_WRONG)
            auth_guard_note(&a->guard, request, proof->named, domain, result == AUTH_OK);
        if (result != AUTH_STALE && result != AUTH_WRONG)
            return result;
        if (result > worst)
            worst = result; /* a guess is not hidden behind an old nonce */
    }
    return worst;
}

bool authenticator_verifies(struct authenticator *a, const struct auth_proof *proof, struct slice method,
                            struct slice more, struct slice response)
{
    char               memory[LONGEST_URI], hex[DIGEST_HEX];
    struct buf         uri = BUF_ON(memory);
    struct credentials c   = proof->given;

    buf_put(&uri, c.uri);
    buf_put_byte(&uri, ':');
    buf_put(&uri, more);
    c.uri = buf_slice(&uri);
    return buf_ok(&uri) && !slice_eq_nocase(c.qop, SLICE("auth-int")) &&
           digest_response(a->hasher, &c, proof->ha1, method, SLICE(""), hex) && response.len == strlen(hex) &&
           secret_eq(response.ptr, hex, response.len);
}

void authenticator_write_challenges(struct authenticator *a, struct buf *b, enum header_id header, bool stale)
{
    char nonce[NONCE_TEXT];

    nonces_make(a->nonces, a->nonce_realm, world_now(a->world) + a->config->nonce_lifetime, nonce);
    for (size_t i = 0; i < a->offered_count; i++) {
        buf_put(b, buf_slice(before_nonce(&a->texts, header)));
        buf_put(b, (struct slice){ nonce, sizeof nonce });
        buf_put(b, buf_slice(&a->texts.behind[i][stale]));
    }
}

void authenticator_challenge(struct authenticator *a, struct gather *g, enum header_id header, bool stale)
{
    size_t mark = gather_mark(g);

    authenticator_write_challenges(a, &g->scratch, header, stale);
    gather_written(g, mark);
}

/* What is known of it, or is hashed now. */
static bool find_rspauth(struct authenticator *a, const struct auth_proof *proof, struct slice body,
                         char hex[DIGEST_HEX])
{
    if (proof->rspauth[0] == '\0' || body.len > 0)
        return digest_rspauth(a->hasher, &proof->given, proof->ha1, body, hex);
    memcpy(hex, proof->rspauth, sizeof proof->rspauth);
    return true;
}

void authenticator_info(struct authenticator *a, const struct auth_proof *proof, msec next_until, struct slice body,
                        struct gather *g)
{
    const struct credentials *c    = &proof->given;
    struct auth_info          info = { .qop = c->qop, .cnonce = c->cnonce, .nc_text = c->nc_text };
    char                      next[NONCE_TEXT], rspauth[DIGEST_HEX];
    size_t                    mark = gather_mark(g);

    if (!a->config->digest_info || c->qop.len == 0 || !find_rspauth(a, proof, body, rspauth))
        return;
    info.rspauth = slice_from(rspauth);
    if (next_until > proof->nonce.ends_at) {
        nonces_make(a->nonces, a->nonce_realm, next_until, next);
        info.nextnonce = (struct slice){ next, sizeof next };
    }
    buf_put(&g->scratch, SLICE("Authentication-Info: "));
    auth_info_write(&g->scratch, &info);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}
