/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_fault.h"

#include "support/test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

static void check(int library, int reason, struct slice start, enum tls_fault_kind kind, const char *text)
{
    struct tls_fault f;

    ERR_clear_error();
    if (library != 0)
        ERR_raise(library, reason);
    tls_fault_from_queue(&f, start);
    CHECK_INT(kind, f.kind);
    assert_string_equal(text, f.text);
    CHECK_INT(0, ERR_peek_error());
}

TEST(reasons_are_told_in_words)
{
    struct slice hello = SLICE("\x16\x03\x01"), none = SLICE("");

    check(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, hello, TLS_FAULT_VERSION, "no common protocol version");
    check(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, hello, TLS_FAULT_VERSION,
          "no common cipher, or none that our certificate's key fits");
    check(ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, none, TLS_FAULT_CERTIFICATE,
          "peer has shown no certificate");
    check(ERR_LIB_SSL, SSL_R_BAD_EXTENSION, hello, TLS_FAULT_PROTOCOL, "peer breaks the protocol: bad extension");
    check(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE, hello, TLS_FAULT_INTERNAL, "out of memory");
    check(0, 0, none, TLS_FAULT_INTERNAL, "out of memory");
}

/* Numbers of other parts of OpenSSL mean other things. */
TEST(a_reason_counts_for_its_own_library)
{
    check(ERR_LIB_X509, SSL_R_UNSUPPORTED_PROTOCOL, SLICE(""), TLS_FAULT_PROTOCOL,
          "peer breaks the protocol: reason unknown");
}

TEST(an_alert_of_the_peer_is_its_refusal)
{
    check(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA, SLICE(""), TLS_FAULT_REFUSED,
          "peer refuses: unknown CA");
    check(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED, SLICE("\x15"), TLS_FAULT_REFUSED,
          "peer refuses: certificate expired");
    check(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION, SLICE(""), TLS_FAULT_VERSION,
          "peer refuses: no common protocol version");
}

TEST(what_did_not_begin_as_tls_is_garbage)
{
    check(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, SLICE("OPTIONS "), TLS_FAULT_PROTOCOL, "plain text instead of TLS");
    check(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, SLICE("\x00\x01"), TLS_FAULT_PROTOCOL, "garbage instead of TLS");
}

TEST(each_kind_has_a_counter)
{
    struct counters c;

    memset(&c, 0, sizeof c);
    CHECK(tls_fault_counter(&c, TLS_FAULT_PROTOCOL) == &c.tls_faults_protocol);
    CHECK(tls_fault_counter(&c, TLS_FAULT_VERSION) == &c.tls_faults_version);
    CHECK(tls_fault_counter(&c, TLS_FAULT_CERTIFICATE) == &c.tls_faults_certificate);
    CHECK(tls_fault_counter(&c, TLS_FAULT_REFUSED) == &c.tls_faults_refused);
    CHECK(tls_fault_counter(&c, TLS_FAULT_INTERNAL) == &c.tls_faults_internal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_told_in_words),
        cmocka_unit_test(a_reason_counts_for_its_own_library),
        cmocka_unit_test(an_alert_of_the_peer_is_its_refusal),
        cmocka_unit_test(what_did_not_begin_as_tls_is_garbage),
        cmocka_unit_test(each_kind_has_a_counter),
    };

    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
