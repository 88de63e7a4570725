/* SPDX-License-Identifier: BSD-2-Clause */
/* What a set of keys is made of, and what is refused with which words. */
#include "net/tls_keys_private.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const struct tls_setup *setup, int error, enum tls_setup_part part, const char *text)
{
    struct tls_problem problem;
    struct tls_keys   *keys;

    CHECK_INT(error, tls_keys_load(setup, &keys, &problem));
    assert_null(keys);
    CHECK_INT(part, problem.part);
    if (strstr(problem.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, problem.text);
    assert_null(strstr(problem.text, "PRIVATE KEY-----\nM")); /* no secret */
}

TEST(a_set_says_what_it_holds)
{
    struct tls_lab        lab;
    struct tls_keys      *keys;
    struct tls_keys_entry entry;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_add(&lab, "example.org");
    keys = tls_lab_keys(&lab, &lab.setup);
    CHECK_INT(2, tls_keys_count(keys));
    entry = tls_keys_entry(keys, 1);
    CHECK_SLICE("example.org", entry.domain);
    CHECK_SLICE("", entry.chain_file);
    assert_non_null(entry.certificate);
    CHECK(tls_keys_hold(keys) == keys);
    tls_keys_drop(keys);
    tls_keys_drop(keys);
    tls_keys_drop(NULL);
    tls_lab_fini(&lab);
}

TEST(a_key_that_does_not_belong_to_its_certificate_is_refused)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_add(&lab, "example.org");
    lab.certificates[1].key_text = lab.pairs[0].key;
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_CERTIFICATE, "does not belong to certificate");
    tls_lab_fini(&lab);
}

TEST(what_is_no_certificate_or_no_key_is_refused)
{
    struct tls_lab lab;
    char          *damaged;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.certificates[0].chain_text = "hello";
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_CERTIFICATE, "there is no certificate in it");
    lab.certificates[0].chain_text = lab.pairs[0].key;
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_CERTIFICATE, "there is no certificate in it");
    damaged = strdup(lab.pairs[0].certificate);
    assert_non_null(damaged);
    damaged[200]                   = '!';
    lab.certificates[0].chain_text = damaged;
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_CERTIFICATE, "certificate number 1 in it is damaged");
    lab.certificates[0].chain_text = lab.pairs[0].certificate;
    lab.certificates[0].key_text   = lab.pairs[0].certificate;
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_CERTIFICATE, "there is no private key in it");
    free(damaged);
    tls_lab_fini(&lab);
}

TEST(what_has_expired_is_refused_if_the_time_is_looked_at)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.now = world_wall(lab.world) / 1000 + 20 * 86400;
    check(&lab.setup, -ERR_TIMEOUT, TLS_SETUP_CERTIFICATE, "has expired on 2026-01-10");
    lab.setup.now = world_wall(lab.world) / 1000 - 20 * 86400;
    check(&lab.setup, -ERR_TIMEOUT, TLS_SETUP_CERTIFICATE, "is not valid before 2025-12-31");
    lab.setup.now = 0;
    tls_keys_drop(tls_lab_keys(&lab, &lab.setup));
    tls_lab_fini(&lab);
}

TEST(ciphers_below_the_floor_are_refused)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    lab.setup.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA";
    check(&lab.setup, -ERR_UNSUPPORTED, TLS_SETUP_CIPHERS, "AES128-SHA is too weak");
    lab.setup.ciphers = "ECDHE-RSA-AES128-SHA";
    check(&lab.setup, -ERR_UNSUPPORTED, TLS_SETUP_CIPHERS, "ECDHE-RSA-AES128-SHA is too weak");
    lab.setup.ciphers = "ADH-AES128-SHA256:@SECLEVEL=0";
    check(&lab.setup, -ERR_UNSUPPORTED, TLS_SETUP_CIPHERS, "is too weak");
    lab.setup.ciphers = "NONSENSE";
    check(&lab.setup, -ERR_UNSUPPORTED, TLS_SETUP_CIPHERS, "names no cipher that OpenSSL knows");
    lab.setup.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
    tls_keys_drop(tls_lab_keys(&lab, &lab.setup));
    tls_lab_fini(&lab);
}

