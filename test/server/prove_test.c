/* SPDX-License-Identifier: BSD-2-Clause */
/* For which URI a proof is good (RFC 8760 2.6 item 6, RFC 7616 3.4.6). */
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;
static unsigned     asked;

static void open_with(const char *more)
{
    char text[256];

    snprintf(text, sizeof text, "domain = {example.test, other.test}\nauthentication = yes\n%s", more);
    bench_open(&b, text);
    bench_add_user(&b, "bob", "secret");
}

/* Who is not there is 404, once it is known who asks. */
static const char *asks(const char *method, const char *uri, const char *digest_uri)
{
    bool         registers = strcmp(method, "REGISTER") == 0;
    char         nonce[128], line[PROOF_LINE];
    struct proof proof = { .header = registers ? "Authorization" : "Proxy-Authorization",
                           .nonce  = nonce,
                           .method = method,
                           .uri    = digest_uri,
                           .nc     = 1 };

    raw_ask(&b.bob, &(struct request_form){
                        .method = method, .uri = uri, .cseq = ++asked, .to = registers ? NULL : "<sip:x@y>" });
    bench_live(&b, 50);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    CHECK(nonce[0] != '\0');
    raw_ask(&b.bob, &(struct request_form){ .method = method,
                                            .uri    = uri,
                                            .cseq   = ++asked,
                                            .to     = registers ? NULL : "<sip:x@y>",
                                            .more   = proof_line(&proof, line) });
    bench_live(&b, 50);
    return raw_heard(&b.bob, 0);
}

static bool is(const char *answer, const char *status)
{
    if (strncmp(answer, "SIP/2.0 ", 8) == 0 && strncmp(answer + 8, status, 3) == 0)
        return true;
    print_error("not %s: %.40s\n", status, answer);
    return false;
}

/* What phones write instead of the Request-URI, and mean the same. */
TEST(a_digest_uri_that_means_the_same_is_accepted)
{
    open_with("");
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:carol@example.test"), "404"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test:5060;transport=udp", "sip:carol@example.test"), "404"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:carol@EXAMPLE.test:5060;user=phone"), "404"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:%63arol@example.test"), "404"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:carol@192.0.2.1"), "404"));
    CHECK(is(asks("MESSAGE", "sip:carol@192.0.2.1", "sip:carol@other.test"), "404"));
    bench_close(&b);
}

/* Who changes a request on its way sends it nowhere else. */
TEST(a_proof_for_another_uri_is_refused)
{
    open_with("");
    CHECK(is(asks("MESSAGE", "sip:dave@example.test", "sip:carol@example.test"), "400"));
    CHECK(is(asks("MESSAGE", "sip:carol@other.test", "sip:carol@example.test"), "400"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:example.test"), "400"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "tel:+15551234"), "400"));
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "carol"), "400"));
    bench_close(&b);
}

TEST(a_registration_is_proved_for_this_registrar)
{
    open_with("");
    CHECK(is(asks("REGISTER", "sip:example.test", "sip:example.test:5060"), "200"));
    CHECK(is(asks("REGISTER", "sip:example.test", "sip:192.0.2.1"), "200"));
    CHECK(is(asks("REGISTER", "sip:example.test", "sip:bob@example.test"), "200"));
    CHECK(is(asks("REGISTER", "sip:example.test", "sip:far.test"), "400"));
    bench_close(&b);
}

TEST(the_check_can_be_switched_off)
{
    open_with("digest_uri_check = no\n");
    CHECK(is(asks("MESSAGE", "sip:carol@example.test", "sip:gone@far.test"), "404"));
    CHECK(is(asks("REGISTER", "sip:example.test", "sip:far.test"), "200"));
    bench_close(&b);
}

/* Somebody who guesses is not told whether the URI was the reason. */
TEST(a_wrong_password_for_another_uri_is_a_wrong_password)
{
    char         nonce[128], line[PROOF_LINE];
    struct proof proof = { .nonce = nonce, .uri = "sip:far.test", .password = "wrong", .nc = 1 };

    open_with("");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    quoted_value(raw_heard(&b.bob, 0), "nonce", nonce, sizeof nonce);
    raw_register(&b.bob, 2, proof_line(&proof, line));
    bench_live(&b, 50);
    CHECK(is(raw_heard(&b.bob, 0), "401"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_uri_that_means_the_same_is_accepted),
        cmocka_unit_test(a_proof_for_another_uri_is_refused),
        cmocka_unit_test(a_registration_is_proved_for_this_registrar),
        cmocka_unit_test(the_check_can_be_switched_off),
        cmocka_unit_test(a_wrong_password_for_another_uri_is_a_wrong_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
