/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/account_instance.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

bool instance_make(char text[INSTANCE_TEXT])
{
    unsigned char b[16];
    int           n = snprintf(text, INSTANCE_TEXT, "urn:uuid:");

    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return false;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4: random */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof b; i++)
        n += snprintf(text + n, INSTANCE_TEXT - (size_t)n, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                      b[i]);
    return n == INSTANCE_TEXT - 1;
}

/* Beside the accounts file: "accounts.<uuid>.lock". */
static bool lock_path(const struct account_entry *e, char *path, size_t size)
{
    const char *colon = strrchr(e->instance, ':');
    char        folder[PATH_MAX];
    int         n;

    if (colon == NULL || strchr(colon, '/') != NULL || !account_file_path(folder, sizeof folder))
        return false;
    n = snprintf(path, size, "%s.%s.lock", folder, colon + 1);
    return n > 0 && (size_t)n < size;
}

int instance_claim(const struct account_entry *e)
{
    char path[PATH_MAX];
    int  fd;

    if (e->instance[0] == '\0' || !lock_path(e, path, sizeof path))
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}
