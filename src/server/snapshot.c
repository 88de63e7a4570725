/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/snapshot.h"

#include "base/error.h"
#include "server/abilities.h"
#include "server/config_policy.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_LIMIT = 16 * 1024 * 1024, ABILITIES_TEXT = 512 };

static void snapshot_free(struct snapshot *s)
{
    free(s->rules);
    config_policy_fini(&s->policy);
    arena_fini(&s->arena);
    abuse_rules_free(s->abuse);
    config_free(s->config);
    free(s);
}

/* Asked for all the time, by whoever looks whether we live. */
static struct slice abilities_of(struct snapshot *s, bool sec_agree)
{
    char       memory[ABILITIES_TEXT];
    struct buf b = BUF_ON(memory);

    abilities_write(&b, s->config, sec_agree);
    return arena_copy(&s->arena, buf_slice(&b));
}

const struct snapshot *snapshot_new(const struct config *config, char *problem, size_t problem_size)
{
    struct snapshot *s = calloc(1, sizeof *s);

    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    if (s == NULL)
        return NULL;
    atomic_init(&s->holders, 1);
    arena_init(&s->arena, NULL, 0, ARENA_LIMIT);
    s->config           = config_hold(config);
    s->rules            = domain_rules_new(config);
    s->abuse            = abuse_rules_new(config);
    s->abilities        = abilities_of(s, false);
    s->abilities_agreed = abilities_of(s, true);
    if (s->rules == NULL || s->abuse == NULL || !arena_ok(&s->arena) ||
        !config_policy_init(&s->policy, s->config, &s->arena)) {
        snapshot_free(s);
        return NULL;
    }
    problem[0] = '\0';
    return s;
}

/* The count is all of it that ever changes. */
static atomic_uint *holders_of(const struct snapshot *s)
{
    return (atomic_uint *)&s->holders;
}

const struct snapshot *snapshot_hold(const struct snapshot *s)
{
    atomic_fetch_add_explicit(holders_of(s), 1, memory_order_relaxed);
    return s;
}

void snapshot_drop(const struct snapshot *s)
{
    if (s != NULL && atomic_fetch_sub_explicit(holders_of(s), 1, memory_order_acq_rel) == 1)
        snapshot_free((struct snapshot *)s);
}

const struct domain_rules *snapshot_rules(const struct snapshot *s, struct slice domain)
{
    return domain_rules_find(s->rules, s->policy.domain_count, domain);
}
