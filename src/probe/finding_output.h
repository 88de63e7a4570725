/* SPDX-License-Identifier: BSD-2-Clause */
/* finding_output.h - a finding in the form that its reader wants: text, json, nagios, prometheus or junit.
 *
 * Each function writes all of it, ended by LF; ask buf_ok() behind it.  What a peer may have put
 * into it drives no terminal and breaks no form. */

#ifndef PROBE_FINDING_OUTPUT_H
#define PROBE_FINDING_OUTPUT_H

#include "probe/finding.h"

typedef void finding_fn(struct buf *b, const struct finding *f);

finding_fn finding_text, finding_json, finding_nagios, finding_prometheus, finding_junit;

/* By the names of OUTPUT_NAMES (output.h); NULL if there is none of this name. */
finding_fn *finding_output_find(const char *name);

#endif
