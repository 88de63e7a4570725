/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's preferences at the server (RFC 3841); more in test/scenario/prefer_*.scn. */
#include "support/digest_line.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void open_with(const char *configuration, const char *params)
{
    char contact[256];

    bench_open(&b, configuration);
    snprintf(contact, sizeof contact, "Contact: <sip:bob@192.0.2.9:6001>%s\r\n", params);
    raw_ask(&b.bob, &(struct request_form){ .method = "REGISTER", .more = contact });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    raw_forget(&b.bob);
}

static void asks(const char *from, const char *more)
{
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test", .from = from, .more = more });
    bench_live(&b, 50);
}

#define OPEN "authentication = no\n"

/* RFC 3841 7.2.4: what was asked for was not to be had, and nobody is told why. */
TEST(who_gets_nobody_he_would_have_gets_480)
{
    open_with(OPEN, ";audio");
    asks("<sip:a@far.test>;tag=a", "Accept-Contact: *;video;require;explicit\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 480 "));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* RFC 3841 11: not for free. */
TEST(who_has_too_many_wishes_gets_403)
{
    char more[2048] = "";

    for (unsigned i = 0; i < 21; i++)
        strcat(more, "Accept-Contact: *;audio\r\n");
    open_with(OPEN, ";audio");
    asks("<sip:a@far.test>;tag=a", more);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 403 "));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* RFC 3841 7: what the caller has written goes on to the phone, as it is. */
TEST(preferences_go_on_to_the_phone)
{
    char value[64];

    open_with(OPEN, ";audio");
    asks("<sip:a@far.test>;tag=a", "a: *;AUDIO;require\r\nRequest-Disposition: no-fork,  proxy\r\n");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    assert_string_equal(header_of(raw_heard(&b.bob, 0), "a", value, sizeof value), "*;AUDIO;require");
    assert_string_equal(header_of(raw_heard(&b.bob, 0), "Request-Disposition", value, sizeof value), "no-fork,  proxy");
    bench_close(&b);
}

/* RFC 3841 7.1: "unless it has local policy configured to direct it otherwise". */
TEST(a_stranger_is_not_told_where_phones_are)
{
    open_with("", ";audio");
    asks("<sip:a@far.test>;tag=a", "Request-Disposition: redirect\r\n");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 3"));
    bench_close(&b);
    open_with("redirect_server = yes\n", ";audio");
    asks("<sip:a@far.test>;tag=a", "Request-Disposition: redirect\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* A request of bob's, with or without the proof that the last challenge asks for. */
static void bob_asks(const char *method, unsigned cseq, bool proves, const char *more)
{
    bool         registers = strcmp(method, "REGISTER") == 0;
    const char  *uri       = registers ? "sip:example.test" : "sip:bob@example.test";
    char         nonce[128], line[PROOF_LINE] = "", lines[2 * PROOF_LINE];
    struct proof proof = { .header = registers ? "Authorization" : "Proxy-Authorization",
                           .nonce  = nonce,
                           .method = method,
                           .uri    = uri,
                           .nc     = 1 };

    quoted_value(raw_heard(&b.alice, 0), "nonce", nonce, sizeof nonce);
    if (proves)
        proof_line(&proof, line);
    snprintf(lines, sizeof lines, "%s%s", more, line);
    raw_ask(&b.alice, &(struct request_form){ .method = method, .uri = uri, .cseq = cseq, .more = lines });
    bench_live(&b, 50);
}

/* RFC 3841 9.1 */
TEST(one_of_ours_may_ask_to_be_redirected)
{
    char value[128];

    bench_open(&b, "authentication = yes\n");
    bench_add_user(&b, "bob", "secret");
    bob_asks("REGISTER", 1, false, "Contact: <sip:bob@192.0.2.9:6001>;audio\r\n");
    bob_asks("REGISTER", 2, true, "Contact: <sip:bob@192.0.2.9:6001>;audio\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bob_asks("MESSAGE", 3, false, "d: redirect\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    bob_asks("MESSAGE", 4, true, "d: redirect\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    CHECK(strncmp(header_of(raw_heard(&b.alice, 0), "Contact", value, sizeof value),
                  "<sip:bob@192.0.2.9:6001>;expires=", 33) == 0);
    bench_close(&b);
}

/* RFC 3841 5: a Proxy-Require for it is no 420. */
TEST(pref_may_be_required_of_the_proxy)
{
    open_with(OPEN, "");
    asks("<sip:a@far.test>;tag=a", "Proxy-Require: pref\r\nAccept-Contact: *;audio\r\n");
    CHECK(raw_last_is(&b.bob, "INVITE "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_gets_nobody_he_would_have_gets_480),
        cmocka_unit_test(who_has_too_many_wishes_gets_403),
        cmocka_unit_test(preferences_go_on_to_the_phone),
        cmocka_unit_test(a_stranger_is_not_told_where_phones_are),
        cmocka_unit_test(one_of_ours_may_ask_to_be_redirected),
        cmocka_unit_test(pref_may_be_required_of_the_proxy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
