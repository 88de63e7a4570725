/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of bindings on their way to who wants to know. */
#include "server/binding_event.h"

#include "support/alloc.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>

enum { WORKERS = 2, HEARD = 16, EVERYTHING = 0x1f };

struct heard {
    enum binding_event event;
    uint32_t           expires;
    uint64_t           lost_before;
    char               aor[32], contact[64], instance[32];
};

struct listener_of {
    unsigned     count;
    uint64_t     lost;
    struct heard heard[HEARD];
};

static struct network        *network;
static struct world          *worlds[WORKERS];
static struct binding_events *events;
static struct listener_of     first, second;

static void copy(char *to, size_t size, struct slice text)
{
    snprintf(to, size, "%.*s", SLICE_ARG(text));
}

static bool on_event(void *arg, struct binding_notice *n)
{
    struct listener_of *l = arg;
    struct heard       *h = &l->heard[l->count % HEARD];

    *h = (struct heard){ .event = n->event, .expires = n->expires, .lost_before = l->lost };
    copy(h->aor, sizeof h->aor, n->aor);
    copy(h->contact, sizeof h->contact, n->contact);
    copy(h->instance, sizeof h->instance, n->instance);
    l->count++;
    return false;
}

static void on_lost(void *arg, uint64_t count)
{
    ((struct listener_of *)arg)->lost += count;
}

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    for (unsigned i = 0; i < WORKERS; i++)
        worlds[i] = world_fake_new(network_host(network, "server"));
    events = binding_events_new(WORKERS);
    CHECK(events != NULL);
    first = second = (struct listener_of){ .count = 0 };
    CHECK_INT(0,
              binding_events_subscribe(events, &(struct binding_subscriber){ on_event, on_lost, &first, EVERYTHING }));
    for (unsigned i = 0; i < WORKERS; i++)
        binding_events_join(events, i, worlds[i]);
    return 0;
}

static void live(void)
{
    network_run_until(network, network_now(network) + 1);
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WORKERS; i++)
        binding_events_leave(events, i);
    binding_events_free(events);
    live();
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(0, world_fake_usage(worlds[i]).posts);
    network_free(network);
    return 0;
}

static void tell(unsigned from, unsigned home, const char *contact, enum binding_event event)
{
    const struct binding b = { .contact    = slice_from(contact),
                               .instance   = SLICE("<urn:uuid:1>"),
                               .reg_id     = 1,
                               .expires_at = world_now(worlds[from]) + 59001 };

    binding_events_tell(events, worlds[from], home, SLICE("sip:bob@a.test"), &b, event);
}

TEST(an_event_says_what_became_of_which_binding_and_why)
{
    tell(0, 0, "sip:bob@192.0.2.2", BINDING_REGISTERED);
    CHECK_INT(0, first.count); /* in a turn of its home, not before */
    live();
    CHECK_INT(1, first.count);
    CHECK_INT(BINDING_REGISTERED, first.heard[0].event);
    CHECK_INT(60, first.heard[0].expires);
    assert_string_equal("sip:bob@a.test", first.heard[0].aor);
    assert_string_equal("sip:bob@192.0.2.2", first.heard[0].contact);
    assert_string_equal("<urn:uuid:1>", first.heard[0].instance);
    tell(0, 0, "sip:bob@192.0.2.2", BINDING_UNREGISTERED);
    live();
    CHECK_INT(0, first.heard[1].expires); /* it is there no more */
    CHECK_INT(1, counter_read(&worlds[0]->counters.bindings_registered));
    CHECK_INT(1, counter_read(&worlds[0]->counters.bindings_unregistered));
}

/* Whoever makes the changes: the lock of the AOR is their order. */
TEST(the_order_is_that_of_the_changes_whichever_worker_makes_them)
{
    char contact[32];

    for (unsigned i = 0; i < 10; i++) {
        snprintf(contact, sizeof contact, "sip:bob@192.0.2.%u", i);
        tell(i % 3 == 0, 1, contact, BINDING_REFRESHED);
    }
    live();
    CHECK_INT(10, first.count);
    for (unsigned i = 0; i < 10; i++) {
        snprintf(contact, sizeof contact, "sip:bob@192.0.2.%u", i);
        assert_string_equal(contact, first.heard[i].contact);
    }
}

