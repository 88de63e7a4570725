/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/latch.h"
#include "support/test.h"

static struct address remote, other_port, stranger;

static int addresses(void **state)
{
    (void)state;
    remote     = address_v4(192, 0, 2, 1, 4000);
    other_port = address_v4(192, 0, 2, 1, 4002);
    stranger   = address_v4(198, 51, 100, 7, 4000);
    return 0;
}

/* Packets 100, 101, ... of one source; the verdict on the last. */
static enum latch_verdict packets(struct latch *l, const struct address *from, unsigned count)
{
    enum latch_verdict verdict = LATCH_REFUSED;

    for (unsigned i = 0; i < count; i++)
        verdict = latch_packet(l, from, 0x1234, (uint16_t)(100 + i));
    return verdict;
}

TEST(the_signalled_address_is_heard_from_its_first_packet)
{
    struct latch l;

    latch_init(&l, &remote, false);
    CHECK(!l.accepted);
    CHECK_INT(LATCH_CHANGED, packets(&l, &remote, 1));
    CHECK_INT(LATCH_HEARD, packets(&l, &remote, 1));
    CHECK(address_eq(&l.source, &remote));
}

TEST(a_stranger_is_never_heard_where_latching_is_not_allowed)
{
    struct latch l;

    latch_init(&l, &remote, false);
    CHECK_INT(LATCH_REFUSED, packets(&l, &stranger, 1000));
    CHECK(!l.accepted);
}

TEST(another_port_of_the_signalled_host_is_heard_after_probation)
{
    struct latch l;

    latch_init(&l, &remote, false);
    CHECK_INT(LATCH_REFUSED, packets(&l, &other_port, LATCH_PROBATION - 1));
    CHECK_INT(LATCH_CHANGED, latch_packet(&l, &other_port, 0x1234, 100 + LATCH_PROBATION - 1));
    CHECK(address_eq(&l.source, &other_port));
}

TEST(where_latching_is_allowed_the_first_to_pass_probation_is_heard)
{
    struct latch l;

    latch_init(&l, &remote, true);
    CHECK_INT(LATCH_CHANGED, packets(&l, &stranger, LATCH_PROBATION));
    CHECK_INT(LATCH_REFUSED, packets(&l, &other_port, 1000));
    CHECK_INT(LATCH_HEARD, packets(&l, &stranger, 1));
}

/* The attacker was first; the peer's own address still wins, and for good. */
TEST(the_signalled_address_takes_the_stream_back)
{
    struct latch l;

    latch_init(&l, &remote, true);
    packets(&l, &stranger, LATCH_PROBATION);
    CHECK_INT(LATCH_CHANGED, packets(&l, &remote, 1));
    CHECK_INT(LATCH_REFUSED, packets(&l, &stranger, 1000));
    CHECK_INT(LATCH_HEARD, packets(&l, &remote, 1));
}

TEST(probation_asks_for_one_ssrc_and_no_gap)
{
    struct latch l;

    latch_init(&l, &remote, true);
    for (unsigned i = 0; i < 100; i++) {
        CHECK_INT(LATCH_REFUSED, latch_packet(&l, &stranger, i, (uint16_t)i));
        CHECK_INT(LATCH_REFUSED, latch_packet(&l, &other_port, 1, (uint16_t)(2 * i)));
    }
    for (unsigned i = 0; i < 100; i++)
        CHECK_INT(LATCH_REFUSED, latch_packet(&l, &other_port, 1, 7));
    CHECK(!l.accepted);
}

/* RFC 3550 5.1: sequence numbers wrap. */
TEST(probation_survives_the_wrap_of_sequence_numbers)
{
    struct latch l;

    latch_init(&l, &remote, true);
    CHECK_INT(LATCH_REFUSED, latch_packet(&l, &stranger, 1, 65534));
    CHECK_INT(LATCH_REFUSED, latch_packet(&l, &stranger, 1, 65535));
    CHECK_INT(LATCH_REFUSED, latch_packet(&l, &stranger, 1, 0));
    CHECK_INT(LATCH_CHANGED, latch_packet(&l, &stranger, 1, 1));
}

/* Single packets from ever new ports between those of the peer. */
TEST(a_spray_of_packets_does_not_keep_the_peer_out)
{
    struct latch   l;
    struct address port = stranger;

    latch_init(&l, &remote, true);
    for (uint16_t i = 0; i < LATCH_PROBATION; i++) {
        for (unsigned k = 0; k < LATCH_CANDIDATES - 1; k++) {
            port.port++;
            CHECK_INT(LATCH_REFUSED, latch_packet(&l, &port, k, i));
        }
        CHECK_INT(i == LATCH_PROBATION - 1 ? LATCH_CHANGED : LATCH_REFUSED, latch_packet(&l, &other_port, 9, i));
    }
    CHECK(address_eq(&l.source, &other_port));
}

TEST(a_new_negotiation_keeps_the_source_unless_the_address_or_the_rule_changed)
{
    struct latch   l;
    struct address moved = address_v4(192, 0, 2, 1, 5000);

    latch_init(&l, &remote, true);
    packets(&l, &stranger, LATCH_PROBATION);
    latch_update(&l, &remote, true);
    CHECK_INT(LATCH_HEARD, packets(&l, &stranger, 1));
    latch_update(&l, &remote, false);
    CHECK_INT(LATCH_REFUSED, packets(&l, &stranger, 1));

    packets(&l, &remote, 1);
    latch_update(&l, &moved, false);
    CHECK(!l.accepted);
    CHECK_INT(LATCH_REFUSED, packets(&l, &remote, 1));
    CHECK_INT(LATCH_CHANGED, packets(&l, &moved, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signalled_address_is_heard_from_its_first_packet),
        cmocka_unit_test(a_stranger_is_never_heard_where_latching_is_not_allowed),
        cmocka_unit_test(another_port_of_the_signalled_host_is_heard_after_probation),
        cmocka_unit_test(where_latching_is_allowed_the_first_to_pass_probation_is_heard),
        cmocka_unit_test(the_signalled_address_takes_the_stream_back),
        cmocka_unit_test(probation_asks_for_one_ssrc_and_no_gap),
        cmocka_unit_test(probation_survives_the_wrap_of_sequence_numbers),
        cmocka_unit_test(a_spray_of_packets_does_not_keep_the_peer_out),
        cmocka_unit_test(a_new_negotiation_keeps_the_source_unless_the_address_or_the_rule_changed),
    };

    return cmocka_run_group_tests(tests, addresses, NULL);
}
