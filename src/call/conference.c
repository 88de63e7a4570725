/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/conference.h"

#include "base/error.h"
#include "call/conference_private.h"
#include "call/mesh.h"

#include <stdlib.h>

/* ---- members ---- */

struct call_stream *conference_stream(struct call *c)
{
    for (unsigned i = 0; c != NULL && i < CALL_STREAMS; i++)
        if (c->streams[i].port.conference != NULL)
            return &c->streams[i];
    return NULL;
}

bool conference_is_full(struct call *c)
{
    const struct call_stream *s = conference_stream(c);

    return s != NULL && s->port.conference->count == PHONE_MEMBERS;
}

static void tell_all(const struct conference *f)
{
    for (size_t i = 0; i < f->count; i++)
        call_tell(f->members[i]->call, PHONE_CONFERENCE);
}

static int enter(struct conference *f, struct call_stream *s)
{
    int place = f->count < PHONE_MEMBERS ? mixer_add(f->mixer) : -ERR_LIMIT;

    if (place < 0)
        return place;
    f->members[f->count++] = s;
    s->port.conference     = f;
    s->port.place          = place;
    call_port_mute(s);
    mesh_meet(f, s);
    return 0;
}

static void leave(struct conference *f, struct call_stream *s)
{
    size_t i = 0;

    while (f->members[i] != s)
        i++;
    f->count--;
    for (; i < f->count; i++)
        f->members[i] = f->members[i + 1];
    mixer_remove(f->mixer, s->port.place);
    mesh_forget(f, s->port.place);
    s->port.conference = NULL;
    if (s->media != NULL)
        call_port_mute(s);
    call_tell(s->call, PHONE_CONFERENCE);
}

static void conference_free(struct conference *f)
{
    while (f->count > 0)
        leave(f, f->members[0]);
    world_timer_stop(f->phone->world, &f->mesh_timer);
    mixer_free(f->mixer);
    free(f);
}

static struct conference *conference_new(struct phone *p, unsigned rate)
{
    struct conference *f = calloc(1, sizeof *f);

    if (f == NULL)
        return NULL;
    f->phone = p;
    f->mixer = mixer_new(rate);
    if (f->mixer != NULL)
        return f;
    free(f);
    return NULL;
}

void conference_drop(struct call_stream *s)
{
    struct conference *f = s->port.conference;

    if (f == NULL)
        return;
    leave(f, s);
    if (f->count < 2)
        conference_free(f);
    else
        tell_all(f);
}

/* ---- what the user may do ---- */

/* The stream by which it would talk to the others. */
static int stream_of(struct phone *p, object_id id, struct call_stream **s)
{
    struct call *c = phone_find_call(p, id);

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    *s = conference_stream(c) != NULL ? conference_stream(c) : &c->streams[call_main_stream(c)->index];
    return session_is_up(&c->session) && (*s)->media != NULL ? 0 : -ERR_UNSUPPORTED;
}

static bool same_rate(const struct call_stream *a, const struct call_stream *b)
{
    return a->port.source.rate == b->port.source.rate && a->port.sink.rate == b->port.source.rate &&
           b->port.sink.rate == b->port.source.rate;
}

/* One of two, both of which are in it then; or none. */
static int open_for(struct call_stream *s, struct conference **f)
{
    int error;

    *f = conference_new(s->call->phone, s->port.source.rate);
    if (*f == NULL)
        return -ERR_NO_MEMORY;
    error = enter(*f, s);
    if (error == 0)
        return 0;
    conference_free(*f);
    *f = NULL;
    return error;
}

int call_join(struct phone *p, object_id call, object_id other)
{
    struct call_stream *s, *with;
    struct conference  *f;
    int                 error = stream_of(p, call, &s);

    if (error == 0)
        error = stream_of(p, other, &with);
    if (error != 0)
        return error;
    if (s == with || !same_rate(s, with))
        return -ERR_UNSUPPORTED;
    f = with->port.conference;
    if (f != NULL && s->port.conference == f)
        return 0;
    if (f != NULL && f->count == PHONE_MEMBERS)
        return -ERR_LIMIT;
    conference_drop(s);
    if (f == NULL)
        error = open_for(with, &f);
    if (error == 0)
        error = enter(f, s);
    if (error == 0)
        tell_all(f);
    else if (f != NULL && f->count < 2)
        conference_free(f);
    return error;
}

int call_leave(struct phone *p, object_id id)
{
    struct call        *c = phone_find_call(p, id);
    struct call_stream *s = conference_stream(c);

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (s == NULL)
        return -ERR_UNSUPPORTED;
    conference_drop(s);
    return 0;
}

size_t call_members(const struct phone *p, object_id id, object_id members[PHONE_MEMBERS])
{
    const struct call_stream *s = conference_stream(phone_find_call(p, id));

    if (s == NULL)
        return 0;
    for (size_t i = 0; i < s->port.conference->count; i++)
        members[i] = s->port.conference->members[i]->call->id;
    return s->port.conference->count;
}

int call_record_conference(struct phone *p, object_id id, struct audio_sink *recording)
{
    struct call        *c = phone_find_call(p, id);
    struct call_stream *s = conference_stream(c);

    if (s != NULL)
        return mixer_record(s->port.conference->mixer, recording);
    (void)audio_sink_close(recording);
    return c == NULL || c->told_ended ? -ERR_NOT_FOUND : -ERR_UNSUPPORTED;
}

/* ---- for call.c ---- */

/* While its ACK was on the way others may have joined it: they come with it. */
void conference_let_join(struct call *c)
{
    object_id with[PHONE_MEMBERS];
    size_t    count;

    if (c->joins == 0 || c->blamed)
        return;
    count = call_members(c->phone, c->id, with);
    (void)call_join(c->phone, c->id, c->joins);
    for (size_t i = 0; i < count; i++)
        if (with[i] != c->id)
            (void)call_join(c->phone, with[i], c->joins);
}

void conference_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e)
{
    if (kind == PHONE_CONFERENCE)
        e->member_count = call_members(c->phone, c->id, e->members);
}
