/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for a user go on when he is there, and are answered if he is not. */
#include "server/user_hold.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void on_done(void *arg, int result)
{
    (void)arg;
    assert_int_equal(0, result);
}

/* Bob is on the disk, and in nobody's memory.  As there is an alias, any name may be one, so that
 * REGISTERs without passwords ask for theirs, too. */
static void setup(const char *more)
{
    const struct stored_alias chief = { SLICE("example.test"), SLICE("chief"), SLICE("example.test"), SLICE("bob") };

    bench_open(&b, more);
    bench_add_user(&b, "bob", "secret");
    assert_int_equal(0, users_add_alias(server_users(b.server), &chief, on_done, NULL));
    bench_live(&b, 10);
    bench_kill(&b);
    bench_start(&b);
}

static void ask(const char *method, const char *uri, unsigned cseq)
{
    raw_forget(&b.alice);
    raw_ask(&b.alice,
            &(struct request_form){ .method = method, .uri = uri, .from = "<sip:x@else.test>;tag=1", .cseq = cseq });
    bench_live(&b, 10);
}

TEST(who_is_asked_for_is_fetched)
{
    setup("");
    ask("MESSAGE", "sip:bob@example.test", 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 480 "));
    ask("MESSAGE", "sip:carol@example.test", 2);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 404 "));
    CHECK_INT(2, store_fake_asked(b.store));
    ask("MESSAGE", "sip:bob@example.test", 3);
    ask("MESSAGE", "sip:carol@example.test", 4);
    CHECK_INT(2, store_fake_asked(b.store));
    bench_close(&b);
}

TEST(whoever_gives_no_password_makes_nobody_be_fetched)
{
    setup("authentication = yes\n");
    raw_register(&b.bob, 1, NULL);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE",
                                              .uri    = "sip:carol@example.test",
                                              .from   = "<sip:bob@example.test>;tag=1" });
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 401 "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 407 "));
    CHECK_INT(0, store_fake_asked(b.store));
    bench_close(&b);
}

TEST(a_registration_waits_and_is_the_same_as_without)
{
    setup("");
    store_fake_hold_reads(b.store, true);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 100);
    CHECK_INT(0, b.bob.count);
    raw_register(&b.bob, 1, NULL); /* repeated: absorbed */
    bench_live(&b, 10);
    store_fake_hold_reads(b.store, false);
    bench_live(&b, 100);
    CHECK_INT(1, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    raw_register(&b.bob, 2, NULL); /* who has bindings need not be fetched */
    bench_live(&b, 10);
    CHECK_INT(1, store_fake_asked(b.store));
    bench_close(&b);
}

TEST(what_cannot_be_read_is_an_error_of_ours)
{
    setup("");
    store_fake_fail_reads(b.store, -ERR_CORRUPT);
    ask("MESSAGE", "sip:bob@example.test", 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "Retry-After: ") != NULL);
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 500 "));
    store_fake_fail_reads(b.store, 0);
    store_fake_limit_reads(b.store, 0);
    ask("MESSAGE", "sip:bob@example.test", 2);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    bench_close(&b);
}

TEST(nobody_waits_for_ever)
{
    setup("");
    store_fake_hold_reads(b.store, true);
    ask("MESSAGE", "sip:bob@example.test", 1);
    bench_live(&b, USER_HOLD_TIME - 20);
    CHECK_INT(0, raw_heard_count(&b.alice, "SIP/2.0 503 "));
    bench_live(&b, 20);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    store_fake_hold_reads(b.store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 503 "));
    bench_close(&b);
}

/* An ACK asks for nobody: it could not be answered. */
TEST(an_ack_does_not_wait)
{
    setup("");
    ask("ACK", "sip:bob@example.test", 1);
    CHECK_INT(0, store_fake_asked(b.store));
    CHECK_INT(0, server_alive(b.server));
    bench_close(&b);
}

TEST(without_memory_it_is_503_or_as_it_should_be)
{
    for (unsigned n = 1; n < 30; n++) {
        setup("");
        raw_forget(&b.alice);
        raw_ask(&b.alice, &(struct request_form){
                              .method = "MESSAGE", .uri = "sip:bob@example.test", .from = "<sip:x@else.test>;tag=1" });
        alloc_fail_at(n);
        bench_live(&b, 10);
        alloc_fail_at(0);
        bench_live(&b, 10000);
        CHECK(b.alice.count == 0 || raw_last_is(&b.alice, "SIP/2.0 480 ") || raw_last_is(&b.alice, "SIP/2.0 500 ") ||
              raw_last_is(&b.alice, "SIP/2.0 503 "));
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_asked_for_is_fetched),
        cmocka_unit_test(whoever_gives_no_password_makes_nobody_be_fetched),
        cmocka_unit_test(a_registration_waits_and_is_the_same_as_without),
        cmocka_unit_test(what_cannot_be_read_is_an_error_of_ours),
        cmocka_unit_test(nobody_waits_for_ever),
        cmocka_unit_test(an_ack_does_not_wait),
        cmocka_unit_test(without_memory_it_is_503_or_as_it_should_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
