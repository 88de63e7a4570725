/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_group.h"

#include "support/test.h"

static struct address    addresses[UDP_GROUP_REACH + 1], none;
static struct udp_piece  pieces[UDP_GROUP_BATCH];
static struct udp_groups groups;

static struct udp_piece piece(unsigned to, size_t len, bool may_pad)
{
    for (unsigned i = 0; i <= UDP_GROUP_REACH; i++)
        addresses[i] = address_v4(192, 0, 2, (uint8_t)i, 5060);
    return (struct udp_piece){ &addresses[to], &none, len, may_pad, 0 };
}

static struct udp_piece of_call(uint8_t call, unsigned to, size_t len)
{
    struct udp_piece p = piece(to, len, false);

    p.call = call;
    return p;
}

static void check_group(unsigned number, size_t size, const char *members)
{
    const struct udp_group *g = &groups.of[number];

    CHECK(number < groups.count);
    CHECK_INT(size, g->size);
    CHECK_INT(strlen(members), g->count);
    for (unsigned i = 0; i < g->count; i++)
        CHECK_INT(members[i] - '0', groups.order[g->first + i]);
}

TEST(what_goes_to_one_address_is_one_group_as_long_as_its_longest)
{
    pieces[0] = piece(0, 600, true);
    pieces[1] = piece(1, 500, true);
    pieces[2] = piece(0, 700, true);
    pieces[3] = piece(0, 400, true);
    pieces[4] = piece(1, 501, true);
    pieces[5] = piece(2, 10, true);
    udp_group(pieces, 6, true, &groups);
    CHECK_INT(3, groups.count);
    check_group(0, 700, "023");
    check_group(1, 501, "14");
    check_group(2, 10, "5");
}

TEST(addresses_that_we_leave_from_part_groups_too)
{
    pieces[0]      = piece(0, 600, true);
    pieces[1]      = piece(0, 600, true);
    pieces[1].from = &addresses[1];
    udp_group(pieces, 2, true, &groups);
    CHECK_INT(2, groups.count);
}

TEST(what_may_not_be_padded_goes_alone_and_nothing_overtakes_it)
{
    pieces[0] = piece(0, 600, true);
    pieces[1] = piece(0, 500, false);
    pieces[2] = piece(0, 600, true);
    pieces[3] = piece(0, 550, true);
    udp_group(pieces, 4, true, &groups);
    CHECK_INT(3, groups.count);
    check_group(0, 600, "0");
    check_group(1, 500, "1");
    check_group(2, 600, "23");
}

TEST(what_has_one_length_anyway_needs_no_padding)
{
    pieces[0] = piece(0, 600, false);
    pieces[1] = piece(1, 700, true);
    pieces[2] = piece(0, 600, true);
    pieces[3] = piece(1, 700, false);
    pieces[4] = piece(0, 599, true);  /* it would have to be padded */
    pieces[5] = piece(0, 600, false); /* it would overtake that */
    pieces[6] = piece(1, 701, true);
    for (int pad = 0; pad < 2; pad++) {
        udp_group(pieces, 7, pad != 0, &groups);
        CHECK_INT(5, groups.count);
        check_group(0, 600, "02");
        check_group(1, 700, "13");
        check_group(2, 599, "4");
        check_group(3, 600, "5");
        check_group(4, 701, "6");
    }
}

TEST(what_belongs_to_different_calls_may_overtake_each_other)
{
    pieces[0] = of_call(1, 0, 600);
    pieces[1] = of_call(1, 0, 700);
    pieces[2] = of_call(2, 0, 600);
    pieces[3] = of_call(2, 0, 700);
    udp_group(pieces, 4, false, &groups);
    CHECK_INT(2, groups.count);
    check_group(0, 600, "02");
    check_group(1, 700, "13");
}

TEST(what_belongs_to_one_call_overtakes_nothing_of_it)
{
    pieces[0] = of_call(1, 0, 600);
    pieces[1] = of_call(2, 0, 700);
    pieces[2] = of_call(2, 0, 600); /* it would come before 1 */
    pieces[3] = of_call(3, 0, 600);
    pieces[4] = of_call(1, 0, 700);
    udp_group(pieces, 5, false, &groups);
    CHECK_INT(3, groups.count);
    check_group(0, 600, "0");
    check_group(1, 700, "14");
    check_group(2, 600, "23");
}

TEST(what_is_of_no_call_known_keeps_its_place_among_all)
{
    pieces[0] = of_call(1, 0, 600);
    pieces[1] = of_call(2, 0, 700);
    pieces[2] = piece(0, 600, true); /* it overtakes nobody */
    pieces[3] = of_call(3, 0, 700);  /* nobody overtakes it */
    pieces[4] = of_call(3, 0, 600);
    udp_group(pieces, 5, false, &groups);
    CHECK_INT(5, groups.count);
}

/* Where each goes elsewhere it costs little to find that out. */
TEST(without_padding_only_the_last_groups_are_looked_at)
{
    for (unsigned i = 0; i < UDP_GROUP_REACH; i++)
        pieces[i] = piece(i, 600, true);
    pieces[UDP_GROUP_REACH] = piece(0, 600, true);
    udp_group(pieces, UDP_GROUP_REACH + 1, false, &groups);
    CHECK_INT(UDP_GROUP_REACH, groups.count);
    CHECK_INT(2, groups.of[0].count);

    pieces[UDP_GROUP_REACH]     = piece(UDP_GROUP_REACH, 600, true); /* one address more */
    pieces[UDP_GROUP_REACH + 1] = piece(0, 600, true);
    udp_group(pieces, UDP_GROUP_REACH + 2, false, &groups);
    CHECK_INT(UDP_GROUP_REACH + 2, groups.count);
}

