/* SPDX-License-Identifier: BSD-2-Clause */
/* The first byte picks the type, the rest is the DNS message. */
#include "net/dns_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the cache makes it. */
static void check_copy(const struct dns_answer *answer, size_t bytes)
{
    void             *memory = malloc(bytes + 1);
    struct dns_answer copy;

    if (memory == NULL)
        abort();
    copy = dns_answer_copy(answer, memory);
    for (size_t i = 0; i < answer->count; i++)
        if (!slice_eq(copy.records[i].target, answer->records[i].target) ||
            !slice_eq(copy.records[i].regexp, answer->records[i].regexp))
            abort();
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum record_type types[] = { RECORD_A, RECORD_AAAA, RECORD_SRV, RECORD_NAPTR };
    struct dns_answer             answer;
    struct arena                  arena;
    struct slice                  message;
    size_t                        bytes;

    if (size == 0)
        return 0;
    message = (struct slice){ (const char *)data + 1, size - 1 };
    arena_init(&arena, NULL, 0, DNS_ARENA);
    dns_answer_parse(message, SLICE("a.b"), types[data[0] % 4], &arena, &answer);
    bytes = dns_answer_size(&answer);
    if (bytes > DNS_ARENA + DNS_RECORDS * sizeof(struct record))
        abort(); /* what an answer keeps lies in the arena */
    check_copy(&answer, bytes);
    if (answer.ttl > DNS_TTL_MAX || (answer.outcome == DNS_ANSWERED) != (answer.count > 0))
        abort();
    arena_fini(&arena);
    return 0;
}
