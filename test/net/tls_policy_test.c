/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor, as OpenSSL has understood it. */
#include "net/tls_keys_private.h"

#include "support/test.h"
#include "support/tls_lab.h"

TEST(a_context_has_our_floor)
{
    struct tls_lab   lab;
    struct tls_keys *keys;
    SSL_CTX         *ctx;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    keys = tls_lab_keys(&lab, &lab.setup);
    ctx  = tls_policy_new(keys, &keys->pairs[0], true);
    assert_non_null(ctx);
    CHECK_INT(TLS1_2_VERSION, SSL_CTX_get_min_proto_version(ctx));
    CHECK_INT(TLS1_3_VERSION, SSL_CTX_get_max_proto_version(ctx));
    CHECK_INT(2, SSL_CTX_get_security_level(ctx));
    CHECK_INT(0, SSL_CTX_get_max_early_data(ctx));
    CHECK((SSL_CTX_get_options(ctx) & SSL_OP_NO_RENEGOTIATION) != 0);
    CHECK((SSL_CTX_get_options(ctx) & SSL_OP_NO_COMPRESSION) != 0);
    CHECK((SSL_CTX_get_options(ctx) & SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION) == 0);
    for (int i = 0; i < sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx)); i++)
        CHECK(SSL_CIPHER_is_aead(sk_SSL_CIPHER_value(SSL_CTX_get_ciphers(ctx), i)));
    SSL_CTX_free(ctx);
    tls_keys_drop(keys);
    tls_lab_fini(&lab);
}

/* OpenSSL lets a list of ciphers change the level of security. */
TEST(a_list_of_ciphers_cannot_lower_the_level)
{
    struct tls_lab   lab;
    struct tls_keys *keys;
    SSL_CTX         *ctx;

    tls_lab_init(&lab);
    lab.setup.ciphers = "ECDHE+AESGCM:@SECLEVEL=0";
    keys              = tls_lab_keys(&lab, &lab.setup);
    ctx               = tls_policy_new(keys, NULL, true);
    CHECK_INT(2, SSL_CTX_get_security_level(ctx));
    SSL_CTX_free(ctx);
    tls_keys_drop(keys);
    tls_lab_fini(&lab);
}

TEST(the_first_cipher_below_the_floor_is_named)
{
    char name[64];

    CHECK(tls_policy_check("", name, sizeof name));
    assert_string_equal("", name);
    CHECK(tls_policy_check("ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA:AES128-SHA", name, sizeof name));
    assert_string_equal("AES256-SHA", name);
    CHECK(tls_policy_check("DHE-RSA-AES128-GCM-SHA256", name, sizeof name));
    assert_string_equal("DHE-RSA-AES128-GCM-SHA256", name);
    CHECK(tls_policy_check("ECDHE-PSK-CHACHA20-POLY1305", name, sizeof name));
    CHECK(name[0] != '\0');
    CHECK(!tls_policy_check("NONSENSE", name, sizeof name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_has_our_floor),
        cmocka_unit_test(a_list_of_ciphers_cannot_lower_the_level),
        cmocka_unit_test(the_first_cipher_below_the_floor_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
