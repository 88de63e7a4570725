/* SPDX-License-Identifier: BSD-2-Clause */
/* live.h - tests on real sockets: loopback only, ports picked by the kernel. */

#ifndef TEST_SUPPORT_LIVE_H
#define TEST_SUPPORT_LIVE_H

#include "net/loop.h"
#include "net/world_uv.h"
#include "support/test.h"

/* Turn the world until `condition` holds; a test fails that waits over 5 s. */
#define LIVE_UNTIL(world, condition)                                                                                   \
    do {                                                                                                               \
        for (msec live_end = loop_clock() + 5000; !(condition) && loop_clock() < live_end;)                            \
            world_uv_turn((world), 20);                                                                                \
        CHECK(condition);                                                                                              \
    } while (0)

/* Turn it for `span` ms: only to see that something does not happen. */
#define LIVE_FOR(world, span)                                                                                          \
    do {                                                                                                               \
        for (msec live_end = loop_clock() + (span); loop_clock() < live_end;)                                          \
            world_uv_turn((world), 5);                                                                                 \
    } while (0)

/* A world whose memory is accounted for in live_memory(), one at a time; `options` NULL: the
 * usual ones. */
struct world  *live_world_new(struct log *log, const struct world_uv_options *options);
struct budget *live_memory(void);
/* Returns 0, or 1 (for a teardown) if something is still accounted for. */
int live_world_free(struct world *world);

/* Does the loop sleep when nothing happens?  A watch that nobody serves would
 * keep it awake. */
bool live_sleeps(struct world *world);

struct address live_v4(uint8_t last, uint16_t port); /* 127.0.0.last */
struct address live_v6(uint16_t port);               /* ::1          */
/* Is there an IPv6 loopback?  Containers may lack it. */
bool live_has_v6(void);

/* Open descriptors of this process: for "nothing leaks". */
unsigned live_descriptors(void);

#endif
