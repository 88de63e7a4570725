/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/store_fake.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/test.h"

struct heard {
    unsigned reports;
    uint64_t seq;
    int      error;
};

static void on_report(void *owner, uint64_t seq, int error)
{
    *(struct heard *)owner = (struct heard){ ((struct heard *)owner)->reports + 1, seq, error };
}

static void count_user(void *arg, const struct stored_user *u)
{
    CHECK_SLICE("alice", u->name);
    ++*(int *)arg;
}

static const struct store_change alice = {
    .kind = STORE_PUT_USER,
    .user = { SLICE_INIT("example.test"), SLICE_INIT("alice"), SLICE_INIT("m"), SLICE_INIT("s") },
};

TEST(a_write_is_reported_in_a_later_turn_and_survives_a_restart)
{
    struct post_world  *p      = post_world_new();
    struct fake_disk   *disk   = fake_disk_new();
    struct heard        heard  = { 0 };
    struct store       *store  = store_fake_open(disk, post_world_of(p), 10, on_report, &heard);
    int                 users  = 0;
    struct store_loader loader = { count_user, NULL, NULL, &users };
    uint64_t            seq;

    CHECK_INT(0, store_write(store, &alice, 1, &seq));
    CHECK_INT(0, heard.reports);
    post_world_drain(p);
    CHECK_INT(seq, heard.seq);
    CHECK_INT(0, heard.error);
    store_close(store);

    store = store_fake_open(disk, post_world_of(p), 10, on_report, &heard);
    CHECK_INT(0, store_load(store, &loader));
    CHECK_INT(1, users);
    store_close(store);
    post_world_free(p);
    fake_disk_free(disk);
}

TEST(a_failing_store_keeps_the_change_until_it_works_again)
{
    struct post_world *p     = post_world_new();
    struct fake_disk  *disk  = fake_disk_new();
    struct heard       heard = { 0 };
    struct store      *store = store_fake_open(disk, post_world_of(p), 1, on_report, &heard);
    uint64_t           seq;

    store_fake_fail(store, -ERR_DISK_FULL);
    CHECK_INT(0, store_write(store, &alice, 1, &seq));
    post_world_drain(p);
    CHECK_INT(-ERR_DISK_FULL, heard.error);
    CHECK_INT(0, fake_disk_rows(disk));
    CHECK_INT(-ERR_LIMIT, store_write(store, &alice, 1, &seq));
    store_fake_fail(store, 0);
    post_world_drain(p);
    CHECK_INT(0, heard.error);
    CHECK_INT(1, heard.seq);
    CHECK_INT(1, fake_disk_rows(disk));
    store_close(store);
    post_world_free(p);
    fake_disk_free(disk);
}

TEST(what_is_held_is_lost_in_a_crash)
{
    struct post_world *p     = post_world_new();
    struct fake_disk  *disk  = fake_disk_new();
    struct heard       heard = { 0 };
    struct store      *store = store_fake_open(disk, post_world_of(p), 10, on_report, &heard);
    uint64_t           seq;

    store_fake_hold(store, true);
    CHECK_INT(0, store_write(store, &alice, 1, &seq));
    post_world_drain(p);
    CHECK_INT(0, heard.reports);
    CHECK_INT(1, store_fake_waiting(store));
    store_fake_crash(store);
    CHECK_INT(0, fake_disk_rows(disk));
    post_world_free(p);
    fake_disk_free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_is_reported_in_a_later_turn_and_survives_a_restart),
        cmocka_unit_test(a_failing_store_keeps_the_change_until_it_works_again),
        cmocka_unit_test(what_is_held_is_lost_in_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
