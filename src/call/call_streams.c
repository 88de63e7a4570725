/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

_Static_assert((int)PHONE_STREAMS == (int)CALL_STREAMS, "an event tells of all the streams of a call");

/* ---- life ---- */

int call_open_stream(struct call *c, unsigned i, const struct stream_kind *kind, const struct address *at)
{
    struct call_stream *s = &c->streams[i];
    int                 error;

    *s      = (struct call_stream){ .call = c, .index = i, .kind = kind, .at = *at };
    error   = kind->open(s);
    s->open = error == 0;
    return error;
}

void call_close_stream(struct call_stream *s)
{
    if (s->open)
        s->kind->close(s);
    s->open = false;
    s->now = s->wish = s->said = (struct stream_terms){ 0 };
}

static bool is_open(const struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (c->streams[i].open)
            return true;
    return false;
}

int call_sound_open(struct call *c)
{
    static const struct stream_terms both_ways = { true, SDP_SENDRECV };
    bool to_answer = c->negotiation != NULL && negotiation_state(c->negotiation) == NEGOTIATION_OFFER_RECEIVED;
    int  error;

    if (is_open(c) || to_answer)
        return 0;
    error = call_open_stream(c, 0, &call_sound, &c->local);
    if (error == 0)
        c->streams[0].now = c->streams[0].wish = c->streams[0].said = both_ways;
    return error;
}

/* The figures stay for PHONE_ENDED. */
void call_sound_close(struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        call_close_stream(&c->streams[i]);
}

struct call_stream *call_free_stream(struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (!c->streams[i].open)
            return &c->streams[i];
    return NULL;
}

static bool same_terms(struct stream_terms a, struct stream_terms b)
{
    return a.on == b.on && a.direction == b.direction;
}

/* What was wished after that offer was made still waits. */
void call_forget_wishes(struct call *c)
{
    if (!c->change_waits || c->wish_hold == c->describe_hold)
        c->wish_hold = c->hold;
    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        struct call_stream *s = &c->streams[i];

        if (c->change_waits && !same_terms(s->wish, s->said))
            continue;
        s->wish = s->now;
        if (!s->now.on)
            call_close_stream(s);
    }
}

/* ---- what was agreed ---- */

/* A change of ours may wait for its second try while theirs is answered: it stays a wish. */
static void settle(struct call_stream *s, bool active)
{
    if (active) {
        if (!s->now.on)
            s->wish = s->said;
        s->now = s->said;
    } else if (s->said.on || s->now.on) {
        call_close_stream(s);
    }
}

int call_sound_start(struct call *c, struct negotiation *n)
{
    bool any = false;

    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        struct call_stream      *s      = &c->streams[i];
        const struct sdp_agreed *agreed = negotiation_stream(n, i);
        int                      error  = agreed->active && s->open ? s->kind->start(s, agreed) : -ERR_NOT_FOUND;

        if (error != 0 && error != -ERR_NOT_FOUND)
            return error;
        if (error == 0 || c->up != NULL)
            settle(s, error == 0);
        else if (s->open) /* another branch may want it */
            s->kind->pause(s);
        any = any || error == 0;
    }
    return any || c->wants_none ? 0 : -ERR_UNSUPPORTED;
}

void call_sound_pause(struct call *c)
{
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (c->streams[i].open)
            c->streams[i].kind->pause(&c->streams[i]);
}

/* What is heard at an address of the other family stays there. */
int call_sound_move(struct call *c, const struct address *local)
{
    int error = 0;

    for (unsigned i = 0; i < CALL_STREAMS && error == 0; i++) {
        struct call_stream *s = &c->streams[i];

        if (!s->open || s->at.family != local->family)
            continue;
        error = s->kind->move(s, local);
        if (error == 0)
            s->at = *local;
    }
    return error;
}

/* ---- what is told of them ---- */

