/* SPDX-License-Identifier: BSD-2-Clause */
/* local_name.h - names that are answered without a server: literal addresses,
 * /etc/hosts, and the special names of RFC 6761.
 *
 * A name that stands in /etc/hosts is this machine's own matter: it has no other
 * addresses, and no services in the DNS either, so that such names work at once
 * without one.  "localhost" never reaches a server (6.3), "invalid" does not
 * exist (6.4). */

#ifndef NET_LOCAL_NAME_H
#define NET_LOCAL_NAME_H

#include "net/dns_answer.h"

struct ares_channeldata;

enum { HOSTS_TTL = 10 }; /* seconds until /etc/hosts is read again */

/* False if the DNS has to be asked.  Without memory the answer is -ERR_TIMEOUT.
 * Reads /etc/hosts by `channel`; records go into `arena`. */
bool local_name_answer(struct ares_channeldata *channel, const char *name, enum record_type type, struct arena *arena,
                       struct dns_answer *out);

#endif
