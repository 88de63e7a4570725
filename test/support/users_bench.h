/* SPDX-License-Identifier: BSD-2-Clause */
/* users_bench.h - users on a store that does what the test says, in a world that only
 * posts, with one worker's reader.  One bench at a time. */

#ifndef TEST_SUPPORT_USERS_BENCH_H
#define TEST_SUPPORT_USERS_BENCH_H

#include "server/user_reader.h"
#include "support/post_world.h"
#include "support/store_fake.h"
#include "support/test.h"

#define DOMAIN SLICE("example.test")

struct users_bench {
    struct post_world   *post;
    struct fake_disk    *disk;
    struct store        *store;
    struct store_client *client;
    struct users        *users;
    struct user_reader  *reader;
    int                  calls, error; /* of users_bench_done */
};

extern struct users_bench ub;

/* `cache`: users in RAM; `queue`: changes that the store takes. */
void users_bench_open(size_t cache, size_t queue);
void users_bench_close(void);
/* They end, and begin again with what is on the disk. */
void users_bench_restart(struct slice realm);
/* Turn until nothing more happens. */
void users_bench_turn(void);
void users_bench_done(void *bench, int error);

/* Change, and turn; what users_bench_done was told, or what was returned. */
int users_bench_add(const char *name, const char *password);
int users_bench_remove(const char *name);
int users_bench_alias(const char *domain, const char *name, const char *user);

/* Ask at once: "found", "unknown", "wait" or "failed". */
const char *users_bench_look(const char *name);
/* Ask until there is an answer, turning: his HA1 by MD5, or one of the words. */
const char *users_bench_ha1(const char *name);
/* "name@domain" of who is meant, or one of the words. */
const char *users_bench_resolve(const char *domain, const char *name);

#endif
