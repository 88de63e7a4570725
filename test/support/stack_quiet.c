/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/stack_quiet.h"

void quiet_ack(void *user, struct message *ack)
{
    (void)user;
    (void)ack;
}

void quiet_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    (void)user;
    (void)invite;
    (void)txn;
    (void)cancel;
}

void quiet_stray(void *user, struct message *response)
{
    (void)user;
    (void)response;
}

void quiet_end(void *user, object_id txn, int error)
{
    (void)user;
    (void)txn;
    (void)error;
}
