/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/workers.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

/* One writer, one reader.  Both counters only grow; each side keeps an old copy of
 * the other's, and looks at the real one only when that is not enough. */
struct hand_ring {
    _Alignas(CACHE_LINE) _Atomic size_t written;
    size_t taken_seen;
    _Alignas(CACHE_LINE) _Atomic size_t taken;
    size_t         written_seen;
    struct handed *entries;
};

struct seat {
    struct world           *world; /* NULL: nobody sits here */
    handed_fn              *take;
    void                   *arg;
    bool                    handed_to[WORKERS_MAX]; /* in this turn: they are woken at its end */
    bool                    waking;                 /* that is posted                          */
    struct timer            again;                  /* a wake that could not be posted is tried again */
    bool                    unwoken[WORKERS_MAX];
    struct workers         *workers;
    unsigned                index;
    const struct peer_load *load;
    _Atomic uint32_t        share;
    _Alignas(CACHE_LINE) atomic_bool woken; /* a drain is posted that has not begun */
};

struct workers {
    unsigned               count;
    size_t                 ring_size;
    struct hash_key        key;
    _Atomic msec           refusals_until;
    struct homes          *homes; /* NULL if there is but one */
    struct lives_on       *lives_on;
    struct directory      *directory;
    struct rested         *rested;
    struct oversize_peers *oversize;
    struct peer_count     *peer_count;
    struct budget         *budget; /* NULL: nobody accounts */
    struct hand_ring      *rings;  /* count * count, by reader then writer */
    struct seat           *seats;
};

static struct hand_ring *ring_of(struct workers *w, unsigned from, unsigned to)
{
    return &w->rings[to * w->count + from];
}

static bool ring_put(struct hand_ring *r, size_t size, const struct handed *h)
{
    size_t at = atomic_load_explicit(&r->written, memory_order_relaxed);

    if (at - r->taken_seen == size)
        r->taken_seen = atomic_load_explicit(&r->taken, memory_order_acquire);
    if (at - r->taken_seen == size)
        return false;
    r->entries[at % size] = *h;
    atomic_store_explicit(&r->written, at + 1, memory_order_release);
    return true;
}

static bool ring_take(struct hand_ring *r, size_t size, struct handed *h)
{
    size_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);

    if (at == r->written_seen)
        r->written_seen = atomic_load_explicit(&r->written, memory_order_acquire);
    if (at == r->written_seen)
        return false;
    *h = r->entries[at % size];
    atomic_store_explicit(&r->taken, at + 1, memory_order_release);
    return true;
}

size_t handed_size(const struct handed *h)
{
    switch (h->kind) {
    case HANDED_MESSAGE:
        return message_size(h->u.message);
    case HANDED_BYTES:
        return h->u.bytes.len + 1;
    case HANDED_FAILED:
    case HANDED_KEEP:
    case HANDED_EXPECT:
    case HANDED_ICMP:
        break;
    }
    return 0;
}

void handed_drop(struct handed *h)
{
    switch (h->kind) {
    case HANDED_MESSAGE:
        message_drop(h->u.message);
        break;
    case HANDED_BYTES:
        free(h->u.bytes.ptr);
        break;
    case HANDED_FAILED:
    case HANDED_KEEP:
    case HANDED_EXPECT:
    case HANDED_ICMP:
        break;
    }
}

/* ---- life ---- */

static size_t ring_size_for(unsigned count)
{
    size_t size = WORKERS_RINGS / count;

    if (size > WORKERS_RING)
        return WORKERS_RING;
    return size < WORKERS_RING_MIN ? WORKERS_RING_MIN : size;
}

static bool make_rings(struct workers *w)
{
    size_t count = (size_t)w->count * w->count;

    if (w->count == 1) /* nobody to hand anything to */
        return true;
    w->rings = aligned_alloc(CACHE_LINE, count * sizeof *w->rings);
    if (w->rings == NULL)
        return false;
    memset(w->rings, 0, count * sizeof *w->rings);
    for (size_t i = 0; i < count; i++) {
        if (i / w->count == i % w->count)
            continue;
        w->rings[i].entries = malloc(w->ring_size * sizeof *w->rings[i].entries);
        if (w->rings[i].entries == NULL)
            return false;
    }
    return true;
}

