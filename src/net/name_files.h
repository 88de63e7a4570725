/* SPDX-License-Identifier: BSD-2-Clause */
/* name_files.h - have /etc/hosts or /etc/resolv.conf changed since we looked?
 *
 * A look is two calls of stat(2) on files of this machine; nothing is watched, and
 * nothing is looked at while nobody asks. */

#ifndef NET_NAME_FILES_H
#define NET_NAME_FILES_H

#include "base/msec.h"

#include <stdbool.h>
#include <sys/stat.h>

enum { NAME_FILES_HOSTS = 1, NAME_FILES_SERVERS = 2 };

struct name_files {
    struct stat hosts, servers; /* as they were; all zero: there was none */
    msec        looked_at;
};

void name_files_init(struct name_files *f, msec now);

/* The set of those that have changed since they were last looked at.  Within `pause` ms
 * of that it is empty, without a look. */
unsigned name_files_changed(struct name_files *f, msec now, msec pause);

#endif
