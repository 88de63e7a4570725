/* SPDX-License-Identifier: BSD-2-Clause */
/* outcome.h - a summary judged by what was expected of the call. */

#ifndef PROBE_OUTCOME_H
#define PROBE_OUTCOME_H

#include "probe/expectation.h"

/* In the order of Nagios' return codes. */
enum outcome_grade { OUTCOME_OK, OUTCOME_WARNING, OUTCOME_CRITICAL, OUTCOME_UNKNOWN };

const char *outcome_grade_name(enum outcome_grade grade); /* "ok" ... */

struct verdict {
    const struct expectation *expectation;
    bool                      met;
    char                      measured[SUMMARY_DIGITS + 16];
};

/* What the call's end means without any condition. */
enum outcome_end { END_GOOD, END_BAD, END_INTERRUPTED };

struct outcome {
    const struct summary *summary;
    enum outcome_grade    grade;
    bool                  judged; /* there are conditions that decide, not only warnings */
    bool                  unmet;  /* and one of them is not met                           */
    struct verdict        verdicts[EXPECTATIONS_MAX];
    size_t                count;
    int                   exit_code; /* for the writers, the caller's to set */
};

/* Borrows both.  If there are conditions they alone decide, but for a call that was
 * never tried, or that the user broke off: otherwise `end` does. */
void outcome_judge(struct outcome *o, const struct summary *s, const struct expectations *e, enum outcome_end end);

/* One sentence: "answered after 350 ms, up for 10.0 s, hung up here". */
void outcome_write_headline(struct buf *b, const struct outcome *o);

#endif