struct workers *workers_new(unsigned count, const struct random *random)
{
    struct workers *w = calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->count     = count;
    w->ring_size = ring_size_for(count);
    random_fill(random, &w->key, sizeof w->key);
    w->homes      = count > 1 ? homes_new(count) : NULL;
    w->lives_on   = lives_on_new(&w->key);
    w->directory  = directory_new(&w->key);
    w->rested     = rested_new(&w->key);
    w->oversize   = oversize_peers_new(&w->key);
    w->peer_count = peer_count_new(&w->key);
    w->seats      = aligned_alloc(CACHE_LINE, count * sizeof *w->seats);
    if (w->seats != NULL)
        memset(w->seats, 0, count * sizeof *w->seats);
    if (w->lives_on == NULL || w->directory == NULL || w->rested == NULL || w->oversize == NULL ||
        w->peer_count == NULL || w->seats == NULL || (count > 1 && w->homes == NULL) || !make_rings(w)) {
        workers_free(w);
        return NULL;
    }
    return w;
}

static void account_homes(struct workers *w, int sign)
{
    if (w->budget != NULL && w->homes != NULL)
        budget_move(w->budget, ACCOUNT_HANDOVER, sign * (int64_t)homes_size());
}

/* Nobody takes it any more. */
static void drop_one(struct workers *w, struct handed *h)
{
    if (w->budget != NULL)
        budget_move(w->budget, ACCOUNT_HANDOVER, -(int64_t)handed_size(h));
    handed_drop(h);
}

static void drop_all(struct workers *w, struct hand_ring *r)
{
    struct handed h;

    while (r->entries != NULL && ring_take(r, w->ring_size, &h))
        drop_one(w, &h);
    free(r->entries);
}

void workers_free(struct workers *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; w->rings != NULL && i < (size_t)w->count * w->count; i++)
        drop_all(w, &w->rings[i]);
    free(w->rings);
    free(w->seats);
    account_homes(w, -1);
    homes_free(w->homes);
    lives_on_free(w->lives_on);
    directory_free(w->directory);
    rested_free(w->rested);
    oversize_peers_free(w->oversize);
    peer_count_free(w->peer_count);
    free(w);
}

void workers_account(struct workers *w, struct budget *b)
{
    w->budget = b;
    account_homes(w, 1);
    lives_on_account(w->lives_on, b);
    directory_account(w->directory, b);
    peer_count_account(w->peer_count, b);
}

size_t workers_rings_size(const struct workers *w)
{
    return (w->count - 1) * (sizeof *w->rings + w->ring_size * sizeof *w->rings->entries);
}

unsigned workers_count(const struct workers *w)
{
    return w->count;
}

struct lives_on *workers_lives_on(struct workers *w)
{
    return w->lives_on;
}

struct directory *workers_directory(struct workers *w)
{
    return w->directory;
}

struct peer_count *workers_peer_count(struct workers *w)
{
    return w->peer_count;
}

struct rested *workers_rested(struct workers *w)
{
    return w->rested;
}

struct oversize_peers *workers_oversize(struct workers *w)
{
    return w->oversize;
}

struct homes *workers_homes(const struct workers *w)
{
    return w->homes;
}

uint32_t workers_cell(const struct workers *w, struct slice call_id)
{
    uint32_t cell;

    return lives_on_find(w->lives_on, call_id, &cell) ? cell : homes_cell(siphash13(&w->key, call_id));
}

unsigned workers_home(const struct workers *w, struct slice call_id)
{
    return w->count == 1 ? 0 : homes_look(w->homes, workers_cell(w, call_id));
}

unsigned workers_home_of_name(const struct workers *w, struct slice name)
{
    return w->count == 1 ? 0 : (unsigned)(siphash13(&w->key, name) % w->count);
}

const struct hash_key *workers_key(const struct workers *w)
{
    return &w->key;
}

void workers_note_refusal(struct workers *w, msec until)
{
    if (workers_refusals_until(w) != until) /* what many write to is dear */
        atomic_store_explicit(&w->refusals_until, until, memory_order_relaxed);
}

msec workers_refusals_until(const struct workers *w)
{
    return atomic_load_explicit(&w->refusals_until, memory_order_relaxed);
}

/* ---- what one may of what all may ---- */

void workers_lend_load(struct workers *w, unsigned index, const struct peer_load *load)
{
    w->seats[index].load = load;
}

uint32_t workers_peer_load(const struct workers *w, struct peer_cells at)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < w->count; i++)
        if (w->seats[i].load != NULL)
            sum += peer_load_of(w->seats[i].load, at);
    return sum;
}

