/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of security mechanisms, compared (RFC 3329 2.2, 2.3). */
#include "route/sec_agree.h"

#include "support/test.h"

#include <stdio.h>

#define OFFER          "tls;q=0.9, digest;d-alg=SHA-256;d-qop=auth;q=0.8, digest;d-alg=MD5;d-qop=auth;q=0.7"
#define ASKS           "Require: sec-agree\r\nProxy-Require: sec-agree\r\n"
#define PROVES         "Authorization: Digest username=\"bob\"\r\n"
#define VERIFIES(list) ASKS "Security-Verify: " list "\r\n"

static const struct sec_offer offer = { SLICE_INIT(OFFER), true };

static char verify[64]; /* the d-ver of the last one */

static enum sec_agreement reads_from(const struct sec_offer *o, enum transport transport, const char *lines)
{
    char               text[2048];
    struct parse_fault fault;
    struct message    *m;
    struct slice       digest_verify;
    enum sec_agreement result;

    snprintf(
        text, sizeof text,
        "REGISTER sip:a.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:b@a.test>;tag=1\r\n"
        "To: <sip:b@a.test>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
        lines);
    m = message_parse(test_guarded(slice_from(text)), &fault);
    CHECK(m != NULL);
    m->flow.transport = transport;
    result            = sec_agree_read(m, o, &digest_verify);
    snprintf(verify, sizeof verify, "%.*s", SLICE_ARG(digest_verify));
    message_drop(m);
    return result;
}

static enum sec_agreement udp(const char *lines)
{
    return reads_from(&offer, TRANSPORT_UDP, lines);
}

static enum sec_agreement tls(const char *lines)
{
    return reads_from(&offer, TRANSPORT_TLS, lines);
}

TEST(nothing_is_agreed_on_unless_it_is_asked_for)
{
    CHECK_INT(SEC_UNASKED, udp(""));
    CHECK_INT(SEC_UNASKED, udp("Supported: sec-agree\r\nSecurity-Client: tls\r\n"));
    CHECK_INT(SEC_UNASKED, udp("Require: path\r\nProxy-Require: foo\r\n"));
    CHECK_INT(SEC_WANTED, udp("Require: path, SEC-agree\r\n"));
    CHECK_INT(SEC_WANTED, udp("Proxy-Require: sec-agree\r\n"));
}

/* RFC 3329 2.3.1: whatever the client's own list says. */
TEST(who_has_not_seen_the_offer_is_shown_it)
{
    CHECK_INT(SEC_WANTED, udp(ASKS "Security-Client: digest\r\n"));
    CHECK_INT(SEC_WANTED, udp(ASKS "Security-Client: ipsec-3gpp;alg=x;spi-c=1\r\n"));
    CHECK_INT(SEC_WANTED, tls(ASKS));
}

/* RFC 3329 2.3.2 */
TEST(only_the_first_hop_agrees)
{
    CHECK_INT(SEC_BEHIND, udp(ASKS "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\r\n"));
}

/* RFC 3261 7.3.1: several lines are one list; case of tokens and order of parameters do not count. */
TEST(the_same_list_is_ours_however_it_is_written)
{
    CHECK_INT(SEC_AGREED, tls(VERIFIES(OFFER)));
    CHECK_INT(SEC_AGREED,
              tls(VERIFIES("TLS;Q=0.9,digest;d-qop=auth;q=0.8;d-alg=sha-256 , digest;d-alg=MD5;d-qop=auth;q=0.7")));
    CHECK_INT(SEC_AGREED, tls(VERIFIES("tls;q=0.9") "Security-Verify: digest;d-alg=SHA-256;d-qop=auth;q=0.8,\r\n "
                                                    "digest;d-alg=MD5;d-qop=auth;q=0.7\r\n"));
    CHECK_INT(SEC_AGREED, tls(VERIFIES("tls;q=0.9, digest;d-alg=SHA-256;d-qop=auth;q=0.8;d-ver=\"00\", "
                                       "digest;d-alg=MD5;d-qop=auth;q=0.7")));
}

TEST(a_list_that_was_changed_is_not_ours)
{
    CHECK_INT(SEC_WANTED, tls(VERIFIES("digest;d-alg=SHA-256;d-qop=auth;q=0.8, digest;d-alg=MD5;d-qop=auth;q=0.7")));
    CHECK_INT(SEC_WANTED,
              tls(VERIFIES("tls;q=0.9, digest;d-alg=MD5;d-qop=auth;q=0.7, digest;d-alg=SHA-256;d-qop=auth;q=0.8")));
    CHECK_INT(SEC_WANTED, tls(VERIFIES(OFFER ", ipsec-ike;q=0.1")));
    CHECK_INT(SEC_WANTED,
              tls(VERIFIES("tls;q=0.1, digest;d-alg=SHA-256;d-qop=auth;q=0.8, digest;d-alg=MD5;d-qop=auth;q=0.7")));
    CHECK_INT(SEC_WANTED,
              tls(VERIFIES("tls;q=0.9;x, digest;d-alg=SHA-256;d-qop=auth;q=0.8, digest;d-alg=MD5;d-qop=auth;q=0.7")));
    CHECK_INT(SEC_WANTED,
              tls(VERIFIES("tls, digest;d-alg=SHA-256;d-qop=auth;q=0.8, digest;d-alg=MD5;d-qop=auth;q=0.7")));
    CHECK_INT(SEC_WANTED, tls(VERIFIES(OFFER ", ;")));
    CHECK_INT(SEC_WANTED, tls(VERIFIES("\"")));
    CHECK_INT(SEC_WANTED, tls(VERIFIES("")));
}

/* RFC 3329 2.3.1, 2.4: an unprotected request is agreed on if digest protects it and the list. */
TEST(without_tls_credentials_have_to_protect_the_list)
{
#define WITH_DVER "tls;q=0.9, digest;d-alg=SHA-256;d-qop=auth;q=0.8;d-ver=\"0123\", digest;d-alg=MD5;d-qop=auth;q=0.7"
    const struct sec_offer only_tls = { SLICE("tls;q=0.9"), false };

    CHECK_INT(SEC_WANTED, udp(VERIFIES(OFFER)));
    CHECK_INT(SEC_WANTED, udp(VERIFIES(OFFER) PROVES));
    CHECK_INT(SEC_WANTED, udp(VERIFIES(WITH_DVER)));
    CHECK_INT(SEC_BY_PROOF, udp(VERIFIES(WITH_DVER) PROVES));
    assert_string_equal("0123", verify);
    CHECK_INT(SEC_BY_PROOF, udp(VERIFIES(WITH_DVER) "Proxy-" PROVES));
    CHECK_INT(SEC_WANTED, reads_from(&only_tls, TRANSPORT_UDP, VERIFIES("tls;q=0.9") PROVES));
    CHECK_INT(SEC_AGREED, reads_from(&only_tls, TRANSPORT_TLS, VERIFIES("tls;q=0.9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_agreed_on_unless_it_is_asked_for),
        cmocka_unit_test(who_has_not_seen_the_offer_is_shown_it),
        cmocka_unit_test(only_the_first_hop_agrees),
        cmocka_unit_test(the_same_list_is_ours_however_it_is_written),
        cmocka_unit_test(a_list_that_was_changed_is_not_ours),
        cmocka_unit_test(without_tls_credentials_have_to_protect_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
