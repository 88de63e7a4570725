/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_files.h"

#include <string.h>

static void look(const char *path, struct stat *out)
{
    if (stat(path, out) != 0)
        memset(out, 0, sizeof *out);
}

/* Written to, or replaced by another file. */
static bool differs(const struct stat *a, const struct stat *b)
{
    return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
           a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

void name_files_init(struct name_files *f, msec now)
{
    f->looked_at = now;
    look("/etc/hosts", &f->hosts);
    look("/etc/resolv.conf", &f->servers);
}

unsigned name_files_changed(struct name_files *f, msec now, msec pause)
{
    struct name_files before = *f;

    if (now - f->looked_at < pause)
        return 0;
    name_files_init(f, now);
    return (differs(&before.hosts, &f->hosts) ? NAME_FILES_HOSTS : 0u) |
           (differs(&before.servers, &f->servers) ? NAME_FILES_SERVERS : 0u);
}
