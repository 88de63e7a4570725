/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern.h - regular expressions of PCRE2, as operators write them into ahoy.conf, on texts that strangers
 * choose.
 *
 * A pattern fits a text as a whole or not at all: "112" does not fit 41121.  However pattern and text are made,
 * a match ends soon: after PATTERN_STEPS it is given up, and after PATTERN_HEAP KiB.  No pattern is compiled to
 * machine code, and none reads memory that it was not given: no callouts, no \C. */

#ifndef ROUTE_PATTERN_H
#define ROUTE_PATTERN_H

#include "base/buf.h"

enum {
    PATTERN_STEPS = 10000, /* what PCRE2 calls its match limit: about a millisecond */
    PATTERN_HEAP  = 256,
    PATTERN_TEXT  = 512, /* bytes of a pattern; and of a text, for a longer one fits nothing */
};

struct pattern;

/* NULL: it is none; `why` says so with the place, "at character 4: missing closing parenthesis".  Keeps nothing of
 * `text`. */
struct pattern *pattern_new(struct slice text, struct buf *why);
void            pattern_free(struct pattern *p);

enum pattern_result {
    PATTERN_FITS,
    PATTERN_DIFFERS,
    PATTERN_GAVE_UP, /* too many steps, or no memory: whether it fits is not known */
};

enum pattern_result pattern_match(const struct pattern *p, struct slice text);

/* Is `replacement` one for this pattern: does it name no other groups than there are?  `why` says what is wrong. */
bool pattern_can_replace(const struct pattern *p, struct slice replacement, struct buf *why);

/* How what a group has found is written: buf_put, or escaped. */
typedef void pattern_put_fn(struct buf *out, struct slice text);

/* Put `replacement` into `out`, with \1 to \9 what that group of the pattern has found in `text`, \0 all of it, by
 * `put`;
 * \\ a backslash.  `text` is one that fits (PATTERN_FITS is the result then, and else what pattern_match says). */
enum pattern_result pattern_replace(const struct pattern *p, struct slice text, struct slice replacement,
                                    pattern_put_fn *put, struct buf *out);

#endif
