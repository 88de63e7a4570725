/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include "base/md5.h"
#include "base/word.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum {
    ALGORITHMS   = 3,
    SHA256_BLOCK = 64,
    TOGETHER     = 256, /* bytes that are worth to be copied: each piece that OpenSSL gets costs it 80 instructions */
    OFTEN_SETS   = 8,   /* of texts that are remembered, */
    OFTEN_WAYS   = 4,   /* so many in each,              */
    OFTEN_MAX    = 96,  /* and the bytes of the longest  */
    OFTEN_MIN    = sizeof(uint64_t),
};

/* A text and its digest. */
struct often {
    uint8_t             digest[HASH_MAX];
    enum hash_algorithm algorithm;
    uint32_t            len; /* 0: none yet */
    char                text[OFTEN_MAX];
};

struct often_set {
    struct often ways[OFTEN_WAYS];
    unsigned     oldest;
};

/* One context per algorithm, initialised once: starting it again with the
 * algorithm it has allocates nothing and so cannot fail. */
struct hasher {
    EVP_MD_CTX      *contexts[ALGORITHMS];
    uint64_t         work;
    struct often_set often[OFTEN_SETS];
};

static const struct {
    const char *name;
    size_t      size;
} algorithms[ALGORITHMS] = {
    [HASH_MD5]        = { "MD5", 16 },
    [HASH_SHA256]     = { "SHA2-256", 32 },
    [HASH_SHA512_256] = { "SHA2-512/256", 32 },
};

static EVP_MD_CTX *context_new(const char *name)
{
    EVP_MD     *algorithm = EVP_MD_fetch(NULL, name, NULL);
    EVP_MD_CTX *context   = EVP_MD_CTX_new();

    if (algorithm == NULL || context == NULL || !EVP_DigestInit_ex2(context, algorithm, NULL)) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    EVP_MD_free(algorithm); /* the context keeps its own reference */
    return context;
}

struct hasher *hasher_new(void)
{
    struct hasher *h = calloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    for (int i = 0; i < ALGORITHMS; i++) {
        h->contexts[i] = context_new(algorithms[i].name);
        if (h->contexts[i] == NULL) {
            hasher_free(h);
            return NULL;
        }
    }
    return h;
}

void hasher_free(struct hasher *h)
{
    if (h == NULL)
        return;
    for (int i = 0; i < ALGORITHMS; i++)
        EVP_MD_CTX_free(h->contexts[i]);
    free(h);
}

size_t hash_size(enum hash_algorithm algorithm)
{
    return algorithms[algorithm].size;
}

static void must(int ok)
{
    assert(ok == 1);
}

/* The parts as one text in `memory`; its length, or SIZE_MAX if they are longer than that. */
static size_t join(const struct slice *parts, size_t count, char *memory, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > size - len)
            return SIZE_MAX;
        if (parts[i].len == 1) /* a colon: every other one */
            memory[len] = *parts[i].ptr;
        else if (parts[i].len > 0)
            memcpy(memory + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    return len;
}

static void add_part(EVP_MD_CTX *context, struct slice part)
{
    if (part.len > 0)
        must(EVP_DigestUpdate(context, part.ptr, part.len));
}

static void digest_parts(EVP_MD_CTX *context, const struct slice *parts, size_t count, struct slice end, uint8_t *out)
{
    must(EVP_DigestInit_ex2(context, NULL, NULL));
    for (size_t i = 0; i < count; i++)
        add_part(context, parts[i]);
    add_part(context, end);
    must(EVP_DigestFinal_ex(context, out, NULL));
}

void hasher_digest(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                   uint8_t *out)
{
    char   memory[TOGETHER + MD5_PAD];
    size_t len = join(parts, count, memory, TOGETHER);

    h->work++;
    if (len == SIZE_MAX) {
        digest_parts(h->contexts[algorithm], parts, count, SLICE(""), out);
        return;
    }
    if (algorithm == HASH_MD5)
        md5(memory, len, out);
    else
        digest_parts(h->contexts[algorithm], NULL, 0, (struct slice){ memory, len }, out);
    OPENSSL_cleanse(memory, len); /* a password may have been among it */
}

/* `memory` holds what they share. */
static void md5_both(char *memory, size_t len, const struct slice ends[2], uint8_t out[2][HASH_MAX])
{
    struct md5 begun;

    md5_begin(&begun, memory, len);
    for (int i = 0; i < 2; i++) {
        memcpy(memory + len, ends[i].ptr, ends[i].len);
        md5_end(&begun, memory, len + ends[i].len, out[i]);
    }
}

