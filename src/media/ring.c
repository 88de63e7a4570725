/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/ring.h"

#include "base/error.h"

#include <stdlib.h>

int ring_init(struct ring *r, size_t size)
{
    r->size = 2;
    while (r->size < size)
        r->size *= 2;
    r->samples = malloc(r->size * sizeof *r->samples);
    atomic_init(&r->written, 0);
    atomic_init(&r->taken, 0);
    return r->samples == NULL ? -ERR_NO_MEMORY : 0;
}

void ring_fini(struct ring *r)
{
    free(r->samples);
    r->samples = NULL;
}
