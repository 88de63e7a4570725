/* SPDX-License-Identifier: BSD-2-Clause */
/* How a phone agrees with this server on what protects them, and what happens to whoever stands
 * between (RFC 3329). */
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

#define OFFER    "digest;d-alg=SHA-256;d-qop=auth;q=0.9, digest;d-alg=MD5;d-qop=auth;q=0.8"
#define REQUIRES "Require: sec-agree\r\nProxy-Require: sec-agree\r\n"

enum { LINES = 4096 };

static struct bench b;
static unsigned     cseq;

static void open_with(const char *more)
{
    char text[256];

    snprintf(text, sizeof text, "authentication = yes\n%s", more);
    bench_open(&b, text);
    bench_add_user(&b, "bob", "secret");
    bench_add_user(&b, "carol", "other");
}

static void registers(const char *lines)
{
    raw_forget(&b.bob);
    raw_register(&b.bob, ++cseq, lines);
    bench_live(&b, 50);
}

static size_t bindings(void)
{
    return location_count(server_location(b.server));
}

/* What proves, with this list behind the digest-uri, that its sender has seen that list. */
static const char *verify_of(struct proof proof, const char *list, char value[128])
{
    char line[PROOF_LINE], uri[512];

    snprintf(uri, sizeof uri, "%s:%s", proof.uri, list);
    proof.uri = uri;
    return quoted_value(proof_line(&proof, line), "response", value, 128);
}

/* A request that mirrors our list, and was made by somebody who has seen `seen`. */
static void mirrors(struct proof proof, const char *seen, char lines[LINES])
{
    char line[PROOF_LINE], value[128];

    snprintf(lines, LINES,
             REQUIRES "Security-Verify: digest;d-alg=SHA-256;d-qop=auth;q=0.9;d-ver=\"%s\", "
                      "digest;d-alg=MD5;d-qop=auth;q=0.8\r\n%s",
             verify_of(proof, seen, value), proof_line(&proof, line));
}

static struct proof by_bob(const char *nonce, unsigned count)
{
    return (struct proof){ .nonce = nonce, .nc = count, .algorithm = HASH_SHA256, .uri = "sip:example.test" };
}

TEST(who_requires_an_agreement_is_shown_the_offer)
{
    char value[512];

    open_with("");
    registers(REQUIRES "Security-Client: digest;d-alg=MD5\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 Security Agreement Required\r\n"));
    assert_string_equal(OFFER, header_of(raw_heard(&b.bob, 0), "Security-Server", value, sizeof value));
    CHECK(strstr(raw_heard(&b.bob, 0), "WWW-Authenticate: Digest ") != NULL);
    CHECK_INT(0, bindings());
    registers("Require: sec-agree\r\nSecurity-Verify: digest\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 "));
    bench_close(&b);
}

