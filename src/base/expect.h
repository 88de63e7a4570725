/* SPDX-License-Identifier: BSD-2-Clause */
/* expect.h - an invariant of one object, checked in every build.
 *
 *     EXPECT_OR_KILL(t->state <= IST_TERMINATED, suspect(t), drop(t); return);
 *
 * If it does not hold, we are wrong about this one call or connection, not about
 * the others: one line at level error tells what, where and whose, a counter counts
 * it, and the last arguments are carried out: they drop the object and leave.  The
 * process goes on.  What is broken beyond one object is no case for this: abort(). */

#ifndef BASE_EXPECT_H
#define BASE_EXPECT_H

#include "base/counters.h"
#include "base/id.h"
#include "base/log.h"

/* Whom it is about; made only when it is needed. */
struct suspect {
    const struct log *log;
    struct counter   *counter;
    object_id         id;
    struct slice      call_id; /* may be empty */
};

void expect_failed(struct suspect suspect, const char *condition, const char *file, int line);

#define EXPECT_OR_KILL(condition, suspect, ...)                                                                        \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0)) {                                                                       \
            expect_failed((suspect), #condition, __FILE__, __LINE__);                                                  \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
    } while (0)

#endif
