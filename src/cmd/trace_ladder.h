/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_ladder.h - files that --trace wrote, as one ladder. */

#ifndef CMD_TRACE_LADDER_H
#define CMD_TRACE_LADDER_H

#include "cmd/trace_print.h"

struct trace_wanted {
    const char *call;    /* only messages whose Call-ID begins so; NULL: all */
    bool        verbose; /* under each arrow the whole message             */
};

/* Draw them merged, where the style says.  Complaints are made to stderr, after "ahoy
 * `name`: ".  Returns an exit code; EXIT_NOT_FOUND if there is no such message. */
int trace_ladder(const char *name, const char *const *files, size_t count, const struct trace_wanted *wanted,
                 const struct trace_style *style);

#endif
