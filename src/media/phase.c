/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/phase.h"

#include <assert.h>

msec phase_take(struct phases *p, msec now)
{
    msec best = now;

    for (msec at = now + 1; at < now + PHASES; at++)
        if (p->senders[at % PHASES] < p->senders[best % PHASES])
            best = at;
    p->senders[best % PHASES]++;
    return best;
}

void phase_leave(struct phases *p, msec at)
{
    assert(p->senders[at % PHASES] > 0);
    p->senders[at % PHASES]--;
}
