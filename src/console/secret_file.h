/* SPDX-License-Identifier: BSD-2-Clause */
/* secret_file.h - a password from a file: its first line. */

#ifndef CONSOLE_SECRET_FILE_H
#define CONSOLE_SECRET_FILE_H

#include <stddef.h>

enum { SECRET_SIZE = 512 };

/* A file that others than its owner may read is refused.  The caller overwrites `secret`
 * when done.  Returns 0, or -ERR_NOT_FOUND, -ERR_PERMISSION, -ERR_TOO_LARGE, -ERR_SYNTAX
 * (empty), -ERR_IO with a sentence in `why`, which never holds anything of the file. */
int secret_file_read(const char *path, char secret[SECRET_SIZE], char *why, size_t why_size);

#endif