TEST(nobody_is_told_what_he_does_not_want)
{
    CHECK_INT(0, binding_events_subscribe(
                     events, &(struct binding_subscriber){ on_event, on_lost, &second, 1 << BINDING_EXPIRED }));
    binding_events_want(events, &first, 1 << BINDING_REGISTERED);
    tell(0, 0, "sip:a", BINDING_REGISTERED);
    tell(0, 0, "sip:b", BINDING_EXPIRED);
    tell(0, 0, "sip:c", BINDING_REFRESHED);
    CHECK_INT(1, world_fake_usage(worlds[0]).posts);
    live();
    CHECK_INT(1, first.count);
    CHECK_INT(1, second.count);
    assert_string_equal("sip:b", second.heard[0].contact);
    tell(0, 0, "sip:c", BINDING_REFRESHED);
    CHECK_INT(0, world_fake_usage(worlds[0]).posts); /* such a refresh costs nothing */
    CHECK_INT(2, counter_read(&worlds[0]->counters.bindings_refreshed));
}

TEST(what_does_not_fit_is_counted_and_told_before_what_comes_next)
{
    for (unsigned i = 0; i < BINDING_EVENTS_QUEUED + 3; i++)
        tell(0, 1, "sip:a", BINDING_REFRESHED);
    CHECK_INT(3, counter_read(&worlds[0]->counters.binding_events_lost));
    live();
    CHECK_INT(BINDING_EVENTS_QUEUED, first.count);
    CHECK_INT(3, first.lost);
    tell(0, 1, "sip:a", BINDING_EXPIRED);
    live();
    CHECK_INT(BINDING_EVENTS_QUEUED + 1, first.count);
    CHECK_INT(3, first.heard[BINDING_EVENTS_QUEUED % HEARD].lost_before);
}

TEST(without_memory_an_event_is_lost_and_the_next_is_not)
{
    alloc_fail_at(1);
    tell(0, 0, "sip:a", BINDING_REGISTERED);
    alloc_fail_at(0);
    live();
    CHECK_INT(0, first.count);
    CHECK_INT(1, first.lost);
    tell(0, 0, "sip:b", BINDING_REGISTERED);
    live();
    CHECK_INT(1, first.count);
    CHECK_INT(1, first.heard[0].lost_before);
}

static int refuse(struct world *w, void (*fn)(void *arg), void *arg)
{
    (void)w;
    (void)fn;
    (void)arg;
    return -1;
}

TEST(a_world_that_takes_no_posts_is_tried_again)
{
    const struct world_ops *ops  = worlds[1]->ops;
    struct world_ops        full = *ops;

    full.post      = refuse;
    worlds[1]->ops = &full;
    tell(0, 1, "sip:a", BINDING_REGISTERED);
    worlds[1]->ops = ops;
    live();
    CHECK_INT(0, first.count);
    binding_events_poke(events, 1);
    binding_events_poke(events, 0); /* there is nothing */
    live();
    CHECK_INT(1, first.count);
    CHECK_INT(0, first.lost);
}

TEST(what_is_on_its_way_at_the_end_is_dropped)
{
    struct budget budget;

    accounts_init(&budget, UINT64_MAX);
    binding_events_account(events, &budget);
    tell(0, 1, "sip:a", BINDING_REGISTERED);
    CHECK(budget_figures(&budget, ACCOUNT_BINDING_EVENTS).bytes > sizeof(struct binding_notice));
    binding_events_free(events);
    live();
    CHECK_INT(0, first.count);
    CHECK_INT(0, budget_figures(&budget, ACCOUNT_BINDING_EVENTS).bytes);
    events = binding_events_new(WORKERS); /* for the teardown */
}

TEST(subscribers_are_bounded)
{
    const struct binding_subscriber s = { on_event, on_lost, &second, 0 };

    for (unsigned i = 1; i < BINDING_SUBSCRIBERS_MAX; i++)
        CHECK_INT(0, binding_events_subscribe(events, &s));
    CHECK(binding_events_subscribe(events, &s) != 0);
}

TEST(without_memory_there_are_none)
{
    for (unsigned i = 1; i <= 1 + WORKERS; i++) {
        alloc_fail_at(i);
        CHECK(binding_events_new(WORKERS) == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_says_what_became_of_which_binding_and_why, setup, teardown),
        cmocka_unit_test_setup_teardown(the_order_is_that_of_the_changes_whichever_worker_makes_them, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_told_what_he_does_not_want, setup, teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_counted_and_told_before_what_comes_next, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_an_event_is_lost_and_the_next_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_world_that_takes_no_posts_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_at_the_end_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(subscribers_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_there_are_none, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
