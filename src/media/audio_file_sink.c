/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_file.h"
#include "media/file_fault.h"
#include "media/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sndfile.h>
#include <stdlib.h>

enum { RING_SECONDS = 60, BLOCK = 4096 };

/* The loop's thread writes the ring and wakes the writer; all of the file is the
 * writer's from audio_file_sink_open until it has been joined. */
struct file_sink {
    struct audio_sink audio;
    struct ring       ring;
    sem_t             wake;
    pthread_t         writer;
    atomic_bool       closing;
    atomic_int        error; /* the first */

    SNDFILE *file;
    size_t   second;       /* samples in a second, of all channels        */
    size_t   since_header; /* samples written since the header was right */
};

static void fail(struct file_sink *s, int error)
{
    int none = 0;

    atomic_compare_exchange_strong(&s->error, &none, error);
}

static void update_header(struct file_sink *s)
{
    sf_command(s->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    s->since_header = 0;
}

static void write_block(struct file_sink *s, const int16_t *samples, size_t count)
{
    errno = 0;
    if (sf_write_short(s->file, samples, (sf_count_t)count) != (sf_count_t)count)
        fail(s, file_fault_errno(NULL, "", errno));
    s->since_header += count;
    if (s->since_header >= s->second)
        update_header(s);
}

/* After an error the ring is still emptied, so that the pushes stay cheap. */
static void drain(struct file_sink *s)
{
    int16_t block[BLOCK];
    size_t  count;

    while ((count = ring_read(&s->ring, block, BLOCK)) > 0)
        if (atomic_load(&s->error) == 0 || atomic_load(&s->error) == -ERR_LIMIT)
            write_block(s, block, count);
}

static void *writer_main(void *arg)
{
    struct file_sink *s = arg;
    bool              last;

    do {
        while (sem_wait(&s->wake) != 0 && errno == EINTR)
            ;
        last = atomic_load(&s->closing); /* before the drain: what was pushed before it is written */
        drain(s);
    } while (!last);
    update_header(s);
    return NULL;
}

static void file_push(struct audio_sink *audio, const int16_t *samples, size_t count)
{
    struct file_sink *s = CONTAINER_OF(audio, struct file_sink, audio);

    if (ring_write(&s->ring, samples, count) < count)
        fail(s, -ERR_LIMIT);
    sem_post(&s->wake);
}

static int file_error(const struct audio_sink *audio)
{
    return atomic_load(&((const struct file_sink *)audio)->error);
}

static int file_close(struct audio_sink *audio)
{
    struct file_sink *s = CONTAINER_OF(audio, struct file_sink, audio);
    int               error;

    atomic_store(&s->closing, true);
    sem_post(&s->wake);
    pthread_join(s->writer, NULL);
    if (sf_close(s->file) != 0)
        fail(s, -ERR_IO);
    error = atomic_load(&s->error);
    sem_destroy(&s->wake);
    ring_fini(&s->ring);
    free(s);
    return error;
}

static const struct audio_sink_ops file_ops = { file_push, file_error, file_close };

/* The header goes out at once: a full disk is noticed now, and a process killed
 * in its first second leaves an empty WAV file, not an empty file. */
static int open_wav(const char *path, unsigned rate, int channels, struct buf *why, SNDFILE **file)
{
    SF_INFO info = { .samplerate = (int)rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
    int     fd   = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return file_fault_errno(why, path, errno);
    errno = 0;
    *file = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
    if (*file == NULL)
        return errno != 0 ? file_fault_errno(why, path, errno) : file_fault(why, path, sf_strerror(NULL), -ERR_IO);
    sf_command(*file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    if (sf_error(*file) != 0 || errno == ENOSPC) {
        int number = errno;

        sf_close(*file);
        return file_fault_errno(why, path, number);
    }
    return 0;
}

static int start(struct file_sink *s, unsigned rate, int channels)
{
    s->audio  = (struct audio_sink){ &file_ops, rate };
    s->second = (size_t)rate * (size_t)channels;
    atomic_init(&s->closing, false);
    atomic_init(&s->error, 0);
    if (ring_init(&s->ring, s->second * RING_SECONDS) != 0)
        return -ERR_NO_MEMORY;
    sem_init(&s->wake, 0, 0);
    if (pthread_create(&s->writer, NULL, writer_main, s) != 0) {
        sem_destroy(&s->wake);
        ring_fini(&s->ring);
        return -ERR_NO_MEMORY;
    }
    return 0;
}

static int open_sink(const char *path, unsigned rate, int channels, struct buf *why, struct audio_sink **out)
{
    struct file_sink *s     = calloc(1, sizeof *s);
    int               error = -ERR_NO_MEMORY;

    if (s == NULL)
        return file_fault(why, path, error_text(error), error);
    if ((error = open_wav(path, rate, channels, why, &s->file)) != 0) {
        free(s);
        return error;
    }
    if ((error = start(s, rate, channels)) != 0) {
        sf_close(s->file);
        free(s);
        return file_fault(why, path, error_text(error), error);
    }
    *out = &s->audio;
    return 0;
}

int audio_file_sink_open(const char *path, unsigned rate, struct buf *why, struct audio_sink **out)
{
    return open_sink(path, rate, 1, why, out);
}

int audio_file_sink_open_stereo(const char *path, unsigned rate, struct buf *why, struct audio_sink **out)
{
    return open_sink(path, rate, 2, why, out);
}
