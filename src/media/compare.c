/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/compare.h"

#include "base/error.h"
#include "media/fft.h"

#include <math.h>
#include <stdlib.h>

enum { FRAME_MS = 20 };

#define HIGH_PASS_HZ         30.0
#define VOICED_BELOW_PEAK_DB 30.0
#define VOICED_MIN_POWER     (20.0 * 20.0) /* a peak frame below this is silence, not speech */
#define SNR_MIN_DB           (-10.0)
#define SNR_MAX_DB           35.0
#define LEVEL_NONE_DB        (-100.0)

struct signal {
    double *samples; /* what is below hearing is filtered out */
    double *energy;  /* energy[i]: of the first i samples     */
    size_t  count;
};

/* Where a piece of what was played was found. */
struct place {
    size_t    start, length; /* in what was played                       */
    ptrdiff_t lag;
    double    value;    /* the normalised correlation there          */
    double    product;  /* the same, not normalised; never below 0   */
    double    recorded; /* energy there                              */
};

struct comparison {
    struct signal played, recorded;
    size_t        frame, segment, slip, lead, delay; /* in samples */
    double        voiced_power;                      /* of a frame */
    ptrdiff_t     lag;                               /* of the recording as a whole */

    /* Sums over the voiced segments, where they were found. */
    unsigned voiced, found; /* half segments */
    unsigned frames;
    double   product, played_energy, recorded_energy, snr_db;
};

/* An offset, or one that comes and goes, is no sound: a first-order high-pass. */
static bool signal_init(struct signal *s, const int16_t *samples, size_t count, unsigned rate)
{
    double keep = 1 - 2 * M_PI * HIGH_PASS_HZ / rate, was = count > 0 ? samples[0] : 0, y = 0;

    s->count   = count;
    s->samples = malloc((count + 1) * sizeof *s->samples);
    s->energy  = malloc((count + 1) * sizeof *s->energy);
    if (s->samples == NULL || s->energy == NULL)
        return false;
    s->energy[0] = 0;
    for (size_t i = 0; i < count; i++) {
        y                = samples[i] - was + keep * y;
        was              = samples[i];
        s->samples[i]    = y;
        s->energy[i + 1] = s->energy[i] + y * y;
    }
    return true;
}

static void signal_fini(struct signal *s)
{
    free(s->samples);
    free(s->energy);
}

/* Of the samples from `start` on; what lies outside the signal counts as silence. */
static double signal_energy(const struct signal *s, ptrdiff_t start, size_t length)
{
    ptrdiff_t end = start + (ptrdiff_t)length;
    ptrdiff_t max = (ptrdiff_t)s->count;

    start = start < 0 ? 0 : start;
    end   = end > max ? max : end;
    return end > start ? s->energy[end] - s->energy[start] : 0;
}

static double signal_at(const struct signal *s, ptrdiff_t i)
{
    return i >= 0 && i < (ptrdiff_t)s->count ? s->samples[i] : 0;
}

/* -1 to 1, 0 if either is as good as silent. */
static double normalised(double product, double energy_a, double energy_b, size_t length)
{
    double floor = (double)length; /* an energy of 1 a sample is the noise of rounding */

    if (energy_a <= floor || energy_b <= floor)
        return 0;
    return product / sqrt(energy_a * energy_b);
}

/* Where the recording as a whole lies.  Normalised by the energy under the
 * played signal, so that a loud click elsewhere does not win; a lag at which
 * little of it overlaps cannot either, as all of its energy counts. */
static int find_lag(struct comparison *c)
{
    struct correlation correlation;
    size_t             length = c->played.count;
    double             best   = 0;

    if (correlation_init(&correlation, c->played.samples, length, c->recorded.samples, c->recorded.count,
                         -(ptrdiff_t)c->lead, (ptrdiff_t)c->delay) != 0)
        return -ERR_NO_MEMORY;
    for (ptrdiff_t lag = -(ptrdiff_t)c->lead; lag <= (ptrdiff_t)c->delay; lag++) {
        double value = normalised(correlation_at(&correlation, lag), signal_energy(&c->played, 0, length),
                                  signal_energy(&c->recorded, lag, length), length);

        if (value > best) {
            best   = value;
            c->lag = lag;
        }
    }
    correlation_fini(&correlation);
    return 0;
}

