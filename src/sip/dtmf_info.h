/* SPDX-License-Identifier: BSD-2-Clause */
/* dtmf_info.h - keys that are pressed by INFO: application/dtmf-relay and application/dtmf, which no RFC describes and
 * many use.
 *
 *     Signal=5            5
 *     Duration=160 */

#ifndef SIP_DTMF_INFO_H
#define SIP_DTMF_INFO_H

#include "base/buf.h"

/* '0'..'9', '*', '#', 'A'..'D'; '\0' if it names none of these (hook-flash is "16"). */
char dtmf_relay_read(struct slice body);
char dtmf_read(struct slice body);

/* "Signal=5\r\nDuration=160\r\n"; milliseconds. */
void dtmf_relay_write(struct buf *b, char digit, unsigned duration);

#endif
