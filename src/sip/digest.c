/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"

#include "base/run.h"
#include "sip/params.h"

static const struct slice algorithms[] = {
    [HASH_MD5]        = SLICE_INIT("MD5"),
    [HASH_SHA256]     = SLICE_INIT("SHA-256"),
    [HASH_SHA512_256] = SLICE_INIT("SHA-512-256"),
};

struct slice hash_algorithm_name(enum hash_algorithm algorithm)
{
    return algorithms[algorithm];
}

bool hash_algorithm_parse(struct slice text, enum hash_algorithm *algorithm)
{
    for (enum hash_algorithm a = HASH_MD5; a <= HASH_SHA512_256; a++)
        if (slice_eq_nocase(text, algorithms[a])) {
            *algorithm = a;
            return true;
        }
    return false;
}

/* "MD5", "sha-256-sess", ...; an absent one is MD5 (RFC 7616 3.3). */
static bool parse_algorithm(struct slice text, enum hash_algorithm *algorithm, bool *sess)
{
    const struct slice suffix = SLICE("-sess");

    *algorithm = HASH_MD5;
    *sess      = false;
    if (text.ptr == NULL)
        return true;
    if (text.len > suffix.len &&
        slice_eq_nocase((struct slice){ text.ptr + text.len - suffix.len, suffix.len }, suffix)) {
        *sess = true;
        text.len -= suffix.len;
    }
    return hash_algorithm_parse(text, algorithm);
}

/* Where the value of the auth-param of this name goes; NULL: nowhere. */
typedef struct slice *place_fn(void *into, struct slice name);

/* A value without quotes; peers leave them out where they belong, so it has more than a token's bytes. */
static bool scan_bare(struct scan *s, struct slice *value)
{
    if (!scan_until(s, ", \t\r\n\"\\", value))
        return false;
    for (size_t i = 0; i < value->len; i++)
        if (scan_is_control(value->ptr[i])) /* we could not repeat it in quotes */
            return false;
    return true;
}

/* name="value" or name=value up to ',' or the end, without blanks or escapes and padded: so nearly all are. */
static inline bool scan_usual_param(struct scan *s, struct slice *name, struct slice *value)
{
    const char *start = s->at, *end = s->end, *at = run_end_padded(start, end, RUN_HOST);

    if (at == start || at == end || *at != '=')
        return false;
    *name = slice_between(start, at);
    start = at + 1;
    if (*start == '"' && start < end) {
        at     = run_end_padded(++start, end, RUN_QUOTED);
        *value = slice_between(start, at);
        if (at == end || *at != '"')
            return false;
        at++;
    } else {
        at     = run_end_padded(start, end, RUN_HOST);
        *value = slice_between(start, at);
        if (at == start || (at < end && *at != ','))
            return false;
    }
    s->at = at;
    return true;
}

/* The same for any. */
static bool scan_any_param(struct scan *s, struct slice *name, struct slice *value)
{
    return scan_token(s, name) && scan_lws(s) && scan_byte(s, '=') && scan_lws(s) &&
           (scan_quoted(s, value) || scan_bare(s, value));
}

/* name "=" ( token / quoted-string ); both forms are read for every name, since
 * peers mix them up.  A name that is there twice is malformed: which of the two
 * was meant could decide who someone is. */
static inline bool scan_auth_param(struct scan *s, place_fn *place_of, void *into)
{
    struct slice name, value, *place;

    if (!(scan_is_padded(s) && scan_usual_param(s, &name, &value)) && !scan_any_param(s, &name, &value))
        return false;
    place = place_of(into, name);
    if (place != NULL && place->ptr != NULL)
        return false;
    if (place != NULL)
        *place = value;
    return (s->at < s->end && *s->at == ',') || scan_lws(s);
}

/* Mostly a blank, or none, and the next name. */
static inline void skip_empty(struct scan *s)
{
    s->at += s->at < s->end && *s->at == ' ';
    if (s->at < s->end && is_alnum_byte(*s->at))
        return;
    while (scan_lws(s) && scan_byte(s, ','))
        continue;
}

