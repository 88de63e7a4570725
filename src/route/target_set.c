/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/target_set.h"

#include "base/buf.h"
#include "sip/uri.h"

#include <stdlib.h>
#include <string.h>

void target_set_init(struct target_set *set, struct route_target memory[], unsigned room)
{
    *set = (struct target_set){ .list = memory, .room = room };
}

bool target_set_add(struct target_set *set, const struct route_target *t)
{
    if (set->count == set->room)
        return false;
    set->list[set->count++] = *t;
    return true;
}

bool target_set_has(const struct target_set *set, const struct uri *uri)
{
    struct uri one;

    for (unsigned i = 0; i < set->count; i++)
        if (uri_parse(set->list[i].uri, &one) && uri_eq(&one, uri))
            return true;
    return false;
}

void target_set_drop(struct target_set *set, unsigned at)
{
    if (at >= set->count)
        return;
    set->count--;
    memmove(&set->list[at], &set->list[at + 1], (set->count - at) * sizeof set->list[0]);
}

void target_set_cut(struct target_set *set, unsigned count)
{
    if (set->count > count)
        set->count = count;
}

static bool is_behind(const struct route_target *a, const struct route_target *b)
{
    return a->q < b->q || (a->q == b->q && a->fit < b->fit);
}

/* By insertion: it is short, and mostly in order already. */
void target_set_sort(struct target_set *set)
{
    for (unsigned i = 1; i < set->count; i++) {
        struct route_target t  = set->list[i];
        unsigned            at = i;

        while (at > 0 && is_behind(&set->list[at - 1], &t))
            at--;
        if (at == i)
            continue;
        memmove(&set->list[at + 1], &set->list[at], (i - at) * sizeof t);
        set->list[at] = t;
    }
}

static bool is_together(enum target_order order, const struct route_target *a, const struct route_target *b)
{
    switch (order) {
    case TARGETS_BY_Q:
        return a->q == b->q && a->fit == b->fit;
    case TARGETS_PARALLEL:
        return true;
    case TARGETS_SEQUENTIAL:
        break;
    }
    return false;
}

void target_set_group(struct target_set *set, enum target_order order, unsigned width)
{
    unsigned group = 0, members = 0;

    for (unsigned i = 0; i < set->count; i++) {
        if (i > 0 && (members == width || !is_together(order, &set->list[i - 1], &set->list[i]))) {
            group++;
            members = 0;
        }
        set->list[i].group = group;
        members++;
    }
}

unsigned target_set_next(struct target_set *set, const struct route_target **first)
{
    unsigned begin = set->next;

    *first = &set->list[begin];
    while (set->next < set->count && set->list[set->next].group == (*first)->group)
        set->next++;
    return set->next - begin;
}

unsigned target_set_left(const struct target_set *set)
{
    return set->count - set->next;
}

/* ---- a copy that owns all ---- */

struct kept {
    struct target_set   set;
    struct route_target list[];
};

static size_t flows_of(const struct route_target *t)
{
    return (size_t)(t->flow != NULL) + (size_t)(t->like != NULL && t->like != t->flow);
}

static struct slice copy_text(struct buf *b, struct slice text)
{
    const char *at = b->ptr + b->len;

    buf_put(b, text);
    return (struct slice){ at, text.len };
}

static const struct flow *copy_flow(struct flow **free_one, const struct flow *flow)
{
    if (flow == NULL)
        return NULL;
    **free_one = *flow;
    return (*free_one)++;
}

static void copy_target(struct route_target *t, struct buf *texts, struct flow **free_one)
{
    const struct flow *flow = t->flow;

    t->uri    = copy_text(texts, t->uri);
    t->parsed = NULL;
    t->path   = copy_text(texts, t->path);
    t->params = copy_text(texts, t->params);
    t->flow   = copy_flow(free_one, flow);
    t->like   = t->like != NULL && t->like == flow ? t->flow : copy_flow(free_one, t->like);
}

struct target_set *target_set_keep(const struct target_set *set)
{
    unsigned     count = target_set_left(set);
    size_t       texts = 0, flows = 0, fixed;
    struct kept *kept;
    struct flow *free_one;
    struct buf   b;

    for (unsigned i = set->next; i < set->count; i++) {
        const struct route_target *t = &set->list[i];

        texts += t->uri.len + t->path.len + t->params.len;
        flows += flows_of(t);
    }
    fixed = sizeof *kept + count * sizeof kept->list[0];
    kept  = malloc(fixed + flows * sizeof *free_one + texts);
    if (kept == NULL)
        return NULL;
    kept->set = (struct target_set){
        .list = kept->list, .count = count, .room = count, .size = fixed + flows * sizeof *free_one + texts
    };
    memcpy(kept->list, &set->list[set->next], count * sizeof kept->list[0]);
    free_one = (struct flow *)(void *)((char *)kept + fixed);
    b        = buf_on((char *)(free_one + flows), texts);
    for (unsigned i = 0; i < count; i++)
        copy_target(&kept->list[i], &b, &free_one);
    return &kept->set;
}
