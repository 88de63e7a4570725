/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_group.h"

#include "support/test.h"

static struct address    addresses[4], none;
static struct udp_piece  pieces[UDP_GROUP_BATCH];
static struct udp_groups groups;

static struct udp_piece piece(unsigned to, size_t len, bool may_pad)
{
    for (unsigned i = 0; i < 4; i++)
        addresses[i] = address_v4(192, 0, 2, (uint8_t)i, 5060);
    return (struct udp_piece){ &addresses[to], &none, len, may_pad };
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

/* Where each goes elsewhere it costs little to find that out. */
TEST(without_padding_only_the_last_groups_are_looked_at)
{
    unsigned to[] = { 0, 1, 2, 3, 0, 1 };

    for (unsigned i = 0; i < 6; i++)
        pieces[i] = piece(to[i], 600, true);
    udp_group(pieces, 6, false, &groups);
    CHECK_INT(4, groups.count);
    check_group(0, 600, "04");
    for (unsigned i = 0; i < 6; i++)
        pieces[i].from = i == 2 ? &addresses[2] : &none; /* one way more */
    pieces[3].to = &addresses[2];
    pieces[4]    = piece(3, 600, true);
    pieces[5]    = piece(0, 600, true);
    udp_group(pieces, 6, false, &groups);
    CHECK_INT(6, groups.count);
    check_group(5, 600, "5");
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

/* Whatever comes: each piece in one group, in order for its address, the first one first. */
TEST(groups_of_any_batch_hold_each_piece_once_and_in_order)
{
    for (unsigned seed = 1; seed < 500; seed++) {
        unsigned x = seed, last[4] = { 0 }, at = 0, count = 1 + seed % UDP_GROUP_BATCH;
        bool     seen[UDP_GROUP_BATCH] = { false };

        for (unsigned i = 0; i < count; i++) {
            x         = x * 1103515245 + 12345;
            pieces[i] = piece(x >> 16 & 3, (x >> 18) % 3 == 0 ? 400 : (x >> 18) % 1500, (x >> 10 & 7) != 0);
        }
        udp_group(pieces, count, seed % 2 == 0, &groups);
        CHECK_INT(0, groups.order[0]);
        for (unsigned n = 0; n < groups.count; n++) {
            const struct udp_group *g = &groups.of[n];

            CHECK_INT(at, g->first);
            for (unsigned i = 0; i < g->count; i++, at++) {
                unsigned index = groups.order[at], to = (unsigned)(pieces[index].to - addresses);

                CHECK(!seen[index] && index + 1 > last[to]);
                CHECK(pieces[index].len == g->size ||
                      (seed % 2 == 0 && pieces[index].may_pad && pieces[index].len < g->size));
                seen[index] = true;
                last[to]    = index + 1;
            }
        }
        CHECK_INT(count, at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_to_one_address_is_one_group_as_long_as_its_longest),
        cmocka_unit_test(addresses_that_we_leave_from_part_groups_too),
        cmocka_unit_test(what_may_not_be_padded_goes_alone_and_nothing_overtakes_it),
        cmocka_unit_test(what_has_one_length_anyway_needs_no_padding),
        cmocka_unit_test(without_padding_only_the_last_groups_are_looked_at),
        cmocka_unit_test(without_padding_what_leaves_together_fits_into_any_link),
        cmocka_unit_test(what_is_empty_goes_alone),
        cmocka_unit_test(nothing_grows_to_more_than_twice_its_length),
        cmocka_unit_test(a_group_is_bounded_in_bytes_and_in_the_length_of_one),
        cmocka_unit_test(groups_of_any_batch_hold_each_piece_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
