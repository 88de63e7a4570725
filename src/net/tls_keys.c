/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_keys.h"

#include "base/error.h"
#include "net/tls_keys_private.h"
#include "net/tls_pem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SETTLED = 2 /* s since a file changed */ };

/* Where systems keep the CAs they trust, in one file. */
static const char *const system_trust[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

struct loading {
    const struct tls_setup *setup;
    struct tls_keys        *keys;
    struct tls_problem     *problem;
};

static int complain(const struct loading *l, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int complain(const struct loading *l, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(l->problem->text, sizeof l->problem->text, format, args);
    va_end(args);
    ERR_clear_error();
    return error;
}

static int no_memory(const struct loading *l)
{
    l->problem->part = TLS_SETUP_MEMORY;
    return complain(l, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
}

/* ---- a certificate and its key ---- */

static const char *name_of(const char *file)
{
    return file != NULL ? file : "(in memory)";
}

static int read_chain(const struct loading *l, const struct tls_certificate *c, struct tls_pair *pair)
{
    struct tls_pem_fault fault;
    int error = tls_pem_certificates(c->chain_text == NULL ? c->chain_file : NULL, c->chain_text, &pair->above, &fault);

    if (error != 0)
        return complain(l, error, "certificate %s: %s", name_of(c->chain_file), fault.text);
    pair->leaf        = sk_X509_shift(pair->above);
    pair->self_signed = X509_self_signed(pair->leaf, 0) == 1;
    return 0;
}

static int read_key(const struct loading *l, const struct tls_certificate *c, struct tls_pair *pair)
{
    struct tls_pem_fault fault;
    int                  error = tls_pem_key(c->key_text == NULL ? c->key_file : NULL, c->key_text, &pair->key, &fault);

    if (error != 0)
        return complain(l, error, "key %s: %s", name_of(c->key_file), fault.text);
    if (X509_check_private_key(pair->leaf, pair->key) != 1)
        return complain(l, -ERR_CORRUPT, "key %s does not belong to certificate %s", name_of(c->key_file),
                        name_of(c->chain_file));
    return 0;
}

/* To refuse it would not take it away, but keep everything else of a reload from being taken. */
static bool is_in_use(const struct tls_keys *in_use, const X509 *leaf)
{
    for (size_t i = 0; in_use != NULL && i < in_use->count; i++)
        if (X509_cmp(in_use->pairs[i].leaf, leaf) == 0)
            return true;
    return false;
}

static int check_times(const struct loading *l, const struct tls_certificate *c, const struct tls_pair *pair)
{
    time_t now = (time_t)l->setup->now;
    char   date[TLS_PEM_DATE];

    if (now == 0 || is_in_use(l->setup->in_use, pair->leaf))
        return 0;
    if (X509_cmp_time(X509_get0_notAfter(pair->leaf), &now) < 0) {
        tls_pem_date(X509_get0_notAfter(pair->leaf), date);
        return complain(l, -ERR_TIMEOUT, "certificate %s has expired on %s", name_of(c->chain_file), date);
    }
    if (X509_cmp_time(X509_get0_notBefore(pair->leaf), &now) > 0) {
        tls_pem_date(X509_get0_notBefore(pair->leaf), date);
        return complain(l, -ERR_TIMEOUT, "certificate %s is not valid before %s", name_of(c->chain_file), date);
    }
    return 0;
}

/* What OpenSSL would refuse later is refused now: a key that is too short, say. */
static int try_pair(const struct loading *l, const struct tls_certificate *c, const struct tls_pair *pair)
{
    SSL_CTX *ctx = tls_policy_new(l->keys, pair, true);

    if (ctx == NULL)
        return complain(l, -ERR_UNSUPPORTED, "certificate %s cannot be used: %s", name_of(c->chain_file),
                        tls_pem_queue_text());
    SSL_CTX_free(ctx);
    return 0;
}

static int load_pair(const struct loading *l, const struct tls_certificate *c, struct tls_pair *pair)
{
    int error;

    pair->domain     = strdup(c->domain);
    pair->chain_file = strdup(c->chain_file != NULL ? c->chain_file : "");
    if (pair->domain == NULL || pair->chain_file == NULL)
        return no_memory(l);
    error = read_chain(l, c, pair);
    if (error == 0)
        error = read_key(l, c, pair);
    if (error == 0)
        error = check_times(l, c, pair);
    return error == 0 ? try_pair(l, c, pair) : error;
}

static int load_pairs(const struct loading *l)
{
    int error = 0;

    l->problem->part = TLS_SETUP_CERTIFICATE;
    l->keys->pairs   = calloc(l->setup->certificate_count + 1, sizeof *l->keys->pairs);
    if (l->keys->pairs == NULL)
        return no_memory(l);
    for (size_t i = 0; error == 0 && i < l->setup->certificate_count; i++) {
        l->problem->index = i;
        l->keys->count    = i + 1;
        error             = load_pair(l, &l->setup->certificates[i], &l->keys->pairs[i]);
    }
    return error;
}

/* ---- whom we trust ---- */

static bool add_name(STACK_OF(X509_NAME) * names, X509 *x)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

    if (name != NULL && sk_X509_NAME_push(names, name) > 0)
        return true;
    X509_NAME_free(name);
    return false;
}

static bool fill_store(struct tls_keys *keys, const STACK_OF(X509) * trusted, bool tell_names)
{
    keys->trust       = X509_STORE_new();
    keys->trust_names = tell_names ? sk_X509_NAME_new_null() : NULL;
    if (keys->trust == NULL || (tell_names && keys->trust_names == NULL))
        return false;
    for (int i = 0; i < sk_X509_num(trusted); i++) {
        X509 *x = sk_X509_value(trusted, i);

        if (X509_STORE_add_cert(keys->trust, x) != 1 || (tell_names && !add_name(keys->trust_names, x)))
            return false;
    }
    return true;
}

static bool identify(struct tls_keys *keys, const STACK_OF(X509) * trusted)
{
    uint8_t     digest[EVP_MAX_MD_SIZE];
    unsigned    len;
    EVP_MD_CTX *sum  = EVP_MD_CTX_new();
    bool        good = sum != NULL && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;

    for (int i = 0; good && i < sk_X509_num(trusted); i++)
        good = X509_digest(sk_X509_value(trusted, i), EVP_sha256(), digest, &len) == 1 &&
               EVP_DigestUpdate(sum, digest, len) == 1;
    good = good && EVP_DigestFinal_ex(sum, digest, &len) == 1;
    EVP_MD_CTX_free(sum);
    if (good)
        memcpy(keys->id, digest, sizeof keys->id);
    return good;
}

/* A system without such a file trusts nobody: that is its right. */
static int read_system_trust(STACK_OF(X509) * *trusted, struct tls_pem_fault *fault)
{
    int error = -ERR_NOT_FOUND;

    for (size_t i = 0; error == -ERR_NOT_FOUND && i < sizeof system_trust / sizeof system_trust[0]; i++)
        error = tls_pem_certificates(system_trust[i], NULL, trusted, fault);
    if (error == -ERR_NOT_FOUND) {
        *trusted = sk_X509_new_null();
        error    = *trusted != NULL ? 0 : -ERR_NO_MEMORY;
    }
    return error;
}

/* A file that has changed just now may change once more within the same tick of its clock. */
static struct tls_file look_at_trust(const struct tls_setup *s)
{
    struct tls_file none = { .size = 0 };
    struct stat     st;
    bool            found = s->trust_file != NULL && stat(s->trust_file, &st) == 0;

    for (size_t i = 0; !found && s->trust_file == NULL && i < sizeof system_trust / sizeof system_trust[0]; i++)
        found = stat(system_trust[i], &st) == 0;
    if (!found || s->trust_text != NULL || time(NULL) - st.st_ctim.tv_sec < SETTLED)
        return none;
    return (struct tls_file){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same_file(const struct tls_file *a, const struct tls_file *b)
{
    return a->number != 0 && a->number == b->number && a->device == b->device && a->size == b->size &&
           is_same_time(&a->modified, &b->modified) && is_same_time(&a->changed, &b->changed);
}

/* Whom the keys in use trust, if that is what would be read: a system's CAs take as long as all else together. */
static bool share_trust(struct tls_keys *k, const struct tls_keys *in_use, bool tell_names)
{
    if (in_use == NULL || in_use->trust == NULL || tell_names != (in_use->trust_names != NULL) ||
        !is_same_file(&in_use->trust_file, &k->trust_file))
        return false;
    k->trust_names = tell_names ? SSL_dup_CA_list(in_use->trust_names) : NULL;
    if ((tell_names && k->trust_names == NULL) || X509_STORE_up_ref(in_use->trust) != 1)
        return false;
    k->trust = in_use->trust;
    memcpy(k->id, in_use->id, sizeof k->id);
    return true;
}

static int load_trust(const struct loading *l)
{
    const struct tls_setup *s     = l->setup;
    bool                    named = s->trust_file != NULL || s->trust_text != NULL;
    struct tls_pem_fault    fault = { "" };
    STACK_OF(X509) *trusted       = NULL;
    int error;

    l->problem->part = TLS_SETUP_TRUST;
    if (!s->verify_servers && s->certificate_count == 0 && !named)
        return 0;                           /* nobody will be verified */
    l->keys->trust_file = look_at_trust(s); /* before it is read */
    if (share_trust(l->keys, s->in_use, named))
        return 0;
    error = named ? tls_pem_certificates(s->trust_file, s->trust_text, &trusted, &fault)
                  : read_system_trust(&trusted, &fault);
    if (error != 0)
        return complain(l, error, "trusted certificates %s: %s", named ? name_of(s->trust_file) : "of the system",
                        fault.text);
    error = identify(l->keys, trusted) && fill_store(l->keys, trusted, named) ? 0 : no_memory(l);
    sk_X509_pop_free(trusted, X509_free);
    return error;
}

static int check_ciphers(const struct loading *l)
{
    char weak[64];

    l->problem->part = TLS_SETUP_CIPHERS;
    if (!tls_policy_check(l->setup->ciphers, weak, sizeof weak))
        return complain(l, -ERR_UNSUPPORTED, "\"%.200s\" names no cipher that OpenSSL knows", l->setup->ciphers);
    if (weak[0] != '\0')
        return complain(l, -ERR_UNSUPPORTED, "%s is too weak: only ciphers with ECDHE and AEAD are used", weak);
    return 0;
}

/* ---- the set ---- */

static int load(const struct loading *l)
{
    struct tls_keys *k     = l->keys;
    int              error = check_ciphers(l);

    k->verify_servers = l->setup->verify_servers;
    k->clients        = l->setup->clients;
    k->tls13_only     = l->setup->tls13_only;
    k->ciphers        = strdup(l->setup->ciphers != NULL ? l->setup->ciphers : "");
    if (k->ciphers == NULL)
        return no_memory(l);
    if (error == 0)
        error = load_trust(l);
    return error == 0 ? load_pairs(l) : error;
}

int tls_keys_load(const struct tls_setup *setup, struct tls_keys **out, struct tls_problem *problem)
{
    struct loading l = { setup, calloc(1, sizeof(struct tls_keys)), problem };
    int            error;

    *problem = (struct tls_problem){ .part = TLS_SETUP_MEMORY };
    *out     = NULL;
    if (l.keys == NULL)
        return no_memory(&l);
    atomic_init(&l.keys->holders, 1);
    error = load(&l);
    if (error != 0)
        tls_keys_drop(l.keys);
    else
        *out = l.keys;
    ERR_clear_error();
    return error;
}

struct tls_keys *tls_keys_hold(struct tls_keys *keys)
{
    atomic_fetch_add_explicit(&keys->holders, 1, memory_order_relaxed);
    return keys;
}

void tls_keys_drop(struct tls_keys *keys)
{
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < keys->count; i++) {
        X509_free(keys->pairs[i].leaf);
        sk_X509_pop_free(keys->pairs[i].above, X509_free);
        EVP_PKEY_free(keys->pairs[i].key);
        free(keys->pairs[i].domain);
        free(keys->pairs[i].chain_file);
    }
    free(keys->pairs);
    X509_STORE_free(keys->trust);
    sk_X509_NAME_pop_free(keys->trust_names, X509_NAME_free);
    free(keys->ciphers);
    free(keys);
}

size_t tls_keys_count(const struct tls_keys *keys)
{
    return keys->count;
}

struct tls_keys_entry tls_keys_entry(const struct tls_keys *keys, size_t index)
{
    const struct tls_pair *p = &keys->pairs[index];

    return (struct tls_keys_entry){ slice_from(p->domain), slice_from(p->chain_file), p->leaf };
}

void tls_keys_forget_file(struct tls_keys *keys, size_t index)
{
    keys->pairs[index].chain_file[0] = '\0';
}
