/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a Request-URI says, it is no temporary GRUU of ours unless we wrote it; and what we write of
 * whatever AOR and instance is a URI that is read back as what it was. */
#include "route/gruu.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hasher   *hasher;
static struct gruu_keys keys;
static char             memory[1 << 16];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const uint8_t secret[GRUU_SECRET] = "the fuzzer does not guess this";

    (void)argc;
    (void)argv;
    hasher = hasher_new();
    if (hasher == NULL)
        abort();
    gruu_keys_init(&keys, hasher, secret);
    return 0;
}

static struct gruu read_back(const struct buf *b, struct uri *uri)
{
    if (!uri_parse(buf_slice(b), uri) || uri->headers.len > 0)
        abort();
    return gruu_read(uri, &keys, hasher);
}

static void check_public(struct slice aor, bool secure, struct slice instance)
{
    struct buf  b = BUF_ON(memory);
    struct uri  uri;
    struct gruu g;

    gruu_write_public(&b, aor, secure, instance);
    if (b.len == 0)
        return;
    if (!buf_ok(&b) || memchr(memory, '"', b.len) != NULL || memchr(memory, '\\', b.len) != NULL)
        abort();
    g = read_back(&b, &uri);
    if (g.kind != GRUU_PUBLIC || !gruu_is_instance(g.instance, instance) || (uri.scheme == URI_SIPS) != secure)
        abort();
}

static void check_temporary(struct slice aor, bool secure, const uint8_t *data)
{
    struct buf               b = BUF_ON(memory);
    struct gruu_registration r;
    struct uri               uri;
    struct gruu              g;

    memcpy(&r, data, sizeof r);
    r.epoch &= (UINT64_C(1) << GRUU_EPOCH_BITS) - 1;
    gruu_write_temporary(&b, aor, secure, &r, data, &keys, hasher);
    if (b.len == 0)
        return;
    g = read_back(&b, &uri);
    if (g.kind != GRUU_TEMPORARY || g.registration.aor != r.aor || g.registration.epoch != r.epoch)
        abort();
}

/* A canonical key of `text`, if it is a URI. */
static void check_writing(struct slice text, const uint8_t *data, size_t size)
{
    char       key[1 << 14];
    struct buf aor = BUF_ON(key);
    struct uri uri;

    if (!uri_parse(text, &uri) || uri.scheme == URI_OTHER || uri.port != 0)
        return;
    uri_write_aor(&aor, &uri);
    if (!buf_ok(&aor))
        return;
    check_public(buf_slice(&aor), size % 2 == 0, (struct slice){ (const char *)data, size });
    if (size >= sizeof(struct gruu_registration))
        check_temporary(buf_slice(&aor), size % 2 == 0, data);
}

/* `text` up to the first NUL is a URI, the rest an instance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul  = memchr(data, 0, size);
    size_t         len  = nul != NULL ? (size_t)(nul - data) : size;
    struct slice   text = { (const char *)data, len };
    struct uri     uri;

    if (uri_parse(text, &uri) && gruu_read(&uri, &keys, hasher).kind == GRUU_TEMPORARY)
        abort();
    check_writing(text, data + len, size - len);
    return 0;
}
