/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - what a run has come to, for people and for scripts. */

#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "base/buf.h"
#include "load/plan.h"
#include "load/process_cpu.h"
#include "load/tally.h"

struct load_report {
    const struct load_plan *plan;
    const struct tally     *tally;
    uint64_t                now; /* us: of the clock of tally->counting_from */
    uint32_t                in_progress;
    const char             *phase;
    double                  own_user, own_system; /* s of CPU, while it was counted */
    bool                    has_server;
    struct process_cpu      server; /* the same of --pid */
    bool                    interrupted;
};

enum { LOAD_REPORT_SIZE = 64 * 1024 };

/* What is wrong with the measurement itself: sets of these. */
enum { LOAD_SATURATED = 1 << 0, LOAD_WAS_LATE = 1 << 1, LOAD_WAS_FULL = 1 << 2 };
unsigned load_report_doubts(const struct load_report *r);

/* Lines with their ends. */
void load_report_text(const struct load_report *r, struct buf *out);
/* One object: docs/load.md names its members. */
void load_report_json(const struct load_report *r, struct buf *out);

/* One line without its end, about how it goes: since what was shown last, `rate` operations a second. */
void load_progress_text(const struct load_report *r, double rate, double busy, struct buf *out);
void load_progress_json(const struct load_report *r, double rate, double busy, struct buf *out);

#endif
