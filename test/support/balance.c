/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/balance.h"

#include <stddef.h>

/* The figures show less than nothing as nothing, so it is read where it is kept. */
const char *balance_broken(struct budget *b, int64_t *bytes)
{
    for (unsigned i = 0; i < b->count; i++)
        if ((*bytes = atomic_load(&b->accounts[i].bytes)) != 0)
            return b->accounts[i].name;
    *bytes = atomic_load(&b->total.bytes);
    return *bytes != 0 ? b->total.name : NULL;
}
