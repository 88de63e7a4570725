/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "scenario/peer.h"

static struct peer *peer_of(void *owner)
{
    return CONTAINER_OF((struct actor *)owner, struct peer, actor);
}

static void hear_open(void *owner, struct channel *c)
{
    (void)c;
    actor_event(owner, "connected");
}

static void hear_bytes(void *owner, struct channel *c, struct slice bytes)
{
    struct address from = channel_remote(c), to = channel_local(c);

    scenario_hear(owner, &from, &to, bytes);
}

static void hear_close(void *owner, struct channel *c, int error)
{
    (void)c;
    peer_of(owner)->channel = NULL;
    actor_event(owner, "disconnected%s%s", error == 0 ? "" : " ", error == 0 ? "" : error_name(error));
}

static const struct channel_events events = { .on_open = hear_open, .on_bytes = hear_bytes, .on_close = hear_close };

bool peer_connects_by(struct peer *p, enum channel_kind kind, const struct address *to, const char *domain)
{
    static const struct channel_limits no_limits;
    char                               text[ADDRESS_TEXT];
    struct buf                         digits = BUF_ON(text);
    int                                error;

    if (p->channels == NULL) {
        p->tls      = scenario_tls(p->actor.scenario, &p->actor, NULL);
        p->channels = channels_new(p->actor.world, p->tls, &no_limits);
    }
    if (p->channels == NULL)
        return scenario_fail(p->actor.scenario, "no memory");
    address_write_ip(&digits, to);
    error = channel_connect(p->channels, kind, to, domain != NULL ? slice_from(domain) : buf_slice(&digits), &events,
                            &p->actor, &p->channel);
    return error == 0 || scenario_fail(p->actor.scenario, "it cannot: %s", error_text(error));
}

void peer_disconnects_channel(struct peer *p)
{
    channel_close(p->channel);
    p->channel = NULL;
}

void peer_channel_fini(struct peer *p)
{
    if (p->channel != NULL)
        peer_disconnects_channel(p);
    channels_free(p->channels);
    tls_shared_free(p->tls);
}
