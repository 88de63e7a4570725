/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_make.h"

#include "base/buf.h"
#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { T0 = 1700000000, DAY = 86400 };

static const struct slice dns[]  = { SLICE_INIT("biloxi.example"), SLICE_INIT("www.biloxi.example") };
static const struct slice uris[] = { SLICE_INIT("sip:biloxi.example") };
static const struct slice ips[]  = { SLICE_INIT("192.0.2.9"), SLICE_INIT("2001:db8::9") };

static struct cert_wish wish_domain(enum cert_algorithm algorithm)
{
    return (struct cert_wish){
        .common_name = SLICE("biloxi.example"),
        .dns_names   = dns,
        .dns_count   = 2,
        .sip_uris    = uris,
        .uri_count   = 1,
        .ips         = ips,
        .ip_count    = 2,
        .not_before  = T0,
        .not_after   = T0 + 10 * DAY,
        .algorithm   = algorithm,
    };
}

static struct cert_wish wish_ca(enum cert_algorithm algorithm)
{
    return (struct cert_wish){
        .common_name = SLICE("Lab"),
        .not_before  = T0,
        .not_after   = T0 + 100 * DAY,
        .is_ca       = true,
        .algorithm   = algorithm,
    };
}

static X509 *read_certificate(const char *pem)
{
    BIO  *b = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

    BIO_free(b);
    assert_non_null(x);
    return x;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO      *b   = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

    BIO_free(b);
    assert_non_null(key);
    return key;
}

/* X509_V_OK, or why OpenSSL refuses `pem` under `ca` at `at` for `purpose`; `host` may be NULL. */
static int verdict(const char *pem, const char *ca, int64_t at, int purpose, const char *host)
{
    X509              *x = read_certificate(pem), *root = read_certificate(ca);
    X509_STORE        *store   = X509_STORE_new();
    X509_STORE_CTX    *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;
    int                result;

    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, x, NULL);
    param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)at);
    X509_VERIFY_PARAM_set_purpose(param, purpose);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    if (host != NULL)
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    X509_free(x);
    return result;
}

static void check_algorithm(enum cert_algorithm algorithm, const char *name)
{
    struct cert_wish ca = wish_ca(algorithm), leaf = wish_domain(algorithm);
    struct cert_pair root, pair;
    X509            *x;
    EVP_PKEY        *key;

    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&leaf, &root, &pair));
    x   = read_certificate(pair.certificate);
    key = read_key(pair.key);
    CHECK(EVP_PKEY_is_a(key, name));
    CHECK_INT(1, X509_check_private_key(x, key));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0 + 1, X509_PURPOSE_SSL_SERVER, NULL));
    EVP_PKEY_free(key);
    X509_free(x);
    cert_pair_free(&pair);
    cert_pair_free(&root);
}

TEST(a_key_of_each_algorithm_belongs_to_its_certificate_and_the_ca_vouches_for_it)
{
    check_algorithm(CERT_P256, "EC");
    check_algorithm(CERT_ED25519, "ED25519");
    check_algorithm(CERT_RSA2048, "RSA");
}

/* RFC 5922 7.1: the names of a SIP domain are in subjectAltName. */
TEST(all_names_that_were_wished_for_are_in_the_certificate_and_no_other)
{
    struct cert_wish wish = wish_domain(CERT_P256);
    struct cert_pair pair;
    X509            *x;
    GENERAL_NAMES   *names;

    CHECK_INT(0, cert_make(&wish, NULL, &pair));
    x = read_certificate(pair.certificate);
    CHECK_INT(1, X509_check_host(x, "biloxi.example", 0, 0, NULL));
    CHECK_INT(1, X509_check_host(x, "www.biloxi.example", 0, 0, NULL));
    CHECK_INT(0, X509_check_host(x, "atlanta.example", 0, 0, NULL));
    CHECK_INT(1, X509_check_ip_asc(x, "192.0.2.9", 0));
    CHECK_INT(1, X509_check_ip_asc(x, "2001:db8::9", 0));
    names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    CHECK_INT(5, sk_GENERAL_NAME_num(names));
    CHECK_INT(GEN_URI, sk_GENERAL_NAME_value(names, 2)->type);
    CHECK_SLICE("sip:biloxi.example",
                ((struct slice){
                    (const char *)ASN1_STRING_get0_data(sk_GENERAL_NAME_value(names, 2)->d.uniformResourceIdentifier),
                    (size_t)ASN1_STRING_length(sk_GENERAL_NAME_value(names, 2)->d.uniformResourceIdentifier) }));
    GENERAL_NAMES_free(names);
    X509_free(x);
    cert_pair_free(&pair);
}

