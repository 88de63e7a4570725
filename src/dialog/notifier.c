/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/notifier.h"

enum { HOUR = 3600 };

bool subscription_is_gone(unsigned status)
{
    switch (status) {
    case 404:
    case 405:
    case 410:
    case 416:
    case 489:
    case 501:
    case 604:
        return true;
    }
    return status >= 480 && status <= 485;
}

bool notifier_grant(const struct message *subscribe, uint32_t usual, uint32_t least, uint32_t most, uint32_t *seconds)
{
    if (!message_number(subscribe, HEADER_EXPIRES, seconds))
        *seconds = usual;
    if (*seconds > most)
        *seconds = most;
    return *seconds == 0 || *seconds >= least || *seconds >= HOUR;
}

/* What there is to tell goes out now, or as soon as it may. */
static unsigned send(struct notifier *n, msec now)
{
    n->dirty = true;
    if (n->open || now < n->quiet_until)
        return 0;
    n->dirty       = false;
    n->open        = true;
    n->last        = n->state == NOTIFIER_ENDING;
    n->quiet_until = now + n->gap;
    return NOTIFIER_SEND;
}

/* The same, however short the time since the last one. */
static unsigned send_at_once(struct notifier *n, msec now)
{
    n->quiet_until = now;
    return send(n, now);
}

static unsigned gone(struct notifier *n)
{
    n->state      = NOTIFIER_GONE;
    n->dirty      = false;
    n->expires_at = NEVER;
    return NOTIFIER_TELL_GONE;
}

static bool is_over(const struct notifier *n)
{
    return n->state == NOTIFIER_ENDING || n->state == NOTIFIER_GONE;
}

unsigned notifier_start(struct notifier *n, uint32_t seconds, bool allowed, msec gap, msec now)
{
    *n = (struct notifier){ .state = allowed ? NOTIFIER_ACTIVE : NOTIFIER_PENDING, .gap = gap };
    return notifier_refresh(n, seconds, now);
}

unsigned notifier_refresh(struct notifier *n, uint32_t seconds, msec now)
{
    if (is_over(n))
        return 0;
    if (seconds == 0)
        return notifier_end(n, END_TIMEOUT, now);
    n->expires_at = now + (msec)seconds * 1000;
    return send_at_once(n, now);
}

unsigned notifier_allow(struct notifier *n, msec now)
{
    if (n->state != NOTIFIER_PENDING)
        return 0;
    n->state = NOTIFIER_ACTIVE;
    return send_at_once(n, now);
}

/* Who is not allowed to know is told nothing new. */
unsigned notifier_changed(struct notifier *n, msec now)
{
    return n->state == NOTIFIER_ACTIVE ? send(n, now) : 0;
}

unsigned notifier_end(struct notifier *n, enum end_reason reason, msec now)
{
    if (is_over(n))
        return 0;
    n->state      = NOTIFIER_ENDING;
    n->reason     = reason;
    n->expires_at = NEVER;
    return send_at_once(n, now);
}

void notifier_forget(struct notifier *n)
{
    n->open = false;
}

unsigned notifier_on_response(struct notifier *n, unsigned status, msec now)
{
    if (!n->open || status < 200)
        return 0;
    n->open = false;
    if (n->last || status == 408 || subscription_is_gone(status))
        return gone(n);
    return n->dirty ? send(n, now) : 0;
}

unsigned notifier_on_timer(struct notifier *n, msec now)
{
    if (now >= n->expires_at && !is_over(n))
        return notifier_end(n, END_TIMEOUT, now);
    return n->dirty ? send(n, now) : 0;
}

msec notifier_deadline(const struct notifier *n)
{
    msec told = n->dirty && !n->open ? n->quiet_until : NEVER;

    return told < n->expires_at ? told : n->expires_at;
}

void notifier_write_state(const struct notifier *n, struct buf *b, msec now)
{
    if (is_over(n)) {
        buf_put(b, SLICE("terminated"));
        if (n->reason != END_UNKNOWN) {
            buf_put(b, SLICE(";reason="));
            buf_put(b, end_reason_name(n->reason));
        }
        return;
    }
    buf_put(b, n->state == NOTIFIER_PENDING ? SLICE("pending;expires=") : SLICE("active;expires="));
    buf_put_number(b, n->expires_at > now ? (n->expires_at - now) / 1000 : 0);
}
