/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of messages, sound and damaged, through three servers with policy: what must hold of each packet
 * holds, and in the end nothing is left (test/support/server_walk.h). */
#include "support/server_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    server_walk(data, size);
    return 0;
}
