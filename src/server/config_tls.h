/* SPDX-License-Identifier: BSD-2-Clause */
/* config_tls.h - what the configuration says about TLS, read into keys (net/tls_keys.h).
 *
 *     ahoy.conf: certificate sections, tls_trust, ...  --config_tls_load--> struct tls_keys
 *
 * Files are read by the user that serves, at the start and at each reload, and looked at as a
 * whole: if one is no good there are no keys, and the problem says which line of ahoy.conf names
 * which file, and what is wrong with it. */

#ifndef SERVER_CONFIG_TLS_H
#define SERVER_CONFIG_TLS_H

#include "net/tls_keys.h"
#include "server/config.h"

enum { CONFIG_TLS_PROBLEM = 1024 };

/* `fallback` (borrowed; may be NULL) is shown if the configuration names no certificate.
 * `now` in seconds since 1970: what has expired by then is refused; 0: not looked at, since a
 * server with an expired certificate is worth more than none.  `in_use` (borrowed; may be NULL) as in
 * tls_setup.  Returns 0 or an error of
 * tls_keys_load with a line for people, "ahoy.conf:12: ...", in `problem`. */
int config_tls_load(const struct config *config, const struct tls_certificate *fallback, uint64_t now,
                    struct tls_keys *in_use, struct tls_keys **out, char *problem, size_t problem_size);

/* The same for the eyes: one problem does not hide the next.  Returns 0 or the first error. */
int config_tls_check(const struct config *config, uint64_t now, config_problem_fn *report, void *arg);

/* Does a listener speak TLS? */
bool config_speaks_tls(const struct config *config);

#endif
