/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/shares.h"

enum { LITTLE = 8 }; /* of an equal part */

void shares_out(const uint32_t *used, unsigned count, bool spread, uint32_t *shares)
{
    uint64_t total = 0;
    uint32_t unused, each;

    for (unsigned i = 0; i < count; i++)
        total += used[i];
    unused = total < SHARES_WHOLE ? SHARES_WHOLE - (uint32_t)total : 0;
    each   = unused / count / (spread ? 1 : LITTLE);
    for (unsigned i = 1; i < count; i++)
        shares[i] = used[i] + each;
    shares[0] = used[0] + unused - each * (count - 1);
}
