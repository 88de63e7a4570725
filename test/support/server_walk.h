/* SPDX-License-Identifier: BSD-2-Clause */
/* server_walk.h - three servers with policy, and phones around them that do whatever they like: requests
 * of all kinds, sound or damaged, that belong to what was before; answers; CANCEL, ACK, repetitions;
 * streams that come and go; packets lost, doubled and late; time.
 *
 *     bytes --> steps --> virtual network --> servers --> virtual network
 *                              |                               |
 *                              +-------- server_watch.h -------+
 *
 * The bytes are a fuzzer's, or drawn: whatever they are, they are a walk.  What has to hold for each
 * packet is in server_watch.h; in the end no transaction is left, and nothing is accounted for. */

#ifndef TEST_SUPPORT_SERVER_WALK_H
#define TEST_SUPPORT_SERVER_WALK_H

#include "support/server_watch.h"

#include <stddef.h>
#include <stdint.h>

/* Aborts, and says what, where something does not hold.  What has happened. */
struct watch_counts server_walk(const uint8_t *data, size_t size);

#endif
