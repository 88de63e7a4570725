/* SPDX-License-Identifier: BSD-2-Clause */
/* uri_usual.h - a URI as nearly everyone writes it, read in one go.
 *
 * By pointers, so that the cursor stays in registers: one in memory is copied by loads of sixteen bytes, which wait
 * for what was stored by eights.  The grammar is that of uri_scan, which reads the same to the same result. */

#ifndef SIP_URI_USUAL_H
#define SIP_URI_USUAL_H

#include "sip/uri.h"

/* "sip:" [ user "@" ] host [ ":" port ] [ ";" params ], behind which `stop`, '>' or the end stands, user and host of
 * nothing but what a host may have.  Where it ends, or NULL for anything else, which may be a URI, too.  RUN_PAD bytes
 * behind `end` may be looked at. */
const char *uri_usual(const char *at, const char *end, char stop, struct uri *uri);

#endif
