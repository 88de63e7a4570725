/* SPDX-License-Identifier: BSD-2-Clause */
/* The first byte picks the type, the rest is the DNS message. */
#include "net/dns_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum record_type types[] = { RECORD_A, RECORD_AAAA, RECORD_SRV, RECORD_NAPTR };
    struct dns_answer             answer;
    struct arena                  arena;
    struct slice                  message;
    size_t                        bytes = 0;

    if (size == 0)
        return 0;
    message = (struct slice){ (const char *)data + 1, size - 1 };
    arena_init(&arena, NULL, 0, DNS_ARENA);
    if (dns_answer_parse(message, SLICE("a.b"), types[data[0] % 4], &arena, &answer) == 0)
        for (size_t i = 0; i < answer.count; i++)
            bytes += answer.records[i].target.len + answer.records[i].regexp.len;
    arena_fini(&arena);
    if (bytes > DNS_ARENA)
        abort(); /* what an answer keeps lies in the arena */
    return 0;
}