/* Where the `length` samples at `start` lie. */
static int find_place(const struct comparison *c, size_t start, size_t length, struct place *out)
{
    struct correlation correlation;
    size_t             window = length + 2 * c->slip;
    ptrdiff_t          origin = (ptrdiff_t)start + c->lag - (ptrdiff_t)c->slip;
    double             played = signal_energy(&c->played, (ptrdiff_t)start, length);
    double            *around = malloc(window * sizeof *around);

    *out = (struct place){ .start = start, .length = length, .lag = c->lag, .value = -1 };
    if (around == NULL)
        return -ERR_NO_MEMORY;
    for (size_t i = 0; i < window; i++)
        around[i] = signal_at(&c->recorded, origin + (ptrdiff_t)i);
    if (correlation_init(&correlation, c->played.samples + start, length, around, window, 0,
                         (ptrdiff_t)(2 * c->slip)) != 0) {
        free(around);
        return -ERR_NO_MEMORY;
    }
    for (ptrdiff_t i = 0; i <= (ptrdiff_t)(2 * c->slip); i++) {
        double product  = correlation_at(&correlation, i);
        double recorded = signal_energy(&c->recorded, origin + i, length);
        double value    = normalised(product, played, recorded, length);

        if (value > out->value) {
            out->lag      = c->lag + i - (ptrdiff_t)c->slip;
            out->value    = value;
            out->product  = value > 0 ? product : 0;
            out->recorded = recorded;
        }
    }
    correlation_fini(&correlation);
    free(around);
    return 0;
}

static bool frame_is_voiced(const struct comparison *c, size_t start)
{
    return signal_energy(&c->played, (ptrdiff_t)start, c->frame) / (double)c->frame >= c->voiced_power;
}

static bool segment_is_voiced(const struct comparison *c, size_t start)
{
    unsigned voiced = 0, frames = 0;

    for (size_t at = start; at + c->frame <= start + c->segment; at += c->frame, frames++)
        voiced += frame_is_voiced(c, at);
    return 2 * voiced >= frames;
}

/* The voiced frames of a piece against the recording brought to the same level. */
static void add_snr(struct comparison *c, const struct place *p)
{
    double gain = p->recorded > 0 ? p->product / p->recorded : 0;

    for (size_t at = p->start; at + c->frame <= p->start + p->length; at += c->frame) {
        double noise = 0, signal = signal_energy(&c->played, (ptrdiff_t)at, c->frame), db;

        if (!frame_is_voiced(c, at))
            continue;
        for (size_t i = at; i < at + c->frame; i++) {
            double d = c->played.samples[i] - gain * signal_at(&c->recorded, (ptrdiff_t)i + p->lag);

            noise += d * d;
        }
        db = noise > 0 ? 10 * log10(signal / noise) : SNR_MAX_DB;
        c->snr_db += fmin(fmax(db, SNR_MIN_DB), SNR_MAX_DB);
        c->frames++;
    }
}

static void add_place(struct comparison *c, const struct place *p)
{
    c->product += p->product;
    c->played_energy += signal_energy(&c->played, (ptrdiff_t)p->start, p->length);
    c->recorded_energy += p->recorded;
    c->found += p->value >= COMPARE_SEGMENT_FOUND;
    add_snr(c, p);
}

/* The two halves of the segment at `start`; `*value` as if they were one piece. */
static int find_halves(const struct comparison *c, size_t start, struct place halves[2], double *value)
{
    size_t half  = c->segment / 2;
    int    error = find_place(c, start, half, &halves[0]);

    if (error == 0)
        error = find_place(c, start + half, c->segment - half, &halves[1]);
    if (error == 0)
        *value =
            normalised(halves[0].product + halves[1].product, signal_energy(&c->played, (ptrdiff_t)start, c->segment),
                       halves[0].recorded + halves[1].recorded, c->segment);
    return error;
}

/* As one piece, or, where time slipped in its middle, as two of which each counts
 * for half. */
