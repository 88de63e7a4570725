/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/homes.h"

#include <stdatomic.h>
#include <stdlib.h>

/* At the first worker, and at the one that is its home while all are spread. */
struct cell {
    _Atomic uint8_t first, other;
};

struct homes {
    _Atomic uint32_t  number;  /* of the latest change: odd, all are spread; even, gathered */
    _Atomic uint32_t *adopted; /* by each worker: the number of the change */
    struct cell      *cells;
    unsigned          workers;
};

struct homes *homes_new(unsigned workers)
{
    struct homes *h = calloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    h->workers = workers;
    h->adopted = calloc(workers, sizeof *h->adopted);
    h->cells   = calloc(HOMES_CELLS, sizeof *h->cells);
    if (h->adopted == NULL || h->cells == NULL) {
        homes_free(h);
        return NULL;
    }
    h->number = 1;
    for (unsigned i = 0; i < workers; i++)
        h->adopted[i] = 1;
    return h;
}

void homes_free(struct homes *h)
{
    if (h == NULL)
        return;
    free(h->adopted);
    free(h->cells);
    free(h);
}

size_t homes_size(void)
{
    return HOMES_CELLS * sizeof(struct cell);
}

static bool is_spread(uint32_t number)
{
    return (number & 1) != 0;
}

static _Atomic uint8_t *living_at(const struct homes *h, unsigned worker, uint32_t cell)
{
    struct cell *at = &h->cells[cell & (HOMES_CELLS - 1)]; /* a broken number of a cell is not to write elsewhere */

    return worker == 0 ? &at->first : &at->other;
}

static unsigned home(const struct homes *h, uint32_t number, uint32_t cell)
{
    unsigned other = cell % h->workers, former = is_spread(number) ? 0 : other;

    if (other == 0)
        return 0;
    /* acquired before the cell is read: what was opened there before the change was adopted is seen */
    if (atomic_load_explicit(&h->adopted[former], memory_order_acquire) < number ||
        atomic_load_explicit(living_at(h, former, cell), memory_order_relaxed) != 0)
        return former;
    return is_spread(number) ? other : 0;
}

unsigned homes_look(const struct homes *h, uint32_t cell)
{
    return home(h, atomic_load_explicit(&h->number, memory_order_acquire), cell);
}

static uint32_t adopt(struct homes *h, unsigned me)
{
    uint32_t number = atomic_load_explicit(&h->number, memory_order_acquire);

    if (atomic_load_explicit(&h->adopted[me], memory_order_relaxed) != number)
        atomic_store_explicit(&h->adopted[me], number, memory_order_release);
    return number;
}

unsigned homes_decide(struct homes *h, unsigned me, uint32_t cell)
{
    return home(h, adopt(h, me), cell);
}

void homes_adopt(struct homes *h, unsigned me)
{
    (void)adopt(h, me);
}

/* ---- what lives ---- */

void homes_enter(struct homes *h, unsigned me, uint32_t cell)
{
    _Atomic uint8_t *n      = living_at(h, me, cell);
    uint8_t          living = atomic_load_explicit(n, memory_order_relaxed);

    if (living < HOMES_MOST)
        atomic_store_explicit(n, (uint8_t)(living + 1), memory_order_relaxed);
}

void homes_leave(struct homes *h, unsigned me, uint32_t cell)
{
    _Atomic uint8_t *n      = living_at(h, me, cell);
    uint8_t          living = atomic_load_explicit(n, memory_order_relaxed);

    if (living > 0 && living < HOMES_MOST)
        atomic_store_explicit(n, (uint8_t)(living - 1), memory_order_relaxed);
}

/* ---- a change ---- */

void homes_change(struct homes *h, bool spread)
{
    uint32_t number = atomic_load_explicit(&h->number, memory_order_relaxed);

    if (is_spread(number) == spread)
        return;
    atomic_store_explicit(&h->adopted[0], number + 1, memory_order_release);
    atomic_store_explicit(&h->number, number + 1, memory_order_release);
}

bool homes_are_spread(const struct homes *h)
{
    return is_spread(atomic_load_explicit(&h->number, memory_order_relaxed));
}

bool homes_have_changed(const struct homes *h)
{
    return atomic_load_explicit(&h->number, memory_order_relaxed) != 1;
}