/* 1#auth-param up to the end; empty elements are stepped over (RFC 7230 7). */
RUN_INLINE bool scan_auth_params(struct scan *s, place_fn *place_of, void *into)
{
    skip_empty(s);
    while (!scan_at_end(s)) {
        if (!scan_auth_param(s, place_of, into))
            return false;
        if (!scan_at_end(s) && !scan_byte(s, ','))
            return false;
        skip_empty(s);
    }
    return true;
}

/* The scheme; for another one than Digest all of the value is taken. */
static bool scan_scheme(struct scan *s, bool *digest)
{
    struct slice scheme;

    if (!(scan_lws(s) && scan_token(s, &scheme)))
        return false;
    *digest = slice_eq_nocase(scheme, SLICE("Digest"));
    if (!*digest)
        s->at = s->end;
    return scan_lws(s);
}

/* Is `wanted` one of the words? */
static bool offers(struct slice qop, struct slice wanted)
{
    struct scan  s = scan_from(qop);
    struct slice word;

    while (!scan_at_end(&s)) {
        if (!scan_token(&s, &word))
            s.at++;
        else if (slice_eq_nocase(word, wanted))
            return true;
    }
    return false;
}

struct challenge_parts {
    struct challenge *out;
    struct slice      stale, userhash;
};

static struct slice *challenge_place(void *into, struct slice name)
{
    struct challenge_parts *c = into;

    if (param_is(name, "realm"))
        return &c->out->realm;
    if (param_is(name, "nonce"))
        return &c->out->nonce;
    if (param_is(name, "opaque"))
        return &c->out->opaque;
    if (param_is(name, "qop"))
        return &c->out->qop_text;
    if (param_is(name, "stale"))
        return &c->stale;
    if (param_is(name, "userhash"))
        return &c->userhash;
    return slice_eq_nocase(name, SLICE("algorithm")) ? &c->out->algorithm_text : NULL;
}

bool challenge_scan(struct scan *s, struct challenge *out)
{
    struct challenge_parts parts = { .out = out };
    bool                   digest;

    *out = (struct challenge){ 0 };
    if (!scan_scheme(s, &digest))
        return false;
    if (!digest)
        return true;
    if (!scan_auth_params(s, challenge_place, &parts))
        return false;
    if (out->realm.ptr == NULL || out->nonce.ptr == NULL)
        return false;
    out->known        = parse_algorithm(out->algorithm_text, &out->algorithm, &out->sess);
    out->has_qop      = out->qop_text.ptr != NULL;
    out->qop_auth     = out->has_qop && offers(out->qop_text, SLICE("auth"));
    out->qop_auth_int = out->has_qop && offers(out->qop_text, SLICE("auth-int"));
    out->stale        = slice_eq_nocase(parts.stale, SLICE("true"));
    out->userhash     = slice_eq_nocase(parts.userhash, SLICE("true"));
    return true;
}

/* nc-value = 8LHEX */
static bool parse_nc(struct slice text, uint32_t *nc)
{
    *nc = 0;
    if (text.ptr == NULL)
        return true;
    return text.len == 8 && word_hex(word_load(text.ptr), nc);
}

/* qop-value is a token even between quotes, which some peers put: it is written
 * without them, where a comma or a space would begin another parameter. */
static bool is_qop_value(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice word;

    return scan_token(&s, &word) && scan_at_end(&s);
}

/* true or false, and nothing else (RFC 7616 3.4). */
static bool parse_userhash(struct slice text, bool *userhash)
{
    *userhash = slice_eq_nocase(text, SLICE("true"));
    return *userhash || text.ptr == NULL || slice_eq_nocase(text, SLICE("false"));
}

/* ext-value = "UTF-8" "'" [ language ] "'" *( pct-encoded / attr-char ): what is behind
 * the second quote, escapes kept (RFC 5987 3.2). */
