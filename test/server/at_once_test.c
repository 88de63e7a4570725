/* SPDX-License-Identifier: BSD-2-Clause */
/* The plain question what the server can do, and the first REGISTER, are answered at once and forgotten. */
#include "server/at_once.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void ask(const char *uri, const char *branch, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .method  = "OPTIONS",
                                              .uri     = uri,
                                              .branch  = branch,
                                              .to      = "<sip:example.test>",
                                              .call_id = "one",
                                              .more    = more });
    bench_live(&b, 50);
}

static unsigned transactions(void)
{
    return (unsigned)stack_alive(server_stack(b.server));
}

/* RFC 3261 8.2.7. */
TEST(nothing_is_left_of_the_question)
{
    bench_open(&b, "");
    ask("sip:example.test", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, transactions());
    bench_close(&b);
}

/* RFC 3261 8.2.7: "the same To tag for the same request", so repetitions are the same to the byte. */
TEST(a_repetition_gets_the_same_answer)
{
    static char first[RAW_TEXT];

    bench_open(&b, "");
    ask("sip:example.test", "1", "");
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    ask("sip:example.test", "1", "");
    CHECK_INT(2, b.alice.count);
    assert_string_equal(first, raw_heard(&b.alice, 0));
    bench_close(&b);
}

/* The same words as with a transaction, but for its tag. */
TEST(the_answer_is_that_of_a_transaction)
{
    static char at_once[RAW_TEXT];
    char        allow[512], supported[512], other[512];

    bench_open(&b, "");
    ask("sip:example.test", "1", "");
    snprintf(at_once, sizeof at_once, "%s", raw_heard(&b.alice, 0));
    header_of(at_once, "Allow", allow, sizeof allow);
    header_of(at_once, "Supported", supported, sizeof supported);
    ask("sip:example.test", "2", "Require: pref\r\n"); /* is looked at longer */
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(transactions() > 0);
    assert_string_equal(allow, header_of(raw_heard(&b.alice, 0), "Allow", other, sizeof other));
    assert_string_equal(supported, header_of(raw_heard(&b.alice, 0), "Supported", other, sizeof other));
    bench_close(&b);
}

TEST(what_is_more_than_that_gets_a_transaction)
{
    bench_open(&b, "");
    ask("sip:nobody@example.test", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 404 "));
    ask("sip:example.test", "2", "Require: levitation\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420 "));
    ask("sip:elsewhere.test", "3", "");
    CHECK(!raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(3, transactions());
    bench_close(&b);
}

/* As it says what it can do to others, with one more extension. */
TEST(who_could_agree_on_security_is_answered_at_once_too)
{
    char supported[512];

    bench_open(&b, "authentication = yes\n");
    ask("sip:example.test", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(strstr(header_of(raw_heard(&b.alice, 0), "Supported", supported, sizeof supported), "sec-agree") != NULL);
    CHECK_INT(0, transactions());
    bench_close(&b);
}

/* ---- the first REGISTER ---- */

static void ask_to_register(const char *to, const char *branch, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .branch = branch, .to = to, .more = more });
    bench_live(&b, 50);
}

/* RFC 3261 8.2.7: "primarily to handle unauthenticated requests". */
TEST(who_shows_no_password_leaves_nothing)
{
    bench_open(&b, "authentication = yes\n");
    ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 401 "));
    CHECK_INT(0, transactions());
    CHECK_INT(1, counter_read(&b.at_server->counters.registers));
    CHECK_INT(1, counter_read(&b.at_server->counters.auth_challenged));
    bench_close(&b);
}

/* The text with what differs each time made the same: the nonces, the tag of To and the branch. */
static void blank(char *text)
{
    static const char *const kinds[] = { "nonce=\"", "test>;tag=", "branch=" };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (char *at = text; (at = strstr(at, kinds[i])) != NULL;)
            for (at += strlen(kinds[i]); strchr("\";\r", *at) == NULL; at++)
                *at = '.';
}

