/* SPDX-License-Identifier: BSD-2-Clause */
/* record.h - one DNS resource record, as net/ hears it and locate/ reads it
 * (RFC 1035, RFC 2782, RFC 3403). */

#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include "base/address.h"

enum record_type { RECORD_A = 1, RECORD_AAAA = 28, RECORD_SRV = 33, RECORD_NAPTR = 35 };

static inline const char *record_type_text(enum record_type type)
{
    switch (type) {
    case RECORD_A:
        return "A";
    case RECORD_AAAA:
        return "AAAA";
    case RECORD_SRV:
        return "SRV";
    case RECORD_NAPTR:
        return "NAPTR";
    }
    return "";
}

struct record {
    enum record_type type;
    uint32_t         ttl;                    /* seconds */
    struct address   address;                /* A, AAAA: port 0 */
    uint16_t         priority, weight, port; /* SRV; NAPTR: priority = order, weight = preference */
    struct slice     target;                 /* SRV, NAPTR replacement; lives until the callback returns */
    struct slice     flags, service, regexp; /* NAPTR */
};

#endif
