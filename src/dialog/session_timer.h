/* SPDX-License-Identifier: BSD-2-Clause */
/* session_timer.h - how long a session lives unless somebody refreshes it (RFC 4028).
 *
 *                     2xx to INVITE, re-INVITE or UPDATE
 *         +------------------------------------------------------+
 *         v                                                      |
 *        OFF ---> refreshed by us:   half of it, REFRESH --------+
 *           \                        all of it, END
 *            ---> refreshed by them: all of it less min(32 s, a third), END
 *
 * Each of the three requests is a session refresh request: session_timer_write_request adds
 * its lines, whatever it is sent for, and what its 2xx says holds from then on.  The callee
 * answers with session_timer_accept and session_timer_write_answer.
 *
 * A caller whose peer knows nothing of all this refreshes for its own sake (7.2): it
 * notices then that the peer is gone, but without a refresh nothing ends.
 *
 * The machine sends nothing and reads no clock. */

#ifndef DIALOG_SESSION_TIMER_H
#define DIALOG_SESSION_TIMER_H

#include "base/msec.h"
#include "sip/write.h"

enum {
    SESSION_TIMER_DEFAULT = 1800, /* seconds; RFC 4028 4 recommends it     */
    SESSION_TIMER_LEAST   = 90,   /* nobody may ask for less (4)           */
};

enum session_timer_action { SESSION_TIMER_NOTHING, SESSION_TIMER_REFRESH, SESSION_TIMER_END };

struct session_timer {
    uint32_t wish;               /* what we ask for, in seconds; 0: nothing                            */
    uint32_t floor;              /* less than this we refuse                                           */
    uint32_t min_se;             /* the largest of the peer's and of all on the way, 0: none was named */
    uint32_t asked;              /* in our request that waits for its answer; 0: nothing               */
    uint32_t interval;           /* in force, 0: none                                                  */
    unsigned raises;             /* by 422s, since the last request that succeeded                     */
    bool     ours;               /* we refresh                                                         */
    bool     alone;              /* only we do, and only for our own sake: nothing ends                */
    bool     begun;              /* a first 2xx has come or gone                                       */
    bool     require;            /* our 2xx says so (9)                                                */
    msec     refresh_at, end_at; /* NEVER: not                                               */
};

/* In seconds.  A wish above 0 is raised to the floor, and that to SESSION_TIMER_LEAST. */
void session_timer_init(struct session_timer *t, uint32_t wish, uint32_t floor);

/* ---- who sends the request ---- */

/* Session-Expires and Min-SE, as far as there is something to say (7.1, 7.4). */
void session_timer_write_request(struct session_timer *t, struct gather *g);
/* Its 2xx. */
void session_timer_on_2xx(struct session_timer *t, const struct message *response, msec now);
/* Its 422: false if asking once more would not help. */
bool session_timer_on_422(struct session_timer *t, const struct message *response);
/* It came to nothing, but the session goes on (10): the next try is half of the time that is
 * left from now, and `wait` milliseconds at least. */
void session_timer_on_failure(struct session_timer *t, msec wait, msec now);

/* ---- who answers it ---- */

/* Is what it asks for too little?  Then 422, with session_timer_write_refusal (9). */
bool session_timer_refuses(const struct session_timer *t, const struct message *request);
void session_timer_write_refusal(const struct session_timer *t, struct gather *g);
/* The 2xx is about to be sent: decide, by table 2. */
void session_timer_accept(struct session_timer *t, const struct message *request, msec now);
/* Session-Expires for that 2xx, the same each time.  `require`: it has to say so. */
void session_timer_write_answer(const struct session_timer *t, struct gather *g);

/* ---- both ---- */

/* REFRESH is said once; session_timer_on_2xx or _on_failure must follow. */
enum session_timer_action session_timer_on_timer(struct session_timer *t, msec now);
msec                      session_timer_deadline(const struct session_timer *t); /* NEVER: no timer runs */
/* The session has ended. */
void session_timer_stop(struct session_timer *t);

#endif
