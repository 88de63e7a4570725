/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_reader.h - the thread that reads for those who ask (store_ask), with a
 * connection of its own, so that neither a commit nor a full disk keeps it waiting.
 *
 *   worlds' threads                        the reader's thread
 *   ask: question -> waiting  -----------> SELECT ...
 *   fn  <-------- mailboxes <------------- answer
 */

#ifndef STORE_SQLITE_READER_H
#define STORE_SQLITE_READER_H

#include "store/mailbox.h"
#include "store/sqlite_file.h"

struct sqlite_reader;

/* Reads what `path` holds, which has been opened as `file`; one that is in memory only
 * is read by the connection of `file`, under `file_mutex`.  Borrows both.  Returns 0,
 * -ERR_NO_MEMORY or an error of SQLite. */
int sqlite_reader_new(const char *path, struct sqlite_file *file, pthread_mutex_t *file_mutex,
                      struct sqlite_reader **out);
/* Ends the thread.  No client is left. */
void sqlite_reader_free(struct sqlite_reader *r);
/* Account for what waits in `b`, which it borrows. */
void sqlite_reader_account(struct sqlite_reader *r, struct budget *b);

/* As store_ask, for the client whose mailbox this is. */
int sqlite_reader_ask(struct sqlite_reader *r, struct mailbox *m, const struct store_query *query, store_answer_fn *fn,
                      void *owner);
/* World's thread, before the mailbox is closed: it is not told anything any more. */
void sqlite_reader_forget(struct sqlite_reader *r, struct mailbox *m);

/* Adds what concerns questions. */
void sqlite_reader_stats(struct sqlite_reader *r, struct store_stats *out);

#endif
