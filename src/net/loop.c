/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/loop.h"

#include "base/error.h"
#include "net/alarm.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

enum { CHUNK = 64, CHUNKS_MAX = 1024 };

/* One handle of the slab.  It is free, running (watch set), or closing. */
struct slot {
    uv_poll_t     poll;
    struct loop  *loop;
    struct watch *watch;
    unsigned      wanted;
    uint32_t      number, next_free; /* index plus one; 0: none */
};

struct signal_slot {
    uv_signal_t handle;
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    uv_loop_t          uv;
    uv_prepare_t       prepare;
    uv_check_t         check;
    uv_timer_t         timer;
    struct alarm       alarm; /* open: instead of the timer */
    uv_async_t         async;
    struct loop_user   user;
    struct signal_slot signals[LOOP_SIGNALS];
    unsigned           signal_count;
    struct slot       *chunks[CHUNKS_MAX];
    uint32_t           chunk_count, first_free;
    msec               longest;
    bool               in_turn;
};

msec loop_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (msec)t.tv_sec * 1000 + (msec)t.tv_nsec / 1000000;
}

/* --- the turn --- */

void loop_begin_turn(struct loop *loop)
{
    if (loop->in_turn)
        return;
    loop->in_turn = true;
    loop->user.begin(loop->user.arg, loop_clock());
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* it only ends the sleep: on_check does the work */
}

static void on_async(uv_async_t *async)
{
    (void)async;
}

/* How long this sleep may be; NEVER: until something happens. */
static msec sleep_of(struct loop *loop, msec now)
{
    msec at   = loop->user.deadline(loop->user.arg);
    msec wait = at == NEVER ? NEVER : at <= now ? 0 : at - now;

    return wait < loop->longest ? wait : loop->longest;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    msec         now = loop_clock(), wait = sleep_of(loop, now);
    bool         exact = loop->alarm.open && wait != 0;

    if (exact)
        alarm_set(&loop->alarm, wait == NEVER ? NEVER : now + wait);
    uv_update_time(&loop->uv); /* uv_timer_start counts from the loop's idea of now */
    if (exact || wait == NEVER)
        uv_timer_stop(&loop->timer);
    else
        uv_timer_start(&loop->timer, on_timer, wait, 0);
}

static void on_check(uv_check_t *check)
{
    struct loop *loop = check->data;

    loop_begin_turn(loop);
    loop->user.end(loop->user.arg);
    loop->in_turn = false;
}

/* --- the slab of poll handles --- */

static struct slot *slot_at(const struct loop *loop, uint32_t number)
{
    assert(number > 0 && number <= loop->chunk_count * CHUNK);
    return &loop->chunks[(number - 1) / CHUNK][(number - 1) % CHUNK];
}

static void put_back(struct slot *slot)
{
    slot->watch            = NULL;
    slot->next_free        = slot->loop->first_free;
    slot->loop->first_free = slot->number;
}

static bool grow(struct loop *loop)
{
    struct slot *chunk;

    if (loop->chunk_count == CHUNKS_MAX)
        return false;
    chunk = calloc(CHUNK, sizeof *chunk);
    if (chunk == NULL)
        return false;
    loop->chunks[loop->chunk_count++] = chunk;
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].loop   = loop;
        chunk[i].number = (loop->chunk_count - 1) * CHUNK + i + 1;
        put_back(&chunk[i]);
    }
    return true;
}

static struct slot *take_slot(struct loop *loop)
{
    struct slot *slot;

    if (loop->first_free == 0 && !grow(loop))
        return NULL;
    slot             = slot_at(loop, loop->first_free);
    loop->first_free = slot->next_free;
    return slot;
}

static void on_poll_closed(uv_handle_t *handle)
{
    put_back(handle->data);
}

