/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/stream.h"

enum { DEFAULT_PTIME = 20, EVENTS_CLOCK = 8000, EVENTS_WISH = 101 };

static const struct slice events_name = SLICE_INIT("telephone-event");

struct slice stream_kind(const struct sdp_local *local)
{
    return local->kind.len > 0 ? local->kind : SLICE("audio");
}

struct slice stream_protocol(const struct sdp_local *local)
{
    return local->protocol.len > 0 ? local->protocol : SLICE("RTP/AVP");
}

static struct sdp_format events_format(uint32_t clock)
{
    return (struct sdp_format){ .name = events_name, .clock = clock, .channels = 1 };
}

static bool is_events(const struct sdp_format *f)
{
    return slice_eq_nocase(f->name, events_name);
}

static bool has_clock(const struct sdp_agreed *a, uint32_t clock)
{
    for (size_t i = 0; i < a->receive_count; i++)
        if (a->receive[i].codec.format.clock == clock)
            return true;
    return false;
}

static struct sdp_events local_events(const struct sdp_local *local)
{
    struct sdp_events events;

    if (!sdp_events_parse(local->event_list, &events)) /* ours to get right; then take the usual ones */
        sdp_events_parse((struct slice){ NULL, 0 }, &events);
    return events;
}

static void add_events(struct sdp_agreed *a, uint8_t payload_type, uint32_t clock, const struct sdp_events *events)
{
    if (a->receive_event_count < NEGOTIATION_EVENTS_MAX)
        a->receive_events[a->receive_event_count++] =
            (struct sdp_agreed_events){ .payload_type = payload_type, .clock = clock, .events = *events };
}

static const struct sdp_agreed_events *find_events(const struct sdp_agreed *a, uint32_t clock)
{
    for (size_t i = 0; i < a->receive_event_count; i++)
        if (a->receive_events[i].clock == clock)
            return &a->receive_events[i];
    return NULL;
}

static const struct sdp_agreed_codec *find_codec(const struct sdp_agreed *a, const struct sdp_format *f)
{
    for (size_t i = 0; i < a->receive_count; i++)
        if (sdp_format_eq(&a->receive[i].codec.format, f))
            return &a->receive[i];
    return NULL;
}

/* Offering ------------------------------------------------------------------- */

/* Events run on the clock of the audio they replace (RFC 4733 2.5.1.2): one
 * format for each clock among the codecs. */
static bool offer_events(const struct sdp_local *local, uint32_t clock, struct payload_types *types,
                         struct sdp_agreed *out)
{
    struct sdp_format format = events_format(clock);
    struct sdp_events events = local_events(local);
    uint8_t           wish   = clock == EVENTS_CLOCK ? EVENTS_WISH : SDP_DYNAMIC;
    uint8_t           payload_type;

    if (find_events(out, clock) != NULL || out->receive_event_count == NEGOTIATION_EVENTS_MAX)
        return true;
    if (!payload_types_choose(types, &format, wish, &payload_type))
        return false;
    add_events(out, payload_type, clock, &events);
    return true;
}

bool stream_offer(const struct sdp_local *local, struct payload_types *types, struct sdp_agreed *out)
{
    for (size_t i = 0; i < local->codec_count; i++) {
        const struct sdp_codec  *codec = &local->codecs[i];
        struct sdp_agreed_codec *taken = &out->receive[out->receive_count];

        if (find_codec(out, &codec->format) != NULL)
            continue; /* named twice */
        if (!payload_types_choose(types, &codec->format, codec->payload_type, &taken->payload_type))
            return false;
        taken->codec = *codec;
        out->receive_count++;
    }
    if (!local->events)
        return true;
    if (local->codec_count == 0)
        return offer_events(local, EVENTS_CLOCK, types, out);
    for (size_t i = 0; i < out->receive_count; i++)
        if (!out->receive[i].codec.auxiliary && !offer_events(local, out->receive[i].codec.format.clock, types, out))
            return false;
    return true;
}

/* What both machines need from the peer's m= line ---------------------------- */

static void read_addresses(const struct sdp_media *m, struct sdp_agreed *out)
{
    if (!sdp_media_rtp_address(m, &out->remote) && m->connection != NULL)
        out->remote_host = m->connection->host;
    sdp_media_rtcp_address(m, &out->remote_rtcp);
    out->black_hole = out->remote.family != FAMILY_NONE && address_is_any(&out->remote);
}

static void read_ptime(const struct sdp_media *m, unsigned ours, struct sdp_agreed *out)
{
    unsigned most = sdp_media_maxptime(m);

    out->ptime = sdp_media_ptime(m);
    if (out->ptime == 0)
        out->ptime = ours > 0 ? ours : DEFAULT_PTIME;
    if (most > 0 && out->ptime > most)
        out->ptime = most;
}

