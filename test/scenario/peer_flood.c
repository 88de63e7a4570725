/* SPDX-License-Identifier: BSD-2-Clause */
/* Many connections of one peer at a time.  Each says the beginning of a handshake, if its kind
 * has one, and nothing more. */
#include "base/error.h"
#include "scenario/peer.h"
#include "support/alloc.h"

#include <stdlib.h>

struct flood_stream {
    struct link    link; /* in peer->flood */
    struct peer   *peer;
    struct stream *stream;
    struct slice   beginning;
};

static void hear_open(void *owner, struct stream *stream)
{
    struct flood_stream *f = owner;

    if (f->beginning.len > 0)
        (void)world_stream_send(f->peer->actor.world, stream, &f->beginning, 1); /* it may be closed already */
}

static void hear_bytes(void *owner, struct stream *stream, struct slice bytes)
{
    (void)owner;
    (void)stream;
    (void)bytes;
}

static void let_go(struct flood_stream *f)
{
    list_unlink(&f->link);
    free(f);
}

static void hear_close(void *owner, struct stream *stream, int error)
{
    (void)stream;
    (void)error;
    let_go(owner);
}

static const struct stream_events events = { hear_open, hear_bytes, hear_close };

static struct slice beginning_of(enum channel_kind kind)
{
    static const char client_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"; /* of 512 bytes these */

    switch (kind) {
    case CHANNEL_TCP:
        break;
    case CHANNEL_TLS:
    case CHANNEL_WSS:
        return (struct slice){ client_hello, sizeof client_hello - 1 };
    case CHANNEL_WS:
        return SLICE("GET / HTTP/1.1\r\nUpgrade: web");
    }
    return SLICE("");
}

bool peer_floods(struct peer *p, unsigned count, enum channel_kind kind, const struct address *to)
{
    for (; count > 0; count--) {
        struct flood_stream *f = alloc_new(sizeof *f);
        int                  error;

        *f    = (struct flood_stream){ .peer = p, .beginning = beginning_of(kind) };
        error = world_connect(p->actor.world, to, &events, f, &f->stream);
        list_append(&p->flood, &f->link);
        if (error != 0) {
            let_go(f);
            return scenario_fail(p->actor.scenario, "it cannot: %s", error_text(error));
        }
    }
    return true;
}

unsigned peer_flood_count(const struct peer *p)
{
    unsigned count = 0;

    LIST_EACH (l, &p->flood) {
        count++;
    }
    return count;
}

void peer_relents(struct peer *p)
{
    while (!list_empty(&p->flood)) {
        struct flood_stream *f = CONTAINER_OF(p->flood.next, struct flood_stream, link);

        p->actor.world->ops->stream_close(f->stream);
        let_go(f);
    }
}
