/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_private.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

/* ---- tickets that we seal ---- */

static bool set_mac(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int seal(const struct tls_context *c, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac)
{
    const struct tls_ticket_key *key = &c->tickets.seals;

    memcpy(name, key->name, sizeof key->name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(c->ticket_cipher)) != 1 ||
        EVP_EncryptInit_ex(cipher, c->ticket_cipher, NULL, key->cipher, iv) != 1 || !set_mac(mac, key))
        return -1;
    return 1;
}

/* Who uses a ticket twice shows who listens that he is the same (RFC 8446 C.4): so one that has been
 * used is followed by another, and one is enough for a handshake in full.  TLS 1.2 hides no ticket. */
static bool is_for_once(const SSL *ssl)
{
    return SSL_version(ssl) >= TLS1_3_VERSION;
}

/* What OpenSSL wants to hear: 0 not ours, 1 good, 2 good, but give out a new one. */
static int unseal(const struct tls_context *c, bool once, const unsigned char *name, const unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    const struct tls_ticket_key *key = tls_tickets_find(&c->tickets, name);

    if (key == NULL)
        return 0;
    if (EVP_DecryptInit_ex(cipher, c->ticket_cipher, NULL, key->cipher, iv) != 1 || !set_mac(mac, key))
        return -1;
    return key == &c->tickets.seals && !once ? 1 : 2;
}

static int on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                         int sealing)
{
    const struct tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return sealing ? seal(c, name, iv, cipher, mac) : unseal(c, is_for_once(ssl), name, iv, cipher, mac);
}

static int on_seal(SSL *ssl, void *context)
{
    (void)ssl;
    (void)context;
    return 1;
}

/* The certificate of the peer stands in its ticket.  It was good then; if it has expired
 * since, the handshake is done in full, and says so. */
static SSL_TICKET_RETURN on_unseal(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len,
                                   SSL_TICKET_STATUS status, void *context)
{
    (void)ssl;
    (void)name;
    (void)name_len;
    switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
        break;
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    default: /* an int of OpenSSL's: it failed, and has said why */
        return SSL_TICKET_RETURN_ABORT;
    }
    if (tls_session_has_expired(session, tls_wall(context)))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool tls_resume_server(struct tls_context *c, SSL_CTX *ctx)
{
    SSL_CTX_set_timeout(ctx, TLS_TICKET_PERIOD / 1000);
    SSL_CTX_set_num_tickets(ctx, 1); /* cannot fail */
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket_key) == 1 &&
           SSL_CTX_set_session_ticket_cb(ctx, on_seal, on_unseal, c) == 1;
}

/* A session is no way around what is demanded today: one that was made under other CAs, or
 * where no certificate was asked for, is not taken up. */
void tls_resume_limit(struct tls *t, const struct tls_keys *keys, enum tls_clients clients)
{
    unsigned char id[TLS_KEYS_ID + 1];

    memcpy(id, keys->id, TLS_KEYS_ID);
    id[TLS_KEYS_ID] = (unsigned char)clients;
    (void)SSL_set_session_id_context(t->ssl, id, sizeof id); /* it is not too long */
}

/* ---- sessions that we keep ---- */

/* Returns 1 if it has taken the session. */
static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_context *c      = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct slice        domain = tls_domain(c->current);

    return domain.len > 0 && SSL_SESSION_is_resumable(session) && SSL_get_SSL_CTX(ssl) == c->set.client &&
           tls_sessions_add(&c->sessions, domain, session);
}

void tls_resume_client(struct tls_context *c, SSL_CTX *ctx)
{
    (void)c;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new_session);
}

void tls_resume_offer(struct tls *t)
{
    SSL_SESSION *session = tls_sessions_take(&t->context->sessions, tls_domain(t), tls_wall(t->context));

    if (session == NULL)
        return;
    (void)SSL_set_session(t->ssl, session); /* or not: then it is a full handshake */
    SSL_SESSION_free(session);
}