TEST(trust_that_cannot_be_read_is_refused)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    lab.setup.trust_text = "nobody";
    check(&lab.setup, -ERR_CORRUPT, TLS_SETUP_TRUST, "there is no certificate in it");
    lab.setup.trust_text = NULL;
    lab.setup.trust_file = "/nowhere/ca.pem";
    check(&lab.setup, -ERR_NOT_FOUND, TLS_SETUP_TRUST, "/nowhere/ca.pem: there is no such file");
    tls_lab_fini(&lab);
}

TEST(without_a_file_the_systems_trust_is_taken)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    lab.setup.trust_text = NULL;
    tls_keys_drop(tls_lab_keys(&lab, &lab.setup));
    tls_lab_fini(&lab);
}

TEST(trust_is_read_again_only_from_a_file_that_has_changed)
{
    struct tls_lab     lab;
    struct temp_folder temp;
    struct tls_keys   *first, *second;
    char               path[128];
    FILE              *file;

    tls_lab_init(&lab);
    temp_folder_init(&temp);
    file = fopen(temp_folder_file(&temp, "ca.pem", path), "w");
    CHECK(file != NULL && fputs(lab.setup.trust_text, file) >= 0 && fclose(file) == 0);
    lab.setup.trust_text = NULL; /* the system's, which nobody changes just now */
    first                = tls_lab_keys(&lab, &lab.setup);
    lab.setup.in_use     = first;
    second               = tls_lab_keys(&lab, &lab.setup);
    CHECK(first->trust_file.number == 0 || first->trust == second->trust);
    CHECK(memcmp(first->id, second->id, sizeof first->id) == 0);
    tls_keys_drop(first);
    lab.setup.trust_file = path; /* changed just now */
    lab.setup.in_use     = second;
    first                = tls_lab_keys(&lab, &lab.setup);
    CHECK(first->trust != second->trust && first->trust_file.number == 0);
    CHECK(memcmp(first->id, second->id, sizeof first->id) != 0);
    tls_keys_drop(first);
    tls_keys_drop(second);
    temp_folder_fini(&temp);
    tls_lab_fini(&lab);
}

/* RFC 9155 and what CAs do: SHA-1 and RSA of 1024 bits prove nothing any more. */
TEST(a_key_that_is_too_short_is_refused)
{
    struct tls_lab lab;
    EVP_PKEY      *key   = EVP_RSA_gen(1024);
    X509          *x     = X509_new();
    BIO           *chain = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_mem());
    char          *text;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 1000);
    X509_set_pubkey(x, key);
    X509_sign(x, key, EVP_sha256());
    PEM_write_bio_X509(chain, x);
    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL);
    BIO_write(chain, "", 1);
    BIO_write(secret, "", 1);
    BIO_get_mem_data(chain, &text);
    lab.certificates[0].chain_text = text;
    BIO_get_mem_data(secret, &text);
    lab.certificates[0].key_text = text;
    check(&lab.setup, -ERR_UNSUPPORTED, TLS_SETUP_CERTIFICATE, "key too small");
    BIO_free(chain);
    BIO_free(secret);
    X509_free(x);
    EVP_PKEY_free(key);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_says_what_it_holds),
        cmocka_unit_test(a_key_that_does_not_belong_to_its_certificate_is_refused),
        cmocka_unit_test(what_is_no_certificate_or_no_key_is_refused),
        cmocka_unit_test(what_has_expired_is_refused_if_the_time_is_looked_at),
        cmocka_unit_test(ciphers_below_the_floor_are_refused),
        cmocka_unit_test(trust_that_cannot_be_read_is_refused),
        cmocka_unit_test(without_a_file_the_systems_trust_is_taken),
        cmocka_unit_test(trust_is_read_again_only_from_a_file_that_has_changed),
        cmocka_unit_test(a_key_that_is_too_short_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
