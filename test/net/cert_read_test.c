/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_read.h"

#include "base/error.h"
#include "net/cert_make.h"
#include "support/alloc.h"
#include "support/test.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { T0 = 1700000000, DAY = 86400 };

static const struct slice dns[]  = { SLICE_INIT("biloxi.example") };
static const struct slice uris[] = { SLICE_INIT("sip:biloxi.example") };
static const struct slice ips[]  = { SLICE_INIT("192.0.2.9"), SLICE_INIT("2001:db8::9") };

static struct cert_wish wish(enum cert_algorithm algorithm)
{
    return (struct cert_wish){
        .common_name = SLICE("biloxi.example"),
        .dns_names   = dns,
        .dns_count   = 1,
        .sip_uris    = uris,
        .uri_count   = 1,
        .ips         = ips,
        .ip_count    = 2,
        .not_before  = T0,
        .not_after   = T0 + 10 * DAY,
        .algorithm   = algorithm,
    };
}

static void check_text(const char *pem, size_t want)
{
    struct cert_facts *list;
    size_t             count;

    CHECK_INT(0, cert_list_read(slice_from(pem), &list, &count));
    CHECK_INT(want, count);
    cert_list_free(list, count);
}

TEST(everything_that_was_wished_for_is_read_back)
{
    struct cert_wish   w = wish(CERT_P256);
    struct cert_pair   pair;
    struct cert_facts *list;
    size_t             count;

    CHECK_INT(0, cert_make(&w, NULL, &pair));
    CHECK_INT(0, cert_list_read(slice_from(pair.certificate), &list, &count));
    CHECK_INT(1, count);
    CHECK_SLICE("CN=biloxi.example", list[0].subject);
    CHECK_SLICE("CN=biloxi.example", list[0].issuer);
    CHECK_SLICE("EC P-256", list[0].algorithm);
    CHECK_INT(4, list[0].name_count);
    CHECK_SLICE("DNS:biloxi.example", list[0].names[0]);
    CHECK_SLICE("URI:sip:biloxi.example", list[0].names[1]);
    CHECK_SLICE("IP:192.0.2.9", list[0].names[2]);
    CHECK_SLICE("IP:2001:db8::9", list[0].names[3]);
    CHECK_INT(T0, list[0].not_before);
    CHECK_INT(T0 + 10 * DAY, list[0].not_after);
    CHECK_INT(95, strlen(list[0].fingerprint));
    CHECK_INT(32, list[0].serial.len);
    CHECK(list[0].self_signed && !list[0].is_ca);
    cert_list_free(list, count);
    cert_pair_free(&pair);
}

TEST(a_ca_and_what_it_signed_are_told_apart)
{
    struct cert_wish   w = wish(CERT_RSA2048), ca = wish(CERT_ED25519);
    struct cert_pair   root, pair;
    char               both[16384];
    struct cert_facts *list;
    size_t             count;

    ca.is_ca       = true;
    ca.common_name = SLICE("Lab");
    CHECK_INT(0, cert_make(&ca, NULL, &root));
    CHECK_INT(0, cert_make(&w, &root, &pair));
    snprintf(both, sizeof both, "some words\n%s%s%s", pair.certificate, pair.key, root.certificate);
    CHECK_INT(0, cert_list_read(slice_from(both), &list, &count));
    CHECK_INT(2, count);
    CHECK_SLICE("RSA 2048", list[0].algorithm);
    CHECK_SLICE("CN=Lab", list[0].issuer);
    CHECK(!list[0].self_signed && !list[0].is_ca);
    CHECK_SLICE("ED25519", list[1].algorithm);
    CHECK(list[1].self_signed && list[1].is_ca);
    cert_list_free(list, count);
    cert_pair_free(&pair);
    cert_pair_free(&root);
}

TEST(a_text_without_a_certificate_and_a_damaged_one_are_told_apart)
{
    struct cert_wish   w = wish(CERT_P256);
    struct cert_pair   pair;
    struct cert_facts *list;
    size_t             count;

    CHECK_INT(0, cert_make(&w, NULL, &pair));
    CHECK_INT(-ERR_NOT_FOUND, cert_list_read(SLICE("hello\n"), &list, &count));
    CHECK_INT(-ERR_NOT_FOUND, cert_list_read(SLICE(""), &list, &count));
    CHECK_INT(-ERR_NOT_FOUND, cert_list_read(slice_from(pair.key), &list, &count));
    memset(pair.certificate + 100, 'A', 40);
    CHECK_INT(-ERR_CORRUPT, cert_list_read(slice_from(pair.certificate), &list, &count));
    CHECK(list == NULL && count == 0);
    pair.certificate[200] = '\0'; /* cut off */
    CHECK_INT(-ERR_CORRUPT, cert_list_read(slice_from(pair.certificate), &list, &count));
    cert_pair_free(&pair);
}

