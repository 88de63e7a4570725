/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_read.h"

#include "base/buf.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

enum { ARENA_MAX = 256 * 1024, NAMES_MAX = 1000, DAY = 86400 };

/* ---- texts ---- */

/* What is not printable becomes '?': it ends up on terminals and in logs. */
static struct slice clean_copy(struct arena *a, const void *bytes, size_t len)
{
    struct slice copy = arena_copy(a, (struct slice){ bytes, len });

    for (size_t i = 0; i < copy.len; i++)
        if (copy.ptr[i] < ' ' || copy.ptr[i] > '~')
            ((char *)copy.ptr)[i] = '?';
    return copy;
}

static struct slice bio_copy(struct arena *a, BIO *b)
{
    char *bytes = NULL;
    long  len   = BIO_get_mem_data(b, &bytes);

    return len > 0 ? clean_copy(a, bytes, (size_t)len) : SLICE("");
}

static struct slice name_text(struct arena *a, const X509_NAME *name)
{
    BIO         *b    = BIO_new(BIO_s_mem());
    struct slice text = SLICE("");

    if (b == NULL)
        a->failed = true;
    else if (X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0)
        text = bio_copy(a, b);
    BIO_free(b);
    return text;
}

static struct slice serial_text(struct arena *a, const ASN1_INTEGER *serial)
{
    BIO         *b    = BIO_new(BIO_s_mem());
    struct slice text = SLICE("");

    if (b == NULL)
        a->failed = true;
    else if (i2a_ASN1_INTEGER(b, serial) > 0)
        text = bio_copy(a, b);
    BIO_free(b);
    return text;
}

/* The curve as people call it. */
static const char *curve_name(const char *group)
{
    if (strcmp(group, "prime256v1") == 0)
        return "P-256";
    if (strcmp(group, "secp384r1") == 0)
        return "P-384";
    return strcmp(group, "secp521r1") == 0 ? "P-521" : group;
}

static struct slice algorithm_text(struct arena *a, X509 *x)
{
    EVP_PKEY  *key = X509_get0_pubkey(x);
    char       memory[128], group[64];
    struct buf b = BUF_ON(memory);

    if (key == NULL || EVP_PKEY_get0_type_name(key) == NULL)
        return SLICE("unknown");
    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
        buf_printf(&b, "%s %s", EVP_PKEY_get0_type_name(key), curve_name(group));
    else if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS") || EVP_PKEY_is_a(key, "DSA"))
        buf_printf(&b, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
    else
        buf_printf(&b, "%s", EVP_PKEY_get0_type_name(key));
    return clean_copy(a, memory, b.len);
}

/* ---- the names ---- */

static struct slice prefixed(struct arena *a, const char *prefix, const ASN1_STRING *value)
{
    size_t start = strlen(prefix), len = (size_t)ASN1_STRING_length(value);
    char  *text = arena_alloc(a, start + len + 1);

    if (text == NULL)
        return SLICE("");
    memcpy(text, prefix, start);
    memcpy(text + start, ASN1_STRING_get0_data(value), len);
    for (size_t i = start; i < start + len; i++)
        if (text[i] < ' ' || text[i] > '~')
            text[i] = '?';
    return (struct slice){ text, start + len };
}

static struct slice ip_text(struct arena *a, const ASN1_OCTET_STRING *ip)
{
    char       memory[INET6_ADDRSTRLEN + 8] = "IP:?";
    int        len                          = ASN1_STRING_length(ip);
    const int  family                       = len == 4 ? AF_INET : AF_INET6;
    const bool fits                         = len == 4 || len == 16;

    if (fits)
        inet_ntop(family, ASN1_STRING_get0_data(ip), memory + 3, sizeof memory - 3);
    return clean_copy(a, memory, strlen(memory));
}

static struct slice general_name_text(struct arena *a, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
        return prefixed(a, "DNS:", name->d.dNSName);
    case GEN_URI:
        return prefixed(a, "URI:", name->d.uniformResourceIdentifier);
    case GEN_EMAIL:
        return prefixed(a, "email:", name->d.rfc822Name);
    case GEN_IPADD:
        return ip_text(a, name->d.iPAddress);
    default:
        return SLICE("other");
    }
}

static void take_names(struct cert_facts *f, X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int            count = sk_GENERAL_NAME_num(names); /* -1 if there are none */
    struct slice  *list;

    if (count > NAMES_MAX)
        count = NAMES_MAX;
    list = count > 0 ? arena_alloc(&f->arena, (size_t)count * sizeof *list) : NULL;
    for (int i = 0; list != NULL && i < count; i++)
        list[f->name_count++] = general_name_text(&f->arena, sk_GENERAL_NAME_value(names, i));
    f->names = list;
    GENERAL_NAMES_free(names);
}