static void read_remote(const struct sdp *sdp, const struct sdp_media *m, unsigned ptime, struct sdp_agreed *out)
{
    out->remote_direction = sdp_media_direction(sdp, m);
    out->has_bandwidth    = sdp_media_bandwidth(sdp, m, SLICE("AS"), &out->bandwidth);
    read_addresses(m, out);
    read_ptime(m, ptime, out);
}

/* RFC 3264 8.4, 5.1: nothing is sent to 0.0.0.0, nor with a bandwidth of 0. */
static enum sdp_direction effective(enum sdp_direction d, const struct sdp_agreed *a)
{
    if (a->black_hole || (a->has_bandwidth && a->bandwidth == 0))
        return (enum sdp_direction)(d & SDP_RECVONLY);
    return d;
}

/* The peer takes events with this number; only those that we know, too. */
static void set_send_events(const struct sdp_media *m, uint8_t payload_type, uint32_t clock,
                            const struct sdp_events *ours, struct sdp_agreed *out)
{
    struct sdp_events theirs;

    if (out->send_events.payload_type != SDP_NO_PAYLOAD_TYPE ||
        !sdp_events_parse(sdp_media_fmtp(m, payload_type), &theirs))
        return;
    out->send_events = (struct sdp_agreed_events){ .payload_type = payload_type,
                                                   .clock        = clock,
                                                   .events       = sdp_events_both(ours, &theirs) };
    if (sdp_events_empty(&out->send_events.events))
        out->send_events.payload_type = SDP_NO_PAYLOAD_TYPE;
}

static void set_send(const struct sdp_media *m, uint8_t payload_type, const struct sdp_codec *codec,
                     struct sdp_agreed *out)
{
    if (out->can_send || codec->auxiliary)
        return;
    out->can_send = true;
    out->send     = (struct sdp_agreed_codec){ payload_type, *codec, sdp_media_fmtp(m, payload_type) };
}

bool stream_reaches(const struct sdp_media *m, enum family ours, bool either)
{
    return m->connection != NULL && sdp_connection_is_internet(m->connection) &&
           !sdp_connection_is_multicast(m->connection) && (either || sdp_media_has_family(m, ours));
}

/* Answering ------------------------------------------------------------------- */

static const struct sdp_codec *local_codec(const struct sdp_local *local, const struct sdp_format *f)
{
    for (size_t i = 0; i < local->codec_count; i++)
        if (sdp_format_eq(&local->codecs[i].format, f))
            return &local->codecs[i];
    return NULL;
}

/* An offered format that is a codec of ours keeps its number (6.1) and its rank. */
static void accept_codec(const struct sdp_media *m, uint8_t payload_type, const struct sdp_codec *codec,
                         struct sdp_agreed *out)
{
    if (find_codec(out, &codec->format) != NULL || out->receive_count == NEGOTIATION_CODECS_MAX)
        return;
    out->receive[out->receive_count++] =
        (struct sdp_agreed_codec){ payload_type, *codec, sdp_media_fmtp(m, payload_type) };
    set_send(m, payload_type, codec, out);
}

static void accept_events(const struct sdp_media *m, uint8_t payload_type, uint32_t clock,
                          const struct sdp_local *local, struct sdp_agreed *out)
{
    struct sdp_events ours = local_events(local), theirs, both;

    if (find_events(out, clock) != NULL || !sdp_events_parse(sdp_media_fmtp(m, payload_type), &theirs))
        return;
    both = sdp_events_both(&ours, &theirs);
    if (!sdp_events_empty(&both))
        add_events(out, payload_type, clock, &both);
}

/* All codecs first: which events make sense depends on them. */
static void accept_codecs(const struct sdp_media *m, const struct sdp_local *local, struct payload_types *types,
                          struct sdp_agreed *out)
{
    for (size_t i = 0; i < m->format_count; i++) {
        const struct sdp_codec *codec;
        struct sdp_format       format;
        uint8_t                 payload_type;

        if (!sdp_payload_type(m->formats[i], &payload_type))
            continue;
        codec = sdp_media_format(m, payload_type, &format) ? local_codec(local, &format) : NULL;
        if (codec == NULL) {
            payload_types_bind_foreign(types, payload_type);
            continue;
        }
        payload_types_bind(types, payload_type, &codec->format);
        accept_codec(m, payload_type, codec, out);
    }
}

