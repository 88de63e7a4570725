/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    REGISTERS = 64,   /* at one time, before and after the run                 */
    AT_ONCE   = 64,   /* begun in one turn, of those that are due by the clock  */
    FAST      = 4000, /* operations a second: from then on they begin in heaps */
    HEAP      = 250,  /* microseconds                                          */
};

static void enter(struct load *l, enum load_phase phase);

static uint64_t now_us(const struct load *l)
{
    return l->host.now_us(l->host.arg);
}

/* ---- attempts ---- */

static struct attempt *new_attempt(struct load *l)
{
    struct attempt *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->load    = l;
    a->index   = l->attempt_count;
    a->request = malloc(LOAD_REQUEST_ROOM + l->plan->size);
    if (a->request == NULL) {
        free(a);
        return NULL;
    }
    l->attempts[l->attempt_count++] = a;
    return a;
}

static bool grow(struct load *l)
{
    uint32_t         room = l->attempt_room == 0 ? 64 : 2 * l->attempt_room;
    struct attempt **more = l->attempt_count < l->attempt_room ? l->attempts : NULL;

    if (more != NULL)
        return true;
    more = realloc(l->attempts, room * sizeof *more);
    if (more == NULL)
        return false;
    l->attempts     = more;
    l->attempt_room = room;
    return true;
}

static struct attempt *take_attempt(struct load *l)
{
    struct link    *at = list_shift(&l->idle);
    struct attempt *a  = at != NULL ? CONTAINER_OF(at, struct attempt, member) : grow(l) ? new_attempt(l) : NULL;

    if (a == NULL) { /* with fewer at one time it would be another measurement */
        l->error = -ERR_NO_MEMORY;
        load_stop(l);
        return NULL;
    }
    a->counted = false;
    l->in_progress++;
    return a;
}

struct attempt *load_attempt(struct load *l, uint32_t index)
{
    return index < l->attempt_count ? l->attempts[index] : NULL;
}

static struct way *caller_way(const struct load *l, uint64_t number)
{
    return &l->ways[number % l->plan->connections];
}

/* A user stays with his connection. */
static struct way *callee_way(const struct load *l, uint32_t user)
{
    return &l->ways[(l->plan->callers && l->plan->callees ? l->plan->connections : 0) + user % l->plan->connections];
}

/* ---- operations ---- */

static enum method method_of(enum load_scenario scenario)
{
    switch (scenario) {
    case LOAD_OF_REGISTER:
        return METHOD_REGISTER;
    case LOAD_OF_OPTIONS:
        return METHOD_OPTIONS;
    case LOAD_OF_MESSAGE:
        return METHOD_MESSAGE;
    case LOAD_OF_INVITE:
        return METHOD_INVITE;
    }
    return METHOD_OTHER;
}

/* Below `users`, all over the place, and each once before one comes again: the factor is a prime above LOAD_USERS_MAX.
 */
static uint32_t shuffled(uint64_t number, uint32_t users)
{
    return (uint32_t)(number % users * 2654435761u % users);
}

/* Who: registrations in turn, unless shuffled; the called ones all over the place, as they are in life. */
static void cast(struct attempt *a, uint64_t number)
{
    const struct load_plan *p = a->load->plan;
    uint32_t                who;

    if (p->scenario == LOAD_OF_MESSAGE || p->scenario == LOAD_OF_INVITE) {
        who     = shuffled(number, p->users);
        a->to   = p->first + who;
        a->from = p->first + (who + 1) % p->users;
        a->way  = caller_way(a->load, number);
    } else {
        who     = p->shuffles ? shuffled(number, p->users) : (uint32_t)(number % p->users);
        a->from = a->to = p->first + who;
        a->way          = p->scenario == LOAD_OF_REGISTER ? callee_way(a->load, a->from) : caller_way(a->load, number);
    }
}

static void begin(struct load *l, uint64_t intended, uint64_t now)
{
    struct attempt *a = take_attempt(l);

    if (a == NULL)
        return;
    cast(a, l->begun++);
    if (l->plan->scenario == LOAD_OF_REGISTER && l->to_clean < l->plan->users)
        l->to_clean = l->plan->shuffles ? l->plan->users : l->to_clean + 1;
    l->tally.all_started++;
    a->counted = l->counting;
    if (a->counted) {
        l->tally.started++;
        l->tally.late += now > intended + LOAD_LATE;
    }
    attempt_start(a, method_of(l->plan->scenario), FOR_RUN, intended);
}

