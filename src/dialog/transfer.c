/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/transfer.h"

bool transfer_is_open(const struct transfer *t)
{
    return t->state == TRANSFER_HOLDING || t->state == TRANSFER_REFERRING || t->state == TRANSFER_WATCHING;
}

static unsigned refer(struct transfer *t)
{
    t->state = TRANSFER_REFERRING;
    return TRANSFER_SEND_REFER;
}

static unsigned succeed(struct transfer *t, unsigned status)
{
    t->state  = TRANSFER_DONE;
    t->status = status;
    return TRANSFER_TELL_DONE | TRANSFER_HANG_UP;
}

/* What was put on hold for the transfer is taken off it, if there is somebody to talk to. */
static unsigned fail(struct transfer *t, unsigned status, bool lost)
{
    t->state  = TRANSFER_DONE;
    t->status = status;
    if (lost)
        return TRANSFER_TELL_FAILED | TRANSFER_LOST;
    return TRANSFER_TELL_FAILED | (t->held ? TRANSFER_RESUME : 0u);
}

unsigned transfer_start(struct transfer *t, bool hold)
{
    if (transfer_is_open(t))
        return 0;
    *t = (struct transfer){ .state = TRANSFER_HOLDING };
    return hold ? TRANSFER_SEND_HOLD : refer(t);
}

/* Who will not be held can be referred all the same. */
unsigned transfer_on_hold(struct transfer *t, bool accepted)
{
    if (t->state != TRANSFER_HOLDING)
        return 0;
    t->held = accepted;
    return refer(t);
}

unsigned transfer_on_response(struct transfer *t, unsigned status, bool unwatched)
{
    bool accepted = status >= 200 && status < 300;

    if (!transfer_is_open(t) || status < 200)
        return 0;
    if (!accepted)
        return fail(t, status, status == 481 || status == 408);
    if (unwatched)
        return succeed(t, status);
    if (t->state == TRANSFER_REFERRING) /* RFC 3515 2.4.4: a NOTIFY may have come before it */
        t->state = TRANSFER_WATCHING;
    return 0;
}

unsigned transfer_on_notify(struct transfer *t, unsigned status, bool last)
{
    if (t->state != TRANSFER_REFERRING && t->state != TRANSFER_WATCHING)
        return 0;
    t->state = TRANSFER_WATCHING;
    if (status >= 300)
        return fail(t, status, false);
    if (status >= 200)
        return succeed(t, status);
    if (last) /* it ends with a "100 Trying": what comes of it will not be heard */
        return fail(t, 408, false);
    if (t->status == status)
        return 0;
    t->status = status;
    return TRANSFER_TELL_PROGRESS;
}

unsigned transfer_on_asked(struct transfer *t, unsigned status)
{
    if ((t->state != TRANSFER_REFERRING && t->state != TRANSFER_WATCHING) || status < 200)
        return 0;
    if (status < 300) {
        t->state = TRANSFER_WATCHING;
        return 0;
    }
    return t->state == TRANSFER_REFERRING ? refer(t) : 0;
}

unsigned transfer_on_silence(struct transfer *t)
{
    return t->state == TRANSFER_WATCHING ? fail(t, 408, false) : 0;
}

void transfer_on_end(struct transfer *t)
{
    t->state = TRANSFER_DONE;
}
