/* SPDX-License-Identifier: BSD-2-Clause */
/* The redirect server (RFC 3261 8.3); more in test/scenario/redirect_*.scn. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const char *header(const char *name)
{
    static char value[512];

    return header_of(raw_heard(&b.alice, 0), name, value, sizeof value);
}

static void asks(const char *method, const char *uri, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .method = method, .uri = uri, .more = more, .to = "<sip:x@y>" });
    bench_live(&b, 50);
}

/* RFC 3261 8.3. */
TEST(a_redirect_server_names_the_contacts_of_the_user)
{
    bench_open(&b, "proxy = no\nredirect_server = yes\n");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    asks("INVITE", "sip:bob@example.test", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    CHECK(strncmp(header("Contact"), "<sip:bob@192.0.2.9:6001>", 24) == 0);
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_redirected));
    bench_close(&b);
}

TEST(a_redirect_by_rule_keeps_the_user)
{
    bench_open(&b, "redirect_server = yes\nredirect \"far.test\" { to = \"sip:gate.test;transport=tcp\" }\n"
                   "redirect \"one.test\" { to = \"sip:desk@gate.test\" }\n");
    asks("INVITE", "sip:x%20y@far.test", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    assert_string_equal("<sip:x%20y@gate.test;transport=tcp>", header("Contact"));
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:x@one.test", .cseq = 2 });
    bench_live(&b, 50);
    assert_string_equal("<sip:desk@gate.test>", header("Contact"));
    bench_close(&b);
}

/* A user part that would not fit gives no half Contact. */
TEST(a_redirect_of_a_monstrous_user_has_no_contact)
{
    char uri[4096];

    snprintf(uri, sizeof uri, "sip:%0*d@far.test", 3000, 1);
    bench_open(&b, "redirect_server = yes\nredirect \"far.test\" { to = \"sip:gate.test\" }\n");
    asks("INVITE", uri, "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 480 "));
    assert_string_equal("", header("Contact"));
    bench_close(&b);
}

/* A rule of his own goes before his phones; others are called. */
TEST(who_has_moved_is_not_called)
{
    bench_open(&b, "authentication = no\nredirect_server = yes\n"
                   "redirect \"bob@example.test\" { to = \"sip:bob@new.test\" status = 301 }\n");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_forget(&b.bob);
    asks("INVITE", "sip:bob@example.test", "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 301 "));
    assert_string_equal("<sip:bob@new.test>", header("Contact"));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

/* One of ours proves who he is before he is told anything. */
TEST(our_own_prove_who_they_are_before_they_are_redirected)
{
    bench_open(&b, "authentication = yes\nredirect_server = yes\nredirect \"carol@example.test\" { to = "
                   "\"sip:carol@new.test\" }\n");
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE",
                                              .uri    = "sip:carol@example.test",
                                              .from   = "<sip:bob@example.test>;tag=1" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    raw_ask(&b.alice,
            &(struct request_form){
                .method = "INVITE", .uri = "sip:carol@example.test", .from = "<sip:x@far.test>;tag=1", .cseq = 2 });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 302 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_server_names_the_contacts_of_the_user),
        cmocka_unit_test(a_redirect_by_rule_keeps_the_user),
        cmocka_unit_test(a_redirect_of_a_monstrous_user_has_no_contact),
        cmocka_unit_test(who_has_moved_is_not_called),
        cmocka_unit_test(our_own_prove_who_they_are_before_they_are_redirected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
