/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/target_set.h"

#include "sip/uri.h"
#include "support/test.h"

#include <stdlib.h>

static struct route_target memory[LIMIT_TARGETS];
static struct target_set   set;

static void add(const char *uri, unsigned q)
{
    CHECK(target_set_add(&set, &(struct route_target){ .uri = slice_from(uri), .q = q }));
}

static void start(void)
{
    target_set_init(&set, memory, LIMIT_TARGETS);
}

static void expect_groups(const unsigned *groups)
{
    for (unsigned i = 0; i < set.count; i++)
        CHECK_INT(groups[i], set.list[i].group);
}

/* RFC 3261 16.6: from the highest q to the lowest. */
TEST(the_preferred_come_first_and_equals_keep_their_order)
{
    static const char *const order[] = { "sip:d", "sip:b", "sip:e", "sip:a", "sip:c" };

    start();
    add("sip:a", 500);
    add("sip:b", 900);
    add("sip:c", 500);
    add("sip:d", 1000);
    add("sip:e", 900);
    target_set_sort(&set);
    for (unsigned i = 0; i < set.count; i++)
        CHECK_SLICE(order[i], set.list[i].uri);
}

TEST(equal_q_is_one_group)
{
    start();
    add("sip:a", 900);
    add("sip:b", 900);
    add("sip:c", 500);
    add("sip:d", 0);
    add("sip:e", 0);
    target_set_group(&set, TARGETS_BY_Q, LIMIT_BRANCHES);
    expect_groups((const unsigned[]){ 0, 0, 1, 2, 2 });
    target_set_group(&set, TARGETS_PARALLEL, LIMIT_BRANCHES);
    expect_groups((const unsigned[]){ 0, 0, 0, 0, 0 });
    target_set_group(&set, TARGETS_SEQUENTIAL, LIMIT_BRANCHES);
    expect_groups((const unsigned[]){ 0, 1, 2, 3, 4 });
}

/* RFC 5393 5.3.3 */
TEST(a_group_is_no_wider_than_it_may_be)
{
    start();
    for (int i = 0; i < 5; i++)
        add("sip:a", 900);
    add("sip:b", 100);
    target_set_group(&set, TARGETS_BY_Q, 2);
    expect_groups((const unsigned[]){ 0, 0, 1, 1, 2, 3 });
}

TEST(group_follows_group_until_none_is_left)
{
    const struct route_target *first;

    start();
    CHECK_INT(0, target_set_next(&set, &first));
    add("sip:a", 900);
    add("sip:b", 900);
    add("sip:c", 500);
    target_set_group(&set, TARGETS_BY_Q, LIMIT_BRANCHES);
    CHECK_INT(2, target_set_next(&set, &first));
    CHECK_SLICE("sip:a", first[0].uri);
    CHECK_INT(1, target_set_left(&set));
    CHECK_INT(1, target_set_next(&set, &first));
    CHECK_SLICE("sip:c", first[0].uri);
    CHECK_INT(0, target_set_left(&set));
    CHECK_INT(0, target_set_next(&set, &first));
}

/* RFC 3261 16.5: as URIs are compared, not letter by letter. */
TEST(a_uri_that_is_there_is_found)
{
    struct uri same, other;

    start();
    add("sip:bob@Example.test;transport=tcp", 1000);
    CHECK(uri_parse(SLICE("sip:bob@example.test;transport=TCP"), &same));
    CHECK(uri_parse(SLICE("sip:bob@example.test"), &other));
    CHECK(target_set_has(&set, &same));
    CHECK(!target_set_has(&set, &other));
}

TEST(there_is_room_for_so_many)
{
    start();
    for (int i = 0; i < LIMIT_TARGETS; i++)
        add("sip:a", 1000);
    CHECK(!target_set_add(&set, &(struct route_target){ .q = 1 }));
    target_set_drop(&set, LIMIT_TARGETS);
    CHECK_INT(LIMIT_TARGETS, set.count);
    set.list[1].q = 7;
    target_set_drop(&set, 0);
    CHECK_INT(LIMIT_TARGETS - 1, set.count);
    CHECK_INT(7, set.list[0].q);
    target_set_cut(&set, 3);
    CHECK_INT(3, set.count);
    target_set_cut(&set, 9);
    CHECK_INT(3, set.count);
}

/* What it was copied from is overwritten before it is looked at. */
TEST(what_is_kept_is_what_is_left_and_owns_all)
{
    struct flow        flows[2] = { { .transport = TRANSPORT_TCP, .connection = 5 }, { .transport = TRANSPORT_UDP } };
    char               text[]   = "sip:bob@192.0.2.1,<sip:edge>;x=y";
    struct slice       all      = slice_from(text);
    struct target_set *kept;
    const struct route_target *t;

    start();
    add("sip:first", 1000);
    CHECK(target_set_add(&set, &(struct route_target){ .uri    = { all.ptr, 17 },
                                                       .path   = { all.ptr + 18, 10 },
                                                       .params = { all.ptr + 28, 4 },
                                                       .q      = 500,
                                                       .flow   = &flows[0],
                                                       .like   = &flows[0] }));
    CHECK(target_set_add(&set, &(struct route_target){ .q = 400, .flow = &flows[0], .like = &flows[1] }));
    CHECK(target_set_add(&set, &(struct route_target){ .q = 300, .like = &flows[1] }));
    target_set_group(&set, TARGETS_BY_Q, LIMIT_BRANCHES);
    CHECK_INT(1, target_set_next(&set, &t));
    kept = target_set_keep(&set);
    CHECK(kept != NULL);
    memset(text, 'x', sizeof text);
    memset(flows, 0, sizeof flows);
    memset(memory, 0, sizeof memory);
    CHECK_INT(3, target_set_left(kept));
    CHECK_INT(1, target_set_next(kept, &t));
    CHECK_SLICE("sip:bob@192.0.2.1", t->uri);
    CHECK_SLICE("<sip:edge>", t->path);
    CHECK_SLICE(";x=y", t->params);
    CHECK(t->flow == t->like && t->flow->transport == TRANSPORT_TCP && t->flow->connection == 5);
    CHECK_INT(1, target_set_next(kept, &t));
    CHECK(t->flow->transport == TRANSPORT_TCP && t->like->transport == TRANSPORT_UDP);
    CHECK_INT(1, target_set_next(kept, &t));
    CHECK(t->flow == NULL && t->like->transport == TRANSPORT_UDP);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_preferred_come_first_and_equals_keep_their_order),
        cmocka_unit_test(equal_q_is_one_group),
        cmocka_unit_test(a_group_is_no_wider_than_it_may_be),
        cmocka_unit_test(group_follows_group_until_none_is_left),
        cmocka_unit_test(a_uri_that_is_there_is_found),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(what_is_kept_is_what_is_left_and_owns_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
