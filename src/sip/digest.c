/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"

static const struct slice algorithms[] = {
    [HASH_MD5]        = SLICE_INIT("MD5"),
    [HASH_SHA256]     = SLICE_INIT("SHA-256"),
    [HASH_SHA512_256] = SLICE_INIT("SHA-512-256"),
};

struct slice hash_algorithm_name(enum hash_algorithm algorithm)
{
    return algorithms[algorithm];
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
    for (enum hash_algorithm a = HASH_MD5; a <= HASH_SHA512_256; a++)
        if (slice_eq_nocase(text, algorithms[a])) {
            *algorithm = a;
            return true;
        }
    return false;
}

/* Where the value of an auth-param goes. */
struct field {
    struct slice  name;
    struct slice *value;
};

/* name "=" ( token / quoted-string ); both forms are read for every name, since
 * peers mix them up.  A name that is there twice is malformed: which of the two
 * was meant could decide who someone is. */
static bool scan_auth_param(struct scan *s, const struct field *fields, size_t count)
{
    struct slice name, value;

    if (!(scan_token(s, &name) && scan_lws(s) && scan_byte(s, '=') && scan_lws(s)))
        return false;
    if (!scan_quoted(s, &value) && !scan_until(s, ", \t\r\n\"\\", &value))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!slice_eq_nocase(name, fields[i].name))
            continue;
        if (fields[i].value->ptr != NULL)
            return false;
        *fields[i].value = value;
    }
    return scan_lws(s);
}

/* 1#auth-param up to the end; empty elements are stepped over (RFC 7230 7). */
static bool scan_auth_params(struct scan *s, const struct field *fields, size_t count)
{
    while (scan_lws(s) && scan_byte(s, ','))
        continue;
    while (!scan_at_end(s)) {
        if (!scan_auth_param(s, fields, count))
            return false;
        if (!scan_at_end(s) && !scan_byte(s, ','))
            return false;
        while (scan_lws(s) && scan_byte(s, ','))
            continue;
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

/* Is "auth" one of the words? */
static bool offers_auth(struct slice qop)
{
    struct scan  s = scan_from(qop);
    struct slice word;

    while (!scan_at_end(&s)) {
        if (!scan_token(&s, &word))
            s.at++;
        else if (slice_eq_nocase(word, SLICE("auth")))
            return true;
    }
    return false;
}

bool challenge_scan(struct scan *s, struct challenge *out)
{
    struct slice       stale    = { NULL, 0 };
    const struct field fields[] = {
        { SLICE("realm"), &out->realm },   { SLICE("nonce"), &out->nonce },
        { SLICE("opaque"), &out->opaque }, { SLICE("algorithm"), &out->algorithm_text },
        { SLICE("qop"), &out->qop_text },  { SLICE("stale"), &stale },
    };
    bool digest;

    *out = (struct challenge){ 0 };
    if (!scan_scheme(s, &digest))
        return false;
    if (!digest)
        return true;
    if (!scan_auth_params(s, fields, sizeof fields / sizeof *fields))
        return false;
    if (out->realm.ptr == NULL || out->nonce.ptr == NULL)
        return false;
    out->known    = parse_algorithm(out->algorithm_text, &out->algorithm, &out->sess);
    out->has_qop  = out->qop_text.ptr != NULL;
    out->qop_auth = out->has_qop && offers_auth(out->qop_text);
    out->stale    = slice_eq_nocase(stale, SLICE("true"));
    return true;
}

/* nc-value = 8LHEX */
static bool parse_nc(struct slice text, uint32_t *nc)
{
    *nc = 0;
    if (text.ptr == NULL)
        return true;
    if (text.len != 8)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);

        if (digit < 0)
            return false;
        *nc = *nc << 4 | (uint32_t)digit;
    }
    return true;
}

/* qop-value is a token even between quotes, which some peers put: it is written
 * without them, where a comma or a space would begin another parameter. */
static bool is_qop_value(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice word;

    return scan_token(&s, &word) && scan_at_end(&s);
}

