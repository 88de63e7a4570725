/* SPDX-License-Identifier: BSD-2-Clause */
/* rewrite.h - the substitution expression of a NAPTR record (RFC 3402 3.2):
 *
 *     !^\+49(.*)$!sip:\1@gate.example!i
 *
 * A POSIX extended regular expression between delimiters, what to write in place of all
 * that it matches, flags.  It comes from strangers, so what could take long is not
 * compiled: expressions of more than REWRITE_MAX bytes; with back references (which POSIX
 * does not have there); that repeat a group or a repetition, or single characters more than
 * REWRITE_REPEATS times in all; with more than nine groups or REWRITE_CHOICES bars; with a '^' or '$'
 * in the midst. */

#ifndef LOCATE_REWRITE_H
#define LOCATE_REWRITE_H

#include "base/buf.h"

enum { REWRITE_MAX = 255, REWRITE_REPEATS = 64, REWRITE_CHOICES = 8 };

/* Apply `expression` to `input`, a text with a NUL at its end, and write the result.
 * Returns 0; -ERR_SYNTAX if the expression makes no sense, is refused, or leads to more than
 * `out` can hold; -ERR_NOT_FOUND if it does not match; -ERR_NO_MEMORY. */
int rewrite(struct slice expression, const char *input, struct buf *out);

#endif
