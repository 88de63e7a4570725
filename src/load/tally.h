/* SPDX-License-Identifier: BSD-2-Clause */
/* tally.h - what a run has done and met.
 *
 * The sums hold at any time: started = ok + failed + in progress, and failed is the sum
 * of its classes.  Times are in microseconds. */

#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "base/histogram.h"
#include "base/msec.h"

/* Why an operation failed. */
enum load_failure {
    LOAD_FAILED_STATUS,      /* a final response that is no 2xx: see tally.status     */
    LOAD_FAILED_TIMEOUT,     /* no response, or no final one, or no answer to a ring  */
    LOAD_FAILED_TRANSPORT,   /* the connection is lost, the port closed, no room      */
    LOAD_FAILED_UNEXPECTED,  /* a response that makes no sense, or too large to handle */
    LOAD_FAILED_INTERRUPTED, /* Ctrl-C                                                */
    LOAD_FAILURES
};

enum { STATUS_MAX = 699 };

struct tally {
    /* Operations that began while counting was on. */
    uint64_t started, ok, failed;
    uint64_t failures[LOAD_FAILURES];
    uint64_t status[STATUS_MAX + 1]; /* by code; 0: codes that are none */
    uint64_t retry_after;            /* of these with Retry-After        */
    uint64_t late;                   /* open loop: begun more than LOAD_LATE after their time */
    uint64_t not_started;            /* open loop: due, but there was no room for them        */

    /* The whole run. */
    uint64_t all_started, all_ok, all_failed;
    uint64_t registered, not_registered, unregistered; /* callees, before and after */
    uint64_t messages_sent, messages_received;         /* by callers and callees */
    uint64_t retransmitted;                            /* of those sent          */
    uint64_t repeated;                                 /* that came again, or too late        */
    uint64_t challenges;                               /* answered                            */
    uint64_t malformed;                                /* came, and could not be read         */
    uint64_t answered, unacknowledged, full;           /* by our callees: calls, calls whose ACK did not come, calls
                                                        * refused for lack of room */
    uint64_t connections_lost, icmp;

    uint64_t counting_from, counting_to; /* microseconds of the clock; 0: not yet           */
    uint64_t finished;                   /* operations that ended well between these two    */

    /* --media, both sides. */
    uint64_t media_sent, media_received, media_lost;

    struct histogram latency; /* to the 2xx: of an INVITE the set-up time  */
    struct histogram ringing; /* INVITE to 180 */
    struct histogram hang_up; /* BYE to 200    */
    struct histogram jitter;  /* of each stream at its end */
    struct histogram recent;  /* latency since whoever shows it cleared it */
};

enum { LOAD_LATE = 10000 };

const char *load_failure_name(enum load_failure failure);

#endif
