/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"
#include "rtp/g711.h"
#include "sdp/session.h"

#include <stdlib.h>

enum { RATE = 8000, PTIME = 20, FRAME = RATE / 1000 * PTIME, PORT_TRIES = 8, SDP_ARENA = 64 * 1024 };

/* ---- packets ---- */

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct media     *m = owner;
    struct rtp_packet packet;

    (void)udp;
    if (m->running)
        (void)rtp_session_receive(&m->rtp, d->bytes, &d->remote, world_now(m->load->world), &packet);
}

/* The other side has hung up already: what was on its way counts for nothing. */
static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };

static void send_frame(struct media *m, msec now)
{
    char             sound[FRAME];
    char             memory[RTP_HEADER + FRAME];
    struct buf       out   = BUF_ON(memory);
    struct rtp_frame frame = { .payload_type = m->payload_type,
                               .marker       = m->timestamp == 0,
                               .timestamp    = m->timestamp,
                               .payload      = { sound, FRAME } };
    struct slice     bytes;

    memset(sound, g711_silence(m->payload_type == 8 ? G711_ALAW : G711_ULAW), sizeof sound);
    rtp_session_send(&m->rtp, &frame, &out, now);
    bytes = buf_slice(&out);
    if (buf_ok(&out))
        (void)world_udp_send(m->load->world, m->udp, NULL, &m->remote, &bytes, 1);
    m->timestamp += FRAME;
}

/* By the clock, not by the last one: who is late catches up. */
static void on_timer(struct timer *timer, msec now)
{
    struct media *m = CONTAINER_OF(timer, struct media, timer);

    while (m->next_at <= now) {
        send_frame(m, now);
        m->next_at += PTIME;
    }
    world_timer(m->load->world, timer, on_timer, m->next_at);
}

/* ---- descriptions ---- */

void media_describe(const struct way *way, const struct media *media, struct buf *out)
{
    struct load   *l     = way->load;
    struct address local = media != NULL ? l->world->ops->udp_local(media->udp) : way->local;

    buf_put(out, SLICE("v=0\r\no=- 20518 1 "));
    sdp_write_address(out, &local);
    buf_put(out, SLICE("\r\ns=-\r\nc="));
    sdp_write_address(out, &local);
    buf_put(out, SLICE("\r\nt=0 0\r\nm=audio "));
    buf_put_number(out, media != NULL ? local.port : 9); /* discard: nobody will send */
    buf_put(out, SLICE(" RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"));
    buf_put(out, media != NULL ? SLICE("a=sendrecv\r\n") : SLICE("a=inactive\r\n"));
}

/* Its first G.711. */
static bool pick_format(const struct sdp_media *m, uint8_t *payload_type)
{
    for (size_t i = 0; i < m->format_count; i++)
        if (slice_eq(m->formats[i], SLICE("0")) || slice_eq(m->formats[i], SLICE("8"))) {
            *payload_type = *m->formats[i].ptr == '0' ? 0 : 8;
            return true;
        }
    return false;
}

static bool read_stream(struct media *media, const struct sdp_media *m)
{
    if (!slice_eq_nocase(m->kind, SLICE("audio")) || !slice_eq_nocase(m->protocol, SLICE("RTP/AVP")) || m->port == 0 ||
        m->connection == NULL || m->connection->address.family == FAMILY_NONE)
        return false;
    media->remote      = m->connection->address;
    media->remote.port = m->port;
    return pick_format(m, &media->payload_type);
}

static bool read_description(struct media *media, struct slice text)
{
    char             memory[2048];
    struct arena     arena;
    struct sdp       sdp;
    struct sdp_fault fault;
    bool             found = false;

    arena_init(&arena, memory, sizeof memory, SDP_ARENA);
    if (sdp_parse(text, &arena, &sdp, &fault))
        for (size_t i = 0; i < sdp.media_count && !found; i++)
            found = read_stream(media, &sdp.media[i]);
    arena_fini(&arena);
    return found;
}

/* ---- life ---- */

/* RFC 3550 11: an even one. */
static int open_port(struct media *m)
{
    struct world *w = m->load->world;

    for (unsigned i = 0; i < PORT_TRIES; i++) {
        struct address local = m->load->setup.local;
        int            error;

        local.port = 0;
        error      = world_udp_open(w, &local, &events, m, &m->udp);
        if (error != 0)
            return error;
        if (w->ops->udp_local(m->udp).port % 2 == 0 || i == PORT_TRIES - 1)
            return 0;
        w->ops->udp_close(m->udp);
        m->udp = NULL;
    }
    return 0;
}

int media_ready(struct load *load, struct media **media)
{
    struct media *m;
    int           error;

    if (*media != NULL)
        return 0;
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return -ERR_NO_MEMORY;
    m->load = load;
    error   = open_port(m);
    if (error != 0)
        free(m);
    else
        *media = m;
    return error;
}

bool media_begin(struct media *media, struct slice description)
{
    struct world             *w      = media->load->world;
    struct rtp_session_config config = {
        .clock_rate = RATE, .cname = SLICE("ahoy-load"), .wall_msec = world_wall(w), .random = w->random
    };

    if (media->running || !read_description(media, description))
        return media->running;
    rtp_session_init(&media->rtp, &config, world_now(w));
    media->running   = true;
    media->timestamp = 0;
    media->next_at   = world_now(w);
    world_timer(w, &media->timer, on_timer, media->next_at);
    return true;
}

void media_end(struct media *media)
{
    struct rtp_stats stats;
    struct tally    *t;

    if (media == NULL || !media->running)
        return;
    t = &media->load->tally;
    rtp_session_stats(&media->rtp, &stats);
    t->media_sent += stats.packets_sent;
    t->media_received += stats.packets_received;
    t->media_lost += stats.packets_lost > 0 ? (uint64_t)stats.packets_lost : 0;
    if (stats.packets_received > 0)
        histogram_add(&t->jitter, stats.jitter_usec);
    world_timer_stop(media->load->world, &media->timer);
    media->running = false;
}

void media_free(struct media *media)
{
    if (media == NULL)
        return;
    world_timer_stop(media->load->world, &media->timer);
    media->load->world->ops->udp_close(media->udp);
    free(media);
}
