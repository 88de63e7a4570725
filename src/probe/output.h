/* SPDX-License-Identifier: BSD-2-Clause */
/* output.h - the outcome of a call in the form that its reader wants.
 *
 * Each function writes all of it, ended by LF; ask buf_ok() behind it.  What a peer may
 * have put into it (a reason, a URI) drives no terminal and breaks no form. */

#ifndef PROBE_OUTPUT_H
#define PROBE_OUTPUT_H

#include "probe/outcome.h"

enum { OUTPUT_MAX = 64 * 1024 }; /* bytes: enough for each of them */

typedef void output_fn(struct buf *b, const struct outcome *o);

output_fn output_text;       /* lines for people                                            */
output_fn output_json;       /* one object on one line: {"event":"summary", ...}            */
output_fn output_nagios;     /* one line with performance data; the exit code is the grade  */
output_fn output_prometheus; /* for node_exporter's textfile collector                      */
output_fn output_junit;      /* a test suite in XML: a case for each condition              */

struct output {
    const char *name; /* "nagios" */
    output_fn  *write;
};

/* NULL if there is none of this name. */
const struct output *output_find(const char *name);
#define OUTPUT_NAMES "text, json, nagios, prometheus or junit"

/* What a peer said, cut off where it is no text: controls and bytes that are not UTF-8
 * become '?', and so does each byte of `never`. */
void output_put_safe(struct buf *b, struct slice text, const char *never);
/* The same within an XML text or attribute, and within the label of a Prometheus sample. */
void output_put_xml(struct buf *b, struct slice text);
void output_put_label(struct buf *b, struct slice text);

#endif
