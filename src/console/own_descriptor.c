/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/own_descriptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool can_be_opened(int fd)
{
    struct stat facts;

    return fstat(fd, &facts) == 0 && (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode));
}

/* Who may not write to it, say, gains nothing by opening it anew: it may be meant to refuse. */
static bool permits(int fd, int access)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && ((flags & O_ACCMODE) == O_RDWR || (flags & O_ACCMODE) == access);
}

void own_descriptor_open(struct own_descriptor *d, int fd, int access)
{
    char path[64];
    int  again = -1;

    if (can_be_opened(fd) && permits(fd, access)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        again = open(path, access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    }
    d->opened = again >= 0;
    d->fd     = d->opened ? again : fd;
    d->flags  = d->opened ? -1 : fcntl(fd, F_GETFL);
}

void own_descriptor_close(struct own_descriptor *d)
{
    if (d->opened)
        close(d->fd);
    else if (d->flags >= 0)
        (void)fcntl(d->fd, F_SETFL, d->flags);
}