/* What is due by then, to the microsecond, begins no more; so that it is the same number each time. */
static uint64_t end_of_run(const struct load *l)
{
    const struct load_plan *p = l->plan;

    return p->duration == 0 ? UINT64_MAX : l->started_at + (uint64_t)(p->warm_up + p->duration) * 1000;
}

static bool is_all_begun(const struct load *l)
{
    return l->plan->count > 0 && l->begun >= l->plan->count;
}

static bool may_begin(const struct load *l)
{
    return l->phase == LOAD_RUN && l->plan->callers && !is_all_begun(l) && l->in_progress < l->plan->pace.window;
}

/* To be woken for each of tens of thousands a second took half a core. */
static void wake(struct load *l, uint64_t due)
{
    l->host.wake_at(l->host.arg, l->plan->pace.rate > FAST ? (due + HEAP - 1) / HEAP * HEAP : due);
}

/* Begin what is due, and have it go on when the next is.  Who is late hears what has come meanwhile before he goes on:
 * what he answers too late is sent again, and he is later still. */
static void fill_run(struct load *l)
{
    const struct pace *pace = &l->plan->pace;
    uint64_t           now  = now_us(l);

    for (unsigned begun = 0; may_begin(l); begun++) {
        uint64_t due = l->started_at + pace_due(pace, l->begun);

        if (due >= end_of_run(l))
            return;
        if (due > now || (begun >= AT_ONCE && pace->rate > 0)) {
            wake(l, due > now ? due : now);
            return;
        }
        begin(l, pace->rate > 0 ? due : now, now);
    }
    if (l->phase == LOAD_RUN && is_all_begun(l))
        enter(l, LOAD_DRAIN);
}

/* Registrations before and after. */
static void fill_registers(struct load *l, uint32_t users, enum attempt_purpose purpose)
{
    while (l->begun < users && l->in_progress < REGISTERS) {
        struct attempt *a = take_attempt(l);

        if (a == NULL)
            return;
        a->from = a->to = l->plan->first + (uint32_t)l->begun++;
        a->way          = callee_way(l, a->from);
        attempt_start(a, METHOD_REGISTER, purpose, now_us(l));
    }
}

/* Not from inside itself: an attempt may end while another is begun. */
static void fill(struct load *l)
{
    if (l->filling)
        return;
    l->filling = true;
    if (l->phase == LOAD_RUN)
        fill_run(l);
    if (l->phase == LOAD_PREPARE && !l->stopped)
        fill_registers(l, l->plan->users, FOR_PREPARE);
    if (l->phase == LOAD_CLEAN)
        fill_registers(l, l->to_clean, FOR_CLEAN);
    l->filling = false;
}

void load_tick(struct load *l)
{
    fill(l);
}

/* ---- the books ---- */

static void count_run(struct load *l, const struct attempt *a, bool ok, enum load_failure failure)
{
    struct tally *t = &l->tally;

    t->all_ok += ok;
    t->all_failed += !ok;
    t->finished += ok && l->counting;
    if (!a->counted)
        return;
    t->ok += ok;
    t->failed += !ok;
    if (!ok)
        t->failures[failure]++;
}

static void probed(struct load *l, bool ok, enum load_failure failure)
{
    if (!ok && failure != LOAD_FAILED_STATUS && !l->plan->force)
        l->error = failure == LOAD_FAILED_TRANSPORT ? -ERR_REFUSED : -ERR_TIMEOUT;
    enter(l, l->error != 0 ? LOAD_DONE : l->plan->registers ? LOAD_PREPARE : LOAD_RUN);
}

static void prepared(struct load *l, bool ok)
{
    l->tally.registered += ok;
    l->tally.not_registered += !ok;
    l->to_clean = (uint32_t)l->begun;
    if (l->in_progress > 0 || (l->begun < l->plan->users && !l->stopped))
        return;
    if (l->tally.not_registered > 0 && !l->plan->force)
        l->error = -ERR_PERMISSION;
    enter(l, l->error != 0 || l->stopped ? LOAD_CLEAN : LOAD_RUN);
}

