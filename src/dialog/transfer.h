/* SPDX-License-Identifier: BSD-2-Clause */
/* transfer.h - a call that we hand on to somebody else, from the side of who hands it
 * on (RFC 3515, RFC 5589 6 and 7).
 *
 *     start           hold is through,          2xx, or a
 *    -------> HOLDING ---------------> REFERRING ------> WATCHING ---- 2xx told: we hang up
 *       \       or was refused ^           |      NOTIFY    |  \
 *        +---------------------+           | refused        |   +----- refusal told, no word
 *                                          v                v                any more
 *                                         DONE: the call is ours again, as it was before
 *
 * The other side is put on hold first, since nobody listens to it from here on; when nothing
 * comes of the transfer the call goes on as if it had not been tried.
 *
 * The machine sends nothing: its calls return a set of enum transfer_action, to be
 * performed in the order of the enum.  How long to wait is the subscription's to say
 * (dialog/subscription.h), which a REFER implies. */

#ifndef DIALOG_TRANSFER_H
#define DIALOG_TRANSFER_H

#include <stdbool.h>

enum transfer_state { TRANSFER_NONE, TRANSFER_HOLDING, TRANSFER_REFERRING, TRANSFER_WATCHING, TRANSFER_DONE };

enum transfer_action {
    TRANSFER_SEND_HOLD     = 1 << 0,
    TRANSFER_SEND_REFER    = 1 << 1,
    TRANSFER_TELL_PROGRESS = 1 << 2, /* `status`: what whoever was called has said so far        */
    TRANSFER_TELL_DONE     = 1 << 3, /* the other two talk                                       */
    TRANSFER_TELL_FAILED   = 1 << 4, /* `status`: why; 408: nothing was heard of it any more     */
    TRANSFER_HANG_UP       = 1 << 5, /* our call with it is over                                 */
    TRANSFER_LOST          = 1 << 6, /* the peer knows our call no more (RFC 3261 12.2.1.2)      */
    TRANSFER_RESUME        = 1 << 7, /* take off hold what was put on it for this                */
};

struct transfer {
    enum transfer_state state;
    unsigned            status; /* that was told last, 0: none                     */
    bool                held;   /* by us, for the transfer                         */
};

/* `hold`: the call is not on hold yet and can be put on it. */
unsigned transfer_start(struct transfer *t, bool hold);
/* The hold has been accepted or refused. */
unsigned transfer_on_hold(struct transfer *t, bool accepted);
/* A final response to the REFER; 408: none came, 503: it could not be sent.  `unwatched`: it
 * was accepted with Refer-Sub: false (RFC 4488), and nothing will be heard of it. */
unsigned transfer_on_response(struct transfer *t, unsigned status, bool unwatched);
/* A NOTIFY has told this status; `last`: and will be the last one. */
unsigned transfer_on_notify(struct transfer *t, unsigned status, bool last);
/* We have moved meanwhile, and asked by a SUBSCRIBE within the dialog how it stands: the final response; 408: none
 * came. Whoever refuses that has perhaps not got the REFER, if he has not answered that either: it is sent again. */
unsigned transfer_on_asked(struct transfer *t, unsigned status);
/* No NOTIFY came, or none any more. */
unsigned transfer_on_silence(struct transfer *t);
/* The call has ended otherwise: nothing is told of the transfer after that. */
void transfer_on_end(struct transfer *t);

/* Has it begun and not come to its end? */
bool transfer_is_open(const struct transfer *t);

#endif
