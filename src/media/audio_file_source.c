/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_file.h"
#include "media/file_fault.h"
#include "media/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <sndfile.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1024, CHANNELS_MAX = 32, FILE_RATE_MAX = 384000, RING_SECONDS = 4 };

/* The loop's thread takes from the ring; all of the file is the reader's, once there is one.  Who lets go
 * last frees it: a close must not wait for a disk that does not answer. */
struct file_source {
    struct audio_source audio;
    struct ring         ring;
    atomic_uint         holders;  /* the loop, and the reader                           */
    atomic_bool         closing;  /* the loop has let go                                */
    atomic_bool         finished; /* nothing more comes into the ring                   */
    atomic_bool         resting;  /* the reader waits for room                          */
    sem_t               wake;     /* ... by this                                        */
    sem_t               filled;   /* something has come, or it has finished             */

    SNDFILE             *file;
    SF_INFO              info;
    SpeexResamplerState *resampler; /* NULL: the rates agree */
    float               *frames;    /* BLOCK * channels       */
    float               *mono;      /* BLOCK                  */
    bool                 loop;
    uint64_t             played; /* frames read since the beginning of the file */
};

static void let_go(struct file_source *s)
{
    if (atomic_fetch_sub(&s->holders, 1) != 1)
        return;
    if (s->resampler != NULL)
        speex_resampler_destroy(s->resampler);
    if (s->file != NULL)
        sf_close(s->file);
    sem_destroy(&s->wake);
    sem_destroy(&s->filled);
    ring_fini(&s->ring);
    free(s->frames);
    free(s->mono);
    free(s);
}

/* ---- reading ---- */

/* More than half of it is full.  A reader that rests is woken at half, and not for each frame. */
static bool is_full(struct file_source *s)
{
    return ring_held(&s->ring) > s->ring.size / 2;
}

static void rest(struct file_source *s)
{
    atomic_store(&s->resting, true);
    if (!is_full(s) || atomic_load(&s->closing)) { /* it has happened meanwhile */
        atomic_store(&s->resting, false);
        return;
    }
    while (sem_wait(&s->wake) != 0 && errno == EINTR)
        ;
}

static void wait_for_room(struct file_source *s)
{
    while (is_full(s) && !atomic_load(&s->closing))
        rest(s);
}

/* Half of the ring has room for a block, whatever the resampler makes of it: ring_init and BLOCK see to that. */
static void append(struct file_source *s, const float *samples, size_t count)
{
    int16_t out[BLOCK];

    for (size_t i = 0; i < count; i++) {
        float value = fminf(fmaxf(samples[i] * 32768, INT16_MIN), INT16_MAX); /* NaN becomes INT16_MIN */

        out[i] = (int16_t)lrintf(value);
    }
    ring_write(&s->ring, out, count);
    sem_post(&s->filled);
}

static bool resample(struct file_source *s, const float *samples, size_t count)
{
    float out[BLOCK];

    while (count > 0) {
        spx_uint32_t taken = (spx_uint32_t)count, made = BLOCK;

        if (speex_resampler_process_float(s->resampler, 0, samples, &taken, out, &made) != RESAMPLER_ERR_SUCCESS)
            return false;
        append(s, out, made);
        samples += taken;
        count -= taken;
        wait_for_room(s);
    }
    return true;
}

static bool take(struct file_source *s, const float *samples, size_t count)
{
    if (s->resampler != NULL)
        return resample(s, samples, count);
    append(s, samples, count);
    return true;
}

/* The resampler lags behind: silence pushes the last samples out of it. */
static void flush(struct file_source *s)
{
    int left = s->resampler != NULL ? speex_resampler_get_input_latency(s->resampler) : 0;

    memset(s->mono, 0, BLOCK * sizeof *s->mono);
    for (; left > 0 && take(s, s->mono, left < BLOCK ? (size_t)left : BLOCK); left -= BLOCK)
        ;
}

/* A piece of the file into the ring; false: that was all. */
static bool read_block(struct file_source *s)
{
    sf_count_t got = sf_readf_float(s->file, s->frames, BLOCK);

    if (got <= 0 && s->loop && s->played > 0 && sf_seek(s->file, 0, SEEK_SET) == 0) {
        s->played = 0;
        return true;
    }
    if (got <= 0) {
        flush(s);
        return false;
    }
    s->played += (uint64_t)got;
    for (sf_count_t i = 0; i < got; i++) {
        s->mono[i] = 0;
        for (int channel = 0; channel < s->info.channels; channel++)
            s->mono[i] += s->frames[i * s->info.channels + channel] / (float)s->info.channels;
    }
    return take(s, s->mono, (size_t)got);
}

static void *reader_main(void *arg)
{
    struct file_source *s = arg;

    while (!atomic_load(&s->closing) && read_block(s))
        wait_for_room(s);
    atomic_store(&s->finished, true);
    sem_post(&s->filled);
    let_go(s);
    return NULL;
}

/* ---- playing ---- */