bool credentials_scan(struct scan *s, struct credentials *out)
{
    struct slice       algorithm = { NULL, 0 };
    const struct field fields[]  = {
         { SLICE("username"), &out->username }, { SLICE("realm"), &out->realm },       { SLICE("nonce"), &out->nonce },
         { SLICE("uri"), &out->uri },           { SLICE("response"), &out->response }, { SLICE("cnonce"), &out->cnonce },
         { SLICE("opaque"), &out->opaque },     { SLICE("qop"), &out->qop },           { SLICE("nc"), &out->nc_text },
         { SLICE("algorithm"), &algorithm },
    };
    bool digest;

    *out = (struct credentials){ 0 };
    if (!scan_scheme(s, &digest))
        return false;
    if (!digest)
        return true;
    if (!scan_auth_params(s, fields, sizeof fields / sizeof *fields))
        return false;
    if (out->username.ptr == NULL || out->realm.ptr == NULL || out->nonce.ptr == NULL || out->uri.ptr == NULL ||
        out->response.ptr == NULL || !parse_nc(out->nc_text, &out->nc))
        return false;
    if (out->qop.len > 0 && (!is_qop_value(out->qop) || out->cnonce.ptr == NULL || out->nc_text.ptr == NULL))
        return false; /* RFC 7616 3.4: MUST be there with qop */
    out->known = parse_algorithm(algorithm, &out->algorithm, &out->sess);
    return true;
}

static void digest_hex(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                       char hex[DIGEST_HEX])
{
    uint8_t    bytes[HASH_MAX];
    struct buf b = buf_on(hex, DIGEST_HEX);

    hasher_digest(h, algorithm, parts, count, bytes);
    buf_put_hex(&b, bytes, hash_size(algorithm));
    buf_cstr(&b);
}

static const struct slice colon = SLICE_INIT(":");

void digest_ha1(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                struct slice password, char hex[DIGEST_HEX])
{
    const struct slice parts[] = { user, colon, realm, colon, password };

    digest_hex(h, algorithm, parts, sizeof parts / sizeof *parts, hex);
}

void digest_response(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                     char hex[DIGEST_HEX])
{
    char               session[DIGEST_HEX], ha2[DIGEST_HEX];
    const struct slice a1[] = { ha1, colon, c->nonce, colon, c->cnonce };
    const struct slice a2[] = { method, colon, c->uri };

    if (c->sess) {
        digest_hex(h, c->algorithm, a1, sizeof a1 / sizeof *a1, session);
        ha1 = slice_from(session);
    }
    digest_hex(h, c->algorithm, a2, sizeof a2 / sizeof *a2, ha2);
    if (c->qop.len > 0) {
        const struct slice parts[] = { ha1,       colon, c->nonce, colon, c->nc_text,     colon,
                                       c->cnonce, colon, c->qop,   colon, slice_from(ha2) };

        digest_hex(h, c->algorithm, parts, sizeof parts / sizeof *parts, hex);
    } else {
        const struct slice parts[] = { ha1, colon, c->nonce, colon, slice_from(ha2) };

        digest_hex(h, c->algorithm, parts, sizeof parts / sizeof *parts, hex);
    }
}

bool digest_verify(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method)
{
    char   hex[DIGEST_HEX], given[DIGEST_HEX];
    size_t size = 2 * hash_size(c->algorithm);

    if (!c->known || c->response.len != size || (c->qop.len > 0 && !slice_eq_nocase(c->qop, SLICE("auth"))))
        return false;
    for (size_t i = 0; i < size; i++)
        given[i] = ascii_lower(c->response.ptr[i]);
    digest_response(h, c, ha1, method, hex);
    return secret_eq(hex, given, size);
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
    put_quoted(b, SLICE("Digest username"), c->username);
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
}

void challenge_write(struct buf *b, const struct challenge *c)
{
    put_quoted(b, SLICE("Digest realm"), c->realm);
    put_quoted(b, SLICE(", nonce"), c->nonce);
    if (c->opaque.ptr != NULL)
        put_quoted(b, SLICE(", opaque"), c->opaque);
    put_algorithm(b, c->algorithm, c->sess);
    if (c->qop_auth)
        buf_put(b, SLICE(", qop=\"auth\""));
    if (c->stale)
        buf_put(b, SLICE(", stale=true"));
}
