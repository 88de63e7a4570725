/* SPDX-License-Identifier: BSD-2-Clause */
/* user_batch.h - users on their way from a table to the server, some hundred in a call.
 *
 *   rows -> the batch that is filled | the batch that is under way -> outcomes, row by row
 *
 * Its memory does not grow with the number of users.  A name that stands in a batch
 * already waits until that has been answered, so that each row finds what those before
 * it have made. */

#ifndef CMD_USER_BATCH_H
#define CMD_USER_BATCH_H

#include "cmd/endpoint.h"
#include "console/user_csv.h"

enum user_event {
    USER_EVENT_ADDED,
    USER_EVENT_CHANGED,
    USER_EVENT_UNCHANGED,
    USER_EVENT_EXISTS,
    USER_EVENT_MISSING, /* of one whose aliases are to be added   */
    USER_EVENT_ALIAS,   /* one was added                          */
    USER_EVENT_ALIAS_EXISTS,
    USER_EVENT_ALIAS_LIMIT,
};

/* What became of the row that began in `line`; `who` is NAME@DOMAIN, or the alias. */
typedef void user_event_fn(void *arg, size_t line, const char *who, enum user_event event);

struct user_batches;

/* Borrows `e` and `realm`.  `how` as of the method user.import.  NULL without memory. */
struct user_batches *user_batches_new(struct endpoint *e, const char *realm, const char *how, user_event_fn *fn,
                                      void *arg);
void                 user_batches_free(struct user_batches *b);

/* Copies the row, whose hashes are made.  Returns an exit code, after a complaint. */
int user_batches_add(struct user_batches *b, size_t line, const struct user_row *row);
/* Send what is left, and wait for all. */
int user_batches_end(struct user_batches *b);

#endif
