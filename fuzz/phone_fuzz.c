/* SPDX-License-Identifier: BSD-2-Clause */
/* A phone, its user, and a peer who says whatever he likes (test/support/phone_walk.h). */
#include "support/phone_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)phone_walk(data, size);
    return 0;
}
