/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/folder.h"

#include "base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* Returns 0 or an errno. */
static int make(struct slice path)
{
    char text[PATH_MAX];

    if (path.len >= sizeof text)
        return ENAMETOOLONG;
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    for (char *at = text + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(text, 0755) != 0 && errno != EEXIST)
            return errno;
        *at = '/';
    }
    return mkdir(text, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

int folder_make(struct slice path, char *problem, size_t problem_size)
{
    int number = make(path);

    if (number == 0)
        return 0;
    snprintf(problem, problem_size, "cannot make the folder %.*s: %s", SLICE_ARG(path), strerror(number));
    return number == EACCES || number == EPERM || number == EROFS ? -ERR_PERMISSION : -ERR_IO;
}
