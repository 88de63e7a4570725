/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_make.h"

#include "base/address.h"
#include "base/error.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

enum { SERIAL_BYTES = 16, NAME_MAX_BYTES = 253, LABEL_MAX = 63 };

/* What OpenSSL refuses for want of memory, and what it cannot do. */
static int openssl_error(void)
{
    bool memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;

    ERR_clear_error();
    return memory ? -ERR_NO_MEMORY : -ERR_UNSUPPORTED;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool cert_name_is_good(struct slice name)
{
    size_t label = 0;

    if (name.len > 2 && name.ptr[0] == '*' && name.ptr[1] == '.')
        name = (struct slice){ name.ptr + 2, name.len - 2 };
    if (name.len == 0 || name.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = ascii_lower(name.ptr[i]);

        if (c == '.' && label == 0)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX || !is_name_byte(c))
            return false;
    }
    return label > 0;
}

/* RFC 5280 4.2.1.6 wants an absolute URI in US-ASCII. */
static bool uri_is_good(struct slice uri)
{
    if (uri.len < 5 || memchr(uri.ptr, ':', uri.len) == NULL)
        return false;
    for (size_t i = 0; i < uri.len; i++)
        if (uri.ptr[i] <= ' ' || uri.ptr[i] > '~')
            return false;
    return true;
}

/* ---- the names ---- */

static bool push(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = value != NULL ? GENERAL_NAME_new() : NULL;

    if (name == NULL) {
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static ASN1_STRING *string_of(int type, const void *bytes, size_t len)
{
    ASN1_STRING *s = ASN1_STRING_type_new(type);

    if (s != NULL && ASN1_STRING_set(s, bytes, (int)len) != 1) {
        ASN1_STRING_free(s);
        s = NULL;
    }
    return s;
}

static int push_texts(GENERAL_NAMES *names, int type, const struct slice *list, size_t count,
                      bool (*is_good)(struct slice text))
{
    for (size_t i = 0; i < count; i++) {
        if (!is_good(list[i]))
            return -ERR_SYNTAX;
        if (!push(names, type, string_of(V_ASN1_IA5STRING, list[i].ptr, list[i].len)))
            return -ERR_NO_MEMORY;
    }
    return 0;
}

static int push_ips(GENERAL_NAMES *names, const struct slice *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address a;

        if (!address_parse_ip(list[i], &a))
            return -ERR_SYNTAX;
        if (!push(names, GEN_IPADD, string_of(V_ASN1_OCTET_STRING, a.ip, a.family == FAMILY_4 ? 4 : 16)))
            return -ERR_NO_MEMORY;
    }
    return 0;
}

static bool has_subject(const struct cert_wish *w)
{
    return w->common_name.len > 0 && w->common_name.len <= CERT_COMMON_NAME_MAX;
}

static int add_names(X509 *x, const struct cert_wish *w)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    int            error = names == NULL ? -ERR_NO_MEMORY : 0;

    if (error == 0)
        error = push_texts(names, GEN_DNS, w->dns_names, w->dns_count, cert_name_is_good);
    if (error == 0)
        error = push_texts(names, GEN_URI, w->sip_uris, w->uri_count, uri_is_good);
    if (error == 0)
        error = push_ips(names, w->ips, w->ip_count);
    /* RFC 5280 4.2.1.6: critical if there is no subject to fall back to. */
    if (error == 0 && sk_GENERAL_NAME_num(names) > 0 &&
        X509_add1_ext_i2d(x, NID_subject_alt_name, names, !has_subject(w), X509V3_ADD_APPEND) != 1)
        error = openssl_error();
    GENERAL_NAMES_free(names);
    return error;
}

/* ---- the certificate ---- */

static EVP_PKEY *new_key(enum cert_algorithm algorithm)
{
    switch (algorithm) {
    case CERT_P256:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    case CERT_ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case CERT_RSA2048:
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    }
    return NULL;
}

/* RFC 5280 4.1.2.2: positive, and not to be guessed; always of the same length. */
static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM       *number;
    bool          good;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
    number   = BN_bin2bn(bytes, sizeof bytes, NULL);
    good     = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return good;
}

static bool set_subject(X509 *x, const struct cert_wish *w)
{
    return !has_subject(w) ||
           X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)w->common_name.ptr, (int)w->common_name.len, -1, 0) == 1;
}

static bool add_extension(X509 *x, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *e    = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool            good = e != NULL && X509_add_ext(x, e, -1) == 1;

    X509_EXTENSION_free(e);
    return good;
}

/* RFC 5924: id-kp-sipDomain says that it may speak for a SIP domain. */
static const char *purposes(const struct cert_wish *w)
{
    return w->is_user ? "clientAuth" : "serverAuth,clientAuth,1.3.6.1.5.5.7.3.20";
}

static const char *usage(const struct cert_wish *w)
{
    if (w->is_ca)
        return "critical,keyCertSign,cRLSign";
    return w->algorithm == CERT_RSA2048 ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
}

