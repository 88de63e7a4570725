/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/log_writer.h"

#include "base/error.h"
#include "console/log_output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* A writer that has written rests before it looks again: each of the two lines of a call
 * cost a wake-up, a write(2) and a switch of threads without, 20 us of a call's 110. */
enum { BATCH = 64 * 1024, LINE_ROOM = LOG_LINE_MAX + 8 /* priority and LF */, REST = 20 /* ms */ };

struct source {
    struct log         log;
    struct log_ring    ring;
    unsigned long long dropped_told;
};

struct log_writer {
    struct log_levels *levels;
    size_t             ring_bytes;
    struct log_output  out;
    struct log_waker   waker;
    int                wake_fd, stop_fd;
    pthread_t          thread;
    pthread_mutex_t    adding; /* sources */
    struct source     *sources[LOG_SOURCES];
    atomic_uint        source_count;
    atomic_bool        stopping, reopening, idle;
    atomic_ullong      written, lost;
    char              *batch;
    struct buf         text;  /* on batch */
    unsigned           lines; /* in it    */
};

/* ---- waking ---- */

/* Async-signal-safe. */
static void raise_event(int fd)
{
    uint64_t one = 1;

    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void wake(void *arg)
{
    const struct log_writer *w = arg;

    raise_event(w->wake_fd);
}

static bool rings_hold(struct log_writer *w)
{
    unsigned count = atomic_load_explicit(&w->source_count, memory_order_acquire);

    for (unsigned i = 0; i < count; i++)
        if (!log_ring_is_empty(&w->sources[i]->ring))
            return true;
    return false;
}

static bool has_work(struct log_writer *w)
{
    return rings_hold(w) || atomic_load(&w->stopping) || atomic_load(&w->reopening);
}

/* True if it was woken, false when the time is over. */
static bool wait(struct log_writer *w, int milliseconds)
{
    struct pollfd event = { .fd = w->wake_fd, .events = POLLIN };
    uint64_t      count;
    int           n;

    atomic_store(&w->idle, true);
    n = poll(&event, 1, milliseconds);
    atomic_store(&w->idle, false);
    log_waker_stay(&w->waker);
    return n > 0 && read(w->wake_fd, &count, sizeof count) > 0;
}

/* What is said meanwhile is written together, at the end of the rest. */
static void rest(struct log_writer *w)
{
    log_waker_rest(&w->waker);
    (void)wait(w, REST);
}

static void sleep_until_woken(struct log_writer *w)
{
    log_waker_sleep(&w->waker);
    while (!has_work(w) && !wait(w, -1))
        log_waker_sleep(&w->waker); /* a signal: no work has come */
    log_waker_stay(&w->waker);
}

/* ---- writing ---- */

static void flush(struct log_writer *w)
{
    unsigned long long lost = w->out.lost;

    log_output_write(&w->out, buf_slice(&w->text));
    lost = w->out.lost - lost;
    atomic_fetch_add_explicit(&w->lost, lost, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->written, w->lines - lost, memory_order_relaxed);
    w->text  = buf_on(w->batch, BATCH);
    w->lines = 0;
}

static void put_line(struct log_writer *w, const struct log_record *r)
{
    if (BATCH - w->text.len < LINE_ROOM)
        flush(w);
    if (w->out.journal)
        buf_put(&w->text, log_output_priority((enum log_level)r->level));
    log_record_write(&w->text, r, !w->out.journal);
    buf_put_byte(&w->text, '\n');
    w->lines++;
}

static uint64_t wall_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What the log says of itself; not in the middle of a batch that failed. */
static void put_own(struct log_writer *w, const char *event, unsigned worker, unsigned long long count,
                    const char *reason)
{
    uint64_t           memory[LOG_RECORD_MAX / sizeof(uint64_t)];
    struct log_record *r = log_record_begin(memory, LOG_WARNING, LOG_PART_LOG, event);

    r->nsec = wall_clock();
    if (worker > 0)
        r->worker = (uint8_t)(worker - 1);
    log_record_put_number(r, "count", (int64_t)count);
    log_record_put_text(r, "reason", slice_from(reason), 160);
    put_line(w, r);
}

static void tell_dropped(struct log_writer *w)
{
    unsigned count = atomic_load_explicit(&w->source_count, memory_order_acquire);

    for (unsigned i = 0; i < count; i++) {
        struct source     *s       = w->sources[i];
        unsigned long long dropped = log_ring_dropped(&s->ring);

        if (dropped == s->dropped_told)
            continue;
        put_own(w, "lines_dropped", s->log.worker, dropped - s->dropped_told, "the log could not keep up");
        s->dropped_told = dropped;
    }
}

/* The disk has room again, or there is another file: what is missing is said there. */
static void tell_lost(struct log_writer *w)
{
    unsigned long long lost    = w->out.lost;
    int                lost_by = w->out.lost_by;

    if (lost == 0)
        return;
    put_own(w, "lines_lost", 0, lost, strerror(lost_by));
    w->out.lost = 0;
    flush(w);
    if (w->out.lost > 0) { /* still full: this line was no loss */
        atomic_fetch_sub_explicit(&w->lost, w->out.lost, memory_order_relaxed);
        w->out.lost    = lost;
        w->out.lost_by = lost_by;
    }
}

static struct log_ring *look_for_oldest(struct log_writer *w, const struct log_record **record)
{
    unsigned         count = atomic_load_explicit(&w->source_count, memory_order_acquire);
    struct log_ring *best  = NULL;

    for (unsigned i = 0; i < count; i++) {
        const struct log_record *r = log_ring_first(&w->sources[i]->ring);

        if (r != NULL && (best == NULL || r->nsec < (*record)->nsec)) {
            best    = &w->sources[i]->ring;
            *record = r;
        }
    }
    return best;
}

/* The ring whose first record is the oldest, so that lines of several workers stand in
 * the order in which things happened; NULL if all are empty.  What one worker said before
 * it handed a message to another may have come to a ring that was found empty before the
 * other's was looked at: it is there at the second look. */
static struct log_ring *oldest(struct log_writer *w, const struct log_record **record)
{
    return look_for_oldest(w, record) != NULL ? look_for_oldest(w, record) : NULL;
}

enum written { WROTE_NOTHING, WROTE_ALL, WROTE_A_BATCH /* and there may be more */ };

/* A batch at most, so that the file is reopened and drops are told in between. */
static enum written write_batch(struct log_writer *w)
{
    const struct log_record *record;
    struct log_ring         *ring;
    enum written             written = WROTE_A_BATCH;

    tell_lost(w);
    while (BATCH - w->text.len >= LINE_ROOM && (ring = oldest(w, &record)) != NULL) {
        put_line(w, record);
        log_ring_next(ring);
    }
    if (BATCH - w->text.len >= LINE_ROOM)
        written = w->lines > 0 ? WROTE_ALL : WROTE_NOTHING;
    tell_dropped(w);
    flush(w);
    return written;
}

static void reopen(struct log_writer *w)
{
    int number = log_output_reopen(&w->out);

    if (number == 0)
        return;
    put_own(w, "reopen_failed", 0, 1, strerror(number));
    flush(w);
}

static void *run(void *arg)
{
    struct log_writer *w = arg;

    for (;;) {
        bool stopping = atomic_load(&w->stopping); /* before looking: what was put before it is seen */

        if (atomic_exchange(&w->reopening, false))
            reopen(w);
        switch (write_batch(w)) {
        case WROTE_A_BATCH:
            break;
        case WROTE_ALL: /* what has come meanwhile can wait as well */
            if (!stopping)
                rest(w);
            break;
        case WROTE_NOTHING:
            if (stopping)
                return NULL;
            sleep_until_woken(w);
        }
    }
}

/* ---- start and stop ---- */

static void release(struct log_writer *w)
{
    unsigned count = atomic_load(&w->source_count);

    for (unsigned i = 0; i < count; i++) {
        log_ring_fini(&w->sources[i]->ring);
        free(w->sources[i]);
    }
    if (w->out.fd >= 0)
        log_output_close(&w->out);
    if (w->wake_fd >= 0)
        close(w->wake_fd);
    if (w->stop_fd >= 0)
        close(w->stop_fd);
    pthread_mutex_destroy(&w->adding);
    free(w->batch);
    free(w);
}

/* Signals are for other threads, but for those that a fault of this one raises. */
static int start_thread(struct log_writer *w)
{
    sigset_t all, before;
    int      number;

    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    number = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number == 0)
        pthread_setname_np(w->thread, "ahoy-log");
    return number;
}

