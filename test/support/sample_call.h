/* SPDX-License-Identifier: BSD-2-Clause */
/* sample_call.h - summaries of calls that never were, for the tests of probe/. */

#ifndef TEST_SUPPORT_SAMPLE_CALL_H
#define TEST_SUPPORT_SAMPLE_CALL_H

#include "probe/output.h"

/* To sip:bob@example.test: rings after 20 ms, answered after 350 ms, hung up here after
 * 10 s; PCMU, 500 packets sent, 490 heard and 10 lost, digits "42#". */
void sample_answered(struct summary *s);
/* Refused with this status. */
void sample_refused(struct summary *s, unsigned status, const char *reason);
void sample_not_registered(struct summary *s, unsigned status, const char *reason);

/* What a writer makes of it, with these conditions and warnings (either may be NULL);
 * static memory, until the next call. */
const char *sample_output(output_fn *write, const struct summary *s, const char *expect, const char *warn,
                          enum outcome_end end);

#endif
