/* SPDX-License-Identifier: BSD-2-Clause */
/* purse.h - requests that one worker has taken from the buckets of all (limiter.h) before they came.
 *
 *     limiter   [ bucket of a source ]     a lock, and memory that all workers write to
 *                  |  |  |   some at a time, more of them while he goes on asking
 *     purse      [2] [0] [9]               of one worker: nobody else looks at it
 *
 * Who asks now and then takes one request at a time, and it is as if there were no purse.  Who asks often has up to a
 * sixteenth of the burst taken ahead by each worker that he asks, for a second at most.  So nobody gets more than his
 * rule gives, but may spend it so much later; and he may be refused so many requests too early, while other workers
 * hold them.  Rules with a burst below 32 are kept to the letter. */

#ifndef SERVER_PURSE_H
#define SERVER_PURSE_H

#include "server/limiter.h"

enum { PURSE_SLOTS = 256, PURSE_PART = 16, PURSE_TIME = 1000 };

/* What is held of one bucket; all zeros: nothing. */
struct purse_slot {
    uint64_t network, rule, interval; /* whose it is, and of which rule */
    uint32_t left, batch;             /* requests: left, and taken at once */
    msec     until;                   /* then what is left is no longer his */
    uint64_t forgotten;               /* limiter_taken.until of what is left */
};

struct purse {
    struct purse_slot slots[PURSE_SLOTS];
};

/* One more request of this source that the rule is about. */
enum limiter_verdict purse_take(struct purse *p, struct limiter *l, const struct limit_rule *rule,
                                const struct address *source, msec now);

#endif
