/* SPDX-License-Identifier: BSD-2-Clause */
/* sipfrag.h - a piece of a SIP message as a body (RFC 3420); as the state of a
 * reference (RFC 3515 2.4.5) it begins with a status line, and that is all of it
 * that counts. */

#ifndef SIP_SIPFRAG_H
#define SIP_SIPFRAG_H

#include "base/buf.h"

#define SIPFRAG_TYPE "message/sipfrag;version=2.0"

/* Does a Content-Type say message/sipfrag, of whatever version? */
bool sipfrag_is(struct slice content_type);

/* The status line that `body` begins with.  Borrows. */
bool sipfrag_read(struct slice body, unsigned *status, struct slice *reason);

/* "SIP/2.0 180 Ringing" and a line end.  Bytes that a reason must not have are left out. */
void sipfrag_write(struct buf *b, unsigned status, struct slice reason);

#endif
