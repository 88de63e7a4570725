/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/publication.h"

#include "dialog/pace.h"

enum { ROUNDS_MAX = 4, EXPIRES_MAX = 7 * 24 * 3600, RETRY_MAX = 24 * 3600 };

static msec back_off(unsigned failures, uint32_t retry_after, uint32_t random)
{
    return pace_back_off(failures, PACE_BASE, retry_after < RETRY_MAX ? retry_after : RETRY_MAX, random);
}

void publication_init(struct publication *p, uint32_t seconds)
{
    *p = (struct publication){ .wanted = seconds, .at = NEVER };
}

static unsigned send(struct publication *p, bool body)
{
    p->state     = PUBLICATION_SENDING;
    p->open      = true;
    p->at        = NEVER;
    p->with_tag  = p->tag_len > 0;
    p->with_body = body || !p->with_tag;
    p->dirty     = p->dirty && !p->with_body;
    p->asked     = p->wanted;
    return PUBLICATION_SEND;
}

static unsigned send_removal(struct publication *p)
{
    send(p, false);
    p->with_body = false;
    p->asked     = 0;
    return PUBLICATION_SEND;
}

static unsigned end(struct publication *p, unsigned status)
{
    p->state   = PUBLICATION_ENDED;
    p->status  = status;
    p->at      = NEVER;
    p->tag_len = 0;
    return PUBLICATION_TELL_ENDED;
}

unsigned publication_set(struct publication *p)
{
    if (p->state == PUBLICATION_ENDED)
        return 0;
    p->leaving = false; /* what is being taken back is published anew behind that */
    p->dirty   = true;
    return p->open ? 0 : send(p, true);
}

unsigned publication_remove(struct publication *p)
{
    if (p->leaving)
        return 0;
    p->leaving = true;
    if (p->open)
        return 0;
    return p->tag_len > 0 ? send_removal(p) : end(p, 200);
}

/* RFC 3903 11.3.1 */
static bool take_tag(struct publication *p, const struct message *response)
{
    for (unsigned i = 0; i < response->header_count; i++) {
        const struct header *h = &response->headers[i];

        if (!slice_eq_nocase(h->name, SLICE("SIP-ETag")) || h->value.len == 0 || h->value.len > sizeof p->tag)
            continue;
        memcpy(p->tag, h->value.ptr, h->value.len);
        p->tag_len = h->value.len;
        return true;
    }
    p->tag_len = 0;
    return false;
}

static unsigned on_success(struct publication *p, unsigned status, const struct message *response, uint32_t random,
                           msec now)
{
    uint32_t seconds;

    p->rounds = p->failures = 0;
    p->status               = status;
    if (p->asked == 0 && p->leaving)
        return end(p, status);
    if (p->asked == 0) {
        p->tag_len = 0;
        return send(p, true);
    }
    if (!message_number(response, HEADER_EXPIRES, &seconds) || seconds > p->asked)
        seconds = p->asked;
    if (!take_tag(p, response)) /* then it cannot be kept up, but by being published anew */
        p->tag_len = 0;
    if (p->leaving)
        return p->tag_len > 0 ? send_removal(p) : end(p, status);
    p->granted = seconds;
    if (p->dirty)
        return send(p, true);
    p->state = PUBLICATION_KEPT;
    p->at    = now + pace_refresh_after(seconds > 2 ? seconds : 2, random);
    return PUBLICATION_TELL_KEPT;
}

static bool raise_asked(struct publication *p, const struct message *response)
{
    uint32_t least;

    if (response == NULL || !message_number(response, HEADER_MIN_EXPIRES, &least) || least <= p->asked ||
        least > EXPIRES_MAX)
        return false;
    p->wanted = least;
    return true;
}

static bool is_passing(unsigned status)
{
    return status == 408 || status == 480 || status == 500 || (status >= 502 && status <= 504);
}

static unsigned fail(struct publication *p, unsigned status, const struct message *response, uint32_t random, msec now)
{
    uint32_t retry_after = 0;

    if (p->leaving || !is_passing(status))
        return end(p, status);
    if (response != NULL)
        message_number(response, HEADER_RETRY_AFTER, &retry_after);
    p->state   = PUBLICATION_WAITING;
    p->status  = status;
    p->tag_len = 0; /* who knows what was kept; the next one is whole */
    p->at      = now + back_off(p->failures++, retry_after, random);
    return PUBLICATION_TELL_ENDED;
}

unsigned publication_on_response(struct publication *p, unsigned status, const struct message *response,
                                 uint32_t random, msec now)
{
    if (!p->open || status < 200)
        return 0;
    p->open = false;
    if (status < 300 && response != NULL)
        return on_success(p, status, response, random, now);
    if (status == 412 && p->with_tag && p->rounds++ < ROUNDS_MAX) { /* 4.1: it is not known there any more */
        p->tag_len = 0;
        return p->leaving ? end(p, status) : send(p, true);
    }
    if (status == 423 && p->rounds++ < ROUNDS_MAX && raise_asked(p, response))
        return send(p, p->with_body);
    return fail(p, status, response, random, now);
}

unsigned publication_on_timer(struct publication *p, msec now)
{
    if (p->open || now < p->at)
        return 0;
    return send(p, p->state == PUBLICATION_WAITING);
}
