/* SPDX-License-Identifier: BSD-2-Clause */
/* What is learnt of the servers that a lookup found: who failed rests, who answers does
 * not (RFC 3263 4.3, RFC 3261 21.5.4). */
#include "stack/internal.h"

#include "base/error.h"

/* Trouble of our own says nothing about the server. */
static bool is_its_own(int error)
{
    return error != -ERR_NO_MEMORY && error != -ERR_LIMIT && error != -ERR_TOO_LARGE && error != -ERR_UNSUPPORTED &&
           error != -ERR_SYNTAX;
}

static void rests(struct stack *s, const struct target *target, msec rest, const char *why)
{
    if (rest == 0)
        return; /* it did already */
    counter_add(&s->world->counters.targets_rested, 1);
    log_target_rests(s, target, rest, why);
}

void target_failed(struct stack *s, const struct target *target, int error)
{
    if (is_its_own(error))
        rests(s, target, rested_add(s->rested, target, s->config.target_rest, world_now(s->world)), error_text(error));
}

/* "120", "120;duration=60", "120 (at lunch)" (RFC 3261 20.33). */
static msec retry_after(const struct message *response)
{
    const struct header *h       = message_header(response, HEADER_RETRY_AFTER);
    uint32_t             seconds = 0;
    struct scan          scan    = scan_from(h != NULL ? h->value : SLICE(""));

    return scan_number(&scan, UINT32_MAX, &seconds) ? (msec)seconds * 1000 : 0;
}

void target_answered(struct stack *s, const struct target *target, const struct message *response)
{
    msec wanted;

    if (response->status != 503) {
        if (rested_clear(s->rested, target))
            log_target_answers(s, target);
        return;
    }
    wanted = retry_after(response);
    if (wanted > 0)
        rests(s, target, rested_add_for(s->rested, target, wanted, world_now(s->world)), "503");
}
