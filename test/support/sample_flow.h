/* SPDX-License-Identifier: BSD-2-Clause */
/* sample_flow.h - a flow with nothing left at zero, and a key to seal it with. */

#ifndef TEST_SUPPORT_SAMPLE_FLOW_H
#define TEST_SUPPORT_SAMPLE_FLOW_H

#include "route/dialog_token.h"

extern const struct token_key sample_key;

/* From 192.0.2.1 to 203.0.113.9, or the like with IPv6; a stream has a connection. */
struct flow sample_flow(enum transport transport, bool v6);

#endif
