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
 *     high      from 80 % on: new work is refused (503 with Retry-After)
 *     critical  from 95 % on: only responses and requests within dialogs pass
 * An account that is at its own limit refuses by itself (budget_take). */

#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum budget_level { BUDGET_NORMAL, BUDGET_HIGH, BUDGET_CRITICAL };

enum { BUDGET_ACCOUNTS = 32, BUDGET_HIGH_PERCENT = 80, BUDGET_CRITICAL_PERCENT = 95 };

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
    uint64_t              high_at, critical_at; /* bytes */
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

/* ---- a worker's part; a share belongs to one thread ---- */

struct budget_part {
    int64_t  others;  /* what all had when we last flushed          */
    int64_t  pending; /* what we took since, less what we gave      */
    int64_t  peak;    /* the most that was pending                  */
    uint64_t refused;
};

struct budget_share {
    struct budget     *budget;
    struct budget_part total, parts[BUDGET_ACCOUNTS];
};

/* Borrows the budget. */
void budget_share_init(struct budget_share *s, struct budget *b);

/* Account for `bytes` that will be allocated or queued.  False if the account or the
 * budget would be over its limit: nothing is taken then, and the refusal is counted. */
bool budget_take(struct budget_share *s, unsigned account, size_t bytes);
/* The same for what must not be refused. */
void budget_take_anyway(struct budget_share *s, unsigned account, size_t bytes);
void budget_give(struct budget_share *s, unsigned account, size_t bytes);

/* The level as this worker sees it. */
enum budget_level budget_share_level(const struct budget_share *s);
/* At the end of each turn, and before the share goes: tell the others, hear of them. */
void budget_flush(struct budget_share *s);

#endif
