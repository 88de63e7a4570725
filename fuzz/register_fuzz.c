/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequences of REGISTERs, time and power cuts: what is served equals the model
 * (test/support/register_walk.h). */
#include "support/register_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    register_walk(data, size);
    return 0;
}
