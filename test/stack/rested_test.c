/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rested.h"

#include "support/test.h"

#include <stdio.h>

static const struct hash_key key = { 1, 2 };

static struct target target(uint8_t last)
{
    return (struct target){ TRANSPORT_UDP, address_v4(192, 0, 2, last, 5060) };
}

static msec fails(struct rested *r, uint8_t last, msec now)
{
    struct target t = target(last);

    return rested_add(r, &t, 30000, now);
}

/* The order of the targets 1, 2, 3, as "2 3 1". */
static void check_order(struct rested *r, msec now, const char *want)
{
    struct target list[3] = { target(1), target(2), target(3) };
    char          text[16];

    rested_order(r, list, 3, now);
    snprintf(text, sizeof text, "%u %u %u", list[0].address.ip[3], list[1].address.ip[3], list[2].address.ip[3]);
    assert_string_equal(want, text);
}

TEST(who_failed_is_tried_last_for_a_while)
{
    struct rested *r = rested_new(&key);

    check_order(r, 1000, "1 2 3");
    CHECK_INT(30000, fails(r, 1, 1000));
    check_order(r, 1000, "2 3 1");
    check_order(r, 30999, "2 3 1");
    check_order(r, 31000, "1 2 3");
    rested_free(r);
}

/* Nobody is left out. */
TEST(if_all_rest_all_are_tried_in_their_order)
{
    struct rested *r = rested_new(&key);

    fails(r, 3, 0);
    fails(r, 1, 0);
    check_order(r, 0, "2 1 3");
    fails(r, 2, 0);
    check_order(r, 0, "1 2 3");
    rested_free(r);
}

TEST(who_fails_again_rests_twice_as_long_up_to_five_minutes)
{
    struct rested *r   = rested_new(&key);
    msec           now = 0;

    CHECK_INT(30000, fails(r, 1, now));
    CHECK_INT(0, fails(r, 1, now + 10000)); /* another request found out as well */
    CHECK_INT(60000, fails(r, 1, now += 30000));
    CHECK_INT(120000, fails(r, 1, now += 60000));
    CHECK_INT(240000, fails(r, 1, now += 120000));
    CHECK_INT(REST_MAX, fails(r, 1, now += 240000));
    CHECK_INT(REST_MAX, fails(r, 1, now += REST_MAX));
    rested_free(r);
}

TEST(long_after_its_rest_a_failure_is_the_first_one_again)
{
    struct rested *r = rested_new(&key);

    CHECK_INT(30000, fails(r, 1, 0));
    CHECK_INT(60000, fails(r, 1, 30000));
    CHECK_INT(30000, fails(r, 1, 90000 + REST_MAX));
    rested_free(r);
}

TEST(a_response_ends_the_rest)
{
    struct rested *r = rested_new(&key);
    struct target  t = target(1);

    CHECK(!rested_clear(r, &t));
    fails(r, 1, 0);
    CHECK_INT(1, rested_count(r));
    CHECK(rested_clear(r, &t));
    CHECK_INT(0, rested_count(r));
    CHECK(!rested_clear(r, &t));
    check_order(r, 0, "1 2 3");
    CHECK_INT(30000, fails(r, 1, 0));
    rested_free(r);
}

/* RFC 3261 21.5.4; but nobody keeps us away for ever. */
TEST(who_asks_to_be_left_alone_rests_as_long_as_it_says)
{
    struct rested *r = rested_new(&key);
    struct target  t = target(1);

    CHECK_INT(5000, rested_add_for(r, &t, 5000, 0));
    check_order(r, 4999, "2 3 1");
    check_order(r, 5000, "1 2 3");
    CHECK_INT(REST_MAX, rested_add_for(r, &t, 3600000, 0));
    rested_free(r);
}

TEST(another_transport_or_port_does_not_rest)
{
    struct rested *r = rested_new(&key);
    struct target  t = target(1);

    fails(r, 1, 0);
    t.transport = TRANSPORT_TCP;
    CHECK(!rested_clear(r, &t));
    t = target(1);
    t.address.port++;
    CHECK(!rested_clear(r, &t));
    rested_free(r);
}

/* A zone with a thousand dead servers takes no more memory than one. */
TEST(the_table_is_bounded_and_forgets_the_rest_that_ends_first)
{
    struct rested *r = rested_new(&key);
    struct target  t = target(1);

    for (unsigned i = 0; i < 5000; i++) {
        t.address.port = (uint16_t)(i + 1);
        CHECK_INT(30000, rested_add(r, &t, 30000, i));
    }
    CHECK(rested_count(r) <= RESTED_SETS * RESTED_WAYS);
    CHECK(rested_count(r) > RESTED_SETS * RESTED_WAYS / 2);
    CHECK(rested_clear(r, &t)); /* the last one is known */
    rested_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_failed_is_tried_last_for_a_while),
        cmocka_unit_test(if_all_rest_all_are_tried_in_their_order),
        cmocka_unit_test(who_fails_again_rests_twice_as_long_up_to_five_minutes),
        cmocka_unit_test(long_after_its_rest_a_failure_is_the_first_one_again),
        cmocka_unit_test(a_response_ends_the_rest),
        cmocka_unit_test(who_asks_to_be_left_alone_rests_as_long_as_it_says),
        cmocka_unit_test(another_transport_or_port_does_not_rest),
        cmocka_unit_test(the_table_is_bounded_and_forgets_the_rest_that_ends_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
