/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

enum { CODECS_MAX = 8, OFFER_ARENA = 256 * 1024 };

static void on_first_packet(void *owner, struct media_session *m)
{
    struct call *c = owner;

    (void)m;
    call_note_time(c, &c->times.media);
    call_tell(c, PHONE_MEDIA);
}

static void on_no_media(void *owner, struct media_session *m)
{
    (void)m;
    call_tell(owner, PHONE_NO_MEDIA);
}

static void on_digit(void *owner, struct media_session *m, char digit)
{
    struct call *c = owner;

    (void)m;
    if (c->digit_count == DIGITS_MAX)
        return;
    c->digits[c->digit_count++] = digit;
    call_tell(c, PHONE_DIGIT);
}

static void on_source_end(void *owner, struct media_session *m)
{
    (void)m;
    call_tell(owner, PHONE_SOURCE_ENDED);
}

static const struct media_events media_events = { on_first_packet, on_no_media, on_digit, on_source_end };

/* ---- ports and sound ---- */

int call_sound_open(struct call *c)
{
    struct phone             *p      = c->phone;
    const struct phone_media *sound  = &p->config.media;
    struct media_config       config = {
              .local          = c->local,
              .port_first     = p->config.media_port_first,
              .port_last      = p->config.media_port_last,
              .no_media_after = p->config.no_media_after,
              .events         = &media_events,
              .owner          = c,
    };
    int error;

    if (c->media != NULL)
        return 0;
    if (sound->open != NULL) {
        error = sound->open(sound->arg, c->id, &c->source, &c->sink);
        if (error != 0)
            return error;
    }
    c->sound_open = true;
    config.source = c->source;
    config.sink   = c->sink;
    error         = media_open(p->world, &config, &c->media);
    if (error != 0)
        call_sound_close(c);
    return error;
}

/* The figures stay for PHONE_ENDED. */
void call_sound_close(struct call *c)
{
    const struct phone_media *sound = &c->phone->config.media;

    if (c->media != NULL) {
        media_stats(c->media, &c->stats);
        c->has_stats = c->codec.len > 0;
        media_close(c->media);
        c->media = NULL;
    }
    if (c->sound_open && sound->close != NULL)
        sound->close(sound->arg, c->id, c->source, c->sink);
    c->sound_open = false;
    c->source     = NULL;
    c->sink       = NULL;
}

/* ---- offers and answers ---- */

/* All our codecs of the rate that our sound has. */
static size_t list_codecs(struct sdp_codec *codecs)
{
    size_t count = 0;

    for (size_t i = 0; count < CODECS_MAX && codec_at(i) != NULL; i++) {
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

static struct sdp_local local_stream(const struct call *c, struct sdp_codec *codecs)
{
    return (struct sdp_local){
        .enabled     = true,
        .rtp         = media_local(c->media),
        .direction   = c->describe_hold ? SDP_SENDONLY : SDP_SENDRECV,
        .codecs      = codecs,
        .codec_count = list_codecs(codecs),
        .events      = true,
        .ptime       = AUDIO_FRAME_MS,
    };
}

struct negotiation *call_new_negotiation(struct call *c)
{
    struct negotiation_config config = { .session_id = c->sdp_id, .address = c->local };

    config.address.port = 0;
    return negotiation_new(&config);
}

int call_make_offer(struct call *c, struct negotiation *n, struct slice *text)
{
    struct sdp_codec codecs[CODECS_MAX];
    struct sdp_local local = local_stream(c, codecs);

    return negotiation_offer(n, &local, 1, text);
}

int call_make_answer(struct call *c, struct negotiation *n, struct slice *text)
{
    struct sdp_codec codecs[CODECS_MAX];
    struct sdp_local local = local_stream(c, codecs);

    return negotiation_answer(n, &local, 1, text);
}

/* ---- what was agreed ---- */

static uint8_t receive_events(const struct sdp_agreed *agreed, uint32_t clock)
{
    for (size_t i = 0; i < agreed->receive_event_count; i++)
        if (agreed->receive_events[i].clock == clock)
            return agreed->receive_events[i].payload_type;
    return MEDIA_NO_PT;
}

static struct media_stream stream_of(const struct call *c, const struct sdp_agreed *agreed)
{
    const struct codec *codec = agreed->send.codec.user;
    bool                mute  = agreed->black_hole || (agreed->has_bandwidth && agreed->bandwidth == 0);
    struct media_stream s     = {
            .remote      = agreed->remote,
            .rtcp_remote = agreed->remote_rtcp,
            .codec       = codec,
            .send_pt     = agreed->send.payload_type,
            .dtmf_send_pt =
            agreed->send_events.payload_type == SDP_NO_PAYLOAD_TYPE ? MEDIA_NO_PT : agreed->send_events.payload_type,
            .dtmf_recv_pt = receive_events(agreed, codec->clock),
            .send         = (agreed->direction & SDP_SENDONLY) && !mute,
            .receive      = agreed->direction & SDP_RECVONLY,
            .latch        = c->phone->config.latch,
            .ptime        = agreed->ptime > 60 ? 60 : agreed->ptime,
    };

    if (agreed->remote.family == FAMILY_NONE) { /* a host name: we hear, but do not look it up */
        s.remote.port = 0;
        s.send        = false;
    }
    for (size_t i = 0; i < agreed->receive_count && s.recv_count < MEDIA_CODECS; i++)
        if (agreed->receive[i].codec.user != NULL)
            s.recv[s.recv_count++] =
                (struct media_payload){ agreed->receive[i].payload_type, agreed->receive[i].codec.user };
    return s;
}

int call_sound_start(struct call *c, struct negotiation *n)
{
    const struct sdp_agreed *agreed = negotiation_stream(n, 0);
    struct media_stream      stream;
    int                      error;

    if (c->media == NULL || agreed == NULL || !agreed->active || !agreed->can_send)
        return -ERR_UNSUPPORTED;
    stream = stream_of(c, agreed);
    error  = media_start(c->media, &stream);
    if (error != 0)
        return error;
    c->stream = stream;
    c->codec  = stream.codec->name;
    return 0;
}

/* What was started once can be started again, so this cannot fail. */
void call_sound_pause(struct call *c)
{
    if (c->media == NULL || c->codec.len == 0)
        return;
    c->stream.send        = false;
    c->stream.remote.port = 0;
    (void)media_start(c->media, &c->stream);
}

static bool has_codec(const struct sdp_media *m)
{
    for (size_t i = 0; i < m->format_count; i++) {
        struct sdp_format   format;
        uint8_t             pt;
        const struct codec *codec;

        if (!sdp_payload_type(m->formats[i], &pt) || !sdp_media_format(m, pt, &format))
            continue;
        codec = codec_find(format.name, format.clock, format.channels);
        if (codec != NULL && codec->rate == CALL_AUDIO_RATE)
            return true;
    }
    return false;
}

bool call_can_talk(struct slice text)
{
    struct arena     arena;
    struct sdp       sdp;
    struct sdp_fault fault;
    bool             found = false;

    arena_init(&arena, NULL, 0, OFFER_ARENA);
    if (sdp_parse(text, &arena, &sdp, &fault))
        for (size_t i = 0; i < sdp.media_count && !found; i++) {
            const struct sdp_media *m = &sdp.media[i];

            found = m->port != 0 && slice_eq_nocase(m->kind, SLICE("audio")) &&
                    slice_eq_nocase(m->protocol, SLICE("RTP/AVP")) && has_codec(m);
        }
    arena_fini(&arena);
    return found;
}
