/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/tls_lab.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY = 86400 };

void tls_lab_init(struct tls_lab *lab)
{
    struct cert_wish wish = { .common_name = SLICE("Lab CA"), .is_ca = true };

    *lab            = (struct tls_lab){ .network = network_new(1), .algorithm = CERT_P256 };
    lab->world      = world_fake_new(network_host(lab->network, "host"));
    wish.not_before = world_wall(lab->world) / 1000 - 10 * DAY;
    wish.not_after  = wish.not_before + 1000 * DAY;
    assert_int_equal(0, cert_make(&wish, NULL, &lab->ca));
    lab->setup = (struct tls_setup){ .trust_text = lab->ca.certificate, .verify_servers = true };
}

void tls_lab_fini(struct tls_lab *lab)
{
    tls_context_free(lab->client);
    tls_context_free(lab->server);
    tls_shared_free(lab->client_shared);
    tls_shared_free(lab->shared);
    for (size_t i = 0; i < TLS_LAB_CERTIFICATES; i++)
        cert_pair_free(&lab->pairs[i]);
    cert_pair_free(&lab->ca);
    world_fake_free(lab->world);
    network_free(lab->network);
}

/* Kept until the next call. */
struct cert_wish tls_lab_wish(const struct tls_lab *lab, const char *domain)
{
    static char         uri_text[128];
    static struct slice dns, uri;
    uint64_t            now = world_wall(lab->world) / 1000;

    snprintf(uri_text, sizeof uri_text, "sip:%s", domain);
    dns = slice_from(domain);
    uri = slice_from(uri_text);
    return (struct cert_wish){
        .common_name = slice_from(domain),
        .dns_names   = &dns,
        .dns_count   = 1,
        .sip_uris    = &uri,
        .uri_count   = 1,
        .not_before  = now - DAY,
        .not_after   = now + 9 * DAY,
        .algorithm   = lab->algorithm,
    };
}

struct cert_pair tls_lab_issue(const struct tls_lab *lab, const struct cert_wish *wish)
{
    struct cert_pair pair;

    assert_int_equal(0, cert_make(wish, &lab->ca, &pair));
    return pair;
}

void tls_lab_add_wish(struct tls_lab *lab, const char *domain, const struct cert_wish *wish)
{
    size_t i = lab->setup.certificate_count++;

    assert_true(i < TLS_LAB_CERTIFICATES);
    lab->pairs[i]           = tls_lab_issue(lab, wish);
    lab->certificates[i]    = (struct tls_certificate){ .domain     = domain,
                                                        .chain_text = lab->pairs[i].certificate,
                                                        .key_text   = lab->pairs[i].key };
    lab->setup.certificates = lab->certificates;
}

void tls_lab_add(struct tls_lab *lab, const char *domain)
{
    struct cert_wish wish = tls_lab_wish(lab, domain);

    tls_lab_add_wish(lab, domain, &wish);
}

struct tls_keys *tls_lab_keys(const struct tls_lab *lab, const struct tls_setup *setup)
{
    struct tls_problem problem;
    struct tls_keys   *keys;

    (void)lab;
    if (tls_keys_load(setup, &keys, &problem) != 0)
        fail_msg("%s", problem.text);
    return keys;
}

struct tls_setup tls_lab_client_setup(const struct tls_lab *lab)
{
    return (struct tls_setup){ .trust_text = lab->ca.certificate, .verify_servers = true };
}

void tls_lab_load(struct tls_lab *lab)
{
    struct tls_setup client = tls_lab_client_setup(lab);

    lab->shared        = tls_shared_new(tls_lab_keys(lab, &lab->setup));
    lab->client_shared = tls_shared_new(tls_lab_keys(lab, &client));
    lab->server        = tls_context_new(lab->world, lab->shared);
    lab->client        = tls_context_new(lab->world, lab->client_shared);
    assert_non_null(lab->server);
    assert_non_null(lab->client);
}

/* ---- two sessions ---- */

static struct tls_side *other(struct tls_two *two, const struct tls_side *side)
{
    return side == &two->client ? &two->server : &two->client;
}

void tls_two_collect(struct tls_two *two, struct tls_side *from)
{
    struct tls_side *to  = other(two, from);
    struct slice     out = tls_output(from->tls);

    assert_true(to->wire_len + out.len <= sizeof to->wire);
    if (out.len > 0)
        memcpy(to->wire + to->wire_len, out.ptr, out.len);
    to->wire_len += out.len;
}

struct tls_two *tls_two_new(struct tls_context *client, struct tls_context *server, const char *domain)
{
    struct tls_two *two = calloc(1, sizeof *two);

    assert_non_null(two);
    two->server.tls = tls_accept(server, TLS_CLIENTS_NONE);
    two->client.tls = tls_connect(client, slice_from(domain));
    assert_non_null(two->server.tls);
    assert_non_null(two->client.tls);
    tls_two_collect(two, &two->client);
    return two;
}

void tls_two_free(struct tls_two *two)
{
    tls_free(two->client.tls);
    tls_free(two->server.tls);
    free(two);
}

static void take(struct tls_two *two, struct tls_side *side, struct slice in)
{
    struct slice   plain;
    enum tls_event event;

    do {
        event = tls_next(side->tls, &in, &plain);
        assert_true(side->plain_len + plain.len <= sizeof side->plain);
        if (plain.len > 0)
            memcpy(side->plain + side->plain_len, plain.ptr, plain.len);
        side->plain_len += plain.len;
        side->opened += event == TLS_OPEN;
        if (event != TLS_MORE && event != TLS_BYTES)
            side->last = event;
        tls_two_collect(two, side);
    } while (event == TLS_OPEN || event == TLS_BYTES);
    assert_true(event != TLS_MORE || in.len == 0);
}

/* False if nothing was on its way.  A copy that ends where unreadable memory begins would be too
 * slow for bytes; the heap's red zone does as well. */
static bool deliver(struct tls_two *two, struct tls_side *side, size_t piece)
{
    size_t size = piece == 0 || piece > side->wire_len ? side->wire_len : piece;
    char  *copy;

    if (size == 0)
        return false;
    copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, side->wire, size);
    memmove(side->wire, side->wire + size, side->wire_len - size);
    side->wire_len -= size;
    take(two, side, (struct slice){ copy, size });
    free(copy);
    return true;
}

void tls_two_run(struct tls_two *two, size_t piece)
{
    bool busy = true;

    while (busy) {
        busy = deliver(two, &two->server, piece);
        busy |= deliver(two, &two->client, piece);
    }
}

void tls_two_write(struct tls_two *two, struct tls_side *from, struct slice text)
{
    assert_int_equal(0, tls_write(from->tls, &text, 1));
    tls_two_collect(two, from);
}

bool tls_two_is_open(const struct tls_two *two)
{
    return two->client.opened == 1 && two->server.opened == 1 && two->client.last == TLS_OPEN &&
           two->server.last == TLS_OPEN;
}
