/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/file_fault.h"

#include "base/error.h"

#include <errno.h>

static int error_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return -ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
        return -ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return -ERR_DISK_FULL;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    }
    return -ERR_IO;
}

int file_fault(struct buf *why, const char *path, const char *text, int error)
{
    if (why != NULL)
        buf_printf(why, "%s: %s", path, text);
    return error;
}

int file_fault_errno(struct buf *why, const char *path, int number)
{
    char text[128];

    return file_fault(why, path, strerror_r(number, text, sizeof text), error_of(number));
}
