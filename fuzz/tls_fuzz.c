/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer that sends anything: bytes into a server's session, or into both sides of a handshake
 * that is on its way.  What comes out is a fault or plain bytes that were sent; the context serves
 * the next session as if nothing had been.
 *
 *     first byte odd     the rest are bytes for a server
 *     first byte even    the rest are changes, three bytes each: where (two), what to XOR with, of
 *                        the bytes that client and server say to each other, and how they are cut */
#include "net/cert_make.h"
#include "net/tls.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t wall_msec(struct world *w)
{
    (void)w;
    return 1767225600000; /* 2026-01-01 */
}

static const struct world_ops ops = { .wall_msec = wall_msec };

static struct {
    struct world        world;
    struct tls_context *server, *client;
} here;

static struct tls_context *context(const struct tls_setup *setup)
{
    struct tls_problem problem;
    struct tls_keys   *keys;

    if (tls_keys_load(setup, &keys, &problem) != 0)
        abort();
    return tls_context_new(&here.world, tls_shared_new(keys));
}

static void begin(void)
{
    static const struct slice dns[] = { SLICE_INIT("example.com") };
    struct cert_wish          wish  = { .common_name = SLICE("Fuzz"),
                                        .is_ca       = true,
                                        .not_before  = 1767000000,
                                        .not_after   = 1768000000,
                                        .algorithm   = CERT_ED25519 };
    struct cert_pair          ca, pair;
    struct tls_certificate    one   = { .domain = "" };
    struct tls_setup          setup = { .verify_servers = true };

    here.world.ops = &ops;
    if (cert_make(&wish, NULL, &ca) != 0)
        abort();
    wish.is_ca     = false;
    wish.dns_names = dns;
    wish.dns_count = 1;
    if (cert_make(&wish, &ca, &pair) != 0)
        abort();
    one.chain_text          = pair.certificate;
    one.key_text            = pair.key;
    setup.trust_text        = ca.certificate;
    setup.certificates      = &one;
    setup.certificate_count = 1;
    setup.clients           = TLS_CLIENTS_OPTIONAL;
    here.server             = context(&setup);
    here.client             = context(&setup);
    cert_pair_free(&ca);
    cert_pair_free(&pair);
}

/* What is on its way to one side, and the side. */
struct side {
    struct tls    *tls;
    char           wire[1 << 17];
    size_t         len;
    enum tls_event last;
};

/* Changes that are still to come; places count from the last one. */
struct changes {
    const uint8_t *at, *end;
    size_t         distance; /* bytes until the next one */
};

static void next_change(struct changes *c)
{
    c->distance = c->end - c->at >= 3 ? c->at[0] * 16u + c->at[1] % 16u : SIZE_MAX;
}

static void change(struct changes *c, char *bytes, size_t len)
{
    while (c->distance < len) {
        bytes[c->distance] = (char)(bytes[c->distance] ^ (char)c->at[2]);
        bytes += c->distance;
        len -= c->distance;
        c->at += 3;
        next_change(c);
    }
    if (c->distance != SIZE_MAX)
        c->distance -= len;
}

static void collect(struct side *from, struct side *to, struct changes *c)
{
    struct slice out = tls_output(from->tls);

    if (to->len + out.len > sizeof to->wire)
        abort(); /* a few bytes cannot make so many */
    if (out.len > 0)
        memcpy(to->wire + to->len, out.ptr, out.len);
    change(c, to->wire + to->len, out.len);
    to->len += out.len;
}

/* In memory of its own size, so that reading too far is seen. */
static void deliver(struct side *side, struct side *other, size_t piece, struct changes *c)
{
    size_t       size = piece == 0 || piece > side->len ? side->len : piece;
    char        *copy = malloc(size + 1);
    struct slice in   = { copy, size }, plain;

    if (copy == NULL)
        abort();
    memcpy(copy, side->wire, size);
    memmove(side->wire, side->wire + size, side->len - size);
    side->len -= size;
    do {
        side->last = tls_next(side->tls, &in, &plain);
        if (side->last == TLS_FAULT && tls_fault(side->tls)->text[0] == '\0')
            abort();
        if (side->last == TLS_MORE && in.len > 0)
            abort();
        if (side->last == TLS_OPEN && tls_write(side->tls, &(struct slice){ "hello", 5 }, 1) != 0)
            abort();
        if (side->last == TLS_BYTES && (plain.len != 5 || memcmp(plain.ptr, "hello", 5) != 0))
            abort(); /* nobody but the peer can have sealed it */
        collect(side, other, c);
    } while (side->last == TLS_OPEN || side->last == TLS_BYTES);
    free(copy);
}

static void shake_hands(const uint8_t *data, size_t size, size_t piece)
{
    static struct side client, server;
    struct changes     c = { data, data + size, 0 };

    next_change(&c);
    client = (struct side){ .tls = tls_connect(here.client, SLICE("example.com")) };
    if (client.tls == NULL)
        abort();
    collect(&client, &server, &c);
    server.tls = tls_accept(here.server, TLS_CLIENTS_NONE);
    if (server.tls == NULL)
        abort();
    for (unsigned turn = 0; turn < 4096 && (client.len > 0 || server.len > 0); turn++) {
        if (server.len > 0)
            deliver(&server, &client, piece, &c);
        if (client.len > 0)
            deliver(&client, &server, piece, &c);
    }
    if (size == 0 && (client.last == TLS_FAULT || server.last == TLS_FAULT))
        abort(); /* nothing was changed */
    tls_free(client.tls);
    tls_free(server.tls);
    server.len = client.len = 0;
}

static void listen_to(const uint8_t *data, size_t size)
{
    struct side    server = { .tls = tls_accept(here.server, TLS_CLIENTS_NONE) };
    struct slice   in     = { (const char *)data, size }, plain;
    enum tls_event event  = TLS_MORE;

    if (server.tls == NULL)
        abort();
    do {
        event = tls_next(server.tls, &in, &plain);
        (void)tls_output(server.tls);
        if (event == TLS_BYTES)
            abort(); /* without a handshake */
    } while (event == TLS_OPEN);
    tls_free(server.tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (here.server == NULL)
        begin();
    if (size == 0 || size > 4096)
        return 0;
    if (data[0] % 2 == 1)
        listen_to(data + 1, size - 1);
    else
        shake_hands(data + 1, size - 1, data[0] / 2u % 64u);
    if (size % 8 == 1)
        shake_hands(data, 0, 0); /* the next one is well */
    return 0;
}
