/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_bench.h - control methods on users and a store in memory, called without a socket. */

#ifndef TEST_SUPPORT_ADMIN_BENCH_H
#define TEST_SUPPORT_ADMIN_BENCH_H

#include "console/admin.h"

struct admin_bench {
    struct post_world   *post;
    struct fake_disk    *disk;
    struct store        *store;
    struct store_client *client;
    const struct config *config;
    struct admin         admin;
    unsigned             stops;
};

/* Domains a.test and b.test, realm a.test. */
void admin_bench_init(struct admin_bench *b);
void admin_bench_fini(struct admin_bench *b);

/* Takes `params`; the outcome is the caller's. */
json_t *admin_bench_call(struct admin_bench *b, const char *method, json_t *params);
/* The same, wanting this result, keys in order. */
void admin_bench_good(struct admin_bench *b, const char *method, json_t *params, const char *want);
/* Wanting this error, with this in its text. */
void admin_bench_bad(struct admin_bench *b, const char *method, json_t *params, int error, const char *part);

#endif
