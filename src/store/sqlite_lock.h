/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_lock.h - the files around the database: its folder, its lock, and what
 * becomes of a damaged one. */

#ifndef STORE_SQLITE_LOCK_H
#define STORE_SQLITE_LOCK_H

#include <stddef.h>

enum { LOCK_FILE_PATH = 4096 };

struct lock_file {
    int fd; /* -1: not held */
};

void lock_file_init(struct lock_file *l);

/* Make the folder (0700) and the file (0600) if they are missing, then take
 * `path`.lock.  Returns 0, -ERR_LOCKED, -ERR_PERMISSION, -ERR_DISK_FULL,
 * -ERR_TOO_LARGE or -ERR_IO, with a sentence in `problem`. */
int  lock_file_take(struct lock_file *l, const char *path, char *problem, size_t problem_size);
void lock_file_drop(struct lock_file *l);

/* Make an empty file that only its owner can read, unless there is one. */
int lock_file_touch(const char *path);

/* Rename the file, and its -wal and -shm, to PATH.damaged-DATE; nothing is ever
 * overwritten.  The new name is in `moved`. */
int lock_file_move_damaged(const char *path, char *moved, size_t moved_size);
/* Copy the file and its -wal to such a name.  Errors as lock_file_take; what was copied
 * of a file that did not fit is removed. */
int lock_file_copy_damaged(const char *path, char *copied, size_t copied_size);

#endif
