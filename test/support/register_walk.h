/* SPDX-License-Identifier: BSD-2-Clause */
/* register_walk.h - a walk of REGISTERs, time and power cuts through the real server, each step of
 * it compared with register_model.h.
 *
 *     bytes --> requests --> text --> server --> 200, fetch, who gets a MESSAGE
 *                        \-> model            == the same
 *
 * The bytes are a fuzzer's, or drawn: whatever they are, they are a walk. */

#ifndef TEST_SUPPORT_REGISTER_WALK_H
#define TEST_SUPPORT_REGISTER_WALK_H

#include <stddef.h>
#include <stdint.h>

/* Aborts, and says what was wanted and what came, where the two differ. */
void register_walk(const uint8_t *data, size_t size);

#endif
