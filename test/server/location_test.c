/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "support/alloc.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

static struct network *network;
static struct world   *world;
static unsigned        expired;
static uint64_t        expired_row;

static void on_expired(void *owner, const struct binding *b)
{
    CHECK(owner == &expired);
    expired++;
    expired_row = b->row;
}

static struct location *setup(size_t limit)
{
    struct location *l;

    network = network_new(1);
    world   = world_fake_new(network_host(network, "here"));
    expired = 0;
    l       = location_new(world, limit);
    location_on_expired(l, on_expired, &expired);
    CHECK(l != NULL);
    return l;
}

/* Freed with what is in it. */
static void teardown(struct location *l)
{
    location_free(l);
    CHECK_INT(0, world->wheel.running);
    world_fake_free(world);
    network_free(network);
}

/* A binding whose texts are gone when it has been put. */
static struct binding *put(struct location *l, const char *key, const char *contact, msec expires_at,
                           struct binding *replaces)
{
    char            text[64];
    struct binding  values = { .expires_at = expires_at, .call_id = SLICE("c"), .user_agent = SLICE("ua") };
    struct binding *made;

    snprintf(text, sizeof text, "%s", contact);
    values.contact = slice_from(text);
    made           = location_put(l, slice_from(key), &values, replaces);
    memset(text, 'x', sizeof text);
    return made;
}

TEST(what_is_put_is_copied_and_found_in_its_order)
{
    struct location *l = setup(10);
    struct aor      *a;

    CHECK(location_find(l, SLICE("bob")) == NULL);
    put(l, "bob", "sip:1", 1000, NULL);
    put(l, "bob", "sip:2", 1000, NULL);
    put(l, "carol", "sip:3", 1000, NULL);
    a = location_find(l, SLICE("bob"));
    CHECK_SLICE("bob", aor_key(a));
    CHECK_INT(2, aor_count(a));
    CHECK_SLICE("sip:1", aor_first(a)->contact);
    CHECK_SLICE("sip:2", aor_next(a, aor_first(a))->contact);
    CHECK_SLICE("ua", aor_first(a)->user_agent);
    CHECK(aor_next(a, aor_next(a, aor_first(a))) == NULL);
    CHECK_INT(3, location_count(l));
    teardown(l);
}

TEST(a_replacement_keeps_the_row_and_the_count)
{
    struct location *l     = setup(1);
    struct binding  *first = put(l, "bob", "sip:1", 1000, NULL);
    uint64_t         row   = first->row;
    struct binding  *next  = put(l, "bob", "sip:2", 5000, first);

    CHECK(next != NULL); /* at the limit too */
    CHECK_INT(row, next->row);
    CHECK_INT(1, location_count(l));
    CHECK_INT(1, aor_count(location_find(l, SLICE("bob"))));
    network_run_until(network, 2000); /* the old one's time went with it */
    CHECK_INT(0, expired);
    teardown(l);
}

TEST(an_aor_goes_with_its_last_binding)
{
    struct location *l = setup(10);
    struct binding  *b = put(l, "bob", "sip:1", 1000, NULL);

    location_remove(l, b);
    CHECK(location_find(l, SLICE("bob")) == NULL);
    CHECK_INT(0, location_count(l));
    teardown(l);
}

TEST(a_binding_ends_at_its_time_unless_refreshed)
{
    struct location *l = setup(10);
    struct binding  *b = put(l, "bob", "sip:1", 1000, NULL);

    put(l, "carol", "sip:2", 1000, NULL);
    location_refresh(l, b, 3000, 7);
    CHECK_INT(7, b->cseq);
    network_run_until(network, 1500);
    CHECK_INT(1, expired);
    CHECK(location_find(l, SLICE("carol")) == NULL);
    CHECK(location_find(l, SLICE("bob")) != NULL);
    network_run_until(network, 3001);
    CHECK_INT(2, expired);
    CHECK_INT(1, expired_row);
    CHECK_INT(0, location_count(l));
    teardown(l);
}

TEST(the_limit_holds_for_new_rows_and_not_for_stored_ones)
{
    struct location *l      = setup(2);
    struct binding   stored = { .row = 77, .contact = SLICE("sip:s"), .expires_at = 9000 };

    CHECK(location_has_room(l, 2));
    CHECK(!location_has_room(l, 3));
    CHECK(put(l, "a", "sip:1", 1000, NULL) != NULL);
    CHECK(put(l, "b", "sip:2", 1000, NULL) != NULL);
    CHECK(!location_has_room(l, 1));
    CHECK(put(l, "c", "sip:3", 1000, NULL) == NULL);
    CHECK(location_find(l, SLICE("c")) == NULL);
    CHECK(location_put(l, SLICE("c"), &stored, NULL) != NULL);
    CHECK(!location_has_room(l, 1)); /* above the limit is not room without end */
    CHECK_INT(78, location_next_row(l));
    teardown(l);
}

TEST(without_memory_nothing_has_changed)
{
    struct location *l = setup(10);
    struct binding  *b = put(l, "bob", "sip:1", 1000, NULL);

    for (unsigned n = 1; n <= 2; n++) {
        alloc_fail_at(n);
        CHECK(put(l, "carol", "sip:2", 1000, NULL) == NULL);
        alloc_fail_at(0);
        CHECK(location_find(l, SLICE("carol")) == NULL);
    }
    alloc_fail_at(1);
    CHECK(put(l, "bob", "sip:2", 1000, b) == NULL);
    alloc_fail_at(0);
    CHECK_SLICE("sip:1", aor_first(location_find(l, SLICE("bob")))->contact);
    CHECK_INT(1, location_count(l));
    teardown(l);
}

static void add_row(void *arg, const struct binding *b)
{
    *(uint64_t *)arg += b->row;
}

TEST(each_binding_is_visited_once)
{
    struct location *l   = setup(1000);
    uint64_t         sum = 0;
    char             key[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "user%d", i / 3);
        CHECK(put(l, key, "sip:x", 1000, NULL) != NULL);
    }
    location_each(l, add_row, &sum);
    CHECK_INT(1000 * 1001 / 2, sum);
    teardown(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_copied_and_found_in_its_order),
        cmocka_unit_test(a_replacement_keeps_the_row_and_the_count),
        cmocka_unit_test(an_aor_goes_with_its_last_binding),
        cmocka_unit_test(a_binding_ends_at_its_time_unless_refreshed),
        cmocka_unit_test(the_limit_holds_for_new_rows_and_not_for_stored_ones),
        cmocka_unit_test(without_memory_nothing_has_changed),
        cmocka_unit_test(each_binding_is_visited_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
