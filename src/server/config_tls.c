/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_tls.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

static const char *text(struct arena *a, struct slice s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (copy == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

static const char *text_or_null(struct arena *a, struct slice s)
{
    return s.len > 0 ? text(a, s) : NULL;
}

static void take_certificates(struct arena *a, const struct config *config, struct tls_certificate *out)
{
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct config_certificate *c = &config->certificates[i];

        out[i] = (struct tls_certificate){ .domain     = slice_eq(c->domain, SLICE("*")) ? "" : text(a, c->domain),
                                           .chain_file = text(a, c->chain),
                                           .key_file   = text(a, c->key) };
    }
}

static bool take(struct arena *a, const struct config *config, const struct tls_certificate *fallback,
                 struct tls_setup *s)
{
    struct tls_certificate *certificates = arena_alloc(a, (config->certificate_count + 1) * sizeof *certificates);

    if (certificates == NULL)
        return false;
    take_certificates(a, config, certificates);
    s->certificates      = certificates;
    s->certificate_count = config->certificate_count;
    if (config->certificate_count == 0 && fallback != NULL) {
        certificates[0]      = *fallback;
        s->certificate_count = 1;
    }
    s->trust_file     = text_or_null(a, config->tls_trust);
    s->verify_servers = config->tls_verify_servers;
    s->clients        = config_tls_clients(config);
    s->tls13_only     = slice_eq(config->tls_min_version, SLICE("1.3"));
    s->ciphers        = text(a, config->tls_ciphers);
    return arena_ok(a);
}

/* The line that names the file, or sets the key; 0 if none does. */
static unsigned line_of(const struct config *config, const struct tls_problem *p)
{
    switch (p->part) {
    case TLS_SETUP_CERTIFICATE:
        return p->index < config->certificate_count ? config->certificates[p->index].line : 0;
    case TLS_SETUP_TRUST:
        return config->tls_trust_line;
    case TLS_SETUP_CIPHERS:
        return config->tls_ciphers_line;
    case TLS_SETUP_MEMORY:
        break;
    }
    return 0;
}

static void say(const struct config *config, const struct tls_problem *p, char *problem, size_t size)
{
    static const char *const keys[] = { [TLS_SETUP_CERTIFICATE] = "",
                                        [TLS_SETUP_TRUST]       = "tls_trust: ",
                                        [TLS_SETUP_CIPHERS]     = "tls_ciphers: ",
                                        [TLS_SETUP_MEMORY]      = "" };
    unsigned                 line   = line_of(config, p);

    if (line > 0)
        snprintf(problem, size, "%.*s:%u: %s%s", SLICE_ARG(config->name), line, keys[p->part], p->text);
    else
        snprintf(problem, size, "%s%s", keys[p->part], p->text);
}

int config_tls_load(const struct config *config, const struct tls_certificate *fallback, uint64_t now,
                    struct tls_keys *in_use, struct tls_keys **out, char *problem, size_t problem_size)
{
    struct arena       arena;
    struct tls_setup   setup = { .now = now, .in_use = in_use };
    struct tls_problem p     = { .part = TLS_SETUP_MEMORY };
    int                error;

    arena_init(&arena, NULL, 0, (size_t)1024 * 1024);
    if (take(&arena, config, fallback, &setup)) {
        error = tls_keys_load(&setup, out, &p);
    } else {
        error = -ERR_NO_MEMORY;
        snprintf(p.text, sizeof p.text, "%s", error_text(error));
    }
    if (error != 0)
        say(config, &p, problem, problem_size);
    arena_fini(&arena);
    return error;
}

/* Part of a configuration, so that one problem does not hide the next. */
static int check_part(const struct config *part, uint64_t now, config_problem_fn *report, void *arg)
{
    struct tls_keys *keys;
    char             problem[CONFIG_TLS_PROBLEM];
    int              error = config_tls_load(part, NULL, now, NULL, &keys, problem, sizeof problem);

    if (error == 0)
        tls_keys_drop(keys);
    else if (report != NULL)
        report(arg, problem);
    return error;
}

int config_tls_check(const struct config *config, uint64_t now, config_problem_fn *report, void *arg)
{
    struct config part  = *config;
    int           error = 0;

    part.certificate_count  = 0;
    error                   = check_part(&part, now, report, arg);
    part.tls_trust          = SLICE("");
    part.tls_ciphers        = SLICE("");
    part.tls_verify_servers = false; /* trust has been looked at */
    part.tls_clients        = SLICE("none");
    for (size_t i = 0; i < config->certificate_count; i++) {
        int one;

        part.certificates      = &config->certificates[i];
        part.certificate_count = 1;
        one                    = check_part(&part, now, report, arg);
        error                  = error == 0 ? one : error;
    }
    return error;
}

bool config_speaks_tls(const struct config *config)
{
    for (size_t i = 0; i < config->listen_count; i++)
        if (config->listens[i].transport == TRANSPORT_TLS || config->listens[i].transport == TRANSPORT_WSS)
            return true;
    return false;
}
