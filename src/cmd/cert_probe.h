/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_probe.h - what does a TLS server show, and would we take it for who it should be?
 *
 * Two connections: one that takes whatever is shown, one as a SIP server or phone of ours makes
 * it (RFC 5922), whose verdict is reported. */

#ifndef CMD_CERT_PROBE_H
#define CMD_CERT_PROBE_H

#include "base/slice.h"

#include <jansson.h>

struct cert_probe {
    const char  *target;     /* "example.com", "example.com:5061", "[2001:db8::1]:5061" */
    struct slice domain;     /* that it should prove to be; empty: the host of `target` */
    const char  *trust_file; /* NULL: the CAs of this host */
};

/* `*certificate` is that of console/cert_json.h with "address", "protocol", "cipher", "domain",
 * "accepted" and, if it is not, "refused": why.  Returns 0, -ERR_SYNTAX (no target), -ERR_NAME,
 * -ERR_TIMEOUT, -ERR_REFUSED or another error of world_connect, -ERR_CLOSED (no TLS there), an
 * error of tls_keys_load; then with a sentence in `problem`. */
int cert_probe_run(const struct cert_probe *p, json_t **certificate, char *problem, size_t problem_size);

#endif