static bool parse_ext_value(struct slice text, struct slice *value)
{
    struct scan  s = scan_from(text);
    struct slice run;

    if (!scan_word(&s, SLICE("UTF-8'")))
        return false;
    scan_until(&s, "'", &run);
    if (!scan_byte(&s, '\''))
        return false;
    *value = scan_rest(&s);
    for (; !scan_at_end(&s); s.at++) {
        if (*s.at == '%' && (s.end - s.at < 3 || hex_value(s.at[1]) < 0 || hex_value(s.at[2]) < 0))
            return false;
    }
    return true;
}

/* One of the two, and not both; no hash of what is written out (RFC 7616 3.4). */
static bool has_one_user(struct credentials *c)
{
    if (c->username_ext.ptr == NULL)
        return c->username.ptr != NULL;
    return c->username.ptr == NULL && !c->userhash && parse_ext_value(c->username_ext, &c->username_ext);
}

struct credentials_parts {
    struct credentials *out;
    struct slice        algorithm, userhash;
};

static struct slice *credentials_place(void *into, struct slice name)
{
    struct credentials_parts *c   = into;
    struct credentials       *out = c->out;

    if (param_is(name, "username"))
        return &out->username;
    if (param_is(name, "realm"))
        return &out->realm;
    if (param_is(name, "nonce"))
        return &out->nonce;
    if (param_is(name, "uri"))
        return &out->uri;
    if (param_is(name, "response"))
        return &out->response;
    if (param_is(name, "cnonce"))
        return &out->cnonce;
    if (param_is(name, "opaque"))
        return &out->opaque;
    if (param_is(name, "qop"))
        return &out->qop;
    if (param_is(name, "nc"))
        return &out->nc_text;
    if (param_is(name, "userhash"))
        return &c->userhash;
    if (slice_eq_nocase(name, SLICE("algorithm")))
        return &c->algorithm;
    return slice_eq_nocase(name, SLICE("username*")) ? &out->username_ext : NULL;
}

bool credentials_scan(struct scan *s, struct credentials *out)
{
    struct credentials_parts parts = { .out = out };
    bool                     digest;

    *out = (struct credentials){ 0 };
    if (!scan_scheme(s, &digest))
        return false;
    if (!digest)
        return true;
    if (!scan_auth_params(s, credentials_place, &parts))
        return false;
    if (out->realm.ptr == NULL || out->nonce.ptr == NULL || out->uri.ptr == NULL || out->response.ptr == NULL ||
        !parse_nc(out->nc_text, &out->nc) || !parse_userhash(parts.userhash, &out->userhash) || !has_one_user(out))
        return false;
    if (out->qop.len > 0 && (!is_qop_value(out->qop) || out->cnonce.ptr == NULL || out->nc_text.ptr == NULL))
        return false; /* RFC 7616 3.4: MUST be there with qop */
    out->known = parse_algorithm(parts.algorithm, &out->algorithm, &out->sess);
    return true;
}

static struct slice *auth_info_place(void *into, struct slice name)
{
    struct auth_info *out = into;

    if (param_is(name, "qop"))
        return &out->qop;
    if (param_is(name, "rspauth"))
        return &out->rspauth;
    if (param_is(name, "cnonce"))
        return &out->cnonce;
    if (param_is(name, "nc"))
        return &out->nc_text;
    return slice_eq_nocase(name, SLICE("nextnonce")) ? &out->nextnonce : NULL;
}

bool auth_info_scan(struct scan *s, struct auth_info *out)
{
    *out = (struct auth_info){ 0 };
    return scan_lws(s) && !scan_at_end(s) && scan_auth_params(s, auth_info_place, out);
}

void credentials_write_user(struct buf *b, const struct credentials *c)
{
    const struct slice ext = c->username_ext;

    if (ext.ptr == NULL) {
        buf_put_unquoted(b, c->username);
        return;
    }
    for (size_t i = 0; i < ext.len; i++) {
        if (ext.ptr[i] != '%') {
            buf_put_byte(b, ext.ptr[i]);
            continue;
        }
        buf_put_byte(b, (char)(hex_value(ext.ptr[i + 1]) << 4 | hex_value(ext.ptr[i + 2])));
        i += 2;
    }
}

