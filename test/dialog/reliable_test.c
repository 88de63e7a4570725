/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/reliable.h"

#include "support/test.h"

enum { T1 = 500, CSEQ = 7 };

static struct reliable_sender sender(uint32_t random)
{
    struct reliable_sender s;

    reliable_begin(&s, T1, random);
    return s;
}

static struct rack rack(uint32_t rseq)
{
    return (struct rack){ rseq, { CSEQ, METHOD_INVITE, SLICE_INIT("INVITE") } };
}

static unsigned prack(struct reliable_sender *s, uint32_t rseq)
{
    struct rack r = rack(rseq);

    return reliable_on_prack(s, &r, CSEQ);
}

/* RFC 3262 3 */
TEST(the_first_rseq_is_from_1_to_2_31_less_1_and_the_next_one_higher)
{
    static const uint32_t randoms[] = { 0, 1, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff };

    for (size_t i = 0; i < sizeof randoms / sizeof *randoms; i++) {
        struct reliable_sender s = sender(randoms[i]);
        uint32_t               first;

        CHECK_INT(RELIABLE_SEND, reliable_send(&s, false, 0));
        first = s.rseq;
        CHECK(first >= 1 && first <= 0x7fffffff);
        CHECK_INT(RELIABLE_REPLY_200 | RELIABLE_TELL_ACKED, prack(&s, first));
        CHECK_INT(RELIABLE_SEND, reliable_send(&s, false, 0));
        CHECK_INT(first + 1, s.rseq);
    }
}

/* RFC 3262 3: T1, doubling beyond T2, until 64*T1. */
TEST(it_is_repeated_at_doubling_intervals_and_then_given_up)
{
    static const msec      at[] = { 500, 1500, 3500, 7500, 15500, 31500 };
    struct reliable_sender s    = sender(1);

    CHECK_INT(NEVER, reliable_deadline(&s));
    CHECK_INT(RELIABLE_SEND, reliable_send(&s, true, 1000));
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        CHECK_INT(1000 + at[i], reliable_deadline(&s));
        CHECK_INT(0, reliable_on_timer(&s, 1000 + at[i] - 1));
        CHECK_INT(RELIABLE_SEND, reliable_on_timer(&s, 1000 + at[i]));
    }
    CHECK_INT(1000 + 64 * T1, reliable_deadline(&s));
    CHECK_INT(RELIABLE_TELL_LOST, reliable_on_timer(&s, 1000 + 64 * T1));
    CHECK_INT(NEVER, reliable_deadline(&s));
    CHECK_INT(0, reliable_on_timer(&s, 200000));
}

/* RFC 3262 3: the second waits for the PRACK of the first. */
TEST(one_at_a_time)
{
    struct reliable_sender s = sender(1);

    CHECK_INT(RELIABLE_SEND, reliable_send(&s, false, 0));
    CHECK_INT(0, reliable_send(&s, false, 10));
    CHECK_INT(RELIABLE_REPLY_200 | RELIABLE_TELL_ACKED, prack(&s, s.rseq));
    CHECK_INT(NEVER, reliable_deadline(&s));
    CHECK_INT(RELIABLE_SEND, reliable_send(&s, false, 20));
}

/* RFC 3262 3 */
TEST(a_prack_of_anything_else_gets_481)
{
    struct reliable_sender s = sender(1);
    struct rack            r;

    CHECK_INT(RELIABLE_REPLY_481, prack(&s, s.rseq)); /* nothing was sent */
    reliable_send(&s, false, 0);
    CHECK_INT(RELIABLE_REPLY_481, prack(&s, s.rseq + 1));
    CHECK_INT(RELIABLE_REPLY_481, prack(&s, s.rseq - 1));
    r             = rack(s.rseq);
    r.cseq.number = CSEQ + 1;
    CHECK_INT(RELIABLE_REPLY_481, reliable_on_prack(&s, &r, CSEQ));
    r             = rack(s.rseq);
    r.cseq.method = METHOD_UPDATE;
    CHECK_INT(RELIABLE_REPLY_481, reliable_on_prack(&s, &r, CSEQ));
    CHECK_INT(500, reliable_deadline(&s));
    CHECK_INT(RELIABLE_REPLY_200 | RELIABLE_TELL_ACKED, prack(&s, s.rseq));
    CHECK_INT(RELIABLE_REPLY_481, prack(&s, s.rseq)); /* once is enough */
}

