/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/lab.h"

#include "base/address.h"
#include "base/buf.h"
#include "net/cert_make.h"
#include "support/alloc.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 8, URI_TEXT = 280 };

static const uint64_t hour = 3600, year = 365 * 86400ull;

struct lab {
    uint64_t         now;
    struct cert_pair ours, foreign;
};

static void must(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "lab: %s: %d\n", what, error);
    abort();
}

static void make_authority(struct lab *l, const char *name, struct cert_pair *out)
{
    struct cert_wish wish = { .common_name = slice_from(name),
                              .is_ca       = true,
                              .not_before  = l->now - year,
                              .not_after   = l->now + 10 * year,
                              .algorithm   = CERT_ED25519 };

    must(cert_make(&wish, NULL, out), name);
}

struct lab *lab_new(uint64_t now)
{
    struct lab *l = alloc_new(sizeof *l);

    l->now = now;
    make_authority(l, "a lab", &l->ours);
    make_authority(l, "a stranger", &l->foreign);
    return l;
}

void lab_free(struct lab *l)
{
    if (l == NULL)
        return;
    cert_pair_free(&l->ours);
    cert_pair_free(&l->foreign);
    free(l);
}

static void make_certificate(const struct lab *l, const struct lab_wish *w, struct cert_pair *out)
{
    struct slice     dns[NAMES], uris[NAMES], ips[NAMES];
    char             text[NAMES][URI_TEXT];
    struct cert_wish wish = { .common_name = slice_from(w->names[0]),
                              .dns_names   = dns,
                              .sip_uris    = uris,
                              .ips         = ips,
                              .not_before  = l->now - year,
                              .not_after   = w->expired ? l->now - hour : l->now + year,
                              .algorithm   = CERT_ED25519 };
    struct address   ip;

    for (size_t i = 0; w->names[i] != NULL && i < NAMES; i++) {
        struct buf b = BUF_ON(text[i]);

        if (address_parse_ip(slice_from(w->names[i]), &ip)) {
            ips[wish.ip_count++] = slice_from(w->names[i]);
            continue;
        }
        buf_printf(&b, "sip:%s", w->names[i]);
        dns[wish.dns_count++]  = slice_from(w->names[i]);
        uris[wish.uri_count++] = buf_slice(&b);
    }
    must(cert_make(&wish, w->foreign ? &l->foreign : &l->ours, out), w->names[0]);
}

struct tls_shared *lab_shared(struct lab *l, const struct lab_wish *w)
{
    struct cert_pair       pair  = { NULL, NULL };
    struct tls_certificate one   = { .domain = "" };
    struct tls_setup       setup = { .trust_text     = l->ours.certificate,
                                     .verify_servers = !w->no_verify,
                                     .clients        = w->clients };
    struct tls_problem     problem;
    struct tls_keys       *keys;
    struct tls_shared     *shared;
    int                    error;

    if (w->names != NULL) {
        make_certificate(l, w, &pair);
        one.chain_text          = pair.certificate;
        one.key_text            = pair.key;
        setup.certificates      = &one;
        setup.certificate_count = 1;
    }
    error = tls_keys_load(&setup, &keys, &problem);
    must(error, error != 0 ? problem.text : "");
    shared = tls_shared_new(keys);
    must(shared == NULL, "no memory");
    cert_pair_free(&pair);
    return shared;
}
