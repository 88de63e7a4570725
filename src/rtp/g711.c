/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/g711.h"

/* Both laws are eight straight segments for each sign, each of 16 steps twice as
 * wide as those of the one before.  A negative sample is taken as its ones'
 * complement, as ITU-T G.191 does, so that -1 and 0 lie symmetrically. */

enum {
    ULAW_BIAS = 33,     /* moves the segment borders onto powers of two */
    ULAW_CLIP = 0x1fff, /* 13 bits of magnitude, biased                 */
    ALAW_EVEN = 0x55,   /* A-law inverts the even bits on the line      */
};

static unsigned magnitude(int16_t sample)
{
    return (unsigned)(sample < 0 ? ~sample : sample);
}

static unsigned bit_length(unsigned value)
{
    unsigned bits = 0;

    for (; value != 0; value >>= 1)
        bits++;
    return bits;
}

uint8_t ulaw_encode(int16_t sample)
{
    unsigned biased = (magnitude(sample) >> 2) + ULAW_BIAS;
    unsigned segment, code;

    if (biased > ULAW_CLIP)
        biased = ULAW_CLIP;
    segment = bit_length(biased) - 6;
    code    = segment << 4 | (biased >> (segment + 1) & 15);
    return (uint8_t)(~code & (sample < 0 ? 0x7fU : 0xffU));
}

int16_t ulaw_decode(uint8_t code)
{
    unsigned inverted = ~(unsigned)code & 0xffU;
    unsigned segment  = inverted >> 4 & 7;
    int      value    = (int)((2 * (inverted & 15) + ULAW_BIAS) << segment) - ULAW_BIAS;

    return (int16_t)(4 * (code & 0x80 ? value : -value));
}

uint8_t alaw_encode(int16_t sample)
{
    unsigned size    = magnitude(sample) >> 4; /* in steps of segment 0 */
    unsigned length  = bit_length(size);
    unsigned segment = length > 4 ? length - 4 : 0; /* segments 0 and 1 have the same step */
    unsigned code    = segment << 4 | (size >> (segment > 1 ? segment - 1 : 0) & 15);

    return (uint8_t)((code | (sample < 0 ? 0U : 0x80U)) ^ ALAW_EVEN);
}

int16_t alaw_decode(uint8_t code)
{
    unsigned plain   = code ^ ALAW_EVEN;
    unsigned segment = plain >> 4 & 7;
    int      value   = (int)(2 * (plain & 15) + 1);

    if (segment > 0)
        value = (value + 32) * (1 << (segment - 1));
    return (int16_t)(8 * (plain & 0x80 ? value : -value));
}

void g711_encode(enum g711_law law, const int16_t *samples, size_t count, uint8_t *codes)
{
    for (size_t i = 0; i < count; i++)
        codes[i] = law == G711_ULAW ? ulaw_encode(samples[i]) : alaw_encode(samples[i]);
}

void g711_decode(enum g711_law law, const uint8_t *codes, size_t count, int16_t *samples)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = law == G711_ULAW ? ulaw_decode(codes[i]) : alaw_decode(codes[i]);
}

uint8_t g711_silence(enum g711_law law)
{
    return law == G711_ULAW ? ulaw_encode(0) : alaw_encode(0);
}
