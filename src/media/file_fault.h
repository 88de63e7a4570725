/* SPDX-License-Identifier: BSD-2-Clause */
/* file_fault.h - a file that cannot be used: the sentence and the error. */

#ifndef MEDIA_FILE_FAULT_H
#define MEDIA_FILE_FAULT_H

#include "base/buf.h"

/* "<path>: <text>" into `why` (may be NULL); returns `error`. */
int file_fault(struct buf *why, const char *path, const char *text, int error);

/* The same for what errno says: -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_DISK_FULL,
 * -ERR_NO_MEMORY or -ERR_IO. */
int file_fault_errno(struct buf *why, const char *path, int number);

#endif