bool digest_means(struct slice inner, struct slice plain)
{
    size_t at = 0;

    if (inner.len == 0 || memchr(inner.ptr, '\\', inner.len) == NULL)
        return slice_eq(inner, plain);
    for (size_t i = 0; i < inner.len; i++, at++) {
        if (inner.ptr[i] == '\\' && i + 1 < inner.len)
            i++;
        if (at == plain.len || inner.ptr[i] != plain.ptr[at])
            return false;
    }
    return at == plain.len;
}

static void put_quoted(struct buf *b, struct slice name, struct slice value)
{
    buf_put(b, name);
    buf_put(b, SLICE("=\""));
    buf_put(b, value); /* its escapes were kept */
    buf_put_byte(b, '"');
}

static void put_algorithm(struct buf *b, enum hash_algorithm algorithm, bool sess)
{
    buf_put(b, SLICE(", algorithm="));
    buf_put(b, algorithms[algorithm]);
    if (sess)
        buf_put(b, SLICE("-sess"));
}

void credentials_write(struct buf *b, const struct credentials *c, struct slice response)
{
    if (c->username_ext.ptr != NULL) {
        buf_put(b, SLICE("Digest username*=UTF-8''"));
        buf_put(b, c->username_ext);
    } else {
        put_quoted(b, SLICE("Digest username"), c->username);
    }
    put_quoted(b, SLICE(", realm"), c->realm);
    put_quoted(b, SLICE(", nonce"), c->nonce);
    put_quoted(b, SLICE(", uri"), c->uri);
    put_quoted(b, SLICE(", response"), response);
    put_algorithm(b, c->algorithm, c->sess);
    if (c->qop.len > 0 || c->sess)
        put_quoted(b, SLICE(", cnonce"), c->cnonce);
    if (c->qop.len > 0) {
        buf_put(b, SLICE(", qop="));
        buf_put(b, c->qop);
        buf_put(b, SLICE(", nc="));
        buf_put(b, c->nc_text);
    }
    if (c->opaque.ptr != NULL)
        put_quoted(b, SLICE(", opaque"), c->opaque);
    if (c->userhash)
        buf_put(b, SLICE(", userhash=true"));
}

static void put_offered_qop(struct buf *b, const struct challenge *c)
{
    if (!c->qop_auth && !c->qop_auth_int)
        return;
    buf_put(b, SLICE(", qop=\""));
    buf_put(b, c->qop_auth ? SLICE("auth") : SLICE("auth-int"));
    if (c->qop_auth && c->qop_auth_int)
        buf_put(b, SLICE(",auth-int"));
    buf_put_byte(b, '"');
}

void challenge_write(struct buf *b, const struct challenge *c)
{
    put_quoted(b, SLICE("Digest realm"), c->realm);
    put_quoted(b, SLICE(", nonce"), c->nonce);
    challenge_write_rest(b, c);
}

void challenge_write_rest(struct buf *b, const struct challenge *c)
{
    if (c->opaque.ptr != NULL)
        put_quoted(b, SLICE(", opaque"), c->opaque);
    put_algorithm(b, c->algorithm, c->sess);
    put_offered_qop(b, c);
    if (c->stale)
        buf_put(b, SLICE(", stale=true"));
    if (c->userhash)
        buf_put(b, SLICE(", userhash=true"));
}

void auth_info_write(struct buf *b, const struct auth_info *i)
{
    if (i->nextnonce.len > 0) {
        put_quoted(b, SLICE("nextnonce"), i->nextnonce);
        if (i->rspauth.len > 0)
            buf_put(b, SLICE(", "));
    }
    if (i->rspauth.len == 0)
        return;
    buf_put(b, SLICE("qop="));
    buf_put(b, i->qop);
    buf_put(b, SLICE(", rspauth=\""));
    buf_put(b, i->rspauth);
    buf_put(b, SLICE("\", cnonce=\""));
    buf_put(b, i->cnonce);
    buf_put(b, SLICE("\", nc="));
    buf_put(b, i->nc_text);
}
