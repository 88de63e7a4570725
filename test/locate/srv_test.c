/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 2782: the lots are drawn one by one, so the shares are exact. */
#include "locate/srv.h"

#include "base/limits.h"
#include "support/test.h"

enum { DRAWS = 256 };

/* Hands out what it is told to. */
struct script {
    uint64_t values[DRAWS];
    unsigned next;
};

static void play(void *arg, void *bytes, size_t len)
{
    struct script *s = arg;

    CHECK_INT(sizeof(uint64_t), len);
    CHECK(s->next < DRAWS);
    memcpy(bytes, &s->values[s->next++], len);
}

static struct record srv(uint16_t priority, uint16_t weight, const char *target)
{
    return (struct record){
        .type = RECORD_SRV, .priority = priority, .weight = weight, .port = 5060, .target = slice_from(target)
    };
}

/* Which comes first if the first lot is `lot`. */
static unsigned first_for(const struct record *records, size_t count, uint64_t lot)
{
    struct script s      = { { lot }, 0 };
    struct random random = { play, &s };
    uint8_t       order[8];

    CHECK_INT(count, srv_order(records, count, &random, order, 8));
    return order[0];
}

/* "a uniform random number between 0 and the sum computed (inclusive)", and the first
 * whose running sum is not less than it. */
TEST(each_server_gets_its_share_of_the_lots)
{
    const struct record records[] = { srv(1, 60, "a.e"), srv(1, 30, "b.e"), srv(1, 10, "c.e") };
    unsigned            firsts[3] = { 0 };

    for (uint64_t lot = 0; lot <= 100; lot++)
        firsts[first_for(records, 3, lot)]++;
    CHECK_INT(61, firsts[0]); /* the lot 0 is the first one's */
    CHECK_INT(30, firsts[1]);
    CHECK_INT(10, firsts[2]);
}

/* "very small chance of being selected" beside others. */
TEST(weight_zero_wins_one_lot_only)
{
    const struct record records[] = { srv(1, 50, "a.e"), srv(1, 0, "b.e"), srv(1, 50, "c.e") };
    unsigned            firsts[3] = { 0 };

    for (uint64_t lot = 0; lot <= 100; lot++)
        firsts[first_for(records, 3, lot)]++;
    CHECK_INT(50, firsts[0]);
    CHECK_INT(1, firsts[1]);
    CHECK_INT(50, firsts[2]);
}

/* "Continue the ordering process until there are no unordered SRV RRs": the sum is that
 * of those that are left. */
TEST(the_next_lot_is_among_those_that_are_left)
{
    const struct record records[] = { srv(1, 10, "a.e"), srv(1, 20, "b.e"), srv(1, 30, "c.e") };
    struct script       s         = { { 60, 30, 0 }, 0 };
    struct random       random    = { play, &s };
    uint8_t             order[3];

    CHECK_INT(3, srv_order(records, 3, &random, order, 3));
    CHECK_INT(2, order[0]); /* 60 of 0..60 */
    CHECK_INT(1, order[1]); /* 30 of 0..30 */
    CHECK_INT(0, order[2]);
}

/* A thousand seeds of the generator that programs do not use: no draw is lost or doubled,
 * and the shares come near. */
TEST(shares_hold_over_many_seeds)
{
    const struct record records[] = { srv(1, 3, "a.e"), srv(1, 1, "b.e"), srv(0, 7, "first.e"), srv(9, 9, "last.e") };
    unsigned            heavy     = 0;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct random_seeded generator;
        struct random        random = { random_seeded_fill, &generator };
        uint8_t              order[4];

        random_seed(&generator, seed);
        CHECK_INT(4, srv_order(records, 4, &random, order, 4));
        CHECK_INT(2, order[0]);
        CHECK_INT(3, order[3]);
        CHECK_INT(1, order[1] + order[2]);
        heavy += order[1] == 0;
    }
    CHECK(heavy > 740 && heavy < 860); /* 4 lots of 5 */
}

TEST(lower_priorities_come_first)
{
    const struct record records[] = { srv(30, 9000, "c.e"), srv(10, 0, "a.e"), srv(20, 1, "b.e") };

    for (uint64_t lot = 0; lot < 20; lot++)
        CHECK_INT(1, first_for(records, 3, lot));
}

TEST(what_makes_no_sense_is_passed_over)
{
    static char   name[300];
    struct record records[] = { srv(1, 0, "."), srv(1, 0, ""), srv(1, 0, "a.e"), srv(1, 0, "b.e"), srv(1, 0, "c.e") };
    struct script s         = { { 0 }, 0 };
    struct random random    = { play, &s };
    uint8_t       order[5];

    memset(name, 'n', sizeof name);
    records[2].port   = 0;
    records[3].target = (struct slice){ name, sizeof name };
    CHECK_INT(1, srv_order(records, 5, &random, order, 5));
    CHECK_INT(4, order[0]);
    records[4].type = RECORD_A;
    CHECK_INT(0, srv_order(records, 5, &random, order, 5));
}

TEST(the_list_is_bounded_on_both_sides)
{
    struct record records[LIMIT_LIST + 5];
    struct script s      = { { 0 }, 0 };
    struct random random = { play, &s };
    uint8_t       order[LIMIT_LIST + 5];

    for (size_t i = 0; i < LIMIT_LIST + 5; i++)
        records[i] = srv((uint16_t)(1000 - i), UINT16_MAX, "a.e");
    CHECK_INT(LIMIT_LIST, srv_order(records, LIMIT_LIST + 5, &random, order, LIMIT_LIST + 5));
    CHECK_INT(LIMIT_LIST - 1, order[0]);
    CHECK_INT(3, srv_order(records, LIMIT_LIST + 5, &random, order, 3));
    CHECK_INT(0, srv_order(records, 0, &random, order, 3));
}

TEST(a_root_target_refuses)
{
    const struct record refused[] = { srv(0, 0, ".") }, given[] = { srv(0, 0, "a.e") };

    CHECK(srv_refuses(refused, 1));
    CHECK(!srv_refuses(given, 1));
    CHECK(!srv_refuses(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_server_gets_its_share_of_the_lots),
        cmocka_unit_test(weight_zero_wins_one_lot_only),
        cmocka_unit_test(the_next_lot_is_among_those_that_are_left),
        cmocka_unit_test(shares_hold_over_many_seeds),
        cmocka_unit_test(lower_priorities_come_first),
        cmocka_unit_test(what_makes_no_sense_is_passed_over),
        cmocka_unit_test(the_list_is_bounded_on_both_sides),
        cmocka_unit_test(a_root_target_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
