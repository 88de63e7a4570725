/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/budget.h"

#include "base/error.h"

#include <assert.h>

/* ---- the budget ---- */

/* No more than an int64_t counts to, so that no sum below overflows. */
static uint64_t bounded(uint64_t limit)
{
    return limit < INT64_MAX / 2 ? limit : INT64_MAX / 2;
}

static void account_init(struct budget_account *a, const char *name, uint64_t limit)
{
    a->name  = name;
    a->limit = bounded(limit);
    atomic_init(&a->bytes, 0);
    atomic_init(&a->high_water, 0);
    atomic_init(&a->refused, 0);
}

/* Divided first: the limit may be as large as it likes.  Rounded up, or a limit of a
 * few bytes would be high when nothing is taken. */
static uint64_t percent_of(uint64_t limit, unsigned percent)
{
    return limit / 100 * percent + (limit % 100 * percent + 99) / 100;
}

void budget_init(struct budget *b, uint64_t limit)
{
    assert(limit > 0);
    account_init(&b->total, "total", limit);
    b->count          = 0;
    b->limited        = 0;
    b->high_at        = percent_of(b->total.limit, BUDGET_HIGH_PERCENT);
    b->high_until     = percent_of(b->total.limit, BUDGET_HIGH_UNTIL_PERCENT);
    b->critical_at    = percent_of(b->total.limit, BUDGET_CRITICAL_PERCENT);
    b->critical_until = percent_of(b->total.limit, BUDGET_CRITICAL_UNTIL_PERCENT);
    atomic_init(&b->level, BUDGET_NORMAL);
}

int budget_open(struct budget *b, const char *name, uint64_t limit)
{
    if (b->count == BUDGET_ACCOUNTS)
        return -ERR_LIMIT;
    account_init(&b->accounts[b->count], name, limit);
    if (limit > 0)
        b->limited |= UINT32_C(1) << b->count;
    return (int)b->count++;
}

/* Less than nothing is seen while the worker that gives is ahead of the one that took. */
static uint64_t seen(int64_t bytes)
{
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static enum budget_level level_of(const struct budget *b, int64_t bytes)
{
    uint64_t          have = seen(bytes);
    enum budget_level was;

    if (have < b->high_until)
        return BUDGET_NORMAL;
    was = (enum budget_level)atomic_load_explicit(&b->level, memory_order_relaxed);
    if (have >= (was == BUDGET_CRITICAL ? b->critical_until : b->critical_at))
        return BUDGET_CRITICAL;
    return have >= b->high_at || was != BUDGET_NORMAL ? BUDGET_HIGH : BUDGET_NORMAL;
}

enum budget_level budget_level(const struct budget *b)
{
    return level_of(b, atomic_load_explicit(&b->total.bytes, memory_order_relaxed));
}

unsigned budget_count(const struct budget *b)
{
    return b->count;
}

static struct budget_figures figures_of(const struct budget_account *a)
{
    return (struct budget_figures){
        .name       = a->name,
        .bytes      = seen(atomic_load_explicit(&a->bytes, memory_order_relaxed)),
        .limit      = a->limit,
        .high_water = atomic_load_explicit(&a->high_water, memory_order_relaxed),
        .refused    = atomic_load_explicit(&a->refused, memory_order_relaxed),
    };
}

struct budget_figures budget_figures(const struct budget *b, unsigned account)
{
    assert(account < b->count);
    return figures_of(&b->accounts[account]);
}

struct budget_figures budget_total(const struct budget *b)
{
    return figures_of(&b->total);
}

static void raise_high_water(struct budget_account *a, int64_t bytes)
{
    uint64_t was = atomic_load_explicit(&a->high_water, memory_order_relaxed);

    while (seen(bytes) > was && !atomic_compare_exchange_weak_explicit(&a->high_water, &was, seen(bytes),
                                                                       memory_order_relaxed, memory_order_relaxed))
        continue;
}

static void move(struct budget_account *a, int64_t bytes)
{
    raise_high_water(a, atomic_fetch_add_explicit(&a->bytes, bytes, memory_order_relaxed) + bytes);
}

void budget_move(struct budget *b, unsigned account, int64_t bytes)
{
    assert(account < b->count);
    move(&b->accounts[account], bytes);
    move(&b->total, bytes);
}

static void forget_high(struct budget_account *a)
{
    atomic_store_explicit(&a->high_water, seen(atomic_load_explicit(&a->bytes, memory_order_relaxed)),
                          memory_order_relaxed);
}

void budget_forget_high(struct budget *b)
{
    for (unsigned i = 0; i < b->count; i++)
        forget_high(&b->accounts[i]);
    forget_high(&b->total);
}

bool budget_level_changed(struct budget *b, enum budget_level *from, enum budget_level *to)
{
    int was = atomic_load_explicit(&b->level, memory_order_relaxed);

    *from = (enum budget_level)was;
    *to   = budget_level(b);
    return *from != *to && atomic_compare_exchange_strong_explicit(&b->level, &was, (int)*to, memory_order_relaxed,
                                                                   memory_order_relaxed);
}

/* ---- a share ---- */

void budget_share_init(struct budget_share *s, struct budget *b)
{
    *s = (struct budget_share){ .budget = b };
    budget_flush(s); /* hear what the others have */
}

static bool fits(const struct budget_part *p, const struct budget_account *a, size_t bytes)
{
    uint64_t have = seen(p->others + p->pending);

    return a->limit == 0 || (have <= a->limit && bytes <= a->limit - have);
}

bool budget_take(struct budget_share *s, unsigned account, size_t bytes)
{
    const struct budget *b = s->budget;

    assert(account < b->count);
    if (fits(&s->parts[account], &b->accounts[account], bytes) && fits(&s->total, &b->total, bytes)) {
        budget_take_anyway(s, account, bytes);
        return true;
    }
    s->touched |= UINT32_C(1) << account;
    s->parts[account].refused++;
    s->total.refused++;
    return false;
}

bool budget_has_room(struct budget_share *s, size_t bytes)
{
    if (fits(&s->total, &s->budget->total, bytes))
        return true;
    s->total.refused++;
    return false;
}

enum budget_level budget_share_level(const struct budget_share *s)
{
    return level_of(s->budget, s->total.others + s->total.pending);
}

static void flush_part(struct budget_part *p, struct budget_account *a)
{
    int64_t before;

    if (p->pending != 0)
        before = atomic_fetch_add_explicit(&a->bytes, p->pending, memory_order_relaxed);
    else
        before = atomic_load_explicit(&a->bytes, memory_order_relaxed);
    if (p->peak > 0)
        raise_high_water(a, before + p->peak);
    if (p->refused != 0)
        atomic_fetch_add_explicit(&a->refused, p->refused, memory_order_relaxed);
    *p = (struct budget_part){ .others = before + p->pending };
}

void budget_flush(struct budget_share *s)
{
    struct budget *b = s->budget;

    if ((s->touched | b->limited) == 0 && s->total.refused == 0) {
        s->total.others = atomic_load_explicit(&b->total.bytes, memory_order_relaxed);
        return;
    }
    for (uint32_t left = s->touched | b->limited; left != 0; left &= left - 1) {
        int i = __builtin_ctz(left);

        flush_part(&s->parts[i], &b->accounts[i]);
    }
    s->touched = 0;
    flush_part(&s->total, &b->total);
}
