/* SPDX-License-Identifier: BSD-2-Clause */
/* explain.h - what a decision went by, step by step, for `ahoy route --explain` and
 * `ahoy config test`.
 *
 * Whoever decides something says so, where he decides it:
 *
 *     explain_step(c->explain, "ahoy.conf:41", "number rule '%.*s' matches: %.*s becomes %.*s",
 *                  SLICE_ARG(rule->name), SLICE_ARG(before), SLICE_ARG(after));
 *
 * A real call has nobody who wants to know: `explain` is NULL, and costs one test; the arguments
 * are not worked out then.  So there is one decision, explained or not, and never a second one
 * that could say something else.
 *
 * The list is bounded: what does not fit is counted, and nothing decided because of it. */

#ifndef ROUTE_EXPLAIN_H
#define ROUTE_EXPLAIN_H

#include "base/slice.h"

enum {
    EXPLAIN_STEPS = 256,
    EXPLAIN_SIZE  = 32 * 1024, /* bytes of text of all steps */
    EXPLAIN_LINE  = 1024,      /* of one; the rest is cut    */
};

struct explain_step {
    struct slice text; /* "user is registered"; no byte in it is a control character */
    struct slice rule; /* "RFC 3261 16.5", "ahoy.conf:41", "policy"; may be empty      */
};

/* Some 40 kB: not for the stack. */
struct explain {
    struct explain_step steps[EXPLAIN_STEPS];
    unsigned            count;
    unsigned            left_out; /* steps that found no room */
    size_t              used;
    struct slice        file; /* the configuration's name, or empty: see explain_place */
    char                memory[EXPLAIN_SIZE];
};

/* No steps, into memory of the caller's, by no file; who knows which, sets it. */
void explain_init(struct explain *e);

/* Add a step.  Keeps a copy of `rule` (may be NULL) and of the text; control characters of
 * either, which a peer may have sent, become '?'.  By the macro, so that NULL costs nothing. */
void explain_add(struct explain *e, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "ahoy.conf:41": the rule of a step that a line of the configuration is behind. */
enum { EXPLAIN_PLACE = 160 };
const char *explain_place(const struct explain *e, unsigned line, char text[EXPLAIN_PLACE]);

#define explain_step(e, rule, ...) ((e) == NULL ? (void)0 : explain_add((e), (rule), __VA_ARGS__))

#endif
