/* SPDX-License-Identifier: BSD-2-Clause */
/* ping_summary.h - what a row of requests came to: how many were answered, and how fast;
 * judged by conditions such as "max-loss=1%,max-p95=50ms". */

#ifndef PROBE_PING_SUMMARY_H
#define PROBE_PING_SUMMARY_H

#include "base/buf.h"
#include "base/histogram.h"
#include "base/slice.h"

struct ping_summary {
    struct slice     target; /* borrowed */
    uint32_t         sent, answered;
    unsigned         status; /* of the last answer */
    double           least, most, sum, squares;
    struct histogram times; /* us */
};

void ping_summary_begin(struct ping_summary *s, struct slice target);
void ping_summary_answer(struct ping_summary *s, unsigned status, double ms);

double ping_loss(const struct ping_summary *s); /* of 1; all of nothing is lost */
double ping_average(const struct ping_summary *s);
double ping_deviation(const struct ping_summary *s);
double ping_percentile(const struct ping_summary *s, double percent); /* ms */

/* ---- conditions ---- */

enum { PING_CONDITIONS_MAX = 16 };
#define PING_CONDITION_FORMS                                                                                           \
    "alive, status=CODE, max-loss=PERCENT, max-avg=, max-p50=, max-p95=, max-p99=, max-time=DURATION"

struct ping_condition {
    struct slice text;
    unsigned     row; /* of the table */
    double       limit;
    bool         warning;
};

struct ping_conditions {
    struct ping_condition list[PING_CONDITIONS_MAX];
    size_t                count;
};

/* Borrows `text`.  False: `wrong` is the one that cannot be read. */
bool ping_conditions_add(struct ping_conditions *c, struct slice text, bool warning, struct slice *wrong);

enum ping_grade { PING_OK, PING_WARNING, PING_CRITICAL };

/* Without conditions that decide, it is good if anything was answered.  What is not met is
 * written with what was measured: "max-p95=50ms not met: 61.2 ms; ". */
enum ping_grade ping_judge(const struct ping_summary *s, const struct ping_conditions *c, struct buf *unmet);

/* ---- outputs; each ends with LF ---- */

typedef void ping_output_fn(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet);

ping_output_fn ping_output_text;
ping_output_fn ping_output_json;
ping_output_fn ping_output_nagios;
ping_output_fn ping_output_prometheus;
ping_output_fn ping_output_junit;

/* "text", "json", "nagios", "prometheus", "junit"; or NULL. */
ping_output_fn *ping_output_find(const char *name);

#endif
