/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_vfs.h - a disk under SQLite that fails, hangs, or loses its power when the
 * test says so.
 *
 * Between disk_vfs_install and disk_vfs_remove every database of the process is on
 * it.  What was written is on the real disk at once, for all who read; beside it, it
 * is known what would be left after a power cut: all that was synced, and of what
 * was written since then any sectors or none. */

#ifndef TEST_SUPPORT_DISK_VFS_H
#define TEST_SUPPORT_DISK_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void disk_vfs_install(void);
/* All databases are closed. */
void disk_vfs_remove(void);

/* While held, a sync does not return. */
void disk_hold(bool held);
/* Wait until a sync hangs, at most 10 s; false then. */
bool disk_wait_hanging(void);

/* The n-th write, sync or truncation from now on fails, and each later one until
 * `count` have; `code` is SQLITE_FULL, SQLITE_IOERR_FSYNC and the like.  n 0: none. */
void disk_fail_at(unsigned n, unsigned count, int code);
/* Has one failed since? */
bool disk_failed(void);

/* The power is cut now: put what would be found of the database `path`, and of its log,
 * into `folder`.  Nothing happens to the database itself. */
void disk_power_cut(const char *path, const char *folder, uint64_t seed);

#endif
