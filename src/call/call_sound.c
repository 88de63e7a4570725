/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/conference_private.h"
#include "call/state.h"

/* ---- what the media session tells ---- */

static void on_first_packet(void *owner, struct media_session *m)
{
    struct call_stream *s = owner;

    (void)m;
    call_note_time(s->call, &s->call->times.media);
    call_tell(s->call, PHONE_MEDIA);
}

static void on_no_media(void *owner, struct media_session *m)
{
    struct call_stream *s = owner;

    (void)m;
    call_tell(s->call, PHONE_NO_MEDIA);
}

void call_hear_digit(struct call *c, char digit)
{
    if (c->digit_count == DIGITS_MAX)
        return;
    c->digits[c->digit_count++] = digit;
    call_tell(c, PHONE_DIGIT);
}

static void on_digit(void *owner, struct media_session *m, char digit)
{
    struct call_stream *s = owner;

    (void)m;
    call_hear_digit(s->call, digit);
}

static void on_source_end(void *owner, struct media_session *m)
{
    struct call_stream *s = owner;

    (void)m;
    call_tell(s->call, PHONE_SOURCE_ENDED);
}

static const struct media_events media_events = { on_first_packet, on_no_media, on_digit, on_source_end };

/* ---- ports and sound ---- */

static void close_sound(struct call_stream *s)
{
    const struct phone_media *sound = &s->call->phone->config.media;

    conference_drop(s);
    if (s->media != NULL) {
        media_stats(s->media, &s->stats);
        s->has_stats = s->codec.len > 0;
        media_close(s->media);
        s->media = NULL;
    }
    if (s->sound_open && sound->close != NULL)
        sound->close(sound->arg, s->call->id, s->index, s->source, s->sink);
    s->sound_open = false;
    s->source     = NULL;
    s->sink       = NULL;
}

static int open_sound(struct call_stream *s)
{
    struct phone             *p      = s->call->phone;
    const struct phone_media *sound  = &p->config.media;
    struct media_config       config = {
              .local          = s->at,
              .port_first     = p->config.media_port_first,
              .port_last      = p->config.media_port_last,
              .phases         = &p->phases,
              .no_media_after = p->config.no_media_after,
              .events         = &media_events,
              .owner          = s,
    };
    int error;

    if (sound->open != NULL) {
        error = sound->open(sound->arg, s->call->id, s->index, &s->source, &s->sink);
        if (error != 0)
            return error;
    }
    s->sound_open = true;
    call_port_init(s);
    config.source = &s->port.source;
    config.sink   = &s->port.sink;
    error         = media_open(p->world, &config, &s->media);
    if (error != 0)
        close_sound(s);
    else
        call_port_mute(s);
    return error;
}

static struct address local_sound(const struct call_stream *s)
{
    return media_local(s->media);
}

static int move_sound(struct call_stream *s, const struct address *local)
{
    return media_move(s->media, local);
}

/* ---- what can be agreed, and what was ---- */

/* All our codecs of the rate that our sound has. */
static size_t list_codecs(struct sdp_codec *codecs, size_t max)
{
    size_t count = 0;

    for (size_t i = 0; count < max && codec_at(i) != NULL; i++) {
        const struct codec *codec = codec_at(i);

        if (codec->rate != CALL_AUDIO_RATE)
            continue;
        codecs[count++] = (struct sdp_codec){
            .format       = { codec->name, codec->clock, codec->channels },
            .payload_type = codec->static_pt == CODEC_DYNAMIC ? SDP_DYNAMIC : codec->static_pt,
            .user         = codec,
        };
    }
    return count;
}

static uint8_t receive_events(const struct sdp_agreed *agreed, uint32_t clock)
{
    for (size_t i = 0; i < agreed->receive_event_count; i++)
        if (agreed->receive_events[i].clock == clock)
            return agreed->receive_events[i].payload_type;
    return MEDIA_NO_PT;
}

static struct media_stream stream_of(const struct call_stream *s, const struct sdp_agreed *agreed)
{
    const struct codec *codec  = agreed->send.codec.user;
    bool                mute   = agreed->black_hole || (agreed->has_bandwidth && agreed->bandwidth == 0);
    struct media_stream stream = {
        .remote      = agreed->remote,
        .rtcp_remote = agreed->remote_rtcp,
        .codec       = codec,
        .send_pt     = agreed->send.payload_type,
        .dtmf_send_pt =
            agreed->send_events.payload_type == SDP_NO_PAYLOAD_TYPE ? MEDIA_NO_PT : agreed->send_events.payload_type,
        .dtmf_recv_pt = receive_events(agreed, codec->clock),
        .send         = (agreed->direction & SDP_SENDONLY) && !mute,
        .receive      = agreed->direction & SDP_RECVONLY,
        .latch        = s->call->phone->config.latch,
        .ptime        = agreed->ptime > 60 ? 60 : agreed->ptime,
    };

    if (agreed->remote.family == FAMILY_NONE) { /* a host name: we hear, but do not look it up */
        stream.remote.port = 0;
        stream.send        = false;
    }
    for (size_t i = 0; i < agreed->receive_count && stream.recv_count < MEDIA_CODECS; i++)
        if (agreed->receive[i].codec.user != NULL)
            stream.recv[stream.recv_count++] =
                (struct media_payload){ agreed->receive[i].payload_type, agreed->receive[i].codec.user };
    return stream;
}

static int start_sound(struct call_stream *s, const struct sdp_agreed *agreed)
{
    struct media_stream stream;
    int                 error;

    if (!agreed->can_send)
        return -ERR_UNSUPPORTED;
    stream = stream_of(s, agreed);
    error  = media_start(s->media, &stream);
    if (error != 0)
        return error;
    s->stream = stream;
    s->codec  = stream.codec->name;
    return 0;
}

/* What was started once can be started again, so this cannot fail. */
static void pause_sound(struct call_stream *s)
{
    if (s->media == NULL || s->codec.len == 0)
        return;
    s->stream.send        = false;
    s->stream.remote.port = 0;
    (void)media_start(s->media, &s->stream);
}

const struct stream_kind call_sound = {
    .name     = SLICE_INIT("audio"),
    .protocol = SLICE_INIT("RTP/AVP"),
    .codecs   = list_codecs,
    .open     = open_sound,
    .close    = close_sound,
    .local    = local_sound,
    .start    = start_sound,
    .pause    = pause_sound,
    .move     = move_sound,
};

/* ---- what the user may do with the sound of a call ---- */

int call_send_rtp_digits(struct call *c, struct slice digits)
{
    int error = -ERR_UNSUPPORTED;

    for (unsigned i = 0; i < CALL_STREAMS && error == -ERR_UNSUPPORTED; i++)
        if (c->streams[i].media != NULL)
            error = media_send_digits(c->streams[i].media, digits);
    return error;
}

int call_media_stats(const struct phone *p, object_id id, struct media_stats *out)
{
    const struct call *c = phone_find_call(p, id);

    if (c == NULL || call_main_stream(c)->media == NULL)
        return -ERR_NOT_FOUND;
    media_stats(call_main_stream(c)->media, out);
    return 0;
}

int call_mute(struct phone *p, object_id id, bool mute)
{
    struct call *c = phone_find_call(p, id);

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    c->muted = mute;
    for (unsigned i = 0; i < CALL_STREAMS; i++)
        if (c->streams[i].media != NULL)
            call_port_mute(&c->streams[i]);
    return 0;
}
