/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_text.h - a flow as the store keeps it: "udp 192.0.2.1:5060 192.0.2.9:5060",
 * transport, local and remote address; nothing for TRANSPORT_NONE. */

#ifndef SERVER_FLOW_TEXT_H
#define SERVER_FLOW_TEXT_H

#include "sip/flow.h"

void flow_write(struct buf *b, const struct flow *flow);
/* The listener is left open (UINT_MAX): the stack finds it by the local address.  A
 * stream's connection does not outlive the process: such a flow, like text that
 * cannot be read, gives TRANSPORT_NONE and false. */
bool flow_parse(struct slice text, struct flow *flow);

#endif
