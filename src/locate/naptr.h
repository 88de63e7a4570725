/* SPDX-License-Identifier: BSD-2-Clause */
/* naptr.h - NAPTR records in their order (RFC 3403 4.1), and those that say which
 * transports a domain wants SIP by (RFC 3263 4.1, RFC 7118 10). */

#ifndef LOCATE_NAPTR_H
#define LOCATE_NAPTR_H

#include "base/record.h"
#include "sip/flow.h"

/* Write the indexes of the NAPTR records: by order, then by preference, then as they
 * came; returns how many.  More than `room`, or than LIMIT_LIST, are passed over. */
size_t naptr_order(const struct record *records, size_t count, uint8_t *order, size_t room);

struct naptr_service {
    enum transport transport;
    struct slice   name; /* of the SRV records, borrowed from the record */
};

/* The services by which a sip URI (`secure`: sips) can be reached, the domain's favourite
 * first; `supported` is a set of bits 1 << enum transport.  Passed over are services
 * and transports we lack, what is not SIPS for a sips URI, flags other than "s", a
 * regular expression, and a name that is none.  Once a record has matched, none of a
 * higher order is considered (RFC 3403 4.1). */
size_t naptr_services(const struct record *records, size_t count, unsigned supported, bool secure,
                      struct naptr_service *out, size_t room);

#endif
