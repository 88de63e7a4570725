/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/update.h"

#include "support/test.h"

static struct update sent(void)
{
    struct update u;

    update_init(&u);
    CHECK_INT(NEVER, update_deadline(&u));
    CHECK_INT(UPDATE_SEND, update_start(&u));
    return u;
}

/* RFC 3311 5.1 */
TEST(there_is_one_at_a_time)
{
    struct update u = sent();

    CHECK_INT(0, update_start(&u));
    CHECK_INT(UPDATE_TELL_CHANGED, update_on_response(&u, 200, 0, NEVER, 10));
    CHECK_INT(0, update_on_response(&u, 200, 0, NEVER, 11));
    CHECK_INT(UPDATE_SEND, update_start(&u));
}

TEST(a_refusal_changes_nothing)
{
    static const unsigned statuses[] = { 300, 400, 488, 501, 503, 504, 606 };

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct update u = sent();

        CHECK_INT(UPDATE_TELL_UNCHANGED, update_on_response(&u, statuses[i], 100, 100, 10));
        CHECK_INT(UPDATE_SEND, update_start(&u));
    }
}

/* RFC 3261 12.2.1.2 */
TEST(a_lost_dialog_is_told)
{
    struct update u = sent();

    CHECK_INT(UPDATE_TELL_LOST, update_on_response(&u, 481, 0, NEVER, 10));
    u = sent();
    CHECK_INT(UPDATE_TELL_LOST, update_on_response(&u, 408, 0, NEVER, 10));
}

/* RFC 3311 5.3 */
TEST(after_491_it_is_tried_again_after_the_pause)
{
    struct update u = sent();

    CHECK_INT(0, update_on_response(&u, 491, 2500, NEVER, 1000));
    CHECK_INT(0, update_start(&u));
    CHECK_INT(3500, update_deadline(&u));
    CHECK_INT(0, update_on_timer(&u, 3499));
    CHECK_INT(UPDATE_SEND, update_on_timer(&u, 3500));
    CHECK_INT(0, update_on_timer(&u, 3501));
    CHECK_INT(UPDATE_TELL_CHANGED, update_on_response(&u, 200, 0, NEVER, 3600));
}

/* RFC 3311 5.2: 500 with Retry-After of 0 to 10 s. */
TEST(after_500_with_retry_after_it_is_tried_again_then)
{
    struct update u = sent();

    CHECK_INT(0, update_on_response(&u, 500, 2500, 7000, 0));
    CHECK_INT(7000, update_deadline(&u));
    CHECK_INT(UPDATE_SEND, update_on_timer(&u, 7000));
    CHECK_INT(UPDATE_TELL_UNCHANGED, update_on_response(&u, 500, 2500, NEVER, 7100));
    u = sent();
    CHECK_INT(UPDATE_TELL_UNCHANGED, update_on_response(&u, 500, 0, UPDATE_RETRY_MAX + 1, 0));
}

TEST(it_is_not_tried_for_ever)
{
    struct update u = sent();

    for (unsigned i = 1; i < UPDATE_TRIES; i++) {
        CHECK_INT(0, update_on_response(&u, 491, 10, NEVER, 0));
        CHECK_INT(UPDATE_SEND, update_on_timer(&u, 10));
    }
    CHECK_INT(UPDATE_TELL_UNCHANGED, update_on_response(&u, 491, 10, NEVER, 0));
}

TEST(a_postponed_one_is_sent_later_and_a_stopped_one_never)
{
    struct update u = sent();

    update_postpone(&u, 500);
    CHECK_INT(UPDATE_SEND, update_on_timer(&u, 500));
    update_postpone(&u, 900);
    update_stop(&u);
    CHECK_INT(NEVER, update_deadline(&u));
    CHECK_INT(0, update_on_timer(&u, 100000));
    CHECK_INT(0, update_on_response(&u, 200, 0, NEVER, 100000));
}

/* How long it had to wait before it went out says nothing of how often it was refused. */
TEST(waiting_for_a_good_time_is_no_try)
{
    struct update u = sent();

    for (unsigned i = 0; i < 2 * UPDATE_TRIES; i++) {
        update_postpone(&u, i);
        CHECK_INT(UPDATE_SEND, update_on_timer(&u, i));
    }
    for (unsigned i = 1; i < UPDATE_TRIES; i++) {
        CHECK_INT(0, update_on_response(&u, 491, 0, NEVER, 100));
        CHECK_INT(UPDATE_SEND, update_on_timer(&u, 100));
    }
    CHECK_INT(UPDATE_TELL_UNCHANGED, update_on_response(&u, 491, 0, NEVER, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_one_at_a_time),
        cmocka_unit_test(a_refusal_changes_nothing),
        cmocka_unit_test(a_lost_dialog_is_told),
        cmocka_unit_test(after_491_it_is_tried_again_after_the_pause),
        cmocka_unit_test(after_500_with_retry_after_it_is_tried_again_then),
        cmocka_unit_test(it_is_not_tried_for_ever),
        cmocka_unit_test(a_postponed_one_is_sent_later_and_a_stopped_one_never),
        cmocka_unit_test(waiting_for_a_good_time_is_no_try),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