const struct call_stream *call_main_stream(const struct call *c)
{
    const struct call_stream *was = &c->streams[0];

    for (unsigned i = 0; i < CALL_STREAMS; i++) {
        const struct call_stream *s = &c->streams[i];

        if (s->open && s->codec.len > 0)
            return s;
        if (was->codec.len == 0 && s->codec.len > 0)
            was = s;
    }
    return was;
}

static void fill_stream(const struct call_stream *s, struct phone_stream *out)
{
    enum sdp_direction does = SDP_INACTIVE;

    if (s->codec.len > 0 && s->open)
        does = (enum sdp_direction)((s->stream.send ? SDP_SENDONLY : 0) | (s->stream.receive ? SDP_RECVONLY : 0));
    *out = (struct phone_stream){
        .index     = s->index,
        .on        = s->now.on,
        .kind      = s->kind->name,
        .codec     = s->codec,
        .direction = does,
        .has_stats = s->has_stats,
        .stats     = s->stats,
    };
}

void call_fill_streams(const struct call *c, struct phone_event *e)
{
    e->stream_count = 0;
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (c->streams[i].kind != NULL && c->streams[i].codec.len > 0)
            fill_stream(&c->streams[i], &e->streams[e->stream_count++]);
}

int call_stream(const struct phone *p, object_id id, unsigned index, struct phone_stream *out)
{
    const struct call *c = phone_find_call(p, id);

    if (c == NULL || index >= CALL_STREAMS || c->streams[index].kind == NULL)
        return -ERR_NOT_FOUND;
    fill_stream(&c->streams[index], out);
    if (c->streams[index].media != NULL) {
        media_stats(c->streams[index].media, &out->stats);
        out->has_stats = true;
    }
    return 0;
}

/* ---- what the user may do with them ---- */

int call_add_stream(struct phone *p, object_id id, struct slice kind, enum sdp_direction direction, unsigned *index)
{
    struct call              *c     = phone_find_call(p, id);
    const struct stream_kind *known = call_kind_named(kind);
    int                       error = call_may_wish(c);
    struct call_stream       *s;

    if (error == 0 && known == NULL)
        error = -ERR_UNSUPPORTED;
    if (error != 0)
        return error;
    s = call_free_stream(c);
    if (s == NULL)
        return -ERR_LIMIT;
    error = call_open_stream(c, (unsigned)(s - c->streams), known, &c->local);
    if (error != 0)
        return error;
    s->wish = (struct stream_terms){ true, direction };
    *index  = s->index;
    call_change(c);
    return 0;
}

/* One that is not to be there any more is not there; of one that the other side has not seen yet nothing else can be
 * wished. */
static int find_stream(struct call *c, unsigned index, struct call_stream **s)
{
    int error = call_may_wish(c);

    if (error == 0 && (index >= CALL_STREAMS || !c->streams[index].wish.on))
        error = -ERR_NOT_FOUND;
    if (error == 0 && !c->streams[index].now.on)
        error = -ERR_LOCKED;
    if (error == 0)
        *s = &c->streams[index];
    return error;
}

static unsigned count_on(const struct call *c)
{
    unsigned count = 0;

    for (unsigned i = 0; i < CALL_STREAMS; i++)
        count += c->streams[i].now.on && c->streams[i].wish.on;
    return count;
}

int call_remove_stream(struct phone *p, object_id id, unsigned index)
{
    struct call        *c     = phone_find_call(p, id);
    struct call_stream *s     = NULL;
    int                 error = find_stream(c, index, &s);

    if (error == 0 && count_on(c) < 2)
        error = -ERR_UNSUPPORTED;
    if (error != 0)
        return error;
    s->wish.on = false;
    call_change(c);
    return 0;
}

int call_turn_stream(struct phone *p, object_id id, unsigned index, enum sdp_direction direction)
{
    struct call        *c     = phone_find_call(p, id);
    struct call_stream *s     = NULL;
    int                 error = find_stream(c, index, &s);

    if (error != 0)
        return error;
    s->wish.direction = direction;
    call_change(c);
    return 0;
}
