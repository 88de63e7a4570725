/* SPDX-License-Identifier: BSD-2-Clause */
/* finding.h - what a probe other than a call came to: figures with names, and conditions on
 * them such as "registered,max-time=2s".  Every form of --output is made from them alike
 * (finding_output.h).
 *
 *     finding_expect for each option --> finding_begin, finding_figure ... --> finding_judge */

#ifndef PROBE_FINDING_H
#define PROBE_FINDING_H

#include "probe/outcome.h"

enum { FINDING_FIGURES = 16, FINDING_CONDITIONS = 16 };

enum figure_unit {
    FIGURE_FLAG, /* it is so, or not */
    FIGURE_CODE, /* a SIP status     */
    FIGURE_COUNT,
    FIGURE_MS, /* in JSON with _ms behind its name, elsewhere in seconds */
    FIGURE_SECONDS,
    FIGURE_PART, /* of 1 */
};

struct figure {
    const char      *name, *help;
    enum figure_unit unit;
    double           value;
};

/* A condition that a kind of probe knows: the figure is (a flag) or has this value, or at most,
 * or at least. */
enum finding_test { TEST_IS, TEST_MOST, TEST_LEAST };

struct finding_rule {
    const char       *form; /* "max-time=DURATION": its name stands before the '=' */
    enum finding_test test;
    const char       *figure;
    enum figure_unit  unit;
    const char       *meaning;
};

struct finding_kind {
    const char                *name;    /* "register": ahoy_register_..., "ahoy.register" */
    const char                *service; /* "REGISTER" of a line for Nagios                */
    const struct finding_rule *rules;   /* a row without a form ends them                 */
};

struct finding_condition {
    struct slice               text; /* "max-time=2s" */
    const struct finding_rule *rule;
    double                     limit;
    bool                       warning;
};

struct finding_conditions {
    struct finding_condition list[FINDING_CONDITIONS];
    size_t                   count;
};

/* Add the conditions of `text`, which is borrowed.  False: `fault` says which one is wrong. */
bool finding_expect(struct finding_conditions *c, const struct finding_kind *kind, struct slice text, bool warning,
                    struct expectation_fault *fault);

struct finding_verdict {
    const struct finding_condition *condition;
    bool                            met;
    char                            measured[48];
};

struct finding {
    const struct finding_kind *kind;
    struct slice               target, headline; /* borrowed */
    struct figure              figures[FINDING_FIGURES];
    size_t                     figure_count;
    struct finding_verdict     verdicts[FINDING_CONDITIONS];
    size_t                     count;
    bool                       judged, unmet; /* as of struct outcome */
    enum outcome_grade         grade;
    int                        exit_code; /* the caller's to set */
};

void finding_begin(struct finding *f, const struct finding_kind *kind, struct slice target);
/* What is not added was not measured.  More than FINDING_FIGURES are our mistake. */
void finding_figure(struct finding *f, struct figure figure);
/* Borrows `c`.  Conditions decide, unless nothing was tried or the user broke it off: then, and
 * without any, `end` does. */
void finding_judge(struct finding *f, const struct finding_conditions *c, enum outcome_end end, bool tried);

#endif
