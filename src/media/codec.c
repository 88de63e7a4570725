/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/codec.h"

#include "rtp/g711.h"

static size_t g711_encode_frame(enum g711_law law, const int16_t *samples, size_t count, uint8_t *payload, size_t room)
{
    if (count > room)
        return 0;
    g711_encode(law, samples, count, payload);
    return count;
}

static size_t g711_decode_frame(enum g711_law law, const uint8_t *payload, size_t len, int16_t *samples, size_t room)
{
    if (len > room)
        return 0;
    g711_decode(law, payload, len, samples);
    return len;
}

/* A byte, a sample, a tick of the clock. */
static uint32_t g711_duration(const uint8_t *payload, size_t len)
{
    (void)payload;
    return (uint32_t)len;
}

static size_t pcmu_encode(void *memory, const int16_t *samples, size_t count, uint8_t *payload, size_t room)
{
    (void)memory;
    return g711_encode_frame(G711_ULAW, samples, count, payload, room);
}

static size_t pcmu_decode(void *memory, const uint8_t *payload, size_t len, int16_t *samples, size_t room)
{
    (void)memory;
    return g711_decode_frame(G711_ULAW, payload, len, samples, room);
}

static size_t pcma_encode(void *memory, const int16_t *samples, size_t count, uint8_t *payload, size_t room)
{
    (void)memory;
    return g711_encode_frame(G711_ALAW, samples, count, payload, room);
}

static size_t pcma_decode(void *memory, const uint8_t *payload, size_t len, int16_t *samples, size_t room)
{
    (void)memory;
    return g711_decode_frame(G711_ALAW, payload, len, samples, room);
}

static const struct codec codecs[] = {
    {
        .name      = SLICE_INIT("PCMU"),
        .clock     = 8000,
        .rate      = 8000,
        .channels  = 1,
        .static_pt = 0,
        .encode    = pcmu_encode,
        .duration  = g711_duration,
        .decode    = pcmu_decode,
    },
    {
        .name      = SLICE_INIT("PCMA"),
        .clock     = 8000,
        .rate      = 8000,
        .channels  = 1,
        .static_pt = 8,
        .encode    = pcma_encode,
        .duration  = g711_duration,
        .decode    = pcma_decode,
    },
};

int codec_open(const struct codec *c, void **memory)
{
    *memory = NULL;
    return c->open != NULL ? c->open(memory) : 0;
}

void codec_close(const struct codec *c, void *memory)
{
    if (memory != NULL)
        c->close(memory);
}

const struct codec *codec_at(size_t i)
{
    return i < sizeof codecs / sizeof *codecs ? &codecs[i] : NULL;
}

const struct codec *codec_find(struct slice name, uint32_t clock, unsigned channels)
{
    const struct codec *c;

    for (size_t i = 0; (c = codec_at(i)) != NULL; i++)
        if (slice_eq_nocase(c->name, name) && c->clock == clock && c->channels == (channels == 0 ? 1 : channels))
            return c;
    return NULL;
}

const struct codec *codec_of_static(unsigned payload_type)
{
    const struct codec *c;

    for (size_t i = 0; (c = codec_at(i)) != NULL; i++)
        if (c->static_pt != CODEC_DYNAMIC && c->static_pt == payload_type)
            return c;
    return NULL;
}
