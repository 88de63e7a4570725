/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/audio_tone.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>

/* A voice as the textbooks draw it: pulses of the vocal cords through three
 * resonances of the mouth, which change with each syllable. */

enum { FORMANTS = 3, SYLLABLES_MIN = 3, SYLLABLES_SPREAD = 5 };

#define LEVEL 5000.0 /* of a syllable's middle, RMS; full scale is 32767 */

struct resonance {
    double gain, feed1, feed2; /* y[n] = gain x[n] + feed1 y[n-1] + feed2 y[n-2] */
    double y1, y2;
};

struct tone {
    struct audio_source  audio;
    struct random_seeded seeded;
    struct random        random;
    uint64_t             left;  /* samples until the end; UINT64_MAX: none */
    double               voice; /* Hz, this speaker's middle pitch        */

    /* The syllable or pause now sounding. */
    bool             sounding;
    unsigned         syllables; /* until the next pause for breath */
    size_t           at, length;
    double           pitch, pitch_end; /* Hz, at its begin and end */
    double           phase;            /* of the vocal cords, 0 to 1 */
    struct resonance mouth[FORMANTS];
};

/* Evenly from `low` to `high`. */
static double between(struct tone *t, double low, double high)
{
    return low + (high - low) * random_below(&t->random, 65536) / 65535.0;
}

/* A two-pole filter whose answer to noise of power 1 has about power 1. */
static void resonance_set(struct resonance *r, double hz, double width, double rate)
{
    double radius = exp(-M_PI * width / rate);

    r->feed1 = 2 * radius * cos(2 * M_PI * hz / rate);
    r->feed2 = -radius * radius;
    r->gain  = (1 - radius) * 2 * sin(2 * M_PI * hz / rate);
}

static double resonance_step(struct resonance *r, double x)
{
    double y = r->gain * x + r->feed1 * r->y1 + r->feed2 * r->y2;

    r->y2 = r->y1;
    r->y1 = y;
    return y;
}

static void begin_syllable(struct tone *t)
{
    double rate = t->audio.rate;

    t->sounding  = true;
    t->at        = 0;
    t->length    = (size_t)(rate * between(t, 0.12, 0.30));
    t->pitch     = t->voice * between(t, 0.85, 1.25);
    t->pitch_end = t->pitch * between(t, 0.80, 1.15);
    resonance_set(&t->mouth[0], between(t, 270, 850), 90, rate);
    resonance_set(&t->mouth[1], between(t, 900, 2100), 110, rate);
    resonance_set(&t->mouth[2], between(t, 2300, 3100), 160, rate);
}

static void begin_pause(struct tone *t)
{
    bool breath = t->syllables == 0;

    t->sounding  = false;
    t->at        = 0;
    t->length    = (size_t)(t->audio.rate * (breath ? between(t, 0.20, 0.40) : between(t, 0.02, 0.09)));
    t->syllables = breath ? SYLLABLES_MIN + random_below(&t->random, SYLLABLES_SPREAD) : t->syllables - 1;
}

/* 0 to 1 and back to 0, smooth at both ends. */
static double envelope(const struct tone *t)
{
    return sin(M_PI * (double)t->at / (double)t->length);
}

static double next_sample(struct tone *t)
{
    double pulse = 0, sum = 0;

    if (t->at >= t->length) {
        if (t->sounding)
            begin_pause(t);
        else
            begin_syllable(t);
    }
    if (t->sounding) {
        t->phase += (t->pitch + (t->pitch_end - t->pitch) * (double)t->at / (double)t->length) / t->audio.rate;
        if (t->phase >= 1) {
            t->phase -= 1;
            pulse = LEVEL * 14 * envelope(t);
        }
    }
    t->at++;
    for (size_t i = 0; i < FORMANTS; i++)
        sum += resonance_step(&t->mouth[i], pulse) / (double)(i + 1);
    return sum;
}

static int16_t to_sample(double value)
{
    return (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
}

static void tone_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct tone *t = CONTAINER_OF(s, struct tone, audio);

    for (size_t i = 0; i < count; i++) {
        samples[i] = t->left > 0 ? to_sample(next_sample(t)) : 0;
        if (t->left > 0 && t->left != UINT64_MAX)
            t->left--;
    }
}

static bool tone_ended(const struct audio_source *s)
{
    return ((const struct tone *)s)->left == 0;
}

static void tone_close(struct audio_source *s)
{
    free(CONTAINER_OF(s, struct tone, audio));
}

static const struct audio_source_ops tone_ops = { tone_pull, tone_ended, tone_close };

struct audio_source *audio_tone_new(uint64_t seed, unsigned rate, msec length)
{
    struct tone *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->audio = (struct audio_source){ &tone_ops, rate };
    random_seed(&t->seeded, seed);
    t->random = (struct random){ random_seeded_fill, &t->seeded };
    t->left   = length == NEVER ? UINT64_MAX : length * rate / 1000;
    t->voice  = between(t, 95, 220);
    begin_syllable(t);
    t->syllables = SYLLABLES_MIN;
    return &t->audio;
}