/* RFC 3262 3, 5 */
TEST(a_2xx_waits_for_the_prack_of_a_description_alone)
{
    struct reliable_sender s = sender(1);

    CHECK(!reliable_delays_2xx(&s));
    reliable_send(&s, false, 0);
    CHECK(!reliable_delays_2xx(&s));
    prack(&s, s.rseq);
    reliable_send(&s, true, 0);
    CHECK(reliable_delays_2xx(&s));
    prack(&s, s.rseq);
    CHECK(!reliable_delays_2xx(&s));
}

/* RFC 3262 3: no repetitions and no new ones behind a final response, but PRACKs are answered. */
TEST(after_the_final_response_a_prack_is_answered_still)
{
    struct reliable_sender s = sender(1);

    reliable_send(&s, false, 0);
    reliable_close(&s);
    CHECK_INT(NEVER, reliable_deadline(&s));
    CHECK_INT(0, reliable_send(&s, false, 100));
    CHECK_INT(RELIABLE_REPLY_200, prack(&s, s.rseq));
    CHECK_INT(RELIABLE_REPLY_481, prack(&s, s.rseq));
}

/* RFC 3262 4 */
TEST(a_caller_takes_them_in_order_and_each_once)
{
    struct reliable_receiver r = { 0 };

    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 0));
    CHECK_INT(RELIABLE_NEXT, reliable_receive(&r, 17)); /* any may be the first */
    CHECK_INT(RELIABLE_REPEATED, reliable_receive(&r, 17));
    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 19));
    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 16));
    CHECK_INT(RELIABLE_NEXT, reliable_receive(&r, 18));
    CHECK_INT(RELIABLE_NEXT, reliable_receive(&r, 19));
    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 17));
}

TEST(numbers_do_not_wrap_around)
{
    struct reliable_receiver r = { 0 };

    CHECK_INT(RELIABLE_NEXT, reliable_receive(&r, UINT32_MAX));
    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 0));
    CHECK_INT(RELIABLE_OUT_OF_ORDER, reliable_receive(&r, 1));
}

/* Whatever is done to it: its numbers rise by one, at most one waits, and it gives up in time. */
TEST(a_walk_keeps_its_promises)
{
    uint32_t               seed = 1, last = 0;
    msec                   now = 0;
    struct reliable_sender s   = sender(41);

    for (unsigned i = 0; i < 20000; i++) {
        bool     waited = s.unacked;
        uint32_t rseq   = s.rseq;
        unsigned did    = 0;

        seed = seed * 1664525 + 1013904223;
        now += seed >> 20;
        switch (seed >> 8 & 3) {
        case 0:
            did = reliable_send(&s, seed & 16, now);
            CHECK_INT(waited ? 0 : RELIABLE_SEND, did);
            CHECK(last == 0 || waited || s.rseq == last + 1);
            last = s.rseq;
            break;
        case 1:
            did = prack(&s, rseq + (seed >> 16 & 1));
            CHECK((did & RELIABLE_REPLY_200) == 0 || (waited && !s.unacked));
            break;
        case 2:
        case 3:
            did = reliable_on_timer(&s, now);
            CHECK_INT(rseq, s.rseq);
            break;
        }
        CHECK(s.unacked || reliable_deadline(&s) == NEVER);
        CHECK((did & RELIABLE_REPLY_200) == 0 || (did & RELIABLE_REPLY_481) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rseq_is_from_1_to_2_31_less_1_and_the_next_one_higher),
        cmocka_unit_test(it_is_repeated_at_doubling_intervals_and_then_given_up),
        cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(a_prack_of_anything_else_gets_481),
        cmocka_unit_test(a_2xx_waits_for_the_prack_of_a_description_alone),
        cmocka_unit_test(after_the_final_response_a_prack_is_answered_still),
        cmocka_unit_test(a_caller_takes_them_in_order_and_each_once),
        cmocka_unit_test(numbers_do_not_wrap_around),
        cmocka_unit_test(a_walk_keeps_its_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