static int error_of(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return -ERR_NOT_FOUND;
    if (number == EACCES || number == EPERM || number == EROFS)
        return -ERR_PERMISSION;
    if (number == ENOMEM)
        return -ERR_NO_MEMORY;
    return number == EMFILE || number == ENFILE || number == EAGAIN ? -ERR_LIMIT : -ERR_IO;
}

static struct log_writer *writer_new(struct log_levels *levels, size_t ring_bytes)
{
    struct log_writer *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->levels     = levels;
    w->ring_bytes = ring_bytes;
    w->waker      = (struct log_waker){ .wake = wake, .arg = w };
    w->out.fd     = -1;
    w->wake_fd    = eventfd(0, EFD_CLOEXEC);
    w->stop_fd    = eventfd(0, EFD_CLOEXEC);
    w->batch      = malloc(BATCH);
    w->text       = buf_on(w->batch, BATCH);
    pthread_mutex_init(&w->adding, NULL);
    return w;
}

int log_writer_start(const char *path, struct log_levels *levels, size_t ring_bytes, struct log_writer **out,
                     char *problem, size_t problem_size)
{
    struct log_writer *w      = writer_new(levels, ring_bytes);
    int                number = w == NULL || w->batch == NULL ? ENOMEM : w->wake_fd < 0 || w->stop_fd < 0 ? EMFILE : 0;

    if (number == 0)
        number = log_output_open(&w->out, path);
    if (number == 0) {
        w->out.interrupt = w->stop_fd;
        number           = start_thread(w);
    }
    if (number == 0) {
        *out = w;
        return 0;
    }
    snprintf(problem, problem_size, "cannot write the log%s%.256s: %s", path != NULL ? " " : "",
             path != NULL ? path : "", strerror(number));
    if (w != NULL)
        release(w);
    return error_of(number);
}