void hasher_digest_both(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                        const struct slice ends[2], uint8_t out[2][HASH_MAX])
{
    char   memory[TOGETHER + MD5_PAD];
    size_t longest = ends[0].len > ends[1].len ? ends[0].len : ends[1].len;
    size_t len =
        algorithm == HASH_MD5 && longest < TOGETHER ? join(parts, count, memory, TOGETHER - longest) : SIZE_MAX;

    h->work += 2;
    if (len != SIZE_MAX) {
        md5_both(memory, len, ends, out);
        OPENSSL_cleanse(memory, len);
        return;
    }
    for (int i = 0; i < 2; i++)
        digest_parts(h->contexts[algorithm], parts, count, ends[i], out[i]);
}

/* By its last bytes: domains end in different ways, and the methods of one are few. */
static struct often_set *set_of(struct hasher *h, struct slice text)
{
    return &h->often[(word_load(text.ptr + text.len - OFTEN_MIN) * 0x9e3779b97f4a7c15u >> 32) % OFTEN_SETS];
}

/* Where it is, or the one that has been there longest, without its text. */
static struct often *find_often(struct often_set *set, enum hash_algorithm algorithm, struct slice text)
{
    struct often *o;

    for (unsigned i = 0; i < OFTEN_WAYS; i++) {
        o = &set->ways[i];
        if (o->algorithm == algorithm && slice_eq((struct slice){ o->text, o->len }, text))
            return o;
    }
    o      = &set->ways[set->oldest++ % OFTEN_WAYS];
    o->len = 0;
    return o;
}

/* Longer than OFTEN_MAX if they are. */
static struct slice as_one(const struct slice *parts, size_t count, char memory[OFTEN_MAX])
{
    return count == 1 ? parts[0] : (struct slice){ memory, join(parts, count, memory, OFTEN_MAX) };
}

void hasher_digest_often(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                         uint8_t *out)
{
    char          memory[OFTEN_MAX];
    struct slice  text = as_one(parts, count, memory);
    struct often *o;

    if (text.len > OFTEN_MAX || text.len < OFTEN_MIN) {
        hasher_digest(h, algorithm, parts, count, out);
        return;
    }
    o = find_often(set_of(h, text), algorithm, text);
    if (o->len > 0) {
        h->work++;
    } else {
        hasher_digest(h, algorithm, &text, 1, o->digest);
        o->algorithm = algorithm;
        o->len       = (uint32_t)text.len;
        memcpy(o->text, text.ptr, text.len);
    }
    memcpy(out, o->digest, hash_size(algorithm));
}

uint64_t hasher_number(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count)
{
    uint8_t  out[HASH_MAX];
    uint64_t number = 0;

    hasher_digest(h, algorithm, parts, count, out);
    for (int i = 0; i < 8; i++)
        number = number << 8 | out[i];
    return number;
}

/* RFC 2104: H(key ^ opad, H(key ^ ipad, text)). */
void hasher_mac(struct hasher *h, const uint8_t key[32], const struct slice *parts, size_t count, uint8_t out[32])
{
    EVP_MD_CTX  *context = h->contexts[HASH_SHA256];
    uint8_t      inner_pad[SHA256_BLOCK], outer_pad[SHA256_BLOCK];
    struct slice outer[2] = { { (const char *)outer_pad, sizeof outer_pad }, { (const char *)out, 32 } };

    for (size_t i = 0; i < SHA256_BLOCK; i++) {
        uint8_t byte = i < 32 ? key[i] : 0;

        inner_pad[i] = byte ^ 0x36;
        outer_pad[i] = byte ^ 0x5c;
    }
    h->work++;
    must(EVP_DigestInit_ex2(context, NULL, NULL));
    must(EVP_DigestUpdate(context, inner_pad, sizeof inner_pad));
    for (size_t i = 0; i < count; i++)
        add_part(context, parts[i]);
    must(EVP_DigestFinal_ex(context, out, NULL));
    hasher_digest(h, HASH_SHA256, outer, 2, out);
    OPENSSL_cleanse(inner_pad, sizeof inner_pad);
    OPENSSL_cleanse(outer_pad, sizeof outer_pad);
}

uint64_t hasher_work(const struct hasher *h)
{
    return h->work;
}

/* OpenSSL's looks at byte after byte, 160 instructions for what proves a nonce or a password.  Volatile: it is not to
 * be left where a difference shows. */
bool secret_eq(const void *a, const void *b, size_t len)
{
    const char       *x = a, *y = b;
    volatile uint64_t other = 0;

    for (; len >= sizeof other; x += sizeof other, y += sizeof other, len -= sizeof other)
        other |= word_load(x) ^ word_load(y);
    for (; len > 0; x++, y++, len--)
        other |= (unsigned char)(*x ^ *y);
    return other == 0;
}
