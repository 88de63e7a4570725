/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/histogram.h"

#include <string.h>

enum { HALF = 1 << HISTOGRAM_HALF_BITS };

/* Which power of two: 0 for all values that have cells of their own. */
static unsigned octave_of(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);

    return bits <= HISTOGRAM_HALF_BITS + 1 ? 0 : bits - HISTOGRAM_HALF_BITS - 1;
}

static unsigned cell_of(uint64_t value)
{
    unsigned octave = octave_of(value);

    return (octave << HISTOGRAM_HALF_BITS) + (unsigned)(value >> octave);
}

/* The highest value that is counted in this cell. */
static uint64_t top_of(unsigned cell)
{
    unsigned octave = cell < 2 * HALF ? 0 : (cell >> HISTOGRAM_HALF_BITS) - 1;
    uint64_t part   = cell - ((uint64_t)octave << HISTOGRAM_HALF_BITS);

    return ((part + 1) << octave) - 1;
}

void histogram_clear(struct histogram *h)
{
    memset(h, 0, sizeof *h);
}

void histogram_add(struct histogram *h, uint64_t value)
{
    if (h->count == 0 || value < h->least)
        h->least = value;
    if (value > h->most)
        h->most = value;
    h->count++;
    h->sum += value;
    h->cells[cell_of(value < HISTOGRAM_MAX ? value : HISTOGRAM_MAX)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (h->count == 0 || from->least < h->least)
        h->least = from->least;
    if (from->most > h->most)
        h->most = from->most;
    h->count += from->count;
    h->sum += from->sum;
    for (unsigned i = 0; i < HISTOGRAM_CELLS; i++)
        h->cells[i] += from->cells[i];
}

uint64_t histogram_percentile(const struct histogram *h, double percent)
{
    double   exact  = percent / 100 * (double)h->count;
    uint64_t wanted = (uint64_t)exact, seen = 0;

    if (h->count == 0)
        return 0;
    wanted += (double)wanted < exact;
    if (wanted >= h->count)
        return h->most;
    for (unsigned i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += h->cells[i];
        if (seen > 0 && seen >= wanted)
            return top_of(i) < h->most ? top_of(i) : h->most;
    }
    return h->most;
}

double histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : (double)h->sum / (double)h->count;
}
