/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/location_lab.h"

#include "base/limits.h"
#include "support/test.h"

#include <stdio.h>

struct location *location_lab_open(struct location_lab *lab, size_t limit)
{
    *lab      = (struct location_lab){ .rcu = rcu_single_new() };
    lab->dice = (struct random){ random_seeded_fill, &lab->seeded };
    random_seed(&lab->seeded, 1);
    lab->location = location_new(lab->rcu, &lab->dice, limit, 0);
    CHECK(lab->location != NULL);
    return lab->location;
}

void location_lab_close(struct location_lab *lab)
{
    rcu_barrier(lab->rcu);
    location_free(lab->location);
    rcu_free(lab->rcu);
}

void location_lab_expired(void *owner, const struct aor *a, const struct binding *b)
{
    struct location_lab *lab = owner;

    CHECK(aor_count(a) > 0);
    lab->expired++;
    lab->expired_row = b->row;
}

void location_lab_advance(struct location_lab *lab, msec now)
{
    while (location_expire(lab->location, 0, 1, now, location_lab_expired, lab))
        ;
}

int location_lab_put(struct location_lab *lab, const char *key, const char *contact, msec expires_at)
{
    char                  text[64];
    struct location_guard g;
    struct binding        all[LIMIT_LIST + 1];
    unsigned              count;
    struct location      *l = lab->location;
    int                   error;

    snprintf(text, sizeof text, "%s", contact);
    location_lock(l, slice_from(key), &g);
    count = g.aor != NULL ? aor_count(g.aor) : 0;
    for (unsigned i = 0; i < count; i++)
        aor_binding(g.aor, i, &all[i]);
    all[count] = (struct binding){
        .row = location_next_row(l), .contact = slice_from(text), .user_agent = SLICE("ua"), .expires_at = expires_at
    };
    error = location_prepare(&g, all, count + 1, false);
    memset(text, 'x', sizeof text);
    if (error == 0)
        location_publish(&g);
    location_unlock(&g);
    return error;
}

unsigned location_lab_count(struct location_lab *lab, const char *key)
{
    const struct aor *a;
    unsigned          count;

    rcu_enter(lab->rcu);
    a     = location_find(lab->location, slice_from(key));
    count = a != NULL ? aor_count(a) : 0;
    rcu_leave(lab->rcu);
    return count;
}
