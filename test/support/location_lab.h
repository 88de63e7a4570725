/* SPDX-License-Identifier: BSD-2-Clause */
/* location_lab.h - a location with one reader, for the tests of its files.
 *
 *     location_lab_open --> location_lab_put ... location_lab_advance --> location_lab_close */

#ifndef SUPPORT_LOCATION_LAB_H
#define SUPPORT_LOCATION_LAB_H

#include "server/location.h"

struct location_lab {
    struct random_seeded seeded;
    struct random        dice;
    struct rcu          *rcu;
    struct location     *location;
    unsigned             expired;     /* bindings that have ended      */
    uint64_t             expired_row; /* that of the last of them */
};

/* Returns its location, for `limit` bindings. */
struct location *location_lab_open(struct location_lab *lab, size_t limit);
/* Freed with what is in it. */
void location_lab_close(struct location_lab *lab);

/* For location_expire; `owner` is the lab. */
location_expired_fn location_lab_expired;
/* Take out all that has ended by then. */
void location_lab_advance(struct location_lab *lab, msec now);

/* One more binding, whose texts are gone when it has been put; 0 or the error. */
int      location_lab_put(struct location_lab *lab, const char *key, const char *contact, msec expires_at);
unsigned location_lab_count(struct location_lab *lab, const char *key);

#endif
