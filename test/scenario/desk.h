/* SPDX-License-Identifier: BSD-2-Clause */
/* desk.h - a phone actor is driven by commands, as `ahoy phone --json` is, and each line that
 * it tells must fit the schema. */

#ifndef TEST_SCENARIO_DESK_H
#define TEST_SCENARIO_DESK_H

#include "console/phone_desk.h"
#include "scenario/scenario.h"

/* What the lines of an actor were like. */
struct desk_lines {
    char bad[1024]; /* why the first one that does not fit does not; empty: all do */
};

/* A line that the desk of `a` tells: results and errors become events of the actor,
 * "result COMMAND", "error COMMAND REASON", "played FILE". */
void desk_line(struct actor *a, struct desk_lines *lines, struct slice line);

/* commands JSON, or a block of such lines; types 'call bob' */
bool desk_commands(struct phone_desk *d, struct actor *a, const struct statement *st);
bool desk_types(struct phone_desk *d, struct actor *a, const struct statement *st);

#endif
