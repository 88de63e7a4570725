/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

enum { CODECS_MAX = 8 };

/* ---- what is said of them ---- */

void call_describe(struct call *c, bool wish)
{
    c->describe_hold = wish ? c->wish_hold : c->hold;
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        c->streams[i].said = wish ? c->streams[i].wish : c->streams[i].now;
}

struct negotiation *call_new_negotiation(struct call *c)
{
    struct negotiation_config config = { .session_id = c->sdp_id, .address = c->local };

    config.address.port = 0;
    return negotiation_new(&config);
}

struct description_of {
    struct sdp_local local[CALL_STREAMS];
    struct sdp_codec codecs[CALL_STREAMS][CODECS_MAX];
};

/* RFC 4028 7.4: a refresh says what is agreed already, though the peer may hold us. */
static enum sdp_direction direction_of(const struct call *c, unsigned i)
{
    const struct call_stream *s = &c->streams[i];

    if (c->only_refreshes && c->session.exchange == EXCHANGE_OURS && negotiation_stream(c->negotiation, i)->active)
        return negotiation_stream(c->negotiation, i)->direction;
    return c->describe_hold ? sdp_direction_hold(s->said.direction) : s->said.direction;
}

static void describe(const struct call *c, struct description_of *d)
{
    struct offer_ends ends = call_ends(c);

    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        const struct call_stream *s = &c->streams[i];

        d->local[i] = (struct sdp_local){ .enabled = s->open && s->said.on };
        if (!d->local[i].enabled)
            continue;
        d->local[i] = (struct sdp_local){
            .enabled       = true,
            .kind          = s->kind->name,
            .protocol      = s->kind->protocol,
            .rtp           = s->kind->local(s),
            .either_family = call_is_heard_anyway(&ends),
            .direction     = direction_of(c, i),
            .codecs        = d->codecs[i],
            .codec_count   = s->kind->codecs(d->codecs[i], CODECS_MAX),
            .events        = true,
            .ptime         = AUDIO_FRAME_MS,
        };
    }
}

int call_make_offer(struct call *c, struct negotiation *n, struct slice *text)
{
    struct description_of d;

    c->wants_none = false;
    describe(c, &d);
    return negotiation_offer(n, d.local, CALL_STREAMS, text);
}

/* ---- what the peer offers ---- */

static bool has_slot(const struct negotiation *n, unsigned slot)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        const struct sdp_agreed *agreed = negotiation_stream(n, i);

        if (agreed->active && agreed->slot == slot)
            return true;
    }
    return false;
}

/* A stream that we have said and that has no line yet, apart from those of the set. */
static bool find_waiting(const struct call *c, const struct negotiation *n, const struct stream_kind *kind,
                         unsigned *taken)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        const struct call_stream *s = &c->streams[i];

        if (s->open && s->said.on && s->kind == kind && !negotiation_stream(n, i)->active && !(*taken & 1u << i)) {
            *taken |= 1u << i;
            return true;
        }
    }
    return false;
}

static unsigned count_said(const struct call *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < CALL_STREAMS; i++)
        count += c->streams[i].said.on;
    return count;
}

/* One line of the offer that no stream has.  More than we want of them are refused in
 * their place; a call may lack ports or sound for its second stream, but not for its only one. */
static int open_for(struct call *c, const struct stream_kind *kind, const struct sdp_media *m, unsigned *taken)
{
    struct offer_ends   ends = call_ends(c);
    struct address      at   = call_place_for(&ends, m);
    unsigned            max  = c->phone->config.max_streams;
    struct call_stream *s    = call_free_stream(c);
    int                 error;

    if (s == NULL || count_said(c) >= (max == 0 ? AUDIO_STREAMS : max))
        return 0;
    error = call_open_stream(c, (unsigned)(s - c->streams), kind, &at);
    if (error != 0)
        return count_said(c) > 0 ? 0 : error;
    s->said = (struct stream_terms){ true, SDP_SENDRECV };
    *taken |= 1u << s->index;
    return 0;
}

static int open_offered(struct call *c, const struct negotiation *n)
{
    const struct sdp *offer = negotiation_remote(n);
    struct offer_ends ends  = call_ends(c);
    unsigned          taken = 0;
    int               error = 0;

    c->wants_none = true;
    for (unsigned slot = 0; offer != NULL && slot < offer->media_count && error == 0; slot++) {
        const struct sdp_media   *m    = &offer->media[slot];
        const struct stream_kind *kind = call_kind_for(&ends, m);

        c->wants_none = c->wants_none && m->port == 0;
        if (kind != NULL && !has_slot(n, slot) && !find_waiting(c, n, kind, &taken))
            error = open_for(c, kind, m, &taken);
    }
    return error;
}

/* What was opened for an answer that is not made. */
static void close_new(struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (!c->streams[i].now.on && !c->streams[i].wish.on)
            call_close_stream(&c->streams[i]);
}

int call_make_answer(struct call *c, struct negotiation *n, struct slice *text)
{
    struct description_of d;
    int                   error = open_offered(c, n);

    describe(c, &d);
    if (error == 0)
        error = negotiation_answer(n, d.local, CALL_STREAMS, text);
    if (error != 0)
        close_new(c);
    return error;
}

/* ---- what could be had ---- */

void call_write_capabilities(struct phone *p, const struct address *local, struct buf *b)
{
    struct negotiation_config config = { .session_id = random_u64(&p->world->random) >> 2, .address = *local };
    struct sdp_codec          codecs[CODECS_MAX];
    struct sdp_local          stream = {
                 .enabled     = true,
                 .kind        = call_sound.name,
                 .protocol    = call_sound.protocol,
                 .rtp         = *local,
                 .direction   = SDP_SENDRECV,
                 .codecs      = codecs,
                 .codec_count = call_sound.codecs(codecs, CODECS_MAX),
                 .events      = true,
                 .ptime       = AUDIO_FRAME_MS,
    };

    config.address.port = 0;
    sdp_write_capabilities(b, &config, &stream, 1);
}
