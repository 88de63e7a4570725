/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/certificates.h"

#include "base/error.h"
#include "net/cert_file.h"
#include "net/tls_shared.h"
#include "server/config_tls.h"

#include <stdio.h>
#include <stdlib.h>

static void describe(struct self_signed *s, const struct self_certificate *c)
{
    s->is_new       = c->is_new;
    s->is_in_memory = c->is_in_memory;
    snprintf(s->fingerprint, sizeof s->fingerprint, "%s", c->fingerprint);
    snprintf(s->file, sizeof s->file, "%s", c->file);
    snprintf(s->problem, sizeof s->problem, "%s", c->problem);
}

/* With the one we have signed ourselves, for whatever name is asked for.  A new one is in its file only when it is
 * used: by then nothing else can keep it from being in use. */
static int read_own(const struct config *config, uint64_t now, struct tls_keys *in_use, struct certificates_read *out,
                    char *problem, size_t problem_size)
{
    struct self_certificate *own   = out->own;
    int                      error = self_certificate_get(config, now, own);
    struct tls_certificate   one   = { .domain = "", .chain_file = own->file, .key_file = own->key_file };

    if (error != 0) {
        snprintf(problem, problem_size, "cannot make a self-signed certificate: %s", error_text(error));
        return error;
    }
    if (own->is_new) {
        one.chain_text = own->pair.certificate;
        one.key_text   = own->pair.key;
    }
    return config_tls_load(config, &one, now, in_use, &out->keys, problem, problem_size);
}

static int load_self_signed(const struct config *config, uint64_t now, struct tls_keys *in_use,
                            struct certificates_read *out, char *problem, size_t problem_size)
{
    out->own  = calloc(1, sizeof *out->own);
    out->self = calloc(1, sizeof *out->self);
    if (out->own != NULL && out->self != NULL)
        return read_own(config, now, in_use, out, problem, problem_size);
    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    return -ERR_NO_MEMORY;
}

/* At the start one that has expired is better than none; afterwards it is not to take the place
 * of one that is in use. */
int certificates_read(const struct shared *s, const struct config *config, uint64_t now, struct certificates_read *out,
                      char *problem, size_t problem_size)
{
    struct tls_keys *in_use = s->tls != NULL ? tls_shared_keys(s->tls) : NULL;
    int              error;

    *out = (struct certificates_read){ .keys = NULL };
    if (config->certificate_count == 0 && config_speaks_tls(config))
        error = load_self_signed(config, now, in_use, out, problem, problem_size);
    else
        error = config_tls_load(config, NULL, s->tls == NULL ? 0 : now, in_use, &out->keys, problem, problem_size);
    tls_keys_drop(in_use);
    if (error != 0)
        certificates_drop(out);
    return error;
}

static void free_own(struct certificates_read *r)
{
    if (r->own != NULL)
        self_certificate_free(r->own);
    free(r->own);
    r->own = NULL;
}

void certificates_drop(struct certificates_read *r)
{
    free_own(r);
    tls_keys_drop(r->keys);
    free(r->self);
    *r = (struct certificates_read){ .keys = NULL };
}

static void keep_own(struct certificates_read *r)
{
    if (r->own == NULL)
        return;
    if (r->own->is_new)
        self_certificate_keep(r->own);
    if (r->own->is_in_memory)
        tls_keys_forget_file(r->keys, 0);
    describe(r->self, r->own);
    free_own(r);
}

void certificates_use(struct shared *s, struct certificates_read *r)
{
    keep_own(r);
    tls_shared_set(s->tls, r->keys);
    free(s->self_signed);
    s->self_signed = r->self;
    *r             = (struct certificates_read){ .keys = NULL };
}

int shared_reload_certificates(struct shared *s, uint64_t now, char *problem, size_t problem_size)
{
    struct certificates_read r;
    int                      error = certificates_read(s, s->snapshot->config, now, &r, problem, problem_size);

    if (error != 0)
        return error;
    if (s->tls != NULL) {
        certificates_use(s, &r);
        return 0;
    }
    keep_own(&r);
    s->tls = tls_shared_new(r.keys); /* takes them in any case */
    if (s->tls == NULL) {
        snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
        free(r.self);
        return -ERR_NO_MEMORY;
    }
    s->self_signed = r.self;
    return 0;
}

const struct self_signed *shared_self_signed(const struct shared *s)
{
    return s->self_signed;
}

static void report_age(const struct config *config, const struct config_certificate *c, const struct cert_facts *f,
                       uint64_t now, config_problem_fn *report, void *arg)
{
    char          line[PATH_MAX + 256], date[CERT_TIME_TEXT];
    int64_t       days = cert_days_left(f->not_after, now);
    enum cert_age age  = cert_age(f->not_before, f->not_after, now);

    if (age == CERT_GOOD)
        return;
    cert_time_write(age == CERT_NOT_YET ? f->not_before : f->not_after, date);
    if (age == CERT_ENDS_SOON)
        snprintf(line, sizeof line, "%.*s:%u: %.*s: ends in %lld day%s, on %s", SLICE_ARG(config->name), c->line,
                 SLICE_ARG(c->chain), (long long)days, days == 1 ? "" : "s", date);
    else
        snprintf(line, sizeof line, "%.*s:%u: %.*s: %s %s", SLICE_ARG(config->name), c->line, SLICE_ARG(c->chain),
                 age == CERT_NOT_YET ? "is not good before" : "has ended on", date);
    report(arg, line);
}

/* The first of the chain is the server's own. */
static void look_at(const struct config *config, const struct config_certificate *c, uint64_t now,
                    config_problem_fn *report, void *arg)
{
    char               path[PATH_MAX];
    char              *text;
    size_t             len, count;
    struct cert_facts *list;

    if (snprintf(path, sizeof path, "%.*s", SLICE_ARG(c->chain)) >= (int)sizeof path ||
        cert_read_text(path, &text, &len) != 0)
        return;
    if (cert_list_read((struct slice){ text, len }, &list, &count) == 0) {
        report_age(config, c, &list[0], now, report, arg);
        cert_list_free(list, count);
    }
    free(text);
}

void config_report_old_certificates(const struct config *config, uint64_t now, config_problem_fn *report, void *arg)
{
    for (size_t i = 0; i < config->certificate_count; i++)
        look_at(config, &config->certificates[i], now, report, arg);
}
