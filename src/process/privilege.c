/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/privilege.h"

#include "base/error.h"
#include "base/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MEMORY = 16384 }; /* for an entry of the user database */

static bool copy_name(struct slice name, char *out, size_t size)
{
    if (name.len >= size)
        return false;
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return true;
}

/* All digits, and not the -1 that means "no change" to the kernel. */
static bool is_number(const char *name, unsigned *number)
{
    char *end;
    long  n;

    if (*name < '0' || *name > '9')
        return false;
    n       = strtol(name, &end, 10);
    *number = (unsigned)n;
    return *end == '\0' && n >= 0 && n < (long)UINT32_MAX;
}

static bool find_user(const char *name, struct identity *out)
{
    struct passwd entry, *found = NULL;
    char         *memory = malloc(NAME_MEMORY);
    unsigned      number;
    int           error = -1;

    if (memory == NULL)
        return false;
    if (is_number(name, &number))
        error = getpwuid_r((uid_t)number, &entry, memory, NAME_MEMORY, &found);
    else
        error = getpwnam_r(name, &entry, memory, NAME_MEMORY, &found);
    if (error == 0 && found != NULL && strlen(entry.pw_name) < sizeof out->name) {
        out->user  = entry.pw_uid;
        out->group = entry.pw_gid;
        snprintf(out->name, sizeof out->name, "%s", entry.pw_name);
    } else {
        found = NULL;
    }
    free(memory);
    return found != NULL;
}

static bool find_group(const char *name, gid_t *out)
{
    struct group entry, *found = NULL;
    char        *memory = malloc(NAME_MEMORY);
    unsigned     number;

    if (is_number(name, &number)) {
        *out = (gid_t)number;
        free(memory);
        return true;
    }
    if (memory != NULL && getgrnam_r(name, &entry, memory, NAME_MEMORY, &found) == 0 && found != NULL)
        *out = entry.gr_gid;
    free(memory);
    return found != NULL;
}

int identity_find(struct slice user, struct slice group, struct identity *out, char *problem, size_t problem_size)
{
    char name[64];

    if (!copy_name(user, name, sizeof name) || !find_user(name, out)) {
        snprintf(problem, problem_size, "there is no user %.*s on this host", SLICE_ARG(user));
        return -ERR_NOT_FOUND;
    }
    if (group.len == 0)
        return 0;
    if (copy_name(group, name, sizeof name) && find_group(name, &out->group))
        return 0;
    snprintf(problem, problem_size, "there is no group %.*s on this host", SLICE_ARG(group));
    return -ERR_NOT_FOUND;
}

bool privilege_is_root(void)
{
    return geteuid() == 0;
}

static bool is_now(const struct identity *who)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    return getresuid(&real, &effective, &saved) == 0 && real == who->user && effective == who->user &&
           saved == who->user && getresgid(&real_group, &effective_group, &saved_group) == 0 &&
           real_group == who->group && effective_group == who->group && saved_group == who->group;
}

/* The order matters: after the change of the user the groups cannot be changed. */
int privilege_drop(const struct identity *who)
{
    if (is_now(who))
        return 0;
    if (initgroups(who->name, who->group) != 0 || setresgid(who->group, who->group, who->group) != 0 ||
        setresuid(who->user, who->user, who->user) != 0)
        return -ERR_PERMISSION;
    if (who->user != 0 && setuid(0) == 0)
        return -ERR_PERMISSION; /* the kernel let us back */
    return is_now(who) ? 0 : -ERR_PERMISSION;
}

static void raise_limit(int resource)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit((__rlimit_resource_t)resource, &limit); /* the old one will do, too */
}

/* The leak checker of a sanitizer looks at its own process as a debugger does,
 * which a process that is not dumpable does not allow. */
#if defined(__SANITIZE_ADDRESS__)
enum { MAY_HIDE = false };
#else
enum { MAY_HIDE = true };
#endif

int privilege_harden(bool core_dumps)
{
    struct rlimit none = { 0, 0 };

    raise_limit(RLIMIT_NOFILE);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -ERR_PERMISSION;
    if (core_dumps) {
        raise_limit(RLIMIT_CORE);
        return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : -ERR_PERMISSION;
    }
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return -ERR_PERMISSION;
    return !MAY_HIDE || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -ERR_PERMISSION;
}

static int error_of(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return -ERR_NOT_FOUND;
    return number == EPERM || number == EACCES || number == EROFS || number == ELOOP ? -ERR_PERMISSION : -ERR_IO;
}

/* Only plain files and sockets with one name: a second name may be of somebody
 * else's file, put here to be given away. */
static int give_file(int fd, const struct identity *who)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return error_of(errno);
    if (!(S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode)) || st.st_nlink != 1)
        return 0;
    if (st.st_uid == who->user && st.st_gid == who->group)
        return 0;
    return fchownat(fd, "", who->user, who->group, AT_EMPTY_PATH) == 0 ? 0 : error_of(errno);
}

static int give_entry(int folder, const char *name, const struct identity *who)
{
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), error;

    if (fd < 0)
        return errno == ENOENT ? 0 : error_of(errno); /* gone meanwhile */
    error = give_file(fd, who);
    close(fd);
    return error;
}

int privilege_give(const char *folder, const struct identity *who)
{
    int  fd    = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list  = fd >= 0 ? fdopendir(fd) : NULL;
    int  error = 0;

    if (list == NULL) {
        error = error_of(errno);
        if (fd >= 0)
            close(fd);
        return error;
    }
    for (struct dirent *entry; error == 0 && (entry = readdir(list)) != NULL;)
        error = give_entry(fd, entry->d_name, who);
    if (error == 0 && fchown(fd, who->user, who->group) != 0)
        error = error_of(errno);
    closedir(list);
    return error;
}