static int look_up_segment(struct comparison *c, size_t start)
{
    struct place whole, halves[2];
    double       joint = -1;
    int          error = find_place(c, start, c->segment, &whole);

    if (error == 0 && whole.value < COMPARE_SEGMENT_FOUND)
        error = find_halves(c, start, halves, &joint);
    if (error != 0)
        return error;
    c->voiced += 2;
    if (joint > whole.value) {
        add_place(c, &halves[0]);
        add_place(c, &halves[1]);
    } else {
        add_place(c, &whole);
        c->found += whole.value >= COMPARE_SEGMENT_FOUND; /* once more than its place: it is two halves */
    }
    return 0;
}

/* What counts as voiced: frames within some dB of the loudest. */
static void find_voiced_power(struct comparison *c)
{
    double peak = 0;

    for (size_t at = 0; at + c->frame <= c->played.count; at += c->frame)
        peak = fmax(peak, signal_energy(&c->played, (ptrdiff_t)at, c->frame) / (double)c->frame);
    c->voiced_power = peak < VOICED_MIN_POWER ? INFINITY : peak * pow(10, -VOICED_BELOW_PEAK_DB / 10);
}

static const char *reason_of(const struct compare_result *r)
{
    if (r->level_db <= LEVEL_NONE_DB)
        return "the recording is silent where speech should be";
    if (r->correlation < COMPARE_CORRELATION && r->covered < COMPARE_COVERED / 2)
        return "what was recorded is something else";
    if (r->covered < COMPARE_COVERED)
        return "parts of what was played are missing";
    if (r->correlation < COMPARE_CORRELATION)
        return "what was recorded is too distorted";
    if (fabs(r->level_db) > COMPARE_LEVEL_DB)
        return "the level is wrong";
    return "heard";
}

static void conclude(const struct comparison *c, unsigned rate, struct compare_result *out)
{
    *out = (struct compare_result){
        .delay_ms        = 1000.0 * (double)c->lag / rate,
        .correlation     = normalised(c->product, c->played_energy, c->recorded_energy, 1),
        .covered         = (double)c->found / c->voiced,
        .level_db        = LEVEL_NONE_DB,
        .snr_db          = c->frames > 0 ? c->snr_db / c->frames : SNR_MIN_DB,
        .voiced_segments = c->voiced / 2,
    };
    if (c->recorded_energy > 0)
        out->level_db = fmax(LEVEL_NONE_DB, 10 * log10(c->recorded_energy / c->played_energy));
    out->heard = out->covered >= COMPARE_COVERED && out->correlation >= COMPARE_CORRELATION &&
                 fabs(out->level_db) <= COMPARE_LEVEL_DB;
    out->reason = reason_of(out);
}

static int compare(struct comparison *c, unsigned rate, struct compare_result *out)
{
    int error;

    find_voiced_power(c);
    if ((error = find_lag(c)) != 0)
        return error;
    for (size_t at = 0; at + c->segment <= c->played.count; at += c->segment)
        if (segment_is_voiced(c, at) && (error = look_up_segment(c, at)) != 0)
            return error;
    if (c->voiced == 0)
        return -ERR_SYNTAX;
    conclude(c, rate, out);
    return 0;
}

int compare_speech(const int16_t *played, size_t played_count, const int16_t *recorded, size_t recorded_count,
                   unsigned rate, struct compare_result *out)
{
    struct comparison c = {
        .frame   = rate * FRAME_MS / 1000,
        .segment = rate * COMPARE_SEGMENT_MS / 1000,
        .slip    = rate * COMPARE_SLIP_MS / 1000,
        .lead    = rate * COMPARE_LEAD_MS / 1000,
        .delay   = rate * COMPARE_DELAY_MS / 1000,
    };
    int error = -ERR_NO_MEMORY;

    if (played_count > COMPARE_SAMPLES_MAX || recorded_count > COMPARE_SAMPLES_MAX)
        return -ERR_TOO_LARGE;
    if (c.frame == 0)
        return -ERR_SYNTAX;
    if (signal_init(&c.played, played, played_count, rate) && signal_init(&c.recorded, recorded, recorded_count, rate))
        error = compare(&c, rate, out);
    signal_fini(&c.played);
    signal_fini(&c.recorded);
    return error;
}
