/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/latch.h"

void latch_init(struct latch *l, const struct address *remote, bool any)
{
    *l = (struct latch){ .remote = *remote, .any = any };
}

void latch_update(struct latch *l, const struct address *remote, bool any)
{
    struct latch was = *l;

    latch_init(l, remote, any);
    if (!was.accepted || !address_eq(&was.remote, remote))
        return;
    if (any || address_eq_ip(&was.source, remote)) {
        l->accepted = true;
        l->source   = was.source;
    }
}

static enum latch_verdict accept_source(struct latch *l, const struct address *from)
{
    l->accepted = true;
    l->source   = *from;
    return LATCH_CHANGED;
}

static struct latch_candidate *find_candidate(struct latch *l, const struct address *from)
{
    struct latch_candidate *oldest = &l->candidates[0];

    for (size_t i = 0; i < LATCH_CANDIDATES; i++) {
        struct latch_candidate *c = &l->candidates[i];

        if (c->count > 0 && address_eq(&c->from, from))
            return c;
        if (c->heard < oldest->heard)
            oldest = c;
    }
    *oldest = (struct latch_candidate){ .from = *from };
    return oldest;
}

static bool probation_passed(struct latch *l, const struct address *from, uint32_t ssrc, uint16_t sequence)
{
    struct latch_candidate *c = find_candidate(l, from);

    if (c->count == 0 || c->ssrc != ssrc || c->next != sequence)
        c->count = 0;
    c->ssrc  = ssrc;
    c->next  = (uint16_t)(sequence + 1);
    c->heard = ++l->packets;
    return ++c->count >= LATCH_PROBATION;
}

enum latch_verdict latch_packet(struct latch *l, const struct address *from, uint32_t ssrc, uint16_t sequence)
{
    if (l->accepted && address_eq(&l->source, from))
        return LATCH_HEARD;
    if (address_eq(&l->remote, from))
        return accept_source(l, from);
    if (l->accepted || !(l->any || address_eq_ip(&l->remote, from)))
        return LATCH_REFUSED;
    return probation_passed(l, from, ssrc, sequence) ? accept_source(l, from) : LATCH_REFUSED;
}