void load_ended(struct attempt *a, bool ok, enum load_failure failure)
{
    struct load *l = a->load;

    l->in_progress--;
    list_append(&l->idle, &a->member);
    switch (a->purpose) {
    case FOR_PROBE:
        probed(l, ok, failure);
        break;
    case FOR_PREPARE:
        prepared(l, ok);
        break;
    case FOR_RUN:
        count_run(l, a, ok, failure);
        if (l->phase == LOAD_DRAIN && l->in_progress == 0)
            enter(l, LOAD_CLEAN);
        if (l->phase == LOAD_RUN && l->plan->pace.rate > 0 && l->in_progress + 1 < l->plan->pace.window)
            return; /* it is the clock that begins the next */
        break;
    case FOR_CLEAN:
        l->tally.unregistered += ok;
        if (l->in_progress == 0 && l->begun == l->to_clean)
            enter(l, LOAD_DONE);
        break;
    }
    fill(l);
}

/* ---- phases ---- */

static void count(struct load *l, bool on)
{
    if (l->counting == on)
        return;
    l->counting = on;
    if (on)
        l->tally.counting_from = now_us(l);
    else
        l->tally.counting_to = now_us(l);
    l->host.on_counting(l->host.arg, on);
}

static void on_timer(struct timer *timer, msec now);

static void begin_counting(struct load *l, msec now)
{
    count(l, true);
    if (l->plan->duration > 0)
        world_timer(l->world, &l->timer, on_timer, now + l->plan->duration);
}

static void on_timer(struct timer *timer, msec now)
{
    struct load *l = CONTAINER_OF(timer, struct load, timer);

    if (l->phase == LOAD_CONNECT) {
        enter(l, LOAD_PROBE);
    } else if (l->phase == LOAD_RUN && !l->counting) {
        begin_counting(l, now);
        fill(l);
    } else if (l->phase == LOAD_RUN) {
        enter(l, LOAD_DRAIN);
    }
}

static void enter_probe(struct load *l)
{
    struct attempt *a = take_attempt(l);

    if (a == NULL)
        return;
    a->from = a->to = l->plan->first;
    a->way          = &l->ways[0];
    attempt_start(a, METHOD_OPTIONS, FOR_PROBE, now_us(l));
}

static void enter_run(struct load *l)
{
    l->begun      = 0;
    l->started_at = now_us(l);
    if (l->plan->warm_up > 0)
        world_timer(l->world, &l->timer, on_timer, world_now(l->world) + l->plan->warm_up);
    else
        begin_counting(l, world_now(l->world));
}

/* What was due and has not begun is told, not forgotten. */
static void enter_drain(struct load *l)
{
    const struct pace *pace = &l->plan->pace;
    uint64_t           now = now_us(l), end = end_of_run(l), due = 0;

    if (l->started_at != 0 && pace->rate > 0)
        due = pace_count(pace, (now < end ? now : end - 1) - l->started_at);
    l->host.wake_at(l->host.arg, 0);
    world_timer_stop(l->world, &l->timer);
    if (l->plan->count > 0 && due > l->plan->count)
        due = l->plan->count;
    if (due > l->begun)
        l->tally.not_started += due - l->begun;
    if (!is_all_begun(l) || l->in_progress == 0)
        count(l, false);
    if (l->in_progress == 0)
        enter(l, LOAD_CLEAN);
}

static void enter_clean(struct load *l)
{
    count(l, false);
    l->begun = 0;
    if (l->plan->keeps || l->to_clean == 0 || l->ways_open == 0)
        enter(l, LOAD_DONE);
}

static void enter(struct load *l, enum load_phase phase)
{
    if (l->phase == LOAD_DONE)
        return;
    l->phase = phase;
    l->host.on_phase(l->host.arg, phase);
    switch (phase) {
    case LOAD_CONNECT:
        break;
    case LOAD_PROBE:
        enter_probe(l);
        break;
    case LOAD_PREPARE:
        l->begun = 0;
        break;
    case LOAD_RUN:
        enter_run(l);
        break;
    case LOAD_DRAIN:
        enter_drain(l);
        break;
    case LOAD_CLEAN:
        enter_clean(l);
        break;
    case LOAD_DONE:
        world_timer_stop(l->world, &l->timer);
        break;
    }
    fill(l);
}

/* From the timer: who opens ways is not done with them. */
void load_way_opened(struct load *l)
{
    if (l->phase == LOAD_CONNECT && l->ways_open == l->way_count)
        world_timer(l->world, &l->timer, on_timer, world_now(l->world));
}

