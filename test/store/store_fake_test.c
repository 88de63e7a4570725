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

struct bench {
    struct post_world   *post;
    struct fake_disk    *disk;
    struct store        *store;
    struct store_client *client;
    struct heard         heard;
};

static void open_store(struct bench *b, size_t max_queue)
{
    b->store = store_fake_open(b->disk, max_queue);
    CHECK_INT(0, store_client_open(b->store, post_world_of(b->post), on_report, &b->heard, &b->client));
}

static void setup(struct bench *b, size_t max_queue)
{
    *b = (struct bench){ .post = post_world_new(), .disk = fake_disk_new() };
    open_store(b, max_queue);
}

static void end(struct bench *b, void (*end_store)(struct store *s))
{
    store_client_close(b->client);
    end_store(b->store);
}

static void close_store(struct store *s)
{
    store_close(s);
}

static void teardown(struct bench *b)
{
    post_world_free(b->post);
    fake_disk_free(b->disk);
}

TEST(a_write_is_reported_in_a_later_turn_and_survives_a_restart)
{
    struct bench        b;
    int                 users  = 0;
    struct store_loader loader = { .on_user = count_user, .arg = &users };
    uint64_t            seq;

    setup(&b, 10);
    CHECK_INT(0, store_write(b.client, &alice, 1, &seq));
    CHECK_INT(0, b.heard.reports);
    post_world_drain(b.post);
    CHECK_INT(seq, b.heard.seq);
    CHECK_INT(0, b.heard.error);
    end(&b, close_store);

    open_store(&b, 10);
    CHECK_INT(0, store_load(b.store, 0, &loader));
    CHECK_INT(1, users);
    end(&b, close_store);
    teardown(&b);
}

TEST(a_failing_store_keeps_the_change_until_it_works_again)
{
    struct bench b;
    uint64_t     seq;

    setup(&b, 1);
    store_fake_fail(b.store, -ERR_DISK_FULL);
    CHECK_INT(0, store_write(b.client, &alice, 1, &seq));
    post_world_drain(b.post);
    CHECK_INT(-ERR_DISK_FULL, b.heard.error);
    CHECK_INT(0, fake_disk_rows(b.disk));
    CHECK_INT(-ERR_LIMIT, store_write(b.client, &alice, 1, &seq));
    store_fake_fail(b.store, 0);
    post_world_drain(b.post);
    CHECK_INT(0, b.heard.error);
    CHECK_INT(1, b.heard.seq);
    CHECK_INT(1, fake_disk_rows(b.disk));
    end(&b, close_store);
    teardown(&b);
}

TEST(what_is_held_is_lost_in_a_crash)
{
    struct bench b;
    uint64_t     seq;

    setup(&b, 10);
    store_fake_hold(b.store, true);
    CHECK_INT(0, store_write(b.client, &alice, 1, &seq));
    post_world_drain(b.post);
    CHECK_INT(0, b.heard.reports);
    CHECK_INT(1, store_fake_waiting(b.store));
    end(&b, store_fake_crash);
    CHECK_INT(0, fake_disk_rows(b.disk));
    teardown(&b);
}

TEST(each_client_hears_in_its_own_world_of_what_it_waits_for)
{
    struct bench         b;
    struct post_world   *other = post_world_new();
    struct store_client *client;
    struct heard         heard = { 0 };
    uint64_t             first, second;

    setup(&b, 10);
    CHECK_INT(0, store_client_open(b.store, post_world_of(other), on_report, &heard, &client));
    CHECK_INT(0, store_write(b.client, &alice, 1, &first));
    post_world_drain(b.post);
    CHECK_INT(1, b.heard.reports);
    CHECK(!store_await(client, first));
    CHECK_INT(0, store_write(b.client, &alice, 1, &second));
    CHECK(store_await(client, second));
    post_world_drain(b.post);
    CHECK_INT(0, heard.reports);
    post_world_drain(other);
    CHECK_INT(1, heard.reports);
    CHECK_INT(second, heard.seq);
    store_client_close(client);
    end(&b, close_store);
    post_world_free(other);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_is_reported_in_a_later_turn_and_survives_a_restart),
        cmocka_unit_test(a_failing_store_keeps_the_change_until_it_works_again),
        cmocka_unit_test(what_is_held_is_lost_in_a_crash),
        cmocka_unit_test(each_client_hears_in_its_own_world_of_what_it_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
