/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/distance.h"

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the usual table. */
unsigned word_distance(struct slice a, struct slice b)
{
    unsigned  rows[3][DISTANCE_WORD + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];

    if (a.len > DISTANCE_WORD || b.len > DISTANCE_WORD)
        return DISTANCE_FAR;
    for (unsigned j = 0; j <= b.len; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *spare = before;
        char      x     = ascii_lower(a.ptr[i - 1]);

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            char y = ascii_lower(b.ptr[j - 1]);

            row[j] = smaller(smaller(last[j] + 1, row[j - 1] + 1), last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == ascii_lower(b.ptr[j - 2]) && ascii_lower(a.ptr[i - 2]) == y)
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        before = last;
        last   = row;
        row    = spare;
    }
    return last[b.len];
}

bool distance_is_typo(unsigned distance, struct slice word)
{
    return distance <= 1 + word.len / 4 && distance < word.len;
}
