/* SPDX-License-Identifier: BSD-2-Clause */
/* number_rule.h - what becomes of a number, or of any name that no user of ours has, that somebody calls.
 *
 *     number "abroad"    { prefix = "00"  strip = 2  prepend = "+" }         00331234 becomes +331234
 *     number "emergency" { match = "112|110"  replace = "sip:\\0@psap.example" }
 *     number "premium"   { match = "\\+49900.*"  reject = 603  }
 *
 * Rules are asked in their order, until one fits; after one with `more` those that follow are asked, too, about
 * what has come of it.  Each is asked once at most, so no rules turn in a circle. */

#ifndef ROUTE_NUMBER_RULE_H
#define ROUTE_NUMBER_RULE_H

#include "base/buf.h"
#include "route/explain.h"
#include "route/pattern.h"
#include "sip/uri.h"

struct number_rule {
    struct slice          name;
    unsigned              line;    /* of the configuration      */
    const struct pattern *match;   /* of the whole; or NULL:    */
    struct slice          prefix;  /* what it begins with       */
    unsigned              strip;   /* so many bytes off the beginning, */
    struct slice          prepend; /* then these before it,     */
    struct slice          replace; /* or, with match: this in its place */
    bool                  replaces;
    const struct slice   *from; /* who calls; none: whoever; see number_caller_parse */
    size_t                from_count;
    unsigned              reject; /* this status; 0: it is not  */
    bool                  more;
};

/* Who calls: a user that has proved to be it, or a trunk, or (all empty) somebody. */
struct number_caller {
    struct slice user, domain, trunk;
};

/* Is `text` a caller as `from` wants one: "alice@example.com", "*@example.com", "trunk:carrier"? */
bool number_caller_is_good(struct slice text);

enum { NUMBER_TEXT = 256 };

enum number_outcome {
    NUMBER_SAME, /* no rule fits                              */
    NUMBER_CHANGED,
    NUMBER_REJECTED, /* by `by->reject`                       */
    NUMBER_FAILED,   /* a pattern took too long, or what came of it is too long: `by` is the rule */
};

/* What becomes of `number`?  The result is in `memory`, `*by` is the last rule that had a say, or NULL.  `e` is told
 * of each rule that was asked; it may be NULL. */
enum number_outcome number_rules_apply(const struct number_rule *rules, size_t count, struct slice number,
                                       const struct number_caller *caller, char memory[NUMBER_TEXT],
                                       struct slice *result, const struct number_rule **by, struct explain *e);

/* What rules are asked about: the user part, escapes resolved; of a tel URI, and where the user part is a number,
 * without visual separators and parameters.  Empty if there is none, or it is too long. */
struct slice number_of_uri(const struct uri *uri, char memory[NUMBER_TEXT]);

/* The URI that `result`, which `by` has made, stands for in the place of `asked`.  If the operator has written the
 * scheme into `replace` it is that URI (with sips if sips was asked for); whatever stands in what was called, else it
 * is a name or number of `domain`, or a tel URI if that was asked for and it is global.  False: it is none, or too
 * long. */
bool number_write_uri(struct buf *b, struct slice result, const struct number_rule *by, const struct uri *asked,
                      struct slice domain);

#endif
