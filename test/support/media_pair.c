/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/media_pair.h"

#include "media/audio_memory.h"
#include "media/audio_tone.h"

enum { VOICE_MSEC = 3000, VOICE = VOICE_MSEC / 1000 * AUDIO_RATE, MINUTE = 60 * AUDIO_RATE };

struct network *network;
struct end      alice, bob;

static void on_first_packet(void *owner, struct media_session *m)
{
    struct end *e = owner;

    e->first_packets++;
    if (e->close_when_heard) {
        media_close(m);
        e->media = NULL;
    }
}

static void on_no_media(void *owner, struct media_session *m)
{
    (void)m;
    ((struct end *)owner)->gaps++;
}

static void on_digit(void *owner, struct media_session *m, char digit)
{
    struct end *e = owner;

    (void)m;
    e->digits[e->digit_count++] = digit;
}

static void on_source_end(void *owner, struct media_session *m)
{
    (void)m;
    ((struct end *)owner)->ends++;
}

static const struct media_events events = { on_first_packet, on_no_media, on_digit, on_source_end };

void make_end(struct end *e, const char *name, const char *ip, uint64_t voice)
{
    memset(e, 0, sizeof *e);
    e->host = network_host(network, name);
    CHECK(host_add_address(e->host, ip));
    e->world  = world_fake_new(e->host);
    e->source = audio_tone_new(voice, AUDIO_RATE, VOICE_MSEC);
    e->sink   = audio_memory_sink_new(MINUTE, AUDIO_RATE);
    e->config = (struct media_config){
        .local          = host_address(e->host, FAMILY_4),
        .source         = e->source,
        .sink           = e->sink,
        .no_media_after = 2000,
        .events         = &events,
        .owner          = e,
    };
}

void free_end(struct end *e)
{
    struct world_usage usage;

    media_close(e->media);
    usage = world_fake_usage(e->world);
    CHECK_INT(0, world_usage_total(&usage));
    audio_source_close(e->source);
    audio_sink_close(e->sink);
}

int media_pair_setup(void **state)
{
    (void)state;
    network = network_new(1);
    make_end(&alice, "alice", "192.0.2.1", 1);
    make_end(&bob, "bob", "192.0.2.2", 2);
    return 0;
}

int media_pair_teardown(void **state)
{
    (void)state;
    free_end(&alice);
    free_end(&bob);
    network_free(network);
    return 0;
}

void open_both(void)
{
    CHECK_INT(0, media_open(alice.world, &alice.config, &alice.media));
    CHECK_INT(0, media_open(bob.world, &bob.config, &bob.media));
}

struct media_stream stream_to(const struct end *peer)
{
    return (struct media_stream){
        .remote       = media_local(peer->media),
        .codec        = codec_of_static(8),
        .send_pt      = 8,
        .recv         = { { 8, codec_of_static(8) }, { 0, codec_of_static(0) } },
        .recv_count   = 2,
        .dtmf_send_pt = KEYS_PT,
        .dtmf_recv_pt = KEYS_PT,
        .send         = true,
        .receive      = true,
    };
}

void start(struct end *e)
{
    CHECK_INT(0, media_start(e->media, &e->stream));
}

void talk(void)
{
    open_both();
    alice.stream = stream_to(&bob);
    bob.stream   = stream_to(&alice);
    start(&alice);
    start(&bob);
}

void live(msec span)
{
    network_run_until(network, network_now(network) + span);
}

struct media_stats stats_of(const struct end *e)
{
    struct media_stats s;

    media_stats(e->media, &s);
    return s;
}

struct compare_result hearing(const struct end *ear, uint64_t voice)
{
    static int16_t        said[VOICE];
    struct audio_source  *s = audio_tone_new(voice, AUDIO_RATE, NEVER);
    size_t                count;
    const int16_t        *heard = audio_memory_samples(ear->sink, &count);
    struct compare_result r;

    audio_pull(s, said, VOICE);
    audio_source_close(s);
    CHECK_INT(0, compare_speech(said, VOICE, heard, count, AUDIO_RATE, &r));
    return r;
}
