/* SPDX-License-Identifier: BSD-2-Clause */
/* publication.h - state that is published and kept up: the client of RFC 3903.
 *
 *          set             2xx with SIP-ETag           refresh, set
 *   IDLE ------> SENDING ---------------------> KEPT --------------> SENDING
 *                   | 412: anew, without the tag        remove
 *                   | failure --> WAITING, or ENDED     -------> REMOVING --> ENDED
 *
 * One PUBLISH is under way at a time; what is set meanwhile goes out behind it.  The machine sends nothing: its calls
 * return a set of enum publication_action. */

#ifndef DIALOG_PUBLICATION_H
#define DIALOG_PUBLICATION_H

#include "base/msec.h"
#include "sip/message.h"

enum publication_state {
    PUBLICATION_IDLE,
    PUBLICATION_SENDING,
    PUBLICATION_KEPT,
    PUBLICATION_WAITING,
    PUBLICATION_ENDED
};

enum publication_action {
    PUBLICATION_SEND       = 1 << 0, /* a PUBLISH: see with_tag, with_body, asked (0: remove)      */
    PUBLICATION_TELL_KEPT  = 1 << 1, /* what was set last is what others see                       */
    PUBLICATION_TELL_ENDED = 1 << 2, /* `status`; state WAITING: it is tried again at `at`         */
};

enum { PUBLICATION_TAG = 128 };

struct publication {
    enum publication_state state;
    unsigned               status;
    uint32_t               granted; /* seconds                                                       */
    msec                   at;      /* refresh or next try, or NEVER                                 */
    /* The next PUBLISH. */
    bool     with_tag, with_body; /* SIP-If-Match: `tag`; the document                             */
    uint32_t asked;
    char     tag[PUBLICATION_TAG];
    size_t   tag_len;
    /* private */
    uint32_t wanted;
    bool     open, dirty, leaving;
    unsigned failures, rounds;
};

void publication_init(struct publication *p, uint32_t seconds);

/* There is something to publish, or something else than before. */
unsigned publication_set(struct publication *p);
/* Take it back. */
unsigned publication_remove(struct publication *p);

/* A final response, or NULL and 408 or 503: none. */
unsigned publication_on_response(struct publication *p, unsigned status, const struct message *response,
                                 uint32_t random, msec now);
unsigned publication_on_timer(struct publication *p, msec now);

#endif
