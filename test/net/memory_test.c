/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/memory.h"

#include "support/log_keep.h"
#include "support/test.h"
#include "support/world_fake.h"

static struct log_keep kept;

TEST(one_worker_tells_of_a_change_and_the_others_hear_of_it)
{
    struct network *n = network_new(1);
    struct world   *w[2];
    struct budget   b;

    accounts_init(&b, 1000);
    log_keep_init(&kept, LOG_DEBUG);
    for (unsigned i = 0; i < 2; i++) {
        w[i]      = world_fake_new(network_host(n, "server"));
        w[i]->log = &kept.log;
        world_fake_account(w[i], &b);
    }
    world_take(w[0], ACCOUNT_NAMES, 960);
    CHECK_INT(BUDGET_CRITICAL, world_memory_level(w[0]));
    CHECK_INT(BUDGET_NORMAL, world_memory_level(w[1]));
    for (unsigned i = 0; i < 4; i++)
        memory_end_turn(w[i % 2]);
    CHECK_INT(BUDGET_CRITICAL, world_memory_level(w[1]));
    CHECK_INT(1, log_keep_count(&kept, "level=critical was=normal bytes=960 limit=1000"));
    world_give(w[1], ACCOUNT_NAMES, 960);
    for (unsigned i = 0; i < 4; i++)
        memory_end_turn(w[i % 2]);
    CHECK_INT(2, log_keep_count(&kept, "event=memory_level"));
    CHECK_INT(BUDGET_NORMAL, world_memory_level(w[0]));
    network_free(n);
}

TEST(a_world_that_nobody_accounts_for_has_memory)
{
    struct network *n   = network_new(1);
    struct world   *w   = world_fake_new(network_host(n, "phone"));
    size_t          had = 0;

    world_take(w, ACCOUNT_NAMES, SIZE_MAX / 4);
    world_recount(w, ACCOUNT_NAMES, &had, 100);
    CHECK_INT(100, had);
    CHECK_INT(BUDGET_NORMAL, world_memory_level(w));
    memory_end_turn(w);
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_tells_of_a_change_and_the_others_hear_of_it),
        cmocka_unit_test(a_world_that_nobody_accounts_for_has_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
