/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/digest.h"

#include "base/word.h"

/* What is hashed, one behind the other.  An escaped text is several: none of it is
 * copied. */
enum { PARTS = 32, A2_TEXT = 96 };

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

static void put_hex(char hex[DIGEST_HEX], const uint8_t *bytes, size_t size)
{
    struct buf b = buf_on(hex, DIGEST_HEX);

    buf_put_hex(&b, bytes, size);
    buf_cstr(&b);
}

static bool hash_by(digest_fn *digest, struct hasher *h, enum hash_algorithm algorithm, const struct parts *p,
                    char hex[DIGEST_HEX])
{
    uint8_t bytes[HASH_MAX];

    if (p->overflow)
        return false;
    digest(h, algorithm, p->part, p->count, bytes);
    put_hex(hex, bytes, hash_size(algorithm));
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

/* What stands before A2's hash; with a session variant ha1 goes to `session`. */
static bool put_before_a2(struct parts *p, struct hasher *h, const struct credentials *c, struct slice ha1,
                          char session[DIGEST_HEX])
{
    if (c->sess) {
        if (!hash_session(h, c, ha1, session))
            return false;
        ha1 = slice_from(session);
    }
    begin(p);
    put(p, ha1);
    put_colon(p);
    put_meant(p, c->nonce);
    put_colon(p);
    if (c->qop.len > 0) {
        put(p, c->nc_text);
        put_colon(p);
        put_meant(p, c->cnonce);
        put_colon(p);
        put(p, c->qop);
        put_colon(p);
    }
    return true;
}

bool digest_response(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                     struct slice body, char hex[DIGEST_HEX])
{
    char         session[DIGEST_HEX], ha2[DIGEST_HEX];
    struct parts p;

    if (!hash_a2(h, c, method, body, ha2) || !put_before_a2(&p, h, c, ha1, session))
        return false;
    put(&p, slice_from(ha2));
    return hash(h, c->algorithm, &p, hex);
}

/* Of what a response without auth-int covers, and of what its answer does, which is the end of it (3.5): all of it is
 * hashed as often as the phones of a domain say it, so it is put together once. */
static bool hash_both_a2(struct hasher *h, const struct credentials *c, struct slice method, char hex[2][DIGEST_HEX])
{
    char         memory[A2_TEXT];
    struct buf   a2  = BUF_ON(memory);
    digest_fn   *way = way_of(c->uri);
    struct parts all, end;

    buf_put(&a2, method);
    buf_put_byte(&a2, ':');
    buf_put(&a2, c->uri);
    if (!buf_ok(&a2) || c->uri.len == 0 || memchr(c->uri.ptr, '\\', c->uri.len) != NULL)
        return hash_a2(h, c, method, SLICE(""), hex[0]) && hash_a2(h, c, SLICE(""), SLICE(""), hex[1]);
    begin(&all);
    put(&all, buf_slice(&a2));
    begin(&end);
    put(&end, (struct slice){ memory + method.len, a2.len - method.len });
    return hash_by(way, h, c->algorithm, &all, hex[0]) && hash_by(way, h, c->algorithm, &end, hex[1]);
}

/* Both sides' at once: theirs, of `method`, and ours (3.5).  The body is in neither. */
static bool hash_both(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                      char hex[2][DIGEST_HEX])
{
    const size_t size = hash_size(c->algorithm);
    char         session[DIGEST_HEX], ha2[2][DIGEST_HEX];
    uint8_t      bytes[2][HASH_MAX];
    struct parts p;

    if (!hash_both_a2(h, c, method, ha2) || !put_before_a2(&p, h, c, ha1, session) || p.overflow)
        return false;
    hasher_digest_both(h, c->algorithm, p.part, p.count, (struct slice[]){ { ha2[0], 2 * size }, { ha2[1], 2 * size } },
                       bytes);
    put_hex(hex[0], bytes[0], size);
    put_hex(hex[1], bytes[1], size);
    return true;
}

bool digest_rspauth(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice body,
                    char hex[DIGEST_HEX])
{
    return digest_response(h, c, ha1, SLICE(""), body, hex);
}

static bool may_prove(const struct credentials *c)
{
    return c->known && c->response.len == 2 * hash_size(c->algorithm) &&
           (c->qop.len == 0 || slice_eq_nocase(c->qop, SLICE("auth")) || covers_body(c));
}

static bool is_given(const struct credentials *c, const char hex[DIGEST_HEX])
{
    char   given[DIGEST_HEX];
    size_t size = c->response.len;

    for (size_t i = 0; i < size; i += sizeof(uint64_t))
        word_store(given + i, word_lower_letters(word_load(c->response.ptr + i)));
    return secret_eq(hex, given, size);
}

bool digest_verify(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                   struct slice body)
{
    char hex[DIGEST_HEX];

    return may_prove(c) && digest_response(h, c, ha1, method, body, hex) && is_given(c, hex);
}

bool digest_verify_mutually(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                            struct slice body, char rspauth[DIGEST_HEX])
{
    char hex[2][DIGEST_HEX];

    rspauth[0] = '\0';
    if (c->qop.len == 0 || covers_body(c))
        return digest_verify(h, c, ha1, method, body);
    if (!may_prove(c) || !hash_both(h, c, ha1, method, hex))
        return false;
    memcpy(rspauth, hex[1], sizeof hex[1]);
    return is_given(c, hex[0]);
}
