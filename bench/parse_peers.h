/* SPDX-License-Identifier: BSD-2-Clause */
/* parse_peers.h - other libraries' parsers, for parse_compare alone: built where they are
 * installed (tools/deps bench), linked by nothing else. */

#ifndef BENCH_PARSE_PEERS_H
#define BENCH_PARSE_PEERS_H

#include "base/slice.h"

/* Read and free `text`; 0 if that failed. */
unsigned peer_osip(struct slice text);
unsigned peer_sofia(struct slice text);

#endif
