/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"

#include "base/word.h"

/* What is hashed, one behind the other.  An escaped text is several: none of it is
 * copied. */
enum { PARTS = 32 };

struct parts {
    struct slice part[PARTS];
    size_t       count;
    bool         overflow;
};

static void begin(struct parts *p)
{
    p->count    = 0;
    p->overflow = false;
}

static void put(struct parts *p, struct slice text)
{
    if (p->count == PARTS)
        p->overflow = true;
    else
        p->part[p->count++] = text;
}

static void put_colon(struct parts *p)
{
    put(p, SLICE(":"));
}

/* Without its backslashes. */
static void put_meant(struct parts *p, struct slice inner)
{
    const char *escape;

    while (inner.len > 1 && (escape = memchr(inner.ptr, '\\', inner.len - 1)) != NULL) {
        size_t before = (size_t)(escape - inner.ptr);
        char   next   = escape[1];

        put(p, (struct slice){ inner.ptr, before });
        inner = (struct slice){ escape + 1, inner.len - before - 1 };
        if (next == '\\') { /* it stands for itself, and for no further escape */
            put(p, (struct slice){ inner.ptr, 1 });
            inner = (struct slice){ inner.ptr + 1, inner.len - 1 };
        }
    }
    put(p, inner);
}

typedef void digest_fn(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                       uint8_t *out);

static bool hash_by(digest_fn *digest, struct hasher *h, enum hash_algorithm algorithm, const struct parts *p,
                    char hex[DIGEST_HEX])
{
    uint8_t    bytes[HASH_MAX];
    struct buf b = buf_on(hex, DIGEST_HEX);

    if (p->overflow)
        return false;
    digest(h, algorithm, p->part, p->count, bytes);
    buf_put_hex(&b, bytes, hash_size(algorithm));
    buf_cstr(&b);
    return true;
}

static bool hash(struct hasher *h, enum hash_algorithm algorithm, const struct parts *p, char hex[DIGEST_HEX])
{
    return hash_by(hasher_digest, h, algorithm, p, hex);
}

void digest_ha1(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                struct slice password, char hex[DIGEST_HEX])
{
    struct parts p;

    begin(&p);
    put(&p, user);
    put_colon(&p);
    put(&p, realm);
    put_colon(&p);
    put(&p, password);
    hash(h, algorithm, &p, hex);
}

void digest_userhash(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                     char hex[DIGEST_HEX])
{
    struct parts p;

    begin(&p);
    put(&p, user);
    put_colon(&p);
    put(&p, realm);
    hash(h, algorithm, &p, hex);
}

/* RFC 7616 3.4.2. */
static bool hash_session(struct hasher *h, const struct credentials *c, struct slice ha1, char hex[DIGEST_HEX])
{
    struct parts p;

    begin(&p);
    put(&p, ha1);
    put_colon(&p);
    put_meant(&p, c->nonce);
    put_colon(&p);
    put_meant(&p, c->cnonce);
    return hash(h, c->algorithm, &p, hex);
}

static bool covers_body(const struct credentials *c)
{
    return slice_eq_nocase(c->qop, SLICE("auth-int"));
}

/* The phones of a domain say the same in each REGISTER, and who answers proves himself by the same: of the four digests
 * of one these are two, and 6 % of its instructions.  What names a user is not said as often. */
static digest_fn *way_of(struct slice uri)
{
    return uri.len > 0 && memchr(uri.ptr, '@', uri.len) == NULL ? hasher_digest_often : hasher_digest;
}

/* RFC 7616 3.4.3; an empty body has a hash, too (RFC 8760 2.6 item 7). */
static bool hash_a2(struct hasher *h, const struct credentials *c, struct slice method, struct slice body,
                    char hex[DIGEST_HEX])
{
    struct parts p;
    char         of_body[DIGEST_HEX];

    if (covers_body(c)) {
        begin(&p);
        put(&p, body);
        hash(h, c->algorithm, &p, of_body);
    }
    begin(&p);
    put(&p, method);
    put_colon(&p);
    put_meant(&p, c->uri);
    if (covers_body(c)) {
        put_colon(&p);
        put(&p, slice_from(of_body));
        return hash(h, c->algorithm, &p, hex);
    }
    return hash_by(way_of(c->uri), h, c->algorithm, &p, hex);
}

bool digest_response(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                     struct slice body, char hex[DIGEST_HEX])
{
    char         session[DIGEST_HEX], ha2[DIGEST_HEX];
    struct parts p;

    if (c->sess) {
        if (!hash_session(h, c, ha1, session))
            return false;
        ha1 = slice_from(session);
    }
    if (!hash_a2(h, c, method, body, ha2))
        return false;
    begin(&p);
    put(&p, ha1);
    put_colon(&p);
    put_meant(&p, c->nonce);
    put_colon(&p);
    if (c->qop.len > 0) {
        put(&p, c->nc_text);
        put_colon(&p);
        put_meant(&p, c->cnonce);
        put_colon(&p);
        put(&p, c->qop);
        put_colon(&p);
    }
    put(&p, slice_from(ha2));
    return hash(h, c->algorithm, &p, hex);
}

bool digest_rspauth(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice body,
                    char hex[DIGEST_HEX])
{
    return digest_response(h, c, ha1, SLICE(""), body, hex);
}

bool digest_verify(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                   struct slice body)
{
    char   hex[DIGEST_HEX], given[DIGEST_HEX];
    size_t size = 2 * hash_size(c->algorithm);

    if (!c->known || c->response.len != size ||
        (c->qop.len > 0 && !slice_eq_nocase(c->qop, SLICE("auth")) && !covers_body(c)))
        return false;
    for (size_t i = 0; i < size; i += sizeof(uint64_t))
        word_store(given + i, word_lower_letters(word_load(c->response.ptr + i)));
    return digest_response(h, c, ha1, method, body, hex) && secret_eq(hex, given, size);
}
