/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/mailbox.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/test.h"

struct bench {
    struct post_world *post;
    struct mailbox    *mailbox;
    char               heard[128];
    struct buf         b;
    bool               closes; /* at the first report */
};

static struct bench b;

static void on_report(void *owner, uint64_t seq, int error)
{
    struct bench *x = owner;

    buf_printf(&x->b, "%llu %s,", (unsigned long long)seq, error_name(error));
    if (x->closes)
        mailbox_close(x->mailbox);
}

static void setup(void)
{
    static struct store store;

    b         = (struct bench){ .post = post_world_new() };
    b.b       = buf_on(b.heard, sizeof b.heard);
    b.mailbox = mailbox_new(&store, post_world_of(b.post), on_report, &b);
    CHECK(b.mailbox != NULL);
    b.mailbox->wanted = 100;
}

static void outcome(uint64_t seq, int error)
{
    mailbox_note(b.mailbox, seq, error);
    CHECK(mailbox_deliver(b.mailbox));
}

static void expect(const char *heard)
{
    post_world_drain(b.post);
    CHECK_SLICE(heard, buf_slice(&b.b));
    b.b.len = 0;
}

static void teardown(void)
{
    mailbox_close(b.mailbox);
    post_world_free(b.post);
}

TEST(outcomes_that_were_not_reported_yet_become_one_report)
{
    setup();
    outcome(1, 0);
    outcome(2, 0);
    expect("2 NONE,");
    outcome(3, 0);
    expect("3 NONE,");
    teardown();
}

TEST(a_failure_is_reported_behind_the_success_before_it)
{
    setup();
    outcome(1, 0);
    outcome(5, -ERR_LOCKED);
    expect("1 NONE,5 LOCKED,");
    teardown();
}

TEST(a_failure_that_was_overcome_in_the_meantime_is_not_reported)
{
    setup();
    outcome(5, -ERR_LOCKED);
    outcome(5, 0);
    expect("5 NONE,");
    outcome(9, -ERR_LOCKED);
    outcome(7, 0);
    expect("7 NONE,9 LOCKED,");
    teardown();
}

TEST(who_waits_for_nothing_hears_nothing)
{
    setup();
    b.mailbox->wanted = 0;
    outcome(1, 0);
    outcome(2, -ERR_LOCKED);
    expect("");
    b.mailbox->wanted = 3;
    outcome(3, 0);
    outcome(4, 0);
    expect("3 NONE,");
    teardown();
}

TEST(a_world_whose_queue_is_full_is_tried_again)
{
    setup();
    post_world_refuse(b.post, 1);
    mailbox_note(b.mailbox, 1, 0);
    CHECK(!mailbox_deliver(b.mailbox));
    expect("");
    CHECK(mailbox_deliver(b.mailbox));
    CHECK(mailbox_deliver(b.mailbox)); /* it is on its way: not posted twice */
    expect("1 NONE,");
    teardown();
}

TEST(a_mailbox_closed_with_a_report_on_its_way_is_silent)
{
    setup();
    outcome(1, 0);
    teardown();
    CHECK_INT(0, b.b.len);
}

TEST(a_report_may_close_the_mailbox)
{
    setup();
    b.closes = true;
    outcome(1, 0);
    outcome(2, -ERR_IO);
    expect("1 NONE,");
    post_world_free(b.post);
}

TEST(a_promise_covers_one_write_of_the_same_turn)
{
    setup();
    CHECK(!mailbox_redeem(b.mailbox, 1));
    mailbox_promise(b.mailbox, 2);
    CHECK(mailbox_redeem(b.mailbox, 2));
    CHECK(!mailbox_redeem(b.mailbox, 1));
    mailbox_promise(b.mailbox, 2);
    CHECK(!mailbox_redeem(b.mailbox, 3));
    mailbox_promise(b.mailbox, 2);
    post_world_of(b.post)->now++;
    CHECK(!mailbox_redeem(b.mailbox, 1));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_that_were_not_reported_yet_become_one_report),
        cmocka_unit_test(a_failure_is_reported_behind_the_success_before_it),
        cmocka_unit_test(a_failure_that_was_overcome_in_the_meantime_is_not_reported),
        cmocka_unit_test(who_waits_for_nothing_hears_nothing),
        cmocka_unit_test(a_world_whose_queue_is_full_is_tried_again),
        cmocka_unit_test(a_mailbox_closed_with_a_report_on_its_way_is_silent),
        cmocka_unit_test(a_report_may_close_the_mailbox),
        cmocka_unit_test(a_promise_covers_one_write_of_the_same_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
