/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks of messages, time and damage through three servers: what must hold of every packet holds
 * (support/server_watch.h). */
#include "support/server_walk.h"
#include "support/test.h"

#include "base/random.h"

#include <stdlib.h>

enum { WALKS = 400, LONGEST = 1200 };

/* WALK_SEED=N: only that one; WALK_SEEDS=N: so many; WALK_FILE=NAME: a finding of fuzz/server_fuzz.c. */
static uint64_t of_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void walk_file(const char *path)
{
    struct slice text;
    char        *memory;

    CHECK(test_read_file(path, &text, &memory));
    server_walk((const uint8_t *)text.ptr, text.len);
    free(memory);
}

TEST(what_must_hold_of_every_packet_holds)
{
    uint64_t            first = of_environment("WALK_SEED", 1);
    uint64_t            last  = getenv("WALK_SEED") != NULL ? first : of_environment("WALK_SEEDS", WALKS);
    struct watch_counts all   = { 0 };

    if (getenv("WALK_FILE") != NULL) {
        walk_file(getenv("WALK_FILE"));
        return;
    }
    for (uint64_t seed = first; seed <= last; seed++) {
        struct random_seeded r;
        struct watch_counts  counts;
        uint8_t              bytes[LONGEST];

        random_seed(&r, seed);
        random_seeded_fill(&r, bytes, sizeof bytes);
        counts = server_walk(bytes, sizeof bytes);
        all.forwarded += counts.forwarded;
        all.refused += counts.refused;
        all.accepted += counts.accepted;
        all.cancelled += counts.cancelled;
    }
    print_message("%u forwarded, %u refused, %u accepted, %u cancelled or acknowledged\n", all.forwarded, all.refused,
                  all.accepted, all.cancelled);
    if (last - first + 1 >= WALKS)
        CHECK(all.forwarded > 1000 && all.refused > 1000 && all.accepted > 50 && all.cancelled > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_hold_of_every_packet_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