/* RFC 5280 4.1.2.5: both inclusive; OpenSSL counts the last second as over already. */
TEST(it_is_valid_from_the_first_second_to_the_last)
{
    struct cert_wish ca = wish_ca(CERT_P256), leaf = wish_domain(CERT_P256);
    struct cert_pair root, pair;

    ca.not_before = T0 - DAY; /* so that it is the other's dates that are judged */
    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&leaf, &root, &pair));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0, X509_PURPOSE_SSL_SERVER, "biloxi.example"));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0 + 10 * DAY - 1, X509_PURPOSE_SSL_SERVER,
                                 "biloxi.example"));
    CHECK_INT(X509_V_ERR_CERT_HAS_EXPIRED,
              verdict(pair.certificate, root.certificate, T0 + 10 * DAY + 1, X509_PURPOSE_SSL_SERVER, NULL));
    CHECK_INT(X509_V_ERR_CERT_NOT_YET_VALID,
              verdict(pair.certificate, root.certificate, T0 - 1, X509_PURPOSE_SSL_SERVER, NULL));
    cert_pair_free(&pair);
    cert_pair_free(&root);
}

/* RFC 5280 4.1.2.5: years from 2050 on are written otherwise. */
TEST(times_beyond_2050_hold_and_impossible_ones_are_refused)
{
    struct cert_wish ca = wish_ca(CERT_P256), leaf = wish_domain(CERT_P256);
    struct cert_pair root, pair;

    ca.not_after = leaf.not_after = (uint64_t)4000000000; /* 2096 */
    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&leaf, &root, &pair));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, 3999999999, X509_PURPOSE_SSL_SERVER, NULL));
    cert_pair_free(&pair);
    leaf.not_after = leaf.not_before - 1;
    CHECK_INT(-ERR_SYNTAX, cert_make(&leaf, &root, &pair));
    leaf.not_after = UINT64_MAX;
    CHECK_INT(-ERR_SYNTAX, cert_make(&leaf, &root, &pair));
    CHECK(pair.certificate == NULL && pair.key == NULL);
    cert_pair_free(&root);
}

TEST(the_certificate_of_a_user_proves_a_client_and_never_a_server)
{
    static const struct slice alice[] = { SLICE_INIT("sip:alice@biloxi.example") };
    struct cert_wish          ca = wish_ca(CERT_P256), user = { .common_name = SLICE("alice@biloxi.example"),
                                                                .sip_uris    = alice,
                                                                .uri_count   = 1,
                                                                .is_user     = true,
                                                                .not_before  = T0,
                                                                .not_after   = T0 + DAY };
    struct cert_pair          root, pair;

    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&user, &root, &pair));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0, X509_PURPOSE_SSL_CLIENT, NULL));
    CHECK_INT(X509_V_ERR_INVALID_PURPOSE,
              verdict(pair.certificate, root.certificate, T0, X509_PURPOSE_SSL_SERVER, NULL));
    cert_pair_free(&pair);
    cert_pair_free(&root);
}

/* RFC 3261 26.3.1: a server is a client of the next one; RFC 5924: of a SIP domain. */
TEST(the_certificate_of_a_domain_proves_a_server_a_client_and_a_sip_domain)
{
    struct cert_wish    ca = wish_ca(CERT_P256), leaf = wish_domain(CERT_P256);
    struct cert_pair    root, pair;
    X509               *x;
    EXTENDED_KEY_USAGE *usage;
    char                oid[64];

    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&leaf, &root, &pair));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0, X509_PURPOSE_SSL_SERVER, NULL));
    CHECK_INT(X509_V_OK, verdict(pair.certificate, root.certificate, T0, X509_PURPOSE_SSL_CLIENT, NULL));
    x     = read_certificate(pair.certificate);
    usage = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    CHECK_INT(3, sk_ASN1_OBJECT_num(usage));
    OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, 2), 1);
    assert_string_equal("1.3.6.1.5.5.7.3.20", oid);
    EXTENDED_KEY_USAGE_free(usage);
    X509_free(x);
    cert_pair_free(&pair);
    cert_pair_free(&root);
}

TEST(a_certificate_that_is_no_ca_vouches_for_nobody)
{
    struct cert_wish leaf = wish_domain(CERT_P256);
    struct cert_pair first, second;

    CHECK_INT(0, cert_make(&leaf, NULL, &first));
    CHECK_INT(0, cert_make(&leaf, &first, &second));
    CHECK(verdict(second.certificate, first.certificate, T0, X509_PURPOSE_SSL_SERVER, NULL) != X509_V_OK);
    cert_pair_free(&second);
    cert_pair_free(&first);
}

