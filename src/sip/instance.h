/* SPDX-License-Identifier: BSD-2-Clause */
/* instance.h - which device a Contact is of, and which of its flows
 * (RFC 5626 4.1 and 11.1):
 *
 *     ;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1 */

#ifndef SIP_INSTANCE_H
#define SIP_INSTANCE_H

#include "base/slice.h"

#include <stdint.h>

/* What stands between the quotes of +sip.instance in a Contact's parameters, with its
 * brackets: a piece of `params`, or empty. */
struct slice instance_of(struct slice params);

/* The reg-id of a Contact's parameters.  False, and 0, if it is none: absent, not a number, 0
 * or above 2^31-1. */
bool reg_id_of(struct slice params, uint32_t *reg_id);

/* Are they one device?  As URNs (RFC 2141 5): case counts but in "urn:", the namespace and
 * escapes; of a UUID (RFC 4122 3) it never does. */
bool instance_eq(struct slice a, struct slice b);

#endif
