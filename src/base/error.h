/* SPDX-License-Identifier: BSD-2-Clause */
/* error.h - what the world can do to us.  A function that can fail because of
 * memory, sockets, disks or limits returns 0 or -ERR_X; all X are in errors.def. */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error {
    ERR_NONE,
#define ERROR(name, text) ERR_##name,
#include "base/errors.def"
#undef ERROR
    ERR_COUNT
};

/* For messages to people: accepts ERR_X or -ERR_X; never NULL. */
const char *error_text(int error);
/* "NO_MEMORY" and the like, for logs. */
const char *error_name(int error);

#endif
