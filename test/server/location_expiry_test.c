/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/location.h"

#include "support/location_lab.h"
#include "support/test.h"

#include <stdio.h>

static struct location_lab lab;

TEST(a_binding_ends_at_its_time_unless_refreshed)
{
    struct location      *l = location_lab_open(&lab, 10);
    struct location_guard g;

    location_lab_put(&lab, "bob", "sip:1", 1000);
    location_lab_put(&lab, "bob", "sip:2", 2000);
    location_lab_put(&lab, "carol", "sip:3", 1000);
    location_lock(l, SLICE("bob"), &g);
    location_refresh(&g, 0, 3000, 7, 0);
    location_unlock(&g);
    location_lab_advance(&lab, 999);
    CHECK_INT(0, lab.expired);
    location_lab_advance(&lab, 1000);
    CHECK_INT(1, lab.expired);
    CHECK_INT(0, location_lab_count(&lab, "carol"));
    location_lab_advance(&lab, 2500);
    CHECK_INT(2, lab.expired);
    CHECK_INT(2, lab.expired_row);
    CHECK_INT(1, location_lab_count(&lab, "bob"));
    location_lock(l, SLICE("bob"), &g);
    location_refresh(&g, 0, 2600, 8, 0); /* and a shorter life */
    location_unlock(&g);
    location_lab_advance(&lab, 2600);
    CHECK_INT(3, lab.expired);
    CHECK_INT(0, location_count(l));
    CHECK_INT(0, location_aors(l));
    location_lab_close(&lab);
}

/* A clock that jumps, times of days and of none, one after the other. */
TEST(each_ends_at_its_time_however_far_that_is)
{
    enum { STEPS = 450, FIRST = 1000, DAY = 86400000 };
    char key[16];
    msec at = FIRST;

    location_lab_open(&lab, 1000);
    for (unsigned i = 0; i < STEPS; i++, at += at / 29) {
        snprintf(key, sizeof key, "user%u", i);
        CHECK_INT(0, location_lab_put(&lab, key, "sip:x", at));
    }
    CHECK(at > 30 * (msec)DAY);
    CHECK_INT(0, location_lab_put(&lab, "always", "sip:x", NEVER));
    at = FIRST;
    for (unsigned i = 0; i < STEPS; i++, at += at / 29) {
        location_lab_advance(&lab, at - 1);
        CHECK_INT(i, lab.expired);
        if (i % 3 == 0)
            location_lab_advance(&lab, at);
    }
    location_lab_advance(&lab, 400 * (msec)DAY);
    CHECK_INT(STEPS, lab.expired);
    CHECK_INT(1, location_lab_count(&lab, "always"));
    location_lab_close(&lab);
}

/* More than are taken at once, and none is due yet of others in the same moment. */
TEST(many_end_in_steps_and_then_there_is_nothing_more)
{
    struct location *l = location_lab_open(&lab, 20000);
    char             key[16];

    for (unsigned i = 0; i < 6000; i++) {
        snprintf(key, sizeof key, "user%u", i);
        CHECK_INT(0, location_lab_put(&lab, key, "sip:x", i % 2 == 0 ? 1000 : 1001));
    }
    CHECK(location_expire(l, 0, 1, 1000, location_lab_expired, &lab));
    CHECK(lab.expired > 0 && lab.expired <= LOCATION_SHARDS * 64);
    location_lab_advance(&lab, 1000);
    CHECK_INT(3000, lab.expired);
    CHECK(!location_expire(l, 0, 1, 1000, location_lab_expired, &lab));
    location_lab_advance(&lab, 1001);
    CHECK_INT(6000, lab.expired);
    location_lab_close(&lab);
}

TEST(each_shard_belongs_to_one_worker)
{
    struct location *l = location_lab_open(&lab, 1000);
    char             key[16];

    for (unsigned i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "user%u", i);
        location_lab_put(&lab, key, "sip:x", 1000);
    }
    for (unsigned worker = 0; worker < 3; worker++) {
        unsigned before = lab.expired;

        while (location_expire(l, worker, 3, 1000, location_lab_expired, &lab))
            ;
        CHECK(lab.expired > before && lab.expired - before < 300);
    }
    CHECK_INT(300, lab.expired);
    CHECK_INT(0, location_count(l));
    location_lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_ends_at_its_time_unless_refreshed),
        cmocka_unit_test(each_ends_at_its_time_however_far_that_is),
        cmocka_unit_test(many_end_in_steps_and_then_there_is_nothing_more),
        cmocka_unit_test(each_shard_belongs_to_one_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
