/* SPDX-License-Identifier: BSD-2-Clause */
/* parse_mix.h - what parsers are compared on: an INVITE as a proxy gets it, its 200, a
 * REGISTER with digest, its 200; 858 bytes on average. */

#ifndef BENCH_PARSE_MIX_H
#define BENCH_PARSE_MIX_H

#include "base/slice.h"

enum { PARSE_MIX = 4 };

extern const struct slice parse_mix[PARSE_MIX];

#endif
