/* SPDX-License-Identifier: BSD-2-Clause */
/* overload.h - how many new requests a worker takes when more come than it can do: a machine
 * that is told what waits and says who may pass.
 *
 *     a look at what waits, each 100 ms:
 *
 *       not pressed                   pressed: something has waited all through `delay`, or was lost
 *       refused any? rate + 1.5 %,    an eighth less waits than at the last look? the rate stays
 *       the next time + 3 %, ...      else: the rate, or what was really taken if that is less, - 15 %
 *       none? twice the rate, and     through three times `delay`? nothing new until all is served
 *       after a second it ends
 *
 *     a new request, by the second it takes its part of the rate; at most a look's worth is saved up
 *
 * It caps the rate that is taken, not the share of what comes: when less comes nobody is refused
 * any more, at once, and a crowd that comes twice as fast changes nothing for those who are taken
 * (RFC 7415 against RFC 7339).  What `taken` costs later is seen by what waits then, so it needs
 * to know of no costs.  A worker that is held for a while (a quota, SIGSTOP) finds much waiting
 * but sees its queue empty soon: that is no overload. */

#ifndef BASE_OVERLOAD_H
#define BASE_OVERLOAD_H

#include "base/msec.h"

#include <stdbool.h>
#include <stdint.h>

enum { OVERLOAD_LOOK = 100 }; /* ms between two looks */

/* What the kernel keeps unread for a worker, all its sockets for datagrams together. */
struct backlog {
    uint32_t looks;  /* how often it has been looked at: another number, another look */
    msec     waited; /* so long ago it was empty last; 0: it was, just now             */
    uint64_t bytes;  /* that wait                                                     */
    uint64_t lost;   /* datagrams for which there was no room, so far                  */
};

enum overload_event { OVERLOAD_SAME, OVERLOAD_BEGAN, OVERLOAD_ENDED };

struct overload {
    bool           active;
    bool           draining; /* nothing new passes until what waits has been served */
    struct backlog last;
    msec           looked_at;
    uint32_t       taken, refused; /* since the last look                                       */
    uint32_t       usual;          /* taken between two looks lately: what it once could it may again */
    uint32_t       rate;           /* taken between two looks at most; while active             */
    int64_t        credit;         /* in parts of a request, OVERLOAD_LOOK each                 */
    msec           credit_at;
    unsigned       calm;          /* looks in a row that saw nothing amiss and nobody refused   */
    unsigned       growing;       /* looks in a row that were not pressed                       */
    msec           began_at;      /* while active, and of the last time after that               */
    uint64_t       total_refused; /* since then                                                 */
};

void overload_init(struct overload *o, msec now);

/* Another look: `delay` is how long something may have waited all the time (0: there is no overload,
 * and what there was is over). */
enum overload_event overload_look(struct overload *o, msec now, msec delay, const struct backlog *b);

/* A new request: may it be served?  `begun`: it goes on with something that was taken before (an answer to
 * a challenge), and may take what others will have to save up again, a look's worth at most. */
bool overload_take(struct overload *o, msec now, bool begun);

#endif
