/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { ALGORITHMS = 3, SHA256_BLOCK = 64 };

/* One context per algorithm, initialised once: starting it again with the
 * algorithm it has allocates nothing and so cannot fail. */
struct hasher {
    EVP_MD_CTX *contexts[ALGORITHMS];
    uint64_t    work;
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

void hasher_digest(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count,
                   uint8_t *out)
{
    EVP_MD_CTX *context = h->contexts[algorithm];

    h->work++;
    must(EVP_DigestInit_ex2(context, NULL, NULL));
    for (size_t i = 0; i < count; i++)
        if (parts[i].len > 0)
            must(EVP_DigestUpdate(context, parts[i].ptr, parts[i].len));
    must(EVP_DigestFinal_ex(context, out, NULL));
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
        if (parts[i].len > 0)
            must(EVP_DigestUpdate(context, parts[i].ptr, parts[i].len));
    must(EVP_DigestFinal_ex(context, out, NULL));
    hasher_digest(h, HASH_SHA256, outer, 2, out);
    OPENSSL_cleanse(inner_pad, sizeof inner_pad);
    OPENSSL_cleanse(outer_pad, sizeof outer_pad);
}

uint64_t hasher_work(const struct hasher *h)
{
    return h->work;
}

bool secret_eq(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
