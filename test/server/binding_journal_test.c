/* SPDX-License-Identifier: BSD-2-Clause */
/* The last changes of bindings, read in pieces. */
#include "server/binding_journal.h"

#include "support/alloc.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>

static struct network         *network;
static struct world           *world;
static struct binding_events  *events;
static struct binding_journal *journal;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    world   = world_fake_new(network_host(network, "server"));
    events  = binding_events_new(1);
    journal = binding_journal_new(events);
    CHECK(journal != NULL);
    binding_events_join(events, 0, world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    binding_events_leave(events, 0);
    binding_journal_free(journal);
    binding_events_free(events);
    network_free(network);
    return 0;
}

/* One each turn. */
static void happens(unsigned count, enum binding_event event)
{
    const struct binding b = { .contact = SLICE("sip:bob@192.0.2.2"), .expires_at = 1000000 };

    while (count-- > 0) {
        binding_events_tell(events, world, 0, SLICE("sip:bob@a.test"), &b, event);
        network_run_until(network, network_now(network) + 1);
    }
}

struct reading {
    unsigned count;
    uint64_t first, last;
};

static void note(void *arg, const struct binding_notice *n)
{
    struct reading *r = arg;

    if (r->count++ == 0)
        r->first = n->number;
    else
        CHECK(n->number > r->last);
    r->last = n->number;
}

static struct binding_page read_from(uint64_t since, size_t limit, struct reading *r)
{
    *r = (struct reading){ 0, 0, 0 };
    return binding_journal_read(journal, since, limit, note, r);
}

TEST(what_came_after_a_number_is_given_and_where_to_go_on)
{
    struct reading      r;
    struct binding_page page;

    happens(5, BINDING_REGISTERED);
    CHECK_INT(5, binding_journal_last(journal));
    page = read_from(2, 2, &r);
    CHECK_INT(2, r.count);
    CHECK_INT(3, r.first);
    CHECK_INT(4, page.next);
    CHECK_INT(0, page.missed);
    page = read_from(page.next, 100, &r);
    CHECK_INT(1, r.count);
    CHECK_INT(5, page.next);
    page = read_from(page.next, 100, &r);
    CHECK_INT(0, r.count);
    CHECK_INT(5, page.next);
}

TEST(what_was_overwritten_is_missed)
{
    struct reading      r;
    struct binding_page page;

    happens(BINDING_JOURNAL_ROOM + 7, BINDING_EXPIRED);
    page = read_from(2, BINDING_JOURNAL_ROOM + 7, &r);
    CHECK_INT(5, page.missed);
    CHECK_INT(BINDING_JOURNAL_ROOM, r.count);
    CHECK_INT(8, r.first);
    CHECK_INT(BINDING_JOURNAL_ROOM + 7, page.next);
}

TEST(what_was_lost_on_its_way_is_missed_too)
{
    struct reading      r;
    struct binding_page page;

    happens(1, BINDING_REGISTERED);
    alloc_fail_at(1);
    happens(1, BINDING_EXPIRED);
    alloc_fail_at(0);
    happens(1, BINDING_REGISTERED);
    page = read_from(0, 100, &r);
    CHECK_INT(2, r.count);
    CHECK_INT(1, page.missed);
    CHECK_INT(3, page.next);
}

TEST(a_number_of_another_life_begins_anew)
{
    struct reading r;

    happens(3, BINDING_REGISTERED);
    CHECK_INT(3, read_from(4711, 100, &r).next);
    CHECK_INT(3, r.count);
}

TEST(refreshes_are_kept_while_somebody_asks_for_them)
{
    struct reading r;

    happens(1, BINDING_REFRESHED);
    CHECK_INT(0, binding_journal_last(journal));
    binding_journal_want_refreshes(journal, world_wall(world));
    happens(2, BINDING_REFRESHED);
    CHECK_INT(2, binding_journal_last(journal));
    network_run_until(network, network_now(network) + BINDING_JOURNAL_LISTENS);
    happens(2, BINDING_REFRESHED);
    happens(1, BINDING_REGISTERED);
    read_from(0, 100, &r);
    CHECK_INT(3, r.count);
}

TEST(without_memory_there_is_none)
{
    struct binding_events *others = binding_events_new(1);

    alloc_fail_at(1);
    CHECK(binding_journal_new(others) == NULL);
    alloc_fail_at(0);
    binding_events_free(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_came_after_a_number_is_given_and_where_to_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_overwritten_is_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_lost_on_its_way_is_missed_too, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_of_another_life_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(refreshes_are_kept_while_somebody_asks_for_them, setup, teardown),
        cmocka_unit_test(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
