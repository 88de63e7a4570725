/* SPDX-License-Identifier: BSD-2-Clause */
/* store_fake.h - a store in memory that completes or fails when the test says so.
 *
 * The disk outlives the stores that are opened on it, so that a server can be
 * "restarted": what was committed is there again, what was only queued when
 * store_fake_crash() was called is not. */

#ifndef TEST_SUPPORT_STORE_FAKE_H
#define TEST_SUPPORT_STORE_FAKE_H

#include "store/store.h"

struct fake_disk;

struct fake_disk *fake_disk_new(void);
void              fake_disk_free(struct fake_disk *d);
/* Rows that are committed, of all kinds. */
size_t fake_disk_rows(const struct fake_disk *d);

/* A store on `disk`, one at a time, whose clients' worlds all run in one thread.  It
 * commits in a turn of one of them; reports come in later turns.  At most
 * `max_queue` changes wait. */
struct store *store_fake_open(struct fake_disk *disk, size_t max_queue);

/* Switches; by default every write is committed and reported in the next turn. */
void store_fake_hold(struct store *store, bool held); /* held: nothing happens until released */
void store_fake_fail(struct store *store,
                     int           error); /* -ERR_X: each try fails; 0: works, and what waits is tried again */
/* Questions; by default each is read in the next turn, and answered in a later one. */
void store_fake_hold_reads(struct store *store, bool held);   /* held: they are not read       */
void store_fake_hold_answers(struct store *store, bool held); /* held: read, but not answered  */
void store_fake_fail_reads(struct store *store, int error);   /* -ERR_X: each is answered so   */
/* So many may wait; STORE_QUESTIONS to begin with. */
void store_fake_limit_reads(struct store *store, size_t limit);
/* All that have been asked, and those that are not answered yet. */
size_t store_fake_asked(const struct store *store);
size_t store_fake_asking(const struct store *store);

/* Like store_close(), but what waits is lost, as in a power cut. */
void store_fake_crash(struct store *store);

size_t store_fake_waiting(const struct store *store); /* changes not yet committed */

#endif