static void file_pull(struct audio_source *audio, int16_t *samples, size_t count)
{
    struct file_source *s   = CONTAINER_OF(audio, struct file_source, audio);
    size_t              got = ring_read(&s->ring, samples, count);

    memset(samples + got, 0, (count - got) * sizeof *samples);
    if (!is_full(s) && atomic_exchange(&s->resting, false))
        sem_post(&s->wake);
}

static bool file_ended(const struct audio_source *audio)
{
    const struct file_source *s = (const struct file_source *)audio;

    return atomic_load(&s->finished) && atomic_load(&s->ring.written) == atomic_load(&s->ring.taken);
}

static void file_close(struct audio_source *audio)
{
    struct file_source *s = CONTAINER_OF(audio, struct file_source, audio);

    atomic_store(&s->closing, true);
    sem_post(&s->wake);
    let_go(s);
}

static const struct audio_source_ops file_ops = { file_pull, file_ended, file_close };

void audio_file_source_wait(struct audio_source *audio, size_t count)
{
    struct file_source *s = CONTAINER_OF(audio, struct file_source, audio);

    while (ring_held(&s->ring) < count && !atomic_load(&s->finished))
        (void)sem_wait(&s->filled);
}

/* ---- opening ---- */

/* Nothing else is waited for: O_NONBLOCK, as opening a pipe would wait for its writer. */
static int open_sound(const char *path, struct buf *why, SF_INFO *info, SNDFILE **file)
{
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;

    if (fd < 0)
        return file_fault_errno(why, path, errno);
    if (fstat(fd, &facts) == 0 && !S_ISREG(facts.st_mode)) {
        close(fd);
        return file_fault(why, path, "not a file: sound is played from files alone", -ERR_CORRUPT);
    }
    *file = sf_open_fd(fd, SFM_READ, info, SF_TRUE);
    if (*file == NULL)
        return file_fault(why, path, sf_strerror(NULL), -ERR_CORRUPT);
    return 0;
}

/* Quality 8 of 10: what telephone speech loses by it nobody hears. */
static int make_ready(struct file_source *s)
{
    unsigned rate  = s->audio.rate;
    int      error = 0;

    s->frames = malloc(BLOCK * (size_t)s->info.channels * sizeof *s->frames);
    s->mono   = malloc(BLOCK * sizeof *s->mono);
    if (s->frames == NULL || s->mono == NULL || ring_init(&s->ring, (size_t)rate * RING_SECONDS) != 0)
        return -ERR_NO_MEMORY;
    if (s->info.samplerate == (int)rate)
        return 0;
    s->resampler = speex_resampler_init(1, (spx_uint32_t)s->info.samplerate, rate, 8, &error);
    if (s->resampler == NULL || speex_resampler_skip_zeros(s->resampler) != RESAMPLER_ERR_SUCCESS)
        return -ERR_NO_MEMORY;
    return 0;
}

/* The first pieces are read at once, so that the sound begins with its beginning, and what holds none is told. */
static int read_beginning(struct file_source *s, const char *path, struct buf *why)
{
    const size_t enough = s->audio.rate / 4;
    bool         more   = true;

    while (more && ring_held(&s->ring) < enough)
        more = read_block(s);
    if (ring_held(&s->ring) == 0)
        return file_fault(why, path, "there is no sound in it", -ERR_CORRUPT);
    atomic_store(&s->finished, !more);
    return 0;
}

/* No reader where the beginning is all there is. */
static int start_reader(struct file_source *s)
{
    pthread_t thread;
    int       error = 0;

    if (atomic_load(&s->finished))
        return 0;
    atomic_store(&s->holders, 2);
    error = pthread_create(&thread, NULL, reader_main, s);
    if (error != 0)
        atomic_store(&s->holders, 1);
    else
        pthread_detach(thread);
    return error == 0 ? 0 : -ERR_NO_MEMORY;
}

static int start(struct file_source *s, const char *path, struct buf *why)
{
    int error = open_sound(path, why, &s->info, &s->file);

    if (error != 0)
        return error;
    if (s->info.channels < 1 || s->info.channels > CHANNELS_MAX || s->info.samplerate < 1000 ||
        s->info.samplerate > FILE_RATE_MAX)
        return file_fault(why, path, "not a rate or number of channels that can be played", -ERR_CORRUPT);
    error = make_ready(s);
    if (error != 0)
        return file_fault(why, path, error_text(error), error);
    error = read_beginning(s, path, why);
    if (error != 0)
        return error;
    error = start_reader(s);
    return error != 0 ? file_fault(why, path, error_text(error), error) : 0;
}

int audio_file_source_open(const char *path, unsigned rate, bool loop, struct buf *why, struct audio_source **out)
{
    struct file_source *s = calloc(1, sizeof *s);
    int                 error;

    if (s == NULL)
        return file_fault(why, path, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    s->audio = (struct audio_source){ &file_ops, rate };
    s->loop  = loop;
    atomic_init(&s->holders, 1);
    sem_init(&s->wake, 0, 0);
    sem_init(&s->filled, 0, 0);
    error = start(s, path, why);
    if (error != 0)
        let_go(s);
    else
        *out = &s->audio;
    return error;
}
