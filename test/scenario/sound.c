/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/sound.h"
#include "base/error.h"
#include "media/audio_tone.h"
#include "media/compare.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { FRAME_SAMPLES = SOUND_RATE / 1000 * AUDIO_FRAME_MS, WHISPER = 200, FIRST_FRAMES = 256 };

struct voice {
    struct audio_source  source;
    struct world        *world;
    struct track        *track, *own;
    struct audio_source *tone;
};

struct ear {
    struct audio_sink sink;
    struct world     *world;
    struct track     *track, *own;
};

/* ---- tracks ---- */

static void make_room(struct track *t, size_t frames)
{
    t->room    = frames;
    t->at      = alloc_grow(t->at, frames * sizeof *t->at);
    t->start   = alloc_grow(t->start, frames * sizeof *t->start);
    t->samples = alloc_grow(t->samples, frames * FRAME_SAMPLES * sizeof *t->samples);
}

struct track *track_new(void)
{
    struct track *t = alloc_new(sizeof *t);

    make_room(t, FIRST_FRAMES);
    return t;
}

void track_free(struct track *t)
{
    if (t == NULL)
        return;
    free(t->at);
    free(t->start);
    free(t->samples);
    free(t);
}

/* What does not fit is left out: a scenario talks for less than that. */
static void track_add(struct track *t, msec at, const int16_t *samples, size_t count)
{
    if (t == NULL || t->frames == SOUND_FRAMES || count > SOUND_FRAMES * (size_t)FRAME_SAMPLES - t->count)
        return;
    while (t->frames == t->room || count > t->room * FRAME_SAMPLES - t->count)
        make_room(t, 2 * t->room);
    t->at[t->frames]      = at;
    t->start[t->frames++] = t->count;
    memcpy(t->samples + t->count, samples, count * sizeof *samples);
    t->count += count;
}

/* The samples of the frames from `from` up to, not including, `to`. */
static const int16_t *track_span(const struct track *t, msec from, msec to, size_t *count)
{
    size_t first = 0, behind;

    while (first < t->frames && t->at[first] < from)
        first++;
    for (behind = first; behind < t->frames && t->at[behind] < to; behind++)
        ;
    *count = first == behind ? 0 : (behind == t->frames ? t->count : t->start[behind]) - t->start[first];
    return *count == 0 ? t->samples : t->samples + t->start[first];
}

static int compare(const struct track *said, const struct track *heard, msec from, msec to, msec until, struct buf *why,
                   struct compare_result *result)
{
    size_t         said_count, heard_count;
    const int16_t *said_samples  = track_span(said, from, to, &said_count);
    const int16_t *heard_samples = track_span(heard, from, until, &heard_count);
    int            error = compare_speech(said_samples, said_count, heard_samples, heard_count, SOUND_RATE, result);

    if (error != 0)
        buf_printf(why, "%zu samples were said: %s", said_count, error_text(error));
    else
        buf_printf(why, "%s (%zu of %zu samples, correlation %.2f, covered %.2f, %.1f dB)", result->reason, heard_count,
                   said_count, result->correlation, result->covered, result->level_db);
    return error;
}

bool track_is_heard(const struct track *said, const struct track *heard, msec from, msec to, msec until,
                    struct buf *why)
{
    struct compare_result result;

    return compare(said, heard, from, to, until, why, &result) == 0 && result.heard;
}

/* Of three voices that are equally loud each has 0.58 of the sum; what is not in it has less than 0.35. */
enum track_share track_share(const struct track *said, const struct track *heard, msec from, msec to, msec until,
                             struct buf *why)
{
    struct compare_result result;

    if (compare(said, heard, from, to, until, why, &result) != 0)
        return SHARE_UNCLEAR;
    return result.correlation >= 0.5 ? SHARE_CLEAR : result.correlation < 0.35 ? SHARE_NONE : SHARE_UNCLEAR;
}

bool track_is_silent(const struct track *heard, msec from, msec until)
{
    size_t         count;
    const int16_t *samples = track_span(heard, from, until, &count);

    for (size_t i = 0; i < count; i++)
        if (samples[i] > WHISPER || samples[i] < -WHISPER)
            return false;
    return true;
}

/* ---- voices ---- */

static void voice_pull(struct audio_source *s, int16_t *samples, size_t count)
{
    struct voice *v = CONTAINER_OF(s, struct voice, source);

    audio_pull(v->tone, samples, count);
    track_add(v->track, world_now(v->world), samples, count);
    track_add(v->own, world_now(v->world), samples, count);
}

static bool voice_ended(const struct audio_source *s)
{
    return audio_ended(CONTAINER_OF(s, struct voice, source)->tone);
}

static void voice_close(struct audio_source *s)
{
    struct voice *v = CONTAINER_OF(s, struct voice, source);

    audio_source_close(v->tone);
    free(v);
}

struct audio_source *voice_new(struct world *world, struct track *track, struct track *own, uint64_t seed)
{
    static const struct audio_source_ops ops = { voice_pull, voice_ended, voice_close };
    struct voice                        *v   = alloc_new(sizeof *v);

    v->source = (struct audio_source){ &ops, SOUND_RATE };
    v->world  = world;
    v->track  = track;
    v->own    = own;
    v->tone   = audio_tone_new(seed, SOUND_RATE, NEVER);
    if (v->tone == NULL) {
        free(v);
        return NULL;
    }
    return &v->source;
}

/* ---- ears ---- */

static void ear_push(struct audio_sink *s, const int16_t *samples, size_t count)
{
    struct ear *e = CONTAINER_OF(s, struct ear, sink);

    track_add(e->track, world_now(e->world), samples, count);
    track_add(e->own, world_now(e->world), samples, count);
}

static int ear_error(const struct audio_sink *s)
{
    (void)s;
    return 0;
}

static int ear_close(struct audio_sink *s)
{
    free(CONTAINER_OF(s, struct ear, sink));
    return 0;
}

struct audio_sink *ear_new(struct world *world, struct track *track, struct track *own)
{
    static const struct audio_sink_ops ops = { ear_push, ear_error, ear_close };
    struct ear                        *e   = alloc_new(sizeof *e);

    e->sink  = (struct audio_sink){ &ops, SOUND_RATE };
    e->world = world;
    e->track = track;
    e->own   = own;
    return &e->sink;
}
