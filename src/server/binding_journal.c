/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/binding_journal.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    CHANGES = 1 << BINDING_REGISTERED | 1 << BINDING_EXPIRED | 1 << BINDING_UNREGISTERED | 1 << BINDING_REJECTED,
    ALL     = CHANGES | 1 << BINDING_REFRESHED,
};

struct binding_journal {
    struct binding_events *events;
    pthread_mutex_t        lock; /* the rest */
    uint64_t               last;
    uint64_t               listens_until;              /* wall clock, ms: to refreshes */
    struct binding_notice *kept[BINDING_JOURNAL_ROOM]; /* by number; NULL: lost */
};

static struct binding_notice **place_of(struct binding_journal *j, uint64_t number)
{
    return &j->kept[number % BINDING_JOURNAL_ROOM];
}

/* The next number; what had its place goes. */
static void put_next(struct binding_journal *j, struct binding_notice *n)
{
    struct binding_notice **place = place_of(j, ++j->last);

    if (*place != NULL)
        binding_notice_free(j->events, *place);
    *place = n;
}

static bool on_event(void *arg, struct binding_notice *n)
{
    struct binding_journal *j        = arg;
    bool                    unwanted = false;

    pthread_mutex_lock(&j->lock);
    unwanted = n->event == BINDING_REFRESHED && n->at > j->listens_until;
    if (!unwanted) {
        put_next(j, n);
        n->number = j->last;
    }
    pthread_mutex_unlock(&j->lock);
    if (unwanted)
        binding_events_want(j->events, j, CHANGES);
    return !unwanted;
}

/* They have had numbers too, so whoever reads sees the gap. */
static void on_lost(void *arg, uint64_t count)
{
    struct binding_journal *j     = arg;
    uint64_t                empty = count < BINDING_JOURNAL_ROOM ? count : BINDING_JOURNAL_ROOM;

    pthread_mutex_lock(&j->lock);
    j->last += count - empty;
    for (uint64_t i = 0; i < empty; i++)
        put_next(j, NULL);
    pthread_mutex_unlock(&j->lock);
}

struct binding_journal *binding_journal_new(struct binding_events *e)
{
    struct binding_journal *j = calloc(1, sizeof *j);

    if (j == NULL)
        return NULL;
    j->events = e;
    pthread_mutex_init(&j->lock, NULL); /* glibc's default kind cannot fail */
    if (binding_events_subscribe(e, &(struct binding_subscriber){ on_event, on_lost, j, CHANGES }) != 0) {
        binding_journal_free(j);
        return NULL;
    }
    return j;
}

void binding_journal_free(struct binding_journal *j)
{
    if (j == NULL)
        return;
    for (size_t i = 0; i < BINDING_JOURNAL_ROOM; i++)
        if (j->kept[i] != NULL)
            binding_notice_free(j->events, j->kept[i]);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* The first number that may still be there. */
static uint64_t oldest_of(const struct binding_journal *j)
{
    return j->last < BINDING_JOURNAL_ROOM ? 1 : j->last - BINDING_JOURNAL_ROOM + 1;
}

struct binding_page binding_journal_read(struct binding_journal *j, uint64_t since, size_t limit,
                                         binding_journal_fn *fn, void *arg)
{
    struct binding_page page = { 0, 0 };
    uint64_t            number;

    pthread_mutex_lock(&j->lock);
    if (since > j->last)
        since = 0;
    number = since + 1;
    if (number < oldest_of(j)) {
        page.missed = oldest_of(j) - number;
        number      = oldest_of(j);
    }
    for (; number <= j->last && limit > 0; number++) {
        const struct binding_notice *n = *place_of(j, number);

        page.missed += n == NULL;
        if (n == NULL)
            continue;
        fn(arg, n);
        limit--;
    }
    page.next = number - 1;
    pthread_mutex_unlock(&j->lock);
    return page;
}

uint64_t binding_journal_last(struct binding_journal *j)
{
    uint64_t last;

    pthread_mutex_lock(&j->lock);
    last = j->last;
    pthread_mutex_unlock(&j->lock);
    return last;
}

void binding_journal_want_refreshes(struct binding_journal *j, uint64_t wall)
{
    pthread_mutex_lock(&j->lock);
    j->listens_until = wall + BINDING_JOURNAL_LISTENS;
    pthread_mutex_unlock(&j->lock);
    binding_events_want(j->events, j, ALL);
}