void log_writer_stop(struct log_writer *w)
{
    if (w == NULL)
        return;
    atomic_store(&w->stopping, true);
    raise_event(w->stop_fd);
    wake(w);
    pthread_join(w->thread, NULL);
    release(w);
}

static struct source *source_new(struct log_writer *w, unsigned worker)
{
    struct source *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    if (log_ring_init(&s->ring, w->ring_bytes, &w->waker) != 0) {
        free(s);
        return NULL;
    }
    s->log = (struct log){ .levels = w->levels, .ring = &s->ring, .clock = wall_clock, .worker = worker };
    return s;
}

struct log *log_writer_source(struct log_writer *w, unsigned worker)
{
    struct source *s = NULL;
    unsigned       count;

    pthread_mutex_lock(&w->adding);
    count = atomic_load(&w->source_count);
    if (count < LOG_SOURCES)
        s = source_new(w, worker);
    if (s != NULL) {
        w->sources[count] = s;
        atomic_store_explicit(&w->source_count, count + 1, memory_order_release);
    }
    pthread_mutex_unlock(&w->adding);
    return s != NULL ? &s->log : NULL;
}

struct log_levels *log_writer_levels(const struct log_writer *w)
{
    return w->levels;
}

void log_writer_reopen(struct log_writer *w)
{
    atomic_store(&w->reopening, true);
    wake(w);
}

/* ---- for others ---- */

int log_writer_fd(const struct log_writer *w)
{
    return w->out.fd;
}

bool log_writer_settle(struct log_writer *w, unsigned milliseconds)
{
    static const struct timespec pause = { .tv_nsec = 1000000 };

    wake(w);
    for (unsigned i = 0; i < milliseconds; i++) {
        if (!has_work(w) && atomic_load(&w->idle)) /* idle after it has taken all: it has written all */
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

struct log_writer_counts log_writer_count(const struct log_writer *w)
{
    unsigned                 count  = atomic_load_explicit(&w->source_count, memory_order_acquire);
    struct log_writer_counts counts = { .written = atomic_load_explicit(&w->written, memory_order_relaxed),
                                        .lost    = atomic_load_explicit(&w->lost, memory_order_relaxed) };

    for (unsigned i = 0; i < count; i++)
        counts.dropped += log_ring_dropped(&w->sources[i]->ring);
    return counts;
}

size_t log_writer_memory(const struct log_writer *w)
{
    return sizeof *w + BATCH + atomic_load(&w->source_count) * (sizeof(struct source) + w->ring_bytes);
}
