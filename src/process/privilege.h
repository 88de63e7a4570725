/* SPDX-License-Identifier: BSD-2-Clause */
/* privilege.h - being less: another user, no new privileges, no core dump.
 *
 * The parent may be root, to bind low ports and to make folders; the child that
 * meets the network is not. */

#ifndef PROCESS_PRIVILEGE_H
#define PROCESS_PRIVILEGE_H

#include "base/slice.h"

#include <sys/types.h>

struct identity {
    uid_t user;
    gid_t group;
    char  name[64]; /* of the user, for its supplementary groups */
};

/* Look the names up; an empty `group` is the user's own.  Both may be numbers.
 * Returns 0, -ERR_NOT_FOUND or -ERR_TOO_LARGE with a sentence in `problem`. */
int identity_find(struct slice user, struct slice group, struct identity *out, char *problem, size_t problem_size);

/* Are we the superuser? */
bool privilege_is_root(void);

/* Become `who` for good, and see that there is no way back.  Does nothing if we are
 * `who` already.  Returns 0 or -ERR_PERMISSION; then the process must not go on. */
int privilege_drop(const struct identity *who);

/* Whoever we are: no program we start gains rights, nobody looks into our memory
 * (`core_dumps`: unless it was asked for), and as many descriptors as the hard
 * limit allows.  Returns 0 or -ERR_PERMISSION. */
int privilege_harden(bool core_dumps);

/* Give a folder and the files in it to `who`; not what is in folders below, and no
 * symbolic link is followed.  Returns 0, -ERR_NOT_FOUND, -ERR_PERMISSION or -ERR_IO. */
int privilege_give(const char *folder, const struct identity *who);

#endif
