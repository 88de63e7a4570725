/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/mixer.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { LISTENERS = MIXER_PORTS + 1, RECORDER = MIXER_PORTS };

/* Places count samples since the voice began; `ring` has the last `keep` of them. */
struct voice {
    int16_t *ring; /* NULL: no such port */
    bool     in;
    uint32_t apart; /* set of 1 << port: who hears it by himself */
    uint64_t said;
    uint64_t read[LISTENERS]; /* up to where each listener has heard it */
};

struct mixer {
    unsigned           rate;
    size_t             keep;
    struct audio_sink *recording;
    struct voice       voices[MIXER_PORTS];
};

static size_t samples_in(const struct mixer *m, unsigned ms)
{
    return (size_t)m->rate * ms / 1000;
}

/* ---- life ---- */

struct mixer *mixer_new(unsigned rate)
{
    struct mixer *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->rate = rate;
    m->keep = samples_in(m, MIXER_KEEP_MS);
    return m;
}

void mixer_free(struct mixer *m)
{
    if (m == NULL)
        return;
    for (int i = 0; i < MIXER_PORTS; i++)
        free(m->voices[i].ring);
    (void)audio_sink_close(m->recording); /* whoever wants to know stops it himself */
    free(m);
}

unsigned mixer_rate(const struct mixer *m)
{
    return m->rate;
}

/* From here on it hears the others, and they hear it: nothing of what was said before. */
static void begin(struct mixer *m, int port)
{
    struct voice *v = &m->voices[port];

    for (int i = 0; i < LISTENERS; i++)
        v->read[i] = v->said;
    for (int i = 0; i < MIXER_PORTS; i++)
        m->voices[i].read[port] = m->voices[i].said;
}

int mixer_add(struct mixer *m)
{
    int port = 0;

    while (port < MIXER_PORTS && m->voices[port].ring != NULL)
        port++;
    if (port == MIXER_PORTS)
        return -ERR_LIMIT;
    m->voices[port].ring = calloc(m->keep, sizeof *m->voices[port].ring);
    if (m->voices[port].ring == NULL)
        return -ERR_NO_MEMORY;
    m->voices[port].in = true;
    begin(m, port);
    return port;
}

void mixer_remove(struct mixer *m, int port)
{
    free(m->voices[port].ring);
    m->voices[port] = (struct voice){ 0 };
    for (int i = 0; i < MIXER_PORTS; i++)
        m->voices[i].apart &= ~(1u << port);
}

static void part_one(struct voice *v, int listener, bool apart)
{
    uint32_t bit = 1u << listener;

    if (!apart && (v->apart & bit))
        v->read[listener] = v->said;
    v->apart = apart ? v->apart | bit : v->apart & ~bit;
}

void mixer_part(struct mixer *m, int port, int other, bool apart)
{
    part_one(&m->voices[port], other, apart);
    part_one(&m->voices[other], port, apart);
}

void mixer_let(struct mixer *m, int port, bool in)
{
    if (in && !m->voices[port].in)
        begin(m, port);
    m->voices[port].in = in;
}

/* ---- speaking ---- */

void mixer_say(struct mixer *m, int port, const int16_t *samples, size_t count)
{
    struct voice *v    = &m->voices[port];
    size_t        most = samples_in(m, MIXER_FRAME_MS);

    if (!v->in)
        return;
    if (count > most) {
        samples += count - most;
        count = most;
    }
    for (size_t i = 0; i < count; i++)
        v->ring[(v->said + i) % m->keep] = samples[i];
    v->said += count;
}

/* ---- hearing ---- */

/* Where this listener hears `count` samples of the voice; false if there are not so many. */
static bool take(const struct mixer *m, struct voice *v, int listener, size_t count, uint64_t *from)
{
    uint64_t *read = &v->read[listener];

    if (!v->in || (listener < MIXER_PORTS && (v->apart & 1u << listener)) || v->said - *read < count)
        return false;
    if (v->said - *read > count + samples_in(m, MIXER_BEHIND_MS))
        *read = v->said - count;
    *from = *read;
    *read += count;
    return true;
}

static int16_t saturated(int32_t sum)
{
    return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

/* All voices but `left_out` are added. */
static void add_voices(struct mixer *m, int listener, int left_out, int16_t *samples, size_t count)
{
    const struct voice *heard[MIXER_PORTS];
    uint64_t            from[MIXER_PORTS];
    unsigned            n = 0;

    for (int i = 0; i < MIXER_PORTS; i++)
        if (i != left_out && take(m, &m->voices[i], listener, count, &from[n]))
            heard[n++] = &m->voices[i];
    for (size_t i = 0; i < count; i++) {
        int32_t sum = samples[i];

        for (unsigned k = 0; k < n; k++)
            sum += heard[k]->ring[(from[k] + i) % m->keep];
        samples[i] = saturated(sum);
    }
}

static int first_in(const struct mixer *m)
{
    int port = 0;

    while (port < MIXER_PORTS && !m->voices[port].in)
        port++;
    return port;
}

/* In the time of the first one. */
static void record(struct mixer *m, const int16_t *here, size_t count)
{
    int16_t all[AUDIO_RATE_MAX * MIXER_FRAME_MS / 1000];

    memcpy(all, here, count * sizeof *all);
    add_voices(m, RECORDER, MIXER_PORTS, all, count);
    audio_push(m->recording, all, count);
}

void mixer_hear(struct mixer *m, int port, int16_t *samples, size_t count)
{
    if (!m->voices[port].in || count > samples_in(m, MIXER_FRAME_MS))
        return;
    if (m->recording != NULL && port == first_in(m))
        record(m, samples, count);
    add_voices(m, port, port, samples, count);
}

int mixer_record(struct mixer *m, struct audio_sink *recording)
{
    int error = audio_sink_close(m->recording);

    for (int i = 0; i < MIXER_PORTS; i++)
        m->voices[i].read[RECORDER] = m->voices[i].said;
    m->recording = recording;
    return error;
}
