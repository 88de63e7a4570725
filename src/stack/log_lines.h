/* SPDX-License-Identifier: BSD-2-Clause */
/* log_lines.h - what this folder logs, one function for each kind of line.  `before` is the machine's state until now,
 * LOG_NO_STATE at its start. */

#ifndef STACK_LOG_LINES_H
#define STACK_LOG_LINES_H

#include "base/overload.h"
#include "locate/targets.h"
#include "sip/message.h"

struct stack;
struct server_txn;
struct client_txn;

enum { LOG_NO_STATE = -1 };
void log_message(struct stack *s, bool sent, const struct flow *flow, struct slice text);
/* An overload (base/overload.h) begins, or has ended. */
void log_overload(struct stack *s, enum overload_event event);
void log_spread(struct stack *s, bool spread, const char *reason);
/* A peer has as many connections as it may. */
void log_peer_full(struct stack *s, const struct address *peer);
void log_fault(struct stack *s, const struct flow *flow, const struct parse_fault *fault, struct slice bytes,
               bool answered);
void log_server_state(const struct server_txn *t, int before);
void log_client_state(const struct client_txn *t, int before);
/* A server is tried last from now on, for `rest` ms; it is treated like any other again. */
void log_target_rests(struct stack *s, const struct target *target, msec rest, const char *why);
void log_target_answers(struct stack *s, const struct target *target);
/* It ends without having come to its end. */
void log_server_dropped(const struct server_txn *t);
void log_client_dropped(const struct client_txn *t);
/* The message's Call-ID, copied for the lines that follow when the message is gone; NULL
 * while nobody wants them.  To be freed. */
char *log_keep_call_id(const struct stack *s, struct slice message);
bool  log_keeps_call_ids(const struct stack *s); /* does anybody? */

#endif
