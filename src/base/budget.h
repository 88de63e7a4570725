/* SPDX-License-Identifier: BSD-2-Clause */
/* budget.h - how much memory is in use, by whom, and how close that is to the limit.
 *
 *   struct budget                  one for the process: a limit, a total
 *     struct budget_account        one for each pool and queue: "messages", "log queue"
 *   struct budget_share            a worker's: what it took and gave since its last flush
 *
 * A worker takes and gives in its share, which costs an addition, and flushes it into the
 * budget once a turn, by relaxed atomics; nobody ever waits.  What it took itself a worker
 * sees at once, what the others did since its last flush it does not: together they
 * can pass a limit by what fits into one turn of each of the others.
 *
 * What one worker took another may give back, as when a message moves: only the sum
 * counts, and it is right when all have flushed.
 *
 * Levels, of the budget as a whole:
 *     normal
 *     high      from 80 % on, until below 75 %: new work is refused (503 with Retry-After)
 *     critical  from 95 % on, until below 90 %: only responses and requests within
 *               dialogs pass
 * A level ends lower than it begins, or a server that is just so full would change its
 * mind with every message.  An account that is at its own limit refuses by itself
 * (budget_take).
 *
 * Threads that are no workers, and what many threads share, account by budget_move. */

#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum budget_level { BUDGET_NORMAL, BUDGET_HIGH, BUDGET_CRITICAL };

enum {
    BUDGET_ACCOUNTS               = 32,
    BUDGET_HIGH_PERCENT           = 80,
    BUDGET_HIGH_UNTIL_PERCENT     = 75,
    BUDGET_CRITICAL_PERCENT       = 95,
    BUDGET_CRITICAL_UNTIL_PERCENT = 90,
};

/* Private; on a cache line of its own, since workers write to different ones. */
struct budget_account {
    _Alignas(64) const char *name;
    uint64_t          limit;
    _Atomic(int64_t)  bytes;
    _Atomic(uint64_t) high_water, refused;
};

struct budget {
    struct budget_account total; /* its limit is the budget's */
    struct budget_account accounts[BUDGET_ACCOUNTS];
    unsigned              count;
    uint32_t              limited;                    /* bits of the accounts with a limit of their own */
    uint64_t              high_at, critical_at;       /* bytes, where the levels begin ...            */
    uint64_t              high_until, critical_until; /* ... and below which they end              */
    _Atomic(int)          level;                      /* as it was told last                          */
};

/* One account, or all of them, as people read it. */
struct budget_figures {
    const char *name;
    uint64_t    bytes, limit; /* limit 0: none but the budget's   */
    uint64_t    high_water;   /* the most bytes there ever were   */
    uint64_t    refused;      /* how often budget_take said no    */
};

/* `limit` in bytes, not 0.  Nothing is owned, so there is no end of it. */
void budget_init(struct budget *b, uint64_t limit);
/* A new account, all of them before the first share.  Borrows `name`; `limit` 0: only the
 * budget's.  Returns its number, or -ERR_LIMIT if there are BUDGET_ACCOUNTS. */
int budget_open(struct budget *b, const char *name, uint64_t limit);

/* From any thread, at any time. */
enum budget_level     budget_level(const struct budget *b);
unsigned              budget_count(const struct budget *b);
struct budget_figures budget_figures(const struct budget *b, unsigned account);
struct budget_figures budget_total(const struct budget *b);
/* Take, or with less than 0 give, at once. */
void budget_move(struct budget *b, unsigned account, int64_t bytes);
/* The high-water marks begin anew from what there is. */
void budget_forget_high(struct budget *b);
/* Has the level changed since it was last told?  Only one of those who ask hears of it. */
bool budget_level_changed(struct budget *b, enum budget_level *from, enum budget_level *to);

/* ---- a worker's part; a share belongs to one thread ---- */

struct budget_part {
    int64_t  others;  /* what all had when we last flushed          */
    int64_t  pending; /* what we took since, less what we gave      */
    int64_t  peak;    /* the most that was pending                  */
    uint64_t refused;
};

struct budget_share {
    struct budget     *budget;
    uint32_t           touched; /* bits of the accounts that changed since the last flush */
    struct budget_part total, parts[BUDGET_ACCOUNTS];
};

/* Borrows the budget. */
void budget_share_init(struct budget_share *s, struct budget *b);

/* Account for `bytes` that will be allocated or queued.  False if the account or the
 * budget would be over its limit: nothing is taken then, and the refusal is counted. */
bool budget_take(struct budget_share *s, unsigned account, size_t bytes);
/* Would the budget as a whole, whatever its accounts say?  A refusal is counted. */
bool budget_has_room(struct budget_share *s, size_t bytes);
/* As budget_take, for what must not be refused. */
static inline void budget_take_anyway(struct budget_share *s, unsigned account, size_t bytes)
{
    struct budget_part *p = &s->parts[account];

    s->touched |= UINT32_C(1) << account;
    p->pending += (int64_t)bytes;
    if (p->pending > p->peak)
        p->peak = p->pending;
    s->total.pending += (int64_t)bytes;
    if (s->total.pending > s->total.peak)
        s->total.peak = s->total.pending;
}

static inline void budget_give(struct budget_share *s, unsigned account, size_t bytes)
{
    s->touched |= UINT32_C(1) << account;
    s->parts[account].pending -= (int64_t)bytes;
    s->total.pending -= (int64_t)bytes;
}

/* The level as this worker sees it. */
enum budget_level budget_share_level(const struct budget_share *s);
/* At the end of each turn, and before the share goes: tell the others, hear of them.
 * An account without a limit that was not touched is left alone. */
void budget_flush(struct budget_share *s);

#endif