TEST(an_issuer_whose_key_is_anothers_or_damaged_signs_nothing)
{
    struct cert_wish ca = wish_ca(CERT_P256), leaf = wish_domain(CERT_P256);
    struct cert_pair one, two, pair;
    char             garbage[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    CHECK_INT(0, cert_make(&ca, NULL, &one));
    CHECK_INT(0, cert_make(&ca, NULL, &two));
    CHECK_INT(-ERR_CORRUPT, cert_make(&leaf, &(struct cert_pair){ one.certificate, two.key }, &pair));
    CHECK_INT(-ERR_CORRUPT, cert_make(&leaf, &(struct cert_pair){ garbage, two.key }, &pair));
    CHECK_INT(-ERR_CORRUPT, cert_make(&leaf, &(struct cert_pair){ one.certificate, garbage }, &pair));
    cert_pair_free(&one);
    cert_pair_free(&two);
}

TEST(an_issuers_key_with_a_passphrase_is_refused_without_asking)
{
    struct cert_wish ca = wish_ca(CERT_P256), leaf = wish_domain(CERT_P256);
    struct cert_pair one, pair;
    EVP_PKEY        *key;
    BIO             *b = BIO_new(BIO_s_mem());
    char            *locked;

    CHECK_INT(0, cert_make(&ca, NULL, &one));
    key = read_key(one.key);
    PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_128_cbc(), "geheim", 6, NULL, NULL);
    BIO_write(b, "", 1);
    BIO_get_mem_data(b, &locked);
    CHECK_INT(-ERR_CORRUPT, cert_make(&leaf, &(struct cert_pair){ one.certificate, locked }, &pair));
    BIO_free(b);
    EVP_PKEY_free(key);
    cert_pair_free(&one);
}

static int make_named(struct slice dns_name, struct slice uri, struct slice ip)
{
    struct cert_wish wish = wish_domain(CERT_ED25519);
    struct cert_pair pair;
    int              error;

    wish.dns_names = &dns_name;
    wish.sip_uris  = &uri;
    wish.ips       = &ip;
    wish.dns_count = wish.uri_count = wish.ip_count = 1;
    error                                           = cert_make(&wish, NULL, &pair);
    cert_pair_free(&pair);
    return error;
}

TEST(what_is_no_name_uri_or_address_is_refused)
{
    const struct slice name = SLICE("a.example"), uri = SLICE("sip:a.example"), ip = SLICE("192.0.2.1");

    CHECK_INT(0, make_named(name, uri, ip));
    CHECK_INT(-ERR_SYNTAX, make_named(SLICE("a b"), uri, ip));
    CHECK_INT(-ERR_SYNTAX, make_named(SLICE("b\xc3\xbc.example"), uri, ip));
    CHECK_INT(-ERR_SYNTAX, make_named(((struct slice){ "a.example\0.b", 12 }), uri, ip));
    CHECK_INT(-ERR_SYNTAX, make_named(SLICE(""), uri, ip));
    CHECK_INT(-ERR_SYNTAX, make_named(name, SLICE("a.example"), ip));
    CHECK_INT(-ERR_SYNTAX, make_named(name, SLICE("sip:a example"), ip));
    CHECK_INT(-ERR_SYNTAX, make_named(name, uri, SLICE("192.0.2")));
}

TEST(a_good_name_has_labels_of_letters_digits_and_hyphens)
{
    char       memory[300];
    struct buf label = BUF_ON(memory);

    CHECK(cert_name_is_good(SLICE("localhost")));
    CHECK(cert_name_is_good(SLICE("*.example.com")));
    CHECK(cert_name_is_good(SLICE("xn--mnchen-3ya.example")));
    CHECK(!cert_name_is_good(SLICE("example.com.")));
    CHECK(!cert_name_is_good(SLICE(".example.com")));
    CHECK(!cert_name_is_good(SLICE("a..b")));
    CHECK(!cert_name_is_good(SLICE("*")));
    CHECK(!cert_name_is_good(SLICE("a.*.b")));
    for (unsigned i = 0; i < 63; i++)
        buf_put_byte(&label, 'a');
    CHECK(cert_name_is_good(buf_slice(&label)));
    buf_put_byte(&label, 'a');
    CHECK(!cert_name_is_good(buf_slice(&label)));
}

