/* SPDX-License-Identifier: BSD-2-Clause */
/* latch.h - whose packets are heard: the rules 2 to 4 of session.h as a
 * calculation.
 *
 *            remote speaks              any source, 4 packets in sequence
 *   CLOSED ----------------> SIGNALLED <---- remote speaks ---- LATCHED
 *      \_________________________________________________________/^
 *
 * Candidates are few and the one heard longest ago gives way, so who sends
 * rubbish from many ports delays nobody for long. */

#ifndef MEDIA_LATCH_H
#define MEDIA_LATCH_H

#include "base/address.h"

enum { LATCH_PROBATION = 4, LATCH_CANDIDATES = 8 };

enum latch_verdict {
    LATCH_REFUSED,
    LATCH_HEARD,  /* the accepted source                             */
    LATCH_CHANGED /* the same, and it was not the source before this */
};

struct latch_candidate {
    struct address from;
    uint32_t       ssrc;
    uint16_t       next;  /* the sequence number that would be in sequence */
    unsigned       count; /* packets in sequence; 0: free */
    uint64_t       heard; /* of struct latch's packets */
};

/* Fields are private but for `accepted` and `source`. */
struct latch {
    struct address         remote;
    bool                   any; /* any address may be latched, not just other ports */
    bool                   accepted;
    struct address         source; /* while accepted */
    uint64_t               packets;
    struct latch_candidate candidates[LATCH_CANDIDATES];
};

void latch_init(struct latch *l, const struct address *remote, bool any);

/* Another negotiation: what was accepted stays if the new rules would have
 * accepted it. */
void latch_update(struct latch *l, const struct address *remote, bool any);

/* A well-formed packet came. */
enum latch_verdict latch_packet(struct latch *l, const struct address *from, uint32_t ssrc, uint16_t sequence);

#endif
