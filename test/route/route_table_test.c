/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/route_table.h"

#include "support/test.h"

#include <stdio.h>

TEST(a_target_is_a_uri_or_a_trunk_with_its_share)
{
    static const char *const bad[] = {
        "",          "tel:1",  "sip:a weight=0", "sip:a weight=1001", "sip:a weight=1 weight=2",
        "sip:a x=1", "trunk:", "trunk:a;b",      "sip:a  priority=",  "sip:a priority=1 priority=2"
    };
    struct table_target t;
    struct slice        name;

    CHECK(table_target_parse(test_guarded(SLICE("sip:gw.test:5070;lr weight=3 priority=2")), &t, &name));
    CHECK_SLICE("sip:gw.test:5070;lr", t.uri);
    CHECK(t.weight == 3 && t.priority == 2 && name.len == 0);
    CHECK(table_target_parse(test_guarded(SLICE("trunk:one priority=7")), &t, &name));
    CHECK_SLICE("one", name);
    CHECK(t.weight == 1 && t.priority == 7 && t.uri.len == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (table_target_parse(test_guarded(slice_from(bad[i])), &t, &name))
            fail_msg("taken: %s", bad[i]);
}

static const struct hash_key     key       = { 1, 2 };
static const struct table_target targets[] = {
    { .uri = SLICE_INIT("sip:last"), .weight = 1, .priority = 9 },
    { .uri = SLICE_INIT("sip:often"), .weight = 3, .priority = 1 },
    { .uri = SLICE_INIT("sip:seldom"), .weight = 1, .priority = 1 },
};

/* RFC 2782. */
TEST(targets_are_taken_by_priority_and_then_by_weight)
{
    unsigned first[3] = { 0 };

    for (unsigned i = 0; i < 4000; i++) {
        char    call_id[32];
        uint8_t order[ROUTE_TARGETS], again[ROUTE_TARGETS];

        snprintf(call_id, sizeof call_id, "call-%u@a.test", i);
        route_order(targets, 3, &key, slice_from(call_id), order);
        route_order(targets, 3, &key, slice_from(call_id), again);
        CHECK(memcmp(order, again, 3) == 0); /* the same call goes the same way */
        CHECK_INT(0, order[2]);
        CHECK_INT(3, order[0] + order[1]); /* each once */
        first[order[0]]++;
    }
    CHECK(first[1] > 2850 && first[1] < 3150);
    CHECK_INT(4000, first[1] + first[2]);
}

TEST(one_target_needs_no_dice)
{
    uint8_t order[ROUTE_TARGETS];

    route_order(targets, 1, &key, SLICE("one"), order);
    CHECK_INT(0, order[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_a_uri_or_a_trunk_with_its_share),
        cmocka_unit_test(targets_are_taken_by_priority_and_then_by_weight),
        cmocka_unit_test(one_target_needs_no_dice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