static bool add_extensions(X509 *x, X509 *issuer, const struct cert_wish *w)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    return add_extension(x, &context, NID_basic_constraints,
                         w->is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
           add_extension(x, &context, NID_key_usage, usage(w)) &&
           (w->is_ca || add_extension(x, &context, NID_ext_key_usage, purposes(w))) &&
           add_extension(x, &context, NID_subject_key_identifier, "hash") &&
           (issuer == x || add_extension(x, &context, NID_authority_key_identifier, "keyid:always"));
}

static bool set_times(X509 *x, const struct cert_wish *w)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)w->not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)w->not_after) != NULL;
}

static bool sign(X509 *x, EVP_PKEY *key)
{
    return X509_sign(x, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0;
}

/* `issuer` is `x` for one that is signed by itself. */
static int fill(X509 *x, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const struct cert_wish *w)
{
    int error;

    if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) || !set_subject(x, w) || !set_times(x, w) ||
        X509_set_pubkey(x, key) != 1 || X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 ||
        !add_extensions(x, issuer, w))
        return openssl_error();
    error = add_names(x, w);
    if (error != 0)
        return error;
    return sign(x, issuer_key) ? 0 : openssl_error();
}

/* ---- PEM ---- */

static char *text_of(BIO *b)
{
    char *bytes, *text;
    long  len = BIO_get_mem_data(b, &bytes);

    text = malloc((size_t)len + 1);
    if (text == NULL)
        return NULL;
    memcpy(text, bytes, (size_t)len);
    text[len] = '\0';
    return text;
}

static int write_pair(X509 *x, EVP_PKEY *key, struct cert_pair *out)
{
    BIO *certificate = BIO_new(BIO_s_mem()), *private = BIO_new(BIO_s_secmem());
    int  error = 0;

    if (certificate == NULL || private == NULL || PEM_write_bio_X509(certificate, x) != 1 ||
        PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) != 1)
        error = openssl_error();
    if (error == 0) {
        out->certificate = text_of(certificate);
        out->key         = text_of(private);
        error            = out->certificate == NULL || out->key == NULL ? -ERR_NO_MEMORY : 0;
    }
    BIO_free(certificate);
    BIO_free(private);
    return error;
}

/* Without it OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static int read_pair(const struct cert_pair *issuer, X509 **x, EVP_PKEY **key)
{
    BIO *certificate = BIO_new_mem_buf(issuer->certificate, -1), *private = BIO_new_mem_buf(issuer->key, -1);
    int  error = -ERR_NO_MEMORY;

    if (certificate != NULL && private != NULL) {
        *x    = PEM_read_bio_X509(certificate, NULL, no_passphrase, NULL);
        *key  = PEM_read_bio_PrivateKey(private, NULL, no_passphrase, NULL);
        error = *x != NULL && *key != NULL && X509_check_private_key(*x, *key) == 1 ? 0 : -ERR_CORRUPT;
    }
    ERR_clear_error();
    BIO_free(certificate);
    BIO_free(private);
    return error;
}

static int make(const struct cert_wish *w, X509 *issuer, EVP_PKEY *issuer_key, struct cert_pair *out)
{
    X509     *x     = X509_new();
    EVP_PKEY *key   = new_key(w->algorithm);
    int       error = x == NULL || key == NULL ? openssl_error() : 0;

    if (error == 0 && issuer == NULL)
        error = fill(x, key, x, key, w);
    else if (error == 0)
        error = fill(x, key, issuer, issuer_key, w);
    if (error == 0)
        error = write_pair(x, key, out);
    X509_free(x);
    EVP_PKEY_free(key);
    return error;
}

int cert_make(const struct cert_wish *wish, const struct cert_pair *issuer, struct cert_pair *out)
{
    X509     *x     = NULL;
    EVP_PKEY *key   = NULL;
    int       error = 0;

    *out = (struct cert_pair){ NULL, NULL };
    if (wish->not_after < wish->not_before || wish->not_after > (uint64_t)253402300799) /* the year 9999 */
        return -ERR_SYNTAX;
    if (wish->is_ca && !has_subject(wish)) /* RFC 5280 4.1.2.6 */
        return -ERR_SYNTAX;
    if (issuer != NULL)
        error = read_pair(issuer, &x, &key);
    if (error == 0)
        error = make(wish, x, key, out);
    X509_free(x);
    EVP_PKEY_free(key);
    return error;
}

bool cert_pair_fits(const struct cert_pair *p)
{
    X509     *x     = NULL;
    EVP_PKEY *key   = NULL;
    int       error = read_pair(p, &x, &key);

    X509_free(x);
    EVP_PKEY_free(key);
    return error == 0;
}

void cert_pair_free(struct cert_pair *p)
{
    if (p->key != NULL)
        explicit_bzero(p->key, strlen(p->key));
    free(p->key);
    free(p->certificate);
    *p = (struct cert_pair){ NULL, NULL };
}
