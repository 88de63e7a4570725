/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_keys_private.h"

#include <stdio.h>
#include <string.h>

/* Forward secrecy and AEAD; the certificate says which of ECDSA and RSA. */
static const char ciphers_12[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:!aNULL";
/* No others: a peer shall not choose how much we have to compute. */
static const char groups[] = "X25519:P-256:P-384";

enum { SECURITY_LEVEL = 2, CHAIN_BYTES = 32 * 1024, CHAIN_DEPTH = 8 };

static const char *cipher_list(const char *configured)
{
    return configured != NULL && configured[0] != '\0' ? configured : ciphers_12;
}

static bool set_versions(SSL_CTX *ctx, const struct tls_keys *keys)
{
    bool good;

    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_max_early_data(ctx, 0);
    good = SSL_CTX_set_min_proto_version(ctx, keys->tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, cipher_list(keys->ciphers)) == 1 && SSL_CTX_set1_groups_list(ctx, groups) == 1;
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL); /* last: a list of ciphers may say "@SECLEVEL=0" */
    return good;
}

/* What an idle session does not need, it does not keep. */
static void set_modes(SSL_CTX *ctx)
{
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES);
    SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH);
}

static bool set_pair(SSL_CTX *ctx, const struct tls_pair *pair)
{
    return pair == NULL || SSL_CTX_use_cert_and_key(ctx, pair->leaf, pair->key, pair->above, 1) == 1;
}

static bool set_trust(SSL_CTX *ctx, const struct tls_keys *keys)
{
    STACK_OF(X509_NAME) * names;

    if (keys->trust == NULL)
        return true;
    SSL_CTX_set1_cert_store(ctx, keys->trust);
    if (keys->trust_names == NULL)
        return true;
    names = SSL_dup_CA_list(keys->trust_names);
    SSL_CTX_set_client_CA_list(ctx, names);
    return names != NULL;
}

SSL_CTX *tls_policy_new(const struct tls_keys *keys, const struct tls_pair *pair, bool is_server)
{
    SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());

    if (ctx == NULL)
        return NULL;
    set_modes(ctx);
    if (!set_versions(ctx, keys) || !set_pair(ctx, pair) || !set_trust(ctx, keys)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static bool is_good(const SSL_CIPHER *c)
{
    int exchange = SSL_CIPHER_get_kx_nid(c);

    return SSL_CIPHER_is_aead(c) && (exchange == NID_kx_ecdhe || exchange == NID_kx_any) &&
           SSL_CIPHER_get_auth_nid(c) != NID_auth_null;
}

bool tls_policy_check(const char *list, char *name, size_t name_size)
{
    SSL_CTX *ctx   = SSL_CTX_new(TLS_server_method());
    bool     known = ctx != NULL && SSL_CTX_set_cipher_list(ctx, cipher_list(list)) == 1;

    name[0] = '\0';
    for (int i = 0; known && i < sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx)); i++) {
        const SSL_CIPHER *c = sk_SSL_CIPHER_value(SSL_CTX_get_ciphers(ctx), i);

        if (name[0] == '\0' && !is_good(c))
            snprintf(name, name_size, "%s", SSL_CIPHER_get_name(c));
    }
    SSL_CTX_free(ctx);
    return known;
}