static int uv_events(unsigned wanted)
{
    return (wanted & LOOP_READ ? UV_READABLE : 0) | (wanted & LOOP_WRITE ? UV_WRITABLE : 0) |
           (wanted & LOOP_ERROR ? UV_PRIORITIZED : 0);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct slot *slot = poll->data;
    unsigned     ready;

    if (slot->watch == NULL)
        return;
    loop_begin_turn(slot->loop);
    ready = (events & UV_READABLE ? LOOP_READ : 0u) | (events & UV_WRITABLE ? LOOP_WRITE : 0u) |
            (events & UV_PRIORITIZED ? LOOP_ERROR : 0u);
    if (status < 0) {
        /* libuv stops a handle on EPOLLERR beside EPOLLIN or EPOLLOUT and calls
         * it UV_EBADF.  For a socket this is an error to be fetched. */
        ready = slot->wanted | LOOP_ERROR;
        (void)uv_poll_start(poll, uv_events(slot->wanted), on_poll); /* ran before: cannot fail now */
    }
    slot->watch->on_ready(slot->watch, ready);
}

int watch_start(struct loop *loop, struct watch *watch, int fd, unsigned wanted, watch_fn *fn)
{
    struct slot *slot;

    assert(watch->slot == 0);
    slot = take_slot(loop);
    if (slot == NULL)
        return -ERR_LIMIT;
    if (uv_poll_init(&loop->uv, &slot->poll, fd) != 0) {
        put_back(slot);
        return -ERR_LIMIT;
    }
    slot->poll.data = slot;
    slot->watch     = watch;
    watch->slot     = slot->number;
    watch->on_ready = fn;
    if (watch_want(loop, watch, wanted) != 0) {
        watch_stop(loop, watch);
        return -ERR_LIMIT;
    }
    return 0;
}

int watch_want(struct loop *loop, struct watch *watch, unsigned wanted)
{
    struct slot *slot = slot_at(loop, watch->slot);

    if (slot->wanted == wanted && uv_is_active((uv_handle_t *)&slot->poll))
        return 0;
    slot->wanted = wanted;
    return uv_poll_start(&slot->poll, uv_events(wanted), on_poll) == 0 ? 0 : -ERR_LIMIT;
}

void watch_stop(struct loop *loop, struct watch *watch)
{
    struct slot *slot;

    if (watch->slot == 0)
        return;
    slot         = slot_at(loop, watch->slot);
    slot->watch  = NULL;
    slot->wanted = 0;
    watch->slot  = 0;
    uv_close((uv_handle_t *)&slot->poll, on_poll_closed);
}

/* --- signals --- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct signal_slot *slot = CONTAINER_OF(handle, struct signal_slot, handle);

    (void)number;
    loop_begin_turn(handle->data);
    slot->fn(slot->arg);
}

int loop_signal(struct loop *loop, int number, void (*fn)(void *arg), void *arg)
{
    struct signal_slot *slot;

    if (loop->signal_count == LOOP_SIGNALS)
        return -ERR_LIMIT;
    slot = &loop->signals[loop->signal_count];
    if (uv_signal_init(&loop->uv, &slot->handle) != 0)
        return -ERR_LIMIT;
    loop->signal_count++; /* from here on loop_free closes it */
    slot->handle.data = loop;
    slot->fn          = fn;
    slot->arg         = arg;
    return uv_signal_start(&slot->handle, on_signal, number) == 0 ? 0 : -ERR_LIMIT;
}

/* --- life --- */

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    uv_walk(&loop->uv, close_handle, NULL);
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        ;
    if (uv_loop_close(&loop->uv) != 0)
        assert(!"a handle outlived its loop");
    alarm_close(&loop->alarm);
    for (uint32_t i = 0; i < loop->chunk_count; i++)
        free(loop->chunks[i]);
    free(loop);
}

static bool start_handles(struct loop *loop)
{
    /* All but uv_async_init cannot fail; a handle that was not initialised is
     * not walked by loop_free. */
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_timer_init(&loop->uv, &loop->timer);
    loop->prepare.data = loop->check.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    return uv_async_init(&loop->uv, &loop->async, on_async) == 0;
}

struct loop *loop_new(const struct loop_user *user)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return NULL;
    loop->user    = *user;
    loop->longest = NEVER;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    if (!start_handles(loop)) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

int loop_be_exact(struct loop *loop)
{
    return loop->alarm.open ? 0 : alarm_open(&loop->alarm, &loop->uv);
}

void loop_run(struct loop *loop)
{
    loop->longest = NEVER;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_turn(struct loop *loop, msec longest)
{
    loop->longest = longest;
    uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->async);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}
