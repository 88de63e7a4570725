/* SPDX-License-Identifier: BSD-2-Clause */
/* call_port.c - a media session has its source and sink for its whole life; a conference comes and
 * goes between these and the user's. */

#include "call/conference_private.h"

#include <string.h>

/* ---- what the session pulls ---- */

static void port_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct call_port         *p      = CONTAINER_OF(s, struct call_port, source);
    const struct call_stream *stream = CONTAINER_OF(p, struct call_stream, port);

    if (p->inner_source != NULL)
        audio_pull(p->inner_source, samples, count);
    else
        memset(samples, 0, count * sizeof *samples);
    if (p->conference == NULL)
        return;
    if (stream->call->muted)
        memset(samples, 0, count * sizeof *samples);
    mixer_hear(p->conference->mixer, p->place, samples, count);
}

static bool port_ended(const struct audio_source *s)
{
    const struct call_port *p = CONTAINER_OF(s, const struct call_port, source);

    return p->inner_source != NULL && audio_ended(p->inner_source);
}

static void port_source_close(struct audio_source *s)
{
    (void)s;
}

static const struct audio_source_ops source_ops = { port_pull, port_ended, port_source_close };

/* ---- what it pushes ---- */

/* Held, by either side: nobody is to hear what is played to whoever waits. */
static bool is_in(const struct call *c)
{
    return !c->hold && !call_is_held_by_peer(c);
}

static void port_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct call_port         *p      = CONTAINER_OF(s, struct call_port, sink);
    const struct call_stream *stream = CONTAINER_OF(p, struct call_stream, port);

    if (p->inner_sink != NULL)
        audio_push(p->inner_sink, samples, count);
    if (p->conference == NULL)
        return;
    mixer_let(p->conference->mixer, p->place, is_in(stream->call));
    mixer_say(p->conference->mixer, p->place, samples, count);
}

static int port_error(const struct audio_sink *s)
{
    const struct call_port *p = CONTAINER_OF(s, const struct call_port, sink);

    return p->inner_sink == NULL ? 0 : audio_sink_error(p->inner_sink);
}

static int port_sink_close(struct audio_sink *s)
{
    (void)s;
    return 0;
}

static const struct audio_sink_ops sink_ops = { port_push, port_error, port_sink_close };

/* ---- for call_sound.c ---- */

void call_port_init(struct call_stream *s)
{
    s->port = (struct call_port){
        .source       = { &source_ops, s->source != NULL ? s->source->rate : CALL_AUDIO_RATE },
        .sink         = { &sink_ops, s->sink != NULL ? s->sink->rate : CALL_AUDIO_RATE },
        .inner_source = s->source,
        .inner_sink   = s->sink,
    };
}

void call_port_mute(struct call_stream *s)
{
    media_mute(s->media, s->call->muted && s->port.conference == NULL);
}