void workers_set_share(struct workers *w, unsigned index, uint32_t share)
{
    atomic_store_explicit(&w->seats[index].share, share, memory_order_relaxed);
}

uint32_t workers_share(const struct workers *w, unsigned index)
{
    return atomic_load_explicit(&w->seats[index].share, memory_order_relaxed);
}

const struct counters *workers_counters(const struct workers *w, unsigned index)
{
    return w->seats[index].world != NULL ? &w->seats[index].world->counters : NULL;
}

static void adopt(void *arg)
{
    struct seat *seat = arg;

    homes_adopt(seat->workers->homes, seat->index);
}

void workers_tell_change(struct workers *w, unsigned from)
{
    for (unsigned i = 0; i < w->count; i++) {
        struct seat *seat = &w->seats[i];

        if (i != from && seat->world != NULL)
            (void)seat->world->ops->post(seat->world, adopt, seat);
    }
}

/* ---- handing over ---- */

void workers_join(struct workers *w, unsigned index, struct world *world, handed_fn *take, void *arg)
{
    struct seat *seat = &w->seats[index];

    seat->world   = world;
    seat->take    = take;
    seat->arg     = arg;
    seat->workers = w;
    seat->index   = index;
}

void workers_leave(struct workers *w, unsigned index)
{
    struct seat *seat = &w->seats[index];

    if (seat->world != NULL)
        world_timer_stop(seat->world, &seat->again);
    seat->take = NULL;
}

static void wake(struct workers *w, unsigned from, unsigned to);

/* What is there at the start, and as much again as comes meanwhile; then others of
 * this loop have their turn. */
static void drain(void *arg)
{
    struct seat    *seat = arg;
    struct workers *w    = seat->workers;
    struct handed   h;

    (void)atomic_exchange(&seat->woken, false);
    for (unsigned from = 0; from < w->count; from++) {
        size_t left = from == seat->index ? 0 : w->ring_size;

        for (; left > 0 && ring_take(ring_of(w, from, seat->index), w->ring_size, &h); left--) {
            if (seat->take != NULL)
                seat->take(seat->arg, &h);
            else
                drop_one(w, &h);
        }
        if (left == 0 && from != seat->index)
            wake(w, seat->index, seat->index);
    }
}

enum { WAKE_RETRY = 2 /* ms */ };

static void on_again(struct timer *timer, msec now)
{
    struct seat *seat = CONTAINER_OF(timer, struct seat, again);

    (void)now;
    for (unsigned to = 0; to < seat->workers->count; to++)
        if (seat->unwoken[to])
            wake(seat->workers, seat->index, to);
}

/* `woken` is set before the post, and cleared before the rings are read: whoever puts
 * something in after that reading finds it cleared, and posts again.  Whoever finds it
 * set has put something in before that: clearing it is an exchange, which reads what he
 * wrote, so that the reading after it sees his entry. */
static void wake(struct workers *w, unsigned from, unsigned to)
{
    struct seat *reader = &w->seats[to], *writer = &w->seats[from];

    writer->unwoken[to] = false;
    if (atomic_exchange(&reader->woken, true) || reader->world->ops->post(reader->world, drain, reader) == 0)
        return;
    atomic_store(&reader->woken, false);
    writer->unwoken[to] = true;
    world_timer(writer->world, &writer->again, on_again, world_now(writer->world) + WAKE_RETRY);
}

/* At the end of the turn: a batch of datagrams costs a worker that gets half of them one
 * system call, not one each time that it has gone to sleep again. */
static void wake_all(void *arg)
{
    struct seat *seat = arg;

    seat->waking = false;
    for (unsigned to = 0; to < seat->workers->count; to++) {
        if (!seat->handed_to[to])
            continue;
        seat->handed_to[to] = false;
        wake(seat->workers, seat->index, to);
    }
}

static void wake_at_end_of_turn(struct seat *writer, unsigned to)
{
    writer->handed_to[to] = true;
    if (writer->waking)
        return;
    writer->waking = true;
    if (writer->world->ops->post(writer->world, wake_all, writer) != 0)
        wake_all(writer);
}

bool workers_hand(struct workers *w, unsigned from, unsigned to, const struct handed *h)
{
    if (to >= w->count || w->seats[to].world == NULL || !ring_put(ring_of(w, from, to), w->ring_size, h))
        return false;
    wake_at_end_of_turn(&w->seats[from], to);
    return true;
}
