/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/source.h"
#include "support/test.h"

enum { RATE = 8000 };

/* 20 ms of audio, which arrives at `now`. */
static bool hear(struct rtp_source *s, unsigned sequence, msec now)
{
    struct rtp_packet p = {
        .sequence = (uint16_t)sequence, .timestamp = 160 * sequence, .ssrc = 1, .payload = SLICE_INIT("0123456789")
    };

    if (!s->known)
        rtp_source_init(s, &p);
    return rtp_source_packet(s, &p, RATE, now);
}

/* RFC 3550 A.1. */
TEST(a_source_is_valid_with_its_second_packet_in_sequence)
{
    struct rtp_source s = { 0 };

    CHECK(!hear(&s, 100, 0));
    CHECK_INT(0, rtp_source_expected(&s));
    CHECK(hear(&s, 101, 20));
    CHECK_INT(1, rtp_source_expected(&s));
    CHECK_INT(0, rtp_source_lost(&s));
}

TEST(packets_out_of_sequence_prolong_probation)
{
    struct rtp_source s = { 0 };

    CHECK(!hear(&s, 100, 0));
    CHECK(!hear(&s, 102, 40));
    CHECK(!hear(&s, 101, 60));
    CHECK(hear(&s, 102, 80));
}

TEST(a_gap_counts_as_lost_and_a_late_packet_makes_up_for_it)
{
    struct rtp_source s = { 0 };

    hear(&s, 1, 0);
    hear(&s, 2, 20);
    CHECK(hear(&s, 5, 80));
    CHECK_INT(4, rtp_source_expected(&s));
    CHECK_INT(2, rtp_source_lost(&s));
    CHECK(hear(&s, 4, 90));
    CHECK_INT(1, rtp_source_lost(&s));
    CHECK(hear(&s, 4, 91)); /* A.3: duplicates count as received */
    CHECK(hear(&s, 4, 92));
    CHECK_INT(-1, rtp_source_lost(&s));
}

TEST(sequence_numbers_wrap)
{
    struct rtp_source s = { 0 };
    struct rtcp_block block;

    hear(&s, 65533, 0);
    hear(&s, 65534, 20);
    CHECK(hear(&s, 65535, 40));
    CHECK(hear(&s, 65536, 60));
    CHECK(hear(&s, 65537, 80));
    CHECK_INT(4, rtp_source_expected(&s));
    CHECK_INT(0, rtp_source_lost(&s));
    rtp_source_block(&s, &block);
    CHECK_INT(65537, block.highest_sequence);
}

TEST(a_jump_is_believed_only_with_its_second_packet)
{
    struct rtp_source s = { 0 };

    hear(&s, 1, 0);
    hear(&s, 2, 20);
    CHECK(!hear(&s, 20000, 40)); /* one stray packet */
    CHECK(hear(&s, 3, 60));
    CHECK_INT(0, rtp_source_lost(&s));
    CHECK(!hear(&s, 30000, 80)); /* the sender has started anew */
    CHECK(hear(&s, 30001, 100));
    CHECK_INT(1, rtp_source_expected(&s));
}

TEST(dropout_and_misorder_have_limits)
{
    struct rtp_source s = { 0 };

    hear(&s, 10000, 0);
    hear(&s, 10001, 20);
    CHECK(hear(&s, 10001 + RTP_MAX_DROPOUT - 1, 40));
    CHECK(!hear(&s, 13000 + RTP_MAX_DROPOUT, 60));
    CHECK(hear(&s, 13000 - RTP_MAX_MISORDER + 1, 80));
    CHECK(!hear(&s, 13000 - RTP_MAX_MISORDER, 100));
}