TEST(without_padding_what_leaves_together_fits_into_any_link)
{
    pieces[0] = pieces[1] = piece(0, UDP_GROUP_SURE, true);
    pieces[2] = pieces[3] = piece(1, UDP_GROUP_SURE + 1, true);
    udp_group(pieces, 4, false, &groups);
    CHECK_INT(3, groups.count);
    check_group(0, UDP_GROUP_SURE, "01");
}

TEST(what_is_empty_goes_alone)
{
    pieces[0] = pieces[1] = piece(0, 0, true);
    for (int pad = 0; pad < 2; pad++) {
        udp_group(pieces, 2, pad != 0, &groups);
        CHECK_INT(2, groups.count);
    }
}

TEST(nothing_grows_to_more_than_twice_its_length)
{
    pieces[0] = piece(0, 300, true);
    pieces[1] = piece(0, 600, true);
    pieces[2] = piece(0, 601, true); /* 300 would more than double */
    pieces[3] = piece(0, 300, true); /* this too */
    pieces[4] = piece(0, 0, true);
    udp_group(pieces, 5, true, &groups);
    CHECK_INT(4, groups.count);
    check_group(0, 600, "01");
    check_group(1, 601, "2");
    check_group(2, 300, "3");
    check_group(3, 0, "4");
}

TEST(a_group_is_bounded_in_bytes_and_in_the_length_of_one)
{
    for (unsigned i = 0; i < UDP_GROUP_BATCH; i++)
        pieces[i] = piece(0, UDP_GROUP_SEGMENT, true);
    pieces[1].len = UDP_GROUP_SEGMENT + 1;
    udp_group(pieces, UDP_GROUP_BATCH, true, &groups);
    CHECK_INT(4, groups.count);
    CHECK_INT(1, groups.of[0].count);
    CHECK_INT(1, groups.of[1].count);
    CHECK_INT(UDP_GROUP_BYTES / UDP_GROUP_SEGMENT, groups.of[2].count);
    CHECK_INT(UDP_GROUP_BATCH - 2 - groups.of[2].count, groups.of[3].count);
}

/* May `second` leave after `first`? */
static bool keeps_order(unsigned first, unsigned second)
{
    const struct udp_piece *a = &pieces[first], *b = &pieces[second];

    return first < second || a->to != b->to || (a->call != b->call && a->call != 0 && b->call != 0);
}

static void check_any_batch(unsigned count, bool pad)
{
    bool     seen[UDP_GROUP_BATCH] = { false };
    unsigned at                    = 0;

    udp_group(pieces, count, pad, &groups);
    CHECK_INT(0, groups.order[0]);
    for (unsigned n = 0; n < groups.count; n++) {
        const struct udp_group *g = &groups.of[n];

        CHECK_INT(at, g->first);
        for (unsigned i = 0; i < g->count; i++, at++) {
            const struct udp_piece *p = &pieces[groups.order[at]];

            CHECK(p->to == pieces[groups.order[g->first]].to);
            CHECK(p->len == g->size || (pad && p->may_pad && p->len < g->size));
            CHECK(!seen[groups.order[at]]);
            seen[groups.order[at]] = true;
            for (unsigned before = 0; before < at; before++)
                CHECK(keeps_order(groups.order[before], groups.order[at]));
        }
    }
    CHECK_INT(count, at);
}

/* Whatever comes: each piece in one group, in order for its call and address, the first one first. */
TEST(groups_of_any_batch_hold_each_piece_once_and_in_order)
{
    for (unsigned seed = 1; seed < 500; seed++) {
        unsigned x = seed, count = 1 + seed % UDP_GROUP_BATCH, calls = 1 + seed % 7;

        for (unsigned i = 0; i < count; i++) {
            x              = x * 1103515245 + 12345;
            pieces[i]      = piece(x >> 16 & 3, (x >> 18) % 3 == 0 ? 400 : (x >> 18) % 1500, (x >> 10 & 7) != 0);
            pieces[i].call = (uint8_t)((x >> 21) % calls);
        }
        check_any_batch(count, seed % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_to_one_address_is_one_group_as_long_as_its_longest),
        cmocka_unit_test(addresses_that_we_leave_from_part_groups_too),
        cmocka_unit_test(what_may_not_be_padded_goes_alone_and_nothing_overtakes_it),
        cmocka_unit_test(what_has_one_length_anyway_needs_no_padding),
        cmocka_unit_test(what_belongs_to_different_calls_may_overtake_each_other),
        cmocka_unit_test(what_belongs_to_one_call_overtakes_nothing_of_it),
        cmocka_unit_test(what_is_of_no_call_known_keeps_its_place_among_all),
        cmocka_unit_test(without_padding_only_the_last_groups_are_looked_at),
        cmocka_unit_test(without_padding_what_leaves_together_fits_into_any_link),
        cmocka_unit_test(what_is_empty_goes_alone),
        cmocka_unit_test(nothing_grows_to_more_than_twice_its_length),
        cmocka_unit_test(a_group_is_bounded_in_bytes_and_in_the_length_of_one),
        cmocka_unit_test(groups_of_any_batch_hold_each_piece_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