/* RFC 3261 8.2.7: the tag is the same, the nonce may be another. */
TEST(a_repetition_of_it_gets_a_nonce_of_its_own)
{
    static char first[RAW_TEXT];
    char        to[256], again[256];

    bench_open(&b, "authentication = yes\n");
    ask_to_register("<sip:bob@example.test>", "1", "");
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK_INT(2, b.alice.count);
    assert_string_equal(header_of(first, "To", to, sizeof to),
                        header_of(raw_heard(&b.alice, 0), "To", again, sizeof again));
    assert_string_not_equal(first, raw_heard(&b.alice, 0));
    bench_close(&b);
}

/* To the byte. */
TEST(the_challenge_is_that_of_a_transaction)
{
    static char at_once[RAW_TEXT], other[RAW_TEXT];

    bench_open(&b, "authentication = yes\n");
    ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK_INT(0, transactions());
    snprintf(at_once, sizeof at_once, "%s", raw_heard(&b.alice, 0));
    ask_to_register("<sip:bob@example.test>", "2", "Require: path\r\n"); /* is looked at longer */
    CHECK_INT(1, transactions());
    snprintf(other, sizeof other, "%s", raw_heard(&b.alice, 0));
    blank(at_once);
    blank(other);
    assert_string_equal(other, at_once);
    bench_close(&b);
}

TEST(what_is_more_than_a_first_register_gets_a_transaction)
{
    bench_open(&b, "authentication = yes\n");
    ask_to_register("<sip:bob@elsewhere.test>", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 404 "));
    ask_to_register("<sip:bob@example.test>", "2", "Require: levitation\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420 "));
    ask_to_register("<sip:bob@example.test>", "3", "Authorization: Digest realm=\"elsewhere\"\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 400 "));
    CHECK_INT(3, transactions());
    bench_close(&b);
}

/* Each of these may be somebody else's business, or says more than nothing. */
TEST(a_register_with_more_to_it_gets_a_transaction)
{
    static const char *const more[] = { "Route: <sip:192.0.2.1;lr>\r\n", "Proxy-Require: path\r\n",
                                        "Proxy-Authorization: Digest realm=\"elsewhere\"\r\n" };
    char                     branch[8];

    bench_open(&b, "authentication = yes\n");
    for (unsigned i = 0; i < sizeof more / sizeof *more; i++) {
        snprintf(branch, sizeof branch, "%u", i);
        ask_to_register("<sip:bob@example.test>", branch, more[i]);
        CHECK_INT(i + 1, b.alice.count);
        CHECK_INT(i + 1, transactions());
    }
    bench_close(&b);
}

TEST(who_sends_too_many_gets_no_challenge_for_each)
{
    bench_open(&b, "authentication = yes\nsource_rate = 1\nsource_burst = 2\n");
    for (unsigned i = 0; i < 10; i++)
        ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK_INT(2, counter_read(&b.at_server->counters.auth_challenged));
    CHECK_INT(3, b.alice.count); /* and one 503 */
    CHECK_INT(0, transactions());
    bench_close(&b);
}

TEST(a_server_that_ends_asks_nobody_for_a_password)
{
    bench_open(&b, "authentication = yes\n");
    shared_drain(b.shared);
    ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    bench_close(&b);
}

TEST(who_needs_no_password_is_not_asked_for_one)
{
    bench_open(&b, "");
    ask_to_register("<sip:bob@example.test>", "1", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, transactions());
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_the_question),
        cmocka_unit_test(a_repetition_gets_the_same_answer),
        cmocka_unit_test(the_answer_is_that_of_a_transaction),
        cmocka_unit_test(what_is_more_than_that_gets_a_transaction),
        cmocka_unit_test(who_could_agree_on_security_is_answered_at_once_too),
        cmocka_unit_test(who_shows_no_password_leaves_nothing),
        cmocka_unit_test(a_repetition_of_it_gets_a_nonce_of_its_own),
        cmocka_unit_test(the_challenge_is_that_of_a_transaction),
        cmocka_unit_test(what_is_more_than_a_first_register_gets_a_transaction),
        cmocka_unit_test(a_register_with_more_to_it_gets_a_transaction),
        cmocka_unit_test(who_sends_too_many_gets_no_challenge_for_each),
        cmocka_unit_test(a_server_that_ends_asks_nobody_for_a_password),
        cmocka_unit_test(who_needs_no_password_is_not_asked_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
