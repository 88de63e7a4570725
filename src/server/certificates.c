/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/certificates.h"

#include "base/error.h"
#include "net/tls_shared.h"

#include <stdio.h>
#include <stdlib.h>

static bool listens_for_tls(const struct config *c)
{
    for (size_t i = 0; i < c->listen_count; i++)
        if (c->listens[i].transport == TRANSPORT_TLS || c->listens[i].transport == TRANSPORT_WSS)
            return true;
    return false;
}

static int load(const struct tls_setup *setup, struct tls_keys **keys, char *problem, size_t problem_size)
{
    struct tls_problem why;
    int                error = tls_keys_load(setup, keys, &why);

    if (error != 0)
        snprintf(problem, problem_size, "%s", why.text);
    return error;
}

static struct self_signed *describe(const struct self_certificate *c)
{
    struct self_signed *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->is_new       = c->is_new;
    s->is_in_memory = c->is_in_memory;
    snprintf(s->fingerprint, sizeof s->fingerprint, "%s", c->fingerprint);
    snprintf(s->file, sizeof s->file, "%s", c->file);
    snprintf(s->problem, sizeof s->problem, "%s", c->problem);
    return s;
}

/* With the one we have signed ourselves, for whatever name is asked for. */
static int load_self_signed(const struct config *config, struct tls_setup *setup, uint64_t now, struct tls_keys **keys,
                            struct self_signed **self, char *problem, size_t problem_size)
{
    struct self_certificate own;
    int                     error = self_certificate_get(config, now, &own);
    struct tls_certificate  one   = { .domain = "", .chain_text = own.pair.certificate, .key_text = own.pair.key };

    if (error == 0 && !own.is_in_memory) {
        one.chain_file = own.file;
        one.key_file   = own.key_file;
    }
    setup->certificates      = &one;
    setup->certificate_count = 1;
    *self                    = error == 0 ? describe(&own) : NULL;
    if (error == 0 && *self == NULL)
        error = -ERR_NO_MEMORY;
    if (error != 0)
        snprintf(problem, problem_size, "cannot make a self-signed certificate: %s", error_text(error));
    else
        error = load(setup, keys, problem, problem_size);
    self_certificate_free(&own);
    return error;
}

static int put_in_force(struct shared *s, struct tls_keys *keys)
{
    if (s->tls != NULL) {
        tls_shared_set(s->tls, keys);
        return 0;
    }
    s->tls = tls_shared_new(keys);
    return s->tls != NULL ? 0 : -ERR_NO_MEMORY;
}

int shared_reload_certificates(struct shared *s, uint64_t now, char *problem, size_t problem_size)
{
    struct tls_setup    setup = { .verify_servers = true };
    struct self_signed *self  = NULL;
    struct tls_keys    *keys;
    int                 error;

    if (listens_for_tls(s->config))
        error = load_self_signed(s->config, &setup, now, &keys, &self, problem, problem_size);
    else
        error = load(&setup, &keys, problem, problem_size);
    if (error == 0 && (error = put_in_force(s, keys)) != 0)
        snprintf(problem, problem_size, "%s", error_text(error));
    if (error != 0) {
        free(self);
        return error;
    }
    free(s->self_signed);
    s->self_signed = self;
    return 0;
}

const struct self_signed *shared_self_signed(const struct shared *s)
{
    return s->self_signed;
}
