/* SPDX-License-Identifier: BSD-2-Clause */
/* limiter.h - token buckets: has somebody sent more than he may?
 *
 *     now                 "empty until"              a bucket is one time: how far ahead of now the
 *      |-------------------------|                   requests of late reach, if each takes its interval.
 *      |<-------- at most burst intervals ------->|  A request that would reach further is too much.
 *
 * Whose bucket it is, and of which rule, is a keyed hash; the memory is fixed (crowd.h), and
 * who has sent most keeps his place longest.  What is too much may be answered once a second,
 * so that an answer is no further load.  All workers share one, with a lock for each of 64 parts. */

#ifndef SERVER_LIMITER_H
#define SERVER_LIMITER_H

#include "base/accounts.h"
#include "base/address.h"
#include "base/budget.h"
#include "base/random.h"
#include "server/abuse_rules.h"

struct limiter;

enum { LIMITER_BUCKETS = 65536 };

enum limiter_verdict {
    LIMITER_PASSES,
    LIMITER_SAYS_NO,     /* and this may be answered */
    LIMITER_SAYS_NOTHING /* it has been, less than a second ago */
};

/* Who has a bucket: a source, with what of a user's or a trunk's name matters. */
struct limited {
    const struct address *source; /* NULL: wherever it came from */
    struct slice          name, domain;
};

/* NULL without memory. */
struct limiter *limiter_new(const struct random *random);
/* Account for its memory in `b`, which it borrows. */
void limiter_account(struct limiter *l, struct budget *b);
void limiter_free(struct limiter *l);

/* One more request that the rule is about. */
enum limiter_verdict limiter_take(struct limiter *l, const struct limit_rule *rule, const struct limited *who,
                                  msec now);

/* The same for up to `most` of them at once. */
struct limiter_taken {
    enum limiter_verdict verdict; /* LIMITER_PASSES, or why there are none                  */
    unsigned             count;
    uint64_t             until; /* microseconds: by then the bucket has forgotten them */
};
struct limiter_taken limiter_take_some(struct limiter *l, const struct limit_rule *rule, const struct limited *who,
                                       unsigned most, msec now);
/* The last `taken.count` of those, taken under this rule, have not come.  Of what the bucket has forgotten by now
 * nothing is given back: it would be there a second time. */
void limiter_give_back(struct limiter *l, const struct limit_rule *rule, const struct limited *who,
                       const struct limiter_taken *taken, msec now);

#endif