TEST(who_repeats_it_and_proves_that_he_has_seen_it_is_let_in)
{
    char nonce[128], lines[LINES];

    open_with("");
    registers(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(by_bob(nonce, 1), OFFER, lines);
    registers(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK_INT(1, bindings());
    mirrors(by_bob(nonce, 2), "Security-Server: " OFFER, lines); /* as the grammar has it */
    registers(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3329 2.2: somebody between has taken SHA-256 off our list, and put it back for us to see. */
TEST(who_was_shown_less_is_told_so)
{
    char nonce[128], lines[LINES];

    open_with("");
    registers(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(by_bob(nonce, 1), "digest;d-alg=MD5;d-qop=auth;q=0.8", lines);
    registers(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 "));
    CHECK(strstr(raw_heard(&b.bob, 0), "Security-Server: " OFFER "\r\n") != NULL);
    CHECK_INT(0, bindings());
    bench_close(&b);
}

TEST(a_wrong_password_is_asked_for_again)
{
    char         nonce[128], lines[LINES];
    struct proof wrong;

    open_with("");
    registers(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    wrong          = by_bob(nonce, 1);
    wrong.password = "guess";
    mirrors(wrong, OFFER, lines);
    registers(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    bench_close(&b);
}

TEST(what_else_is_required_and_not_known_is_named_alone)
{
    char nonce[128], lines[LINES + 64], value[128];

    open_with("");
    registers(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(by_bob(nonce, 1), OFFER, lines);
    strcat(lines, "Require: foo\r\n");
    registers(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 420 "));
    assert_string_equal("foo", header_of(raw_heard(&b.bob, 0), "Unsupported", value, sizeof value));
    CHECK(strstr(raw_heard(&b.bob, 0), "sec-agree") == NULL);
    CHECK_INT(0, bindings());
    bench_close(&b);
}

/* RFC 3329 3: it can be switched off. */
TEST(switched_off_it_is_an_extension_that_is_not_known)
{
    char value[128];

    open_with("security_agreement = no\n");
    registers(REQUIRES);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 420 "));
    assert_string_equal("sec-agree", header_of(raw_heard(&b.bob, 0), "Unsupported", value, sizeof value));
    bench_close(&b);
}

/* RFC 3329 2.3.2 */
TEST(behind_another_hop_nothing_is_agreed_on)
{
    open_with("");
    registers(REQUIRES "Via: SIP/2.0/UDP 192.0.2.200;branch=z9hG4bKx\r\n");
    CHECK(raw_last_is(&b.bob, "SIP/2.0 502 "));
    bench_close(&b);
}

static void sends(const char *lines)
{
    raw_forget(&b.bob);
    raw_ask(&b.bob, &(struct request_form){
                        .method = "MESSAGE", .uri = "sip:x@192.0.2.9:6000", .cseq = ++cseq, .more = lines });
    bench_live(&b, 50);
}

static struct proof of_message(const char *nonce)
{
    return (struct proof){ .header    = "Proxy-Authorization",
                           .nonce     = nonce,
                           .nc        = 1,
                           .algorithm = HASH_SHA256,
                           .method    = "MESSAGE",
                           .uri       = "sip:x@192.0.2.9:6000" };
}

/* RFC 3329 2.3.1: sec-agree and its headers end at the first hop. */
TEST(what_is_forwarded_speaks_of_it_no_more)
{
    char nonce[128], lines[LINES + 64];

    open_with("");
    sends(REQUIRES);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 "));
    CHECK(strstr(raw_heard(&b.bob, 0), "Proxy-Authenticate: Digest ") != NULL);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(of_message(nonce), OFFER, lines);
    strcat(lines, "Require: foo\r\nSecurity-Client: digest\r\n");
    sends(lines);
    CHECK(raw_last_is(&b.alice, "MESSAGE sip:x@192.0.2.9:6000 SIP/2.0\r\n"));
    CHECK(strstr(raw_heard(&b.alice, 0), "sec-agree") == NULL);
    CHECK(strstr(raw_heard(&b.alice, 0), "Security-") == NULL);
    CHECK(strstr(raw_heard(&b.alice, 0), "\r\nRequire: foo\r\n") != NULL);
    CHECK(strstr(raw_heard(&b.alice, 0), "Proxy-Require") == NULL);
    raw_answer(&b.alice, 0, "200 OK", "a");
    bench_live(&b, 50);
    bench_close(&b);
}

TEST(a_call_whose_list_was_changed_goes_nowhere)
{
    char nonce[128], lines[LINES];

    open_with("");
    sends(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(of_message(nonce), "digest;d-alg=MD5;d-qop=auth;q=0.8", lines);
    sends(lines);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 "));
    CHECK_INT(0, b.alice.count);
    bench_close(&b);
}

/* Credentials that are for somebody else's registrar prove nothing to us. */
TEST(a_register_for_elsewhere_is_not_taken_to_be_proved)
{
    char nonce[128], lines[LINES];

    open_with("");
    registers(REQUIRES);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    mirrors(by_bob(nonce, 1), OFFER, lines);
    raw_forget(&b.bob);
    raw_ask(&b.bob, &(struct request_form){ .uri = "sip:192.0.2.9:6000", .cseq = ++cseq, .more = lines });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 494 "));
    CHECK_INT(0, b.alice.count);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_requires_an_agreement_is_shown_the_offer),
        cmocka_unit_test(who_repeats_it_and_proves_that_he_has_seen_it_is_let_in),
        cmocka_unit_test(who_was_shown_less_is_told_so),
        cmocka_unit_test(a_wrong_password_is_asked_for_again),
        cmocka_unit_test(what_else_is_required_and_not_known_is_named_alone),
        cmocka_unit_test(switched_off_it_is_an_extension_that_is_not_known),
        cmocka_unit_test(behind_another_hop_nothing_is_agreed_on),
        cmocka_unit_test(what_is_forwarded_speaks_of_it_no_more),
        cmocka_unit_test(a_call_whose_list_was_changed_goes_nowhere),
        cmocka_unit_test(a_register_for_elsewhere_is_not_taken_to_be_proved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