/* RFC 3550 A.3: a fraction per interval of reports. */
TEST(the_lost_fraction_is_of_the_last_interval)
{
    struct rtp_source s = { 0 };
    struct rtcp_block block;

    hear(&s, 0, 0);
    for (unsigned i = 1; i <= 100; i++)
        if (i % 4 != 3)
            hear(&s, i, 20 * i);
    CHECK(rtp_source_heard(&s));
    rtp_source_block(&s, &block);
    CHECK_INT(25, block.lost);
    CHECK_INT(64, block.fraction); /* a quarter */
    CHECK(!rtp_source_heard(&s));
    for (unsigned i = 101; i <= 200; i++)
        hear(&s, i, 20 * i);
    rtp_source_block(&s, &block);
    CHECK_INT(25, block.lost);
    CHECK_INT(0, block.fraction);
}

TEST(more_received_than_expected_is_no_loss)
{
    struct rtp_source s = { 0 };
    struct rtcp_block block;

    hear(&s, 1, 0);
    hear(&s, 2, 20);
    hear(&s, 2, 21);
    hear(&s, 2, 22);
    rtp_source_block(&s, &block);
    CHECK_INT(0, block.fraction);
    CHECK_INT(-2, block.lost);
}

/* RFC 3550 A.8: J += (|D| - J) / 16. */
TEST(jitter_follows_the_formula)
{
    struct rtp_source s = { 0 };

    hear(&s, 1, 20);
    hear(&s, 2, 40);
    CHECK_INT(0, rtp_source_jitter(&s));
    hear(&s, 3, 80); /* 20 ms late: D = 160, J = 160 / 16 */
    CHECK_INT(10, rtp_source_jitter(&s));
    hear(&s, 4, 80); /* in time again: D = -160, J = 10 + 150 / 16 */
    CHECK_INT(19, rtp_source_jitter(&s));
}

TEST(jitter_converges_to_the_mean_deviation)
{
    struct rtp_source s = { 0 };

    for (unsigned i = 0; i < 500; i++)
        hear(&s, i, 20 * i + (i % 2) * 10); /* every other one 10 ms late: |D| = 80 */
    CHECK(rtp_source_jitter(&s) >= 78 && rtp_source_jitter(&s) <= 80);
}

TEST(jitter_survives_timestamps_from_anywhere)
{
    struct rtp_source s = { 0 };
    struct rtp_packet p = { .ssrc = 1 };

    rtp_source_init(&s, &p);
    for (unsigned i = 0; i < 300; i++) {
        p.sequence++;
        p.timestamp = i % 2 == 0 ? 0 : 0x80000000u;
        rtp_source_packet(&s, &p, RATE, i);
    }
    CHECK(rtp_source_jitter(&s) > 0x70000000u);
    CHECK(rtp_source_jitter(&s) <= 0x80000000u);
}

TEST(a_restart_forgets_what_was_counted)
{
    struct rtp_source s = { 0 };
    struct rtp_packet p = { .sequence = 50, .ssrc = 1, .payload = SLICE_INIT("ab") };

    hear(&s, 1, 0);
    hear(&s, 2, 20);
    hear(&s, 9, 160);
    rtp_source_restart(&s, &p);
    CHECK_INT(1, rtp_source_expected(&s));
    CHECK_INT(0, rtp_source_lost(&s));
    CHECK_INT(0, rtp_source_jitter(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_valid_with_its_second_packet_in_sequence),
        cmocka_unit_test(packets_out_of_sequence_prolong_probation),
        cmocka_unit_test(a_gap_counts_as_lost_and_a_late_packet_makes_up_for_it),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(a_jump_is_believed_only_with_its_second_packet),
        cmocka_unit_test(dropout_and_misorder_have_limits),
        cmocka_unit_test(the_lost_fraction_is_of_the_last_interval),
        cmocka_unit_test(more_received_than_expected_is_no_loss),
        cmocka_unit_test(jitter_follows_the_formula),
        cmocka_unit_test(jitter_converges_to_the_mean_deviation),
        cmocka_unit_test(jitter_survives_timestamps_from_anywhere),
        cmocka_unit_test(a_restart_forgets_what_was_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