/* RFC 5280 A.1 ub-common-name, 4.2.1.6: then subjectAltName must be critical. */
TEST(a_name_too_long_for_the_subject_stands_in_the_names_alone_which_are_critical_then)
{
    char             memory[100];
    struct cert_wish wish = wish_domain(CERT_ED25519);
    struct cert_pair pair;
    struct slice     name;
    X509            *x;

    memset(memory, 'a', sizeof memory);
    memory[50] = '.';
    name = wish.common_name = (struct slice){ memory, sizeof memory };
    wish.dns_names          = &name;
    wish.dns_count          = 1;
    CHECK_INT(0, cert_make(&wish, NULL, &pair));
    x = read_certificate(pair.certificate);
    CHECK_INT(0, X509_NAME_entry_count(X509_get_subject_name(x)));
    CHECK_INT(1, X509_EXTENSION_get_critical(X509_get_ext(x, X509_get_ext_by_NID(x, NID_subject_alt_name, -1))));
    CHECK_INT(1, X509_check_host(x, memory, sizeof memory, 0, NULL));
    X509_free(x);
    cert_pair_free(&pair);
}

/* RFC 5280 4.1.2.6: the issuer of what it signs would be empty. */
TEST(a_ca_without_a_name_is_not_made)
{
    struct cert_wish ca = wish_ca(CERT_ED25519);
    struct cert_pair pair;

    ca.common_name = SLICE("");
    CHECK_INT(-ERR_SYNTAX, cert_make(&ca, NULL, &pair));
}

/* So that a scenario is the same each time. */
TEST(ed25519_certificates_of_one_wish_have_one_length)
{
    struct cert_wish wish = wish_domain(CERT_ED25519);
    size_t           len  = 0;

    for (unsigned i = 0; i < 20; i++) {
        struct cert_pair pair;

        CHECK_INT(0, cert_make(&wish, NULL, &pair));
        CHECK(len == 0 || len == strlen(pair.certificate));
        len = strlen(pair.certificate);
        cert_pair_free(&pair);
    }
}

TEST(no_two_serial_numbers_are_equal)
{
    struct cert_wish wish = wish_domain(CERT_ED25519);
    struct cert_pair one, two;
    X509            *x, *y;

    CHECK_INT(0, cert_make(&wish, NULL, &one));
    CHECK_INT(0, cert_make(&wish, NULL, &two));
    x = read_certificate(one.certificate);
    y = read_certificate(two.certificate);
    CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(x), X509_get0_serialNumber(y)) != 0);
    X509_free(x);
    X509_free(y);
    cert_pair_free(&one);
    cert_pair_free(&two);
}

TEST(without_memory_there_is_no_pair_and_no_leak)
{
    struct cert_wish wish = wish_domain(CERT_ED25519);

    for (unsigned n = 1;; n++) {
        struct cert_pair pair;
        int              error;

        alloc_fail_at(n);
        error = cert_make(&wish, NULL, &pair);
        CHECK_INT(alloc_failed() ? -ERR_NO_MEMORY : 0, error);
        cert_pair_free(&pair);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_each_algorithm_belongs_to_its_certificate_and_the_ca_vouches_for_it),
        cmocka_unit_test(all_names_that_were_wished_for_are_in_the_certificate_and_no_other),
        cmocka_unit_test(it_is_valid_from_the_first_second_to_the_last),
        cmocka_unit_test(times_beyond_2050_hold_and_impossible_ones_are_refused),
        cmocka_unit_test(the_certificate_of_a_user_proves_a_client_and_never_a_server),
        cmocka_unit_test(the_certificate_of_a_domain_proves_a_server_a_client_and_a_sip_domain),
        cmocka_unit_test(a_certificate_that_is_no_ca_vouches_for_nobody),
        cmocka_unit_test(an_issuer_whose_key_is_anothers_or_damaged_signs_nothing),
        cmocka_unit_test(an_issuers_key_with_a_passphrase_is_refused_without_asking),
        cmocka_unit_test(what_is_no_name_uri_or_address_is_refused),
        cmocka_unit_test(a_good_name_has_labels_of_letters_digits_and_hyphens),
        cmocka_unit_test(a_name_too_long_for_the_subject_stands_in_the_names_alone_which_are_critical_then),
        cmocka_unit_test(a_ca_without_a_name_is_not_made),
        cmocka_unit_test(ed25519_certificates_of_one_wish_have_one_length),
        cmocka_unit_test(no_two_serial_numbers_are_equal),
        cmocka_unit_test(without_memory_there_is_no_pair_and_no_leak),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