static void accept_all_events(const struct sdp_media *m, const struct sdp_local *local, struct payload_types *types,
                              struct sdp_agreed *out)
{
    for (size_t i = 0; i < m->format_count; i++) {
        struct sdp_format format, known;
        uint8_t           payload_type;

        if (!sdp_payload_type(m->formats[i], &payload_type) || !sdp_media_format(m, payload_type, &format) ||
            !is_events(&format))
            continue;
        known = events_format(format.clock);
        payload_types_bind(types, payload_type, &known);
        if (local->events && (has_clock(out, format.clock) || local->codec_count == 0))
            accept_events(m, payload_type, format.clock, local, out);
    }
}

bool stream_accept(const struct sdp *sdp, const struct sdp_media *offered, const struct sdp_local *local,
                   struct payload_types *types, struct sdp_agreed *out, enum sdp_direction *answer)
{
    const struct sdp_agreed_events *events;

    *out = (struct sdp_agreed){ .send_events.payload_type = SDP_NO_PAYLOAD_TYPE };
    if (offered->port == 0 || !slice_eq(offered->kind, stream_kind(local)) ||
        !slice_eq_nocase(offered->protocol, stream_protocol(local)) ||
        !stream_reaches(offered, (enum family)local->rtp.family, local->either_family))
        return false;
    accept_codecs(offered, local, types, out);
    accept_all_events(offered, local, types, out);
    events = find_events(out, out->can_send ? out->send.codec.format.clock : EVENTS_CLOCK);
    if (!out->can_send && !(local->codec_count == 0 && events != NULL))
        return false;
    if (events != NULL)
        set_send_events(offered, events->payload_type, events->clock, &events->events, out);
    read_remote(sdp, offered, local->ptime, out);
    *answer        = (enum sdp_direction)(local->direction & sdp_direction_invert(out->remote_direction));
    out->direction = effective(*answer, out);
    out->active    = true;
    return true;
}

/* Completing ------------------------------------------------------------------ */

/* What a number of the answer means.  It has to say so of a dynamic one (6.1); who forgets that means
 * what our offer has said. */
static bool answered_format(const struct sdp_media *m, uint8_t payload_type, const struct sdp_agreed *offer,
                            struct sdp_format *out)
{
    if (sdp_media_format(m, payload_type, out))
        return true;
    for (size_t i = 0; i < offer->receive_count; i++)
        if (offer->receive[i].payload_type == payload_type) {
            *out = offer->receive[i].codec.format;
            return true;
        }
    for (size_t i = 0; i < offer->receive_event_count; i++)
        if (offer->receive_events[i].payload_type == payload_type) {
            *out = events_format(offer->receive_events[i].clock);
            return true;
        }
    return false;
}

/* One format of the answer, if it is one of our offer. */
static void complete_format(const struct sdp_media *m, uint8_t payload_type, const struct sdp_agreed *offer,
                            struct payload_types *types, struct sdp_agreed *out)
{
    const struct sdp_agreed_codec *codec;
    struct sdp_format              format;

    if (!answered_format(m, payload_type, offer, &format) || is_events(&format))
        return;
    codec = find_codec(offer, &format);
    if (codec == NULL || find_codec(out, &format) != NULL)
        return;
    payload_types_bind(types, payload_type, &codec->codec.format);
    out->receive[out->receive_count]             = *codec; /* they send with our number */
    out->receive[out->receive_count].remote_fmtp = sdp_media_fmtp(m, payload_type);
    out->receive_count++;
    set_send(m, payload_type, &codec->codec, out);
}

static void complete_events(const struct sdp_media *m, uint8_t payload_type, const struct sdp_agreed *offer,
                            struct payload_types *types, struct sdp_agreed *out)
{
    const struct sdp_agreed_events *ours;
    struct sdp_format               format, known;

    if (!answered_format(m, payload_type, offer, &format) || !is_events(&format))
        return;
    ours = find_events(offer, format.clock);
    if (ours == NULL || find_events(out, format.clock) != NULL)
        return;
    known = events_format(format.clock);
    payload_types_bind(types, payload_type, &known);
    add_events(out, ours->payload_type, ours->clock, &ours->events);
    if (!out->can_send || out->send.codec.format.clock == format.clock)
        set_send_events(m, payload_type, format.clock, &ours->events, out);
}

bool stream_complete(const struct sdp *sdp, const struct sdp_media *answered, const struct sdp_agreed *offer,
                     enum sdp_direction offered, unsigned ptime, struct payload_types *types, struct sdp_agreed *out)
{
    uint8_t payload_type;

