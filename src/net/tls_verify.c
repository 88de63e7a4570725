/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_identity.h"
#include "net/tls_pem.h"
#include "net/tls_private.h"

#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void tls_complain(struct tls *t, enum tls_fault_kind kind, const char *format, ...)
{
    va_list args;

    if (t->fault == NULL)
        t->fault = malloc(sizeof *t->fault);
    if (t->fault == NULL)
        return;
    t->fault->kind = kind;
    va_start(args, format);
    vsnprintf(t->fault->text, sizeof t->fault->text, format, args);
    va_end(args);
}

/* ---- in words ---- */

/* Whose certificate it is, as far as the log is concerned. */
static const char *whose(int depth)
{
    return depth == 0 ? "of peer" : "of an issuer of peer's";
}

/* The CN, else the O, else all of it. */
static void write_name(const X509_NAME *name, char *out, int size)
{
    X509_NAME *n = (X509_NAME *)name; /* older functions of OpenSSL know no const */

    if (X509_NAME_get_text_by_NID(n, NID_commonName, out, size) <= 0 &&
        X509_NAME_get_text_by_NID(n, NID_organizationName, out, size) <= 0)
        X509_NAME_oneline(n, out, size);
    for (char *c = out; *c != '\0'; c++)
        if (*c < ' ' || *c == 127)
            *c = '?';
}

static int complain_time(struct tls *t, X509 *x, int depth, int error)
{
    bool expired = error == X509_V_ERR_CERT_HAS_EXPIRED;
    char date[TLS_PEM_DATE];

    tls_pem_date(expired ? X509_get0_notAfter(x) : X509_get0_notBefore(x), date);
    tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate %s %s %s", whose(depth),
                 expired ? "has expired on" : "is not valid before", date);
    return error;
}

static int complain_chain(struct tls *t, X509_STORE_CTX *chain)
{
    int   error = X509_STORE_CTX_get_error(chain), depth = X509_STORE_CTX_get_error_depth(chain);
    X509 *x = X509_STORE_CTX_get_current_cert(chain);
    char  name[80];

    if (x != NULL && (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID))
        return complain_time(t, x, depth, error);
    if (x != NULL && error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
        tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate of peer is signed by itself, and we do not trust it");
    } else if (x != NULL &&
               (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
                error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
                error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)) {
        write_name(X509_get_issuer_name(x), name, sizeof name);
        tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate of peer is signed by \"%s\", whom we do not trust", name);
    } else {
        tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate %s is no good: %s", whose(depth),
                     X509_verify_cert_error_string(error));
    }
    return error;
}

/* ---- the checks ---- */

/* RFC 5922 7.1: what the chain is restricted to, our way: OpenSSL knows no SIP domains. */
static int check_usage(struct tls *t, X509_STORE_CTX *chain)
{
    STACK_OF(X509) *list = X509_STORE_CTX_get0_chain(chain);

    for (int i = 0; i < sk_X509_num(list); i++) {
        X509 *x = sk_X509_value(list, i);

        if (i > 0 && X509_self_signed(x, 0) == 1)
            continue; /* our own trust says what it is for */
        if (t->is_server ? tls_identity_may_connect(x) : tls_identity_may_serve(x))
            continue;
        tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate %s may not be used for this (extended key usage)",
                     whose(i));
        return X509_V_ERR_INVALID_PURPOSE;
    }
    return X509_V_OK;
}

static int check_identity(struct tls *t, X509 *leaf)
{
    struct slice domain = tls_domain(t);
    char         memory[128];
    struct buf   names = BUF_ON(memory);

    if (t->is_server || domain.len == 0 || tls_identity_is(leaf, domain))
        return X509_V_OK;
    tls_identity_write(&names, leaf);
    if (names.len == 0)
        buf_put(&names, SLICE("nobody"));
    tls_complain(t, TLS_FAULT_CERTIFICATE, "certificate of peer is for %s, not %.*s", buf_cstr(&names),
                 SLICE_ARG(domain));
    return X509_V_ERR_HOSTNAME_MISMATCH;
}

static int judge(struct tls *t, X509_STORE_CTX *chain)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(chain);
    int                error;

    X509_VERIFY_PARAM_set_time(param, tls_wall(t->context));
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY); /* looked at above */
    if (X509_verify_cert(chain) != 1)
        return complain_chain(t, chain);
    error = check_usage(t, chain);
    return error == X509_V_OK ? check_identity(t, X509_STORE_CTX_get0_cert(chain)) : error;
}

int tls_verify(X509_STORE_CTX *chain, void *context)
{
    const struct tls_context *c     = context;
    int                       error = judge(c->current, chain);

    X509_STORE_CTX_set_error(chain, error);
    return error == X509_V_OK;
}
