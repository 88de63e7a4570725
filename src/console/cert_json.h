/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_json.h - a certificate as JSON: of cert.list, and of `ahoy cert show --json`. */

#ifndef CONSOLE_CERT_JSON_H
#define CONSOLE_CERT_JSON_H

#include "net/cert_read.h"

#include <jansson.h>

/* {"subject", "issuer", "names": [...], "algorithm", "serial", "not_before", "not_after": RFC 3339,
 * "not_after_seconds": since 1970, "days_left", "state": "not_yet", "good", "ends_soon" or "ended",
 * "fingerprint_sha256", "self_signed", "ca"}; NULL without memory.  `now` in seconds since 1970. */
json_t *cert_facts_to_json(const struct cert_facts *f, uint64_t now);

#endif