    *out = (struct sdp_agreed){ .send_events.payload_type = SDP_NO_PAYLOAD_TYPE };
    if (answered->port == 0 || answered->connection == NULL)
        return false;
    for (size_t i = 0; i < answered->format_count; i++)
        if (sdp_payload_type(answered->formats[i], &payload_type))
            complete_format(answered, payload_type, offer, types, out);
    for (size_t i = 0; i < answered->format_count; i++)
        if (sdp_payload_type(answered->formats[i], &payload_type))
            complete_events(answered, payload_type, offer, types, out);
    if (!out->can_send && !(offer->receive_count == 0 && out->receive_event_count > 0))
        return false;
    read_remote(sdp, answered, ptime, out);
    out->direction = effective((enum sdp_direction)(offered & sdp_direction_invert(out->remote_direction)), out);
    out->active    = true;
    return true;
}

/* Writing --------------------------------------------------------------------- */

static void write_numbers(struct buf *b, const struct sdp_agreed *a)
{
    for (size_t i = 0; i < a->receive_count; i++) {
        buf_put_byte(b, ' ');
        buf_put_number(b, a->receive[i].payload_type);
    }
    for (size_t i = 0; i < a->receive_event_count; i++) {
        buf_put_byte(b, ' ');
        buf_put_number(b, a->receive_events[i].payload_type);
    }
    buf_put(b, SLICE("\r\n"));
}

static void write_rtpmap(struct buf *b, uint8_t payload_type, const struct sdp_format *f)
{
    buf_put(b, SLICE("a=rtpmap:"));
    buf_put_number(b, payload_type);
    buf_put_byte(b, ' ');
    buf_put(b, f->name);
    buf_put_byte(b, '/');
    buf_put_number(b, f->clock);
    if (f->channels > 1) {
        buf_put_byte(b, '/');
        buf_put_number(b, f->channels);
    }
    buf_put(b, SLICE("\r\n"));
}

static void write_fmtp_start(struct buf *b, uint8_t payload_type)
{
    buf_put(b, SLICE("a=fmtp:"));
    buf_put_number(b, payload_type);
    buf_put_byte(b, ' ');
}

static void write_codec(struct buf *b, const struct sdp_agreed_codec *c)
{
    write_rtpmap(b, c->payload_type, &c->codec.format);
    if (c->codec.fmtp.len == 0)
        return;
    write_fmtp_start(b, c->payload_type);
    buf_put(b, c->codec.fmtp);
    buf_put(b, SLICE("\r\n"));
}

static void write_events(struct buf *b, const struct sdp_agreed_events *e)
{
    struct sdp_format format = events_format(e->clock);

    write_rtpmap(b, e->payload_type, &format);
    write_fmtp_start(b, e->payload_type);
    sdp_events_write(b, &e->events);
    buf_put(b, SLICE("\r\n"));
}

static void write_number_line(struct buf *b, struct slice name, unsigned value)
{
    buf_put(b, name);
    buf_put_number(b, value);
    buf_put(b, SLICE("\r\n"));
}

void stream_write(struct buf *b, const struct sdp_local *local, const struct sdp_agreed *a, uint16_t port,
                  enum sdp_direction direction, const struct address *session)
{
    buf_put(b, SLICE("m="));
    buf_put(b, stream_kind(local));
    buf_put_byte(b, ' ');
    buf_put_number(b, port);
    buf_put_byte(b, ' ');
    buf_put(b, stream_protocol(local));
    write_numbers(b, a);
    if (!address_eq_ip(&local->rtp, session)) {
        buf_put(b, SLICE("c="));
        sdp_write_address(b, &local->rtp);
        buf_put(b, SLICE("\r\n"));
    }
    for (size_t i = 0; i < a->receive_count; i++)
        write_codec(b, &a->receive[i]);
    for (size_t i = 0; i < a->receive_event_count; i++)
        write_events(b, &a->receive_events[i]);
    if (local->ptime > 0)
        write_number_line(b, SLICE("a=ptime:"), local->ptime);
    if (local->rtcp_port != 0 && local->rtcp_port != local->rtp.port + 1)
        write_number_line(b, SLICE("a=rtcp:"), local->rtcp_port);
    buf_put(b, SLICE("a="));
    buf_put(b, sdp_direction_name(direction));
    buf_put(b, SLICE("\r\n"));
}

void stream_write_rejected(struct buf *b, const struct sdp_media *m)
{
    buf_put(b, SLICE("m="));
    buf_put(b, m->kind);
    buf_put(b, SLICE(" 0 "));
    buf_put(b, m->protocol);
    buf_put_byte(b, ' ');
    buf_put(b, m->format_count > 0 ? m->formats[0] : SLICE("0"));
    buf_put(b, SLICE("\r\n"));
}
