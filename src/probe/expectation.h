/* SPDX-License-Identifier: BSD-2-Clause */
/* expectation.h - what a call has to fulfil: "answered,max-setup=2s,max-loss=1%".
 * The conditions are in conditions.def. */

#ifndef PROBE_EXPECTATION_H
#define PROBE_EXPECTATION_H

#include "base/buf.h"
#include "probe/summary.h"

enum { EXPECTATIONS_MAX = 32 };

struct condition;

struct expectation {
    const struct condition *condition;
    struct slice            text;    /* "max-setup=2s"                    */
    struct slice            word;    /* what stands behind the '='        */
    double                  limit;   /* the same as a number: ms, of 1 for percents, or as it is */
    bool                    warning; /* not met: a warning, no failure  */
};

struct expectations {
    struct expectation list[EXPECTATIONS_MAX];
    size_t             count;
};

struct expectation_fault {
    struct slice text;     /* the condition that is wrong */
    const char  *expected; /* "max-setup=DURATION", or "a condition of ..." */
    const char  *meaning;  /* of the condition: "it took at most so long to the answer"; "": there is none such */
};

/* Add the conditions of `text`, which is borrowed.  False: `fault` says which one is wrong. */
bool expectations_add(struct expectations *e, struct slice text, bool warning, struct expectation_fault *fault);

/* Is it met?  `measured` gets what was found: "350 ms", "2.3 %", "not measured". */
bool expectation_is_met(const struct expectation *e, const struct summary *s, struct buf *measured);

#endif