void load_way_failed(struct load *l, int error)
{
    l->error = error;
    enter(l, LOAD_DONE);
}

/* ---- life ---- */

static bool is_over_stream(const struct load *l)
{
    return l->plan->transport != TRANSPORT_UDP;
}

static bool take_memory(struct load *l)
{
    static const char     words[] = "hello from ahoy load, how are you? ";
    struct channel_limits limits  = { .queue = 0, .handshakes = UINT32_MAX };
    size_t                size    = l->plan->size;

    l->ways   = calloc(l->way_count, sizeof *l->ways);
    l->hasher = hasher_new();
    l->text   = malloc(size + 1);
    if (is_over_stream(l))
        l->channels = channels_new(l->world, l->setup.tls, &limits);
    if (l->ways == NULL || l->hasher == NULL || l->text == NULL || (is_over_stream(l) && l->channels == NULL))
        return false;
    for (size_t i = 0; i < size; i++)
        l->text[i] = words[i % (sizeof words - 1)];
    return callee_init(l) == 0;
}

struct load *load_new(struct world *w, const struct load_setup *setup)
{
    struct load *l = calloc(1, sizeof *l);
    struct buf   run;

    if (l == NULL)
        return NULL;
    run          = buf_on(l->run, LOAD_TAG);
    l->world     = w;
    l->plan      = setup->plan;
    l->setup     = *setup;
    l->host      = setup->host;
    l->way_count = setup->plan->connections * (setup->plan->callers && setup->plan->callees ? 2 : 1);
    list_init(&l->idle);
    random_token(&w->random, &run, LOAD_TAG);
    if (take_memory(l))
        return l;
    load_free(l);
    return NULL;
}

void load_free(struct load *l)
{
    if (l == NULL)
        return;
    l->phase = LOAD_DONE;
    world_timer_stop(l->world, &l->timer);
    for (uint32_t i = 0; i < l->attempt_count; i++)
        attempt_free(l->attempts[i]);
    free(l->attempts);
    callee_fini(l);
    for (uint32_t i = 0; i < l->way_count && l->ways != NULL; i++)
        if (l->ways[i].load != NULL)
            way_close(&l->ways[i]);
    free(l->ways);
    channels_free(l->channels);
    hasher_free(l->hasher);
    free(l->text);
    free(l);
}

int load_start(struct load *l)
{
    for (uint32_t i = 0; i < l->way_count; i++) {
        struct way *way = &l->ways[i];
        int         error;

        way->load   = l;
        way->index  = i;
        way->callee = l->plan->callees && (!l->plan->callers || i >= l->plan->connections);
        list_init(&way->attempts);
        error = way_open(way);
        if (error != 0)
            return error;
    }
    load_way_opened(l);
    return 0;
}

/* The second time nothing is waited for. */
static void stop_at_once(struct load *l)
{
    for (uint32_t i = 0; i < l->attempt_count; i++)
        if (l->attempts[i]->step != STEP_IDLE && l->attempts[i]->purpose == FOR_RUN)
            attempt_end(l->attempts[i], false, LOAD_FAILED_INTERRUPTED);
    count(l, false);
    enter(l, LOAD_DONE);
}

void load_stop(struct load *l)
{
    if (l->stopped) {
        stop_at_once(l);
        return;
    }
    l->stopped = true;
    switch (l->phase) {
    case LOAD_CONNECT:
    case LOAD_PROBE:
        enter(l, LOAD_DONE);
        break;
    case LOAD_PREPARE:
        if (l->in_progress == 0)
            enter(l, LOAD_CLEAN);
        break;
    case LOAD_RUN:
        enter(l, LOAD_DRAIN);
        break;
    case LOAD_DRAIN:
    case LOAD_CLEAN:
    case LOAD_DONE:
        break;
    }
    for (uint32_t i = 0; i < l->attempt_count; i++)
        attempt_hurry(l->attempts[i]);
}

enum load_phase load_phase(const struct load *l)
{
    return l->phase;
}

int load_error(const struct load *l)
{
    return l->error;
}

uint32_t load_in_progress(const struct load *l)
{
    return l->in_progress;
}

struct tally *load_tally(struct load *l)
{
    return &l->tally;
}