TEST(so_many_certificates_are_read_and_no_more)
{
    struct cert_wish   w = wish(CERT_ED25519);
    struct cert_pair   pair;
    struct cert_facts *list;
    size_t             count, len;
    char              *text;

    CHECK_INT(0, cert_make(&w, NULL, &pair));
    len  = strlen(pair.certificate);
    text = alloc_new((CERT_CHAIN_MAX + 1) * len + 1);
    for (size_t i = 0; i < CERT_CHAIN_MAX; i++)
        memcpy(text + i * len, pair.certificate, len);
    check_text(text, CERT_CHAIN_MAX);
    memcpy(text + CERT_CHAIN_MAX * len, pair.certificate, len);
    CHECK_INT(-ERR_TOO_LARGE, cert_list_read(slice_from(text), &list, &count));
    free(text);
    cert_pair_free(&pair);
}

/* What a stranger's certificate says goes to terminals and logs. */
TEST(no_byte_of_a_name_reaches_a_terminal_that_is_not_printable)
{
    static const char evil[] = "a\033[31m\r\nb\0c\xff";
    X509             *x      = X509_new();
    GENERAL_NAMES    *names  = GENERAL_NAMES_new();
    GENERAL_NAME     *name   = GENERAL_NAME_new();
    ASN1_IA5STRING   *value  = ASN1_IA5STRING_new();
    EVP_PKEY         *key    = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct cert_facts facts;

    ASN1_STRING_set(value, evil, sizeof evil - 1);
    GENERAL_NAME_set0_value(name, GEN_DNS, value);
    sk_GENERAL_NAME_push(names, name);
    CHECK_INT(1, X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND));
    X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_T61STRING, (const unsigned char *)evil,
                               sizeof evil - 1, -1, 0);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 0);
    X509_set_pubkey(x, key);
    X509_sign(x, key, NULL);
    CHECK_INT(0, cert_facts_init(&facts, x));
    CHECK_SLICE("DNS:a?[31m??b?c?", facts.names[0]);
    CHECK(facts.subject.len > 0);
    for (size_t i = 0; i < facts.subject.len; i++)
        CHECK(facts.subject.ptr[i] >= ' ' && facts.subject.ptr[i] <= '~');
    cert_facts_fini(&facts);
    GENERAL_NAMES_free(names);
    EVP_PKEY_free(key);
    X509_free(x);
}

TEST(thirty_days_before_the_end_and_not_a_second_earlier_it_ends_soon)
{
    const uint64_t end = T0 + 100 * DAY, soon = end - 30 * DAY;

    CHECK_INT(CERT_NOT_YET, cert_age(T0, end, T0 - 1));
    CHECK_INT(CERT_GOOD, cert_age(T0, end, T0));
    CHECK_INT(CERT_GOOD, cert_age(T0, end, soon));
    CHECK_INT(CERT_ENDS_SOON, cert_age(T0, end, soon + 1));
    CHECK_INT(CERT_ENDS_SOON, cert_age(T0, end, end));
    CHECK_INT(CERT_ENDED, cert_age(T0, end, end + 1));
}

TEST(days_are_whole_and_negative_from_the_first_second_after_the_end)
{
    const uint64_t end = T0 + 100 * DAY;

    CHECK_INT(100, cert_days_left(end, T0));
    CHECK_INT(99, cert_days_left(end, T0 + 1));
    CHECK_INT(0, cert_days_left(end, end));
    CHECK_INT(-1, cert_days_left(end, end + 1));
    CHECK_INT(-1, cert_days_left(end, end + DAY));
    CHECK_INT(-2, cert_days_left(end, end + DAY + 1));
}

TEST(a_time_is_written_in_utc)
{
    char text[CERT_TIME_TEXT];

    cert_time_write(T0, text);
    assert_string_equal("2023-11-14T22:13:20Z", text);
}

TEST(without_memory_nothing_is_read_and_nothing_leaks)
{
    struct cert_wish   w = wish(CERT_ED25519);
    struct cert_pair   pair;
    struct cert_facts *list;
    size_t             count;

    CHECK_INT(0, cert_make(&w, NULL, &pair));
    for (unsigned n = 1;; n++) {
        int error;

        alloc_fail_at(n);
        error = cert_list_read(slice_from(pair.certificate), &list, &count);
        CHECK_INT(alloc_failed() ? -ERR_NO_MEMORY : 0, error);
        cert_list_free(list, count);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
    cert_pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_was_wished_for_is_read_back),
        cmocka_unit_test(a_ca_and_what_it_signed_are_told_apart),
        cmocka_unit_test(a_text_without_a_certificate_and_a_damaged_one_are_told_apart),
        cmocka_unit_test(so_many_certificates_are_read_and_no_more),
        cmocka_unit_test(no_byte_of_a_name_reaches_a_terminal_that_is_not_printable),
        cmocka_unit_test(thirty_days_before_the_end_and_not_a_second_earlier_it_ends_soon),
        cmocka_unit_test(days_are_whole_and_negative_from_the_first_second_after_the_end),
        cmocka_unit_test(a_time_is_written_in_utc),
        cmocka_unit_test(without_memory_nothing_is_read_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
