/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk that hangs in a sync: the worker goes on with everything that does not need
 * it, and answers the rest when it is back. */
#include "net/loop.h"
#include "support/disk_vfs.h"
#include "support/server_bench.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>

enum { PATIENCE = 10000 };

static struct bench       b;
static struct temp_folder folder;

static void open_store(msec max_age)
{
    char path[128], problem[512];

    CHECK_INT(0, store_sqlite_open(temp_folder_file(&folder, "ahoy.db", path), b.store_queue, max_age, &b.real_store,
                                   problem, sizeof problem));
}

/* The store has a real thread: let it work, while the clock of the network stands. */
static void until_nothing_waits(void)
{
    msec end = loop_clock() + PATIENCE;

    while (server_alive(b.server) > 0 && loop_clock() < end)
        bench_live(&b, 0);
    CHECK_INT(0, server_alive(b.server));
    bench_live(&b, 10);
}

/* Users are read by a real thread, too, and that does not hang. */
static void until_users_are_read(void)
{
    msec end = loop_clock() + PATIENCE;

    bench_live(&b, 10);
    while (gauge_read(&b.at_server->counters.requests_held) > 0 && loop_clock() < end)
        bench_live(&b, 0);
    CHECK_INT(0, gauge_read(&b.at_server->counters.requests_held));
    bench_live(&b, 10);
}

static void until_committed(void)
{
    struct store_stats stats;
    msec               end = loop_clock() + PATIENCE;

    do
        store_stats(b.store, world_now(b.at_server), &stats);
    while (stats.queued > 0 && loop_clock() < end);
    CHECK_INT(0, stats.queued);
}

static void setup(msec max_age)
{
    temp_folder_init(&folder);
    disk_vfs_install();
    bench_open(&b, "");
    bench_kill(&b);
    open_store(max_age);
    bench_start(&b);
    until_committed(); /* realm and key */
}

static void teardown(void)
{
    bench_close(&b);
    disk_vfs_remove();
    temp_folder_fini(&folder);
}

static void asks_options(unsigned number)
{
    char call_id[32];

    snprintf(call_id, sizeof call_id, "options-%u", number);
    raw_ask(&b.alice, &(struct request_form){ .method = "OPTIONS", .call_id = call_id, .cseq = number });
    bench_live(&b, 10);
}

TEST(the_worker_answers_while_a_sync_hangs)
{
    setup(STORE_QUEUE_AGE);
    disk_hold(true);
    raw_register(&b.bob, 1, NULL);
    until_users_are_read();
    CHECK(disk_wait_hanging());
    for (unsigned i = 1; i <= 20; i++)
        asks_options(i);
    CHECK_INT(20, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    raw_register(&b.bob, 1, NULL); /* a repetition is absorbed */
    bench_live(&b, 1000);
    raw_ask(&b.carol, &(struct request_form){ .to   = "<sip:carol@example.test>",
                                              .more = "Contact: <sip:carol@192.0.2.9:6002>\r\n" });
    until_users_are_read();
    asks_options(21);
    CHECK_INT(21, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, b.bob.count + b.carol.count);
    CHECK_INT(2, server_alive(b.server));
    disk_hold(false);
    until_nothing_waits();
    CHECK_INT(1, b.bob.count);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    teardown();
}

/* By count the queue is nearly empty, but what waits has waited for too long. */
TEST(a_disk_that_hangs_for_long_is_503_to_the_next_and_heals)
{
    setup(2000);
    disk_hold(true);
    raw_register(&b.bob, 1, NULL);
    until_users_are_read();
    bench_live(&b, 2500);
    CHECK(disk_wait_hanging());
    raw_ask(&b.alice, &(struct request_form){ .to   = "<sip:alice@example.test>",
                                              .cseq = 1,
                                              .more = "Contact: <sip:alice@192.0.2.9:6000>\r\n" });
    until_users_are_read();
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "\r\nRetry-After: ") != NULL);
    CHECK_INT(0, b.bob.count);
    disk_hold(false);
    until_nothing_waits();
    CHECK_INT(1, b.bob.count);
    until_committed();
    raw_forget(&b.alice);
    raw_ask(&b.alice, &(struct request_form){ .to   = "<sip:alice@example.test>",
                                              .cseq = 2,
                                              .more = "Contact: <sip:alice@192.0.2.9:6000>\r\n" });
    bench_live(&b, 10);
    until_nothing_waits();
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worker_answers_while_a_sync_hangs),
        cmocka_unit_test(a_disk_that_hangs_for_long_is_503_to_the_next_and_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
