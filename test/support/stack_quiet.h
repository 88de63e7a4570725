/* SPDX-License-Identifier: BSD-2-Clause */
/* stack_quiet.h - a stack's user that takes no notice of what a test is not about. */

#ifndef TEST_SUPPORT_STACK_QUIET_H
#define TEST_SUPPORT_STACK_QUIET_H

#include "stack/stack.h"

void quiet_ack(void *user, struct message *ack);
void quiet_cancel(void *user, object_id invite, object_id txn, struct message *cancel);
void quiet_stray(void *user, struct message *response);
void quiet_end(void *user, object_id txn, int error);

#endif