/* ---- one certificate ---- */

static bool take_time(const ASN1_TIME *time, uint64_t *seconds)
{
    struct tm date;
    time_t    value;

    if (ASN1_TIME_to_tm(time, &date) != 1)
        return false;
    value    = timegm(&date);
    *seconds = value < 0 ? 0 : (uint64_t)value;
    return true;
}

static bool take_fingerprint(struct cert_facts *f, const X509 *x)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char     hash[EVP_MAX_MD_SIZE];
    unsigned          len;
    char             *at = f->fingerprint;

    if (X509_digest(x, EVP_sha256(), hash, &len) != 1)
        return false;
    for (unsigned i = 0; i < len; i++) {
        *at++ = digits[hash[i] >> 4];
        *at++ = digits[hash[i] & 15];
        *at++ = i + 1 < len ? ':' : '\0';
    }
    return true;
}

int cert_facts_init(struct cert_facts *out, struct x509_st *x)
{
    *out = (struct cert_facts){ 0 };
    arena_init(&out->arena, NULL, 0, ARENA_MAX);
    if (!take_time(X509_get0_notBefore(x), &out->not_before) || !take_time(X509_get0_notAfter(x), &out->not_after)) {
        ERR_clear_error();
        return -ERR_CORRUPT;
    }
    out->subject     = name_text(&out->arena, X509_get_subject_name(x));
    out->issuer      = name_text(&out->arena, X509_get_issuer_name(x));
    out->serial      = serial_text(&out->arena, X509_get0_serialNumber(x));
    out->algorithm   = algorithm_text(&out->arena, x);
    out->self_signed = X509_self_signed(x, 0) == 1;
    out->is_ca       = X509_check_ca(x) == 1;
    take_names(out, x);
    if (!take_fingerprint(out, x))
        out->arena.failed = true;
    ERR_clear_error();
    return arena_ok(&out->arena) ? 0 : -ERR_NO_MEMORY;
}

void cert_facts_fini(struct cert_facts *f)
{
    arena_fini(&f->arena);
}

/* ---- a file of them ---- */

/* Their passphrase is not asked for: keys are passed over. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

/* 0 with `*x` NULL at the end. */
static int next_certificate(BIO *b, X509 **x)
{
    unsigned long code;

    *x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL);
    if (*x != NULL)
        return 0;
    code = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
        return -ERR_NO_MEMORY;
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE ? 0 : -ERR_CORRUPT;
}

static int read_list(BIO *b, struct cert_facts *list, size_t *count)
{
    X509 *x;
    int   error;

    while ((error = next_certificate(b, &x)) == 0 && x != NULL) {
        error = *count < CERT_CHAIN_MAX ? cert_facts_init(&list[*count], x) : -ERR_TOO_LARGE;
        X509_free(x);
        *count += *count < CERT_CHAIN_MAX;
        if (error != 0)
            break;
    }
    return error == 0 && *count == 0 ? -ERR_NOT_FOUND : error;
}

int cert_list_read(struct slice pem, struct cert_facts **list, size_t *count)
{
    BIO *b = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    int  error;

    *count = 0;
    *list  = b != NULL ? calloc(CERT_CHAIN_MAX, sizeof **list) : NULL;
    error  = *list == NULL ? -ERR_NO_MEMORY : read_list(b, *list, count);
    BIO_free(b);
    if (error != 0) {
        cert_list_free(*list, *count);
        *list  = NULL;
        *count = 0;
    }
    return error;
}

void cert_list_free(struct cert_facts *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cert_facts_fini(&list[i]);
    free(list);
}

/* ---- age ---- */

int64_t cert_days_left(uint64_t not_after, uint64_t now)
{
    if (now <= not_after)
        return (int64_t)((not_after - now) / DAY);
    return -(int64_t)((now - not_after - 1) / DAY) - 1;
}

enum cert_age cert_age(uint64_t not_before, uint64_t not_after, uint64_t now)
{
    if (now > not_after)
        return CERT_ENDED;
    if (now < not_before)
        return CERT_NOT_YET;
    return not_after - now < (uint64_t)CERT_SOON_DAYS * DAY ? CERT_ENDS_SOON : CERT_GOOD;
}

const char *cert_age_name(enum cert_age age)
{
    switch (age) {
    case CERT_NOT_YET:
        return "not_yet";
    case CERT_GOOD:
        return "good";
    case CERT_ENDS_SOON:
        return "ends_soon";
    case CERT_ENDED:
        return "ended";
    }
    return "?";
}

void cert_time_write(uint64_t seconds, char text[CERT_TIME_TEXT])
{
    time_t    value = (time_t)seconds;
    struct tm date;

    if (gmtime_r(&value, &date) == NULL || strftime(text, CERT_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &date) == 0)
        text[0] = '\0';
}
