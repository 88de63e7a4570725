/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_failure.h - flows that lead nowhere any more, and the bindings that are reached by them (RFC 5626 7).
 *
 * Such a binding is out of service from that moment on: no request is sent to it, another flow of the phone
 * is used instead, and if there is none the user is 480.  It remains registered, with its time, its place in
 * the list and its GRUUs, until it ends or the phone registers it anew, by a new flow. */

#ifndef SERVER_FLOW_FAILURE_H
#define SERVER_FLOW_FAILURE_H

#include "server/internal.h"

/* Be told of connections that end. */
void flow_failure_watch(struct server *s);

/* A request to a binding of `key` went by `flow` and failed with `error`: if that means that the flow is no more. */
void flow_failure_note(struct server *s, struct slice key, const struct flow *flow, int error);

#endif
