/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_log.h - is SQLite's write-ahead log whole?  (sqlite.org/fileformat2.html 4)
 *
 *   header: magic, version, page size, number, two salts, checksum      32 bytes
 *   frames: page, size of the database after a commit or 0,
 *           the two salts, checksum of all so far                       24 bytes and a page
 *
 * SQLite reads the log up to the first frame that does not fit and forgets the rest
 * without a word: after a power cut that is the transaction that was being written,
 * and nobody was told that it had been.  But when there are commits of the same log
 * behind it, each of them was synced after those before it, so what does not fit
 * had been on the disk, acknowledged, and was damaged since. */

#ifndef STORE_SQLITE_LOG_H
#define STORE_SQLITE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Does `path` (the log itself) hold commits that SQLite would leave out, but for the
 * last, which may never have been finished?  `*lost` is how many, 0 for a log whose
 * very header is damaged.  Returns 0 (also if there is no log) or -ERR_IO,
 * -ERR_PERMISSION, -ERR_NO_MEMORY. */
int sqlite_log_check(const char *path, bool *damaged, size_t *lost);

#endif
