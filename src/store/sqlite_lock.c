/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_lock.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int error_of_errno(int cause)
{
    switch (cause) {
    case EACCES:
    case EPERM:
    case EROFS:
        return -ERR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return -ERR_DISK_FULL;
    case ENAMETOOLONG:
        return -ERR_TOO_LARGE;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    case EEXIST:
        return -ERR_EXISTS;
    case ENOENT:
        return -ERR_NOT_FOUND;
    }
    return -ERR_IO;
}

void lock_file_init(struct lock_file *l)
{
    l->fd = -1;
}

/* The entry of `path` in its folder is on the disk, too. */
static void sync_parent(const char *path)
{
    char  folder[LOCK_FILE_PATH];
    char *slash;
    int   fd;

    strcpy(folder, path);
    slash = strrchr(folder, '/');
    if (slash == NULL)
        strcpy(folder, ".");
    else
        slash[slash == folder] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return; /* a folder that may not be read: nothing more can be done */
    (void)fsync(fd);
    close(fd);
}

/* Every missing folder above `path`, for the owner alone. */
static int make_folders(const char *path)
{
    char folder[LOCK_FILE_PATH];

    if (strlen(path) >= sizeof folder)
        return -ERR_TOO_LARGE;
    strcpy(folder, path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) == 0)
            sync_parent(folder);
        else if (errno != EEXIST)
            return error_of_errno(errno);
        *slash = '/';
    }
    return 0;
}

int lock_file_touch(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_of_errno(errno);
    close(fd);
    sync_parent(path);
    return 0;
}

/* Who holds it: the process id that the owner wrote, 0 if unreadable. */
static long owner_of(int fd)
{
    char    text[32] = "";
    ssize_t got      = pread(fd, text, sizeof text - 1, 0);

    return got > 0 ? strtol(text, NULL, 10) : 0;
}

static int take(struct lock_file *l, const char *path, char *problem, size_t problem_size)
{
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (l->fd < 0)
        return error_of_errno(errno);
    if (flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
        int cause = errno;

        if (cause == EWOULDBLOCK)
            snprintf(problem, problem_size,
                     "%.*s is in use by another ahoy (process %ld): stop it, or let it do the work (commands reach a "
                     "running server by its control socket)",
                     (int)(strlen(path) - strlen(".lock")), path, owner_of(l->fd));
        lock_file_drop(l);
        return cause == EWOULDBLOCK ? -ERR_LOCKED : error_of_errno(cause);
    }
    if (ftruncate(l->fd, 0) == 0) /* the id is a courtesy: a full disk must not keep the file shut */
        (void)dprintf(l->fd, "%ld\n", (long)getpid());
    return 0;
}

int lock_file_take(struct lock_file *l, const char *path, char *problem, size_t problem_size)
{
    char lock[LOCK_FILE_PATH];
    int  error = make_folders(path);

    if (error == 0 && snprintf(lock, sizeof lock, "%s.lock", path) >= (int)sizeof lock)
        error = -ERR_TOO_LARGE;
    if (error == 0)
        error = take(l, lock, problem, problem_size);
    if (error == 0)
        error = lock_file_touch(path);
    if (error != 0 && problem[0] == '\0')
        snprintf(problem, problem_size,
                 "cannot make or open the database %s: %s; give this user the right to write there, or choose another "
                 "state folder",
                 path, error_text(error));
    if (error != 0)
        lock_file_drop(l);
    return error;
}

void lock_file_drop(struct lock_file *l)
{
    if (l->fd >= 0)
        close(l->fd); /* the file stays: removing it would race with the next opener */
    l->fd = -1;
}

/* rename(2) that fails instead of replacing. */
static int move(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EINVAL || errno == ENOSYS) { /* a file system without the flag */
        if (link(from, to) != 0)
            return error_of_errno(errno);
        return unlink(from) == 0 ? 0 : error_of_errno(errno);
    }
    return error_of_errno(errno);
}

/* Everything, on the disk. */
static int copy_bytes(int from, int to)
{
    static const size_t piece = 1 << 20;
    ssize_t             got;

    while ((got = sendfile(to, from, NULL, piece)) > 0)
        ;
    return got == 0 && fsync(to) == 0 ? 0 : error_of_errno(errno);
}

/* Copy that fails instead of replacing, and leaves no half of one. */
static int copy(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out, error;

    if (in < 0)
        return error_of_errno(errno);
    out   = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    error = out < 0 ? error_of_errno(errno) : copy_bytes(in, out);
    if (out >= 0 && error != 0)
        unlink(to);
    if (out >= 0)
        close(out);
    close(in);
    return error;
}

typedef int set_aside_fn(const char *from, const char *to);

static int set_aside_beside(set_aside_fn *fn, const char *path, const char *aside, const char *suffix)
{
    char from[LOCK_FILE_PATH], to[LOCK_FILE_PATH];
    int  error;

    if (snprintf(from, sizeof from, "%s%s", path, suffix) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s%s", aside, suffix) >= (int)sizeof to)
        return -ERR_TOO_LARGE;
    error = fn(from, to);
    return error == -ERR_NOT_FOUND ? 0 : error;
}

/* Under the first name of today that is free. */
static int set_aside(set_aside_fn *fn, const char *path, char *aside, size_t aside_size)
{
    enum { TRIES = 100 };
    time_t    now = time(NULL);
    struct tm date;
    char      stamp[32];
    int       error = -ERR_EXISTS;

    gmtime_r(&now, &date);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &date);
    for (int i = 0; i < TRIES && error == -ERR_EXISTS; i++) {
        char number[16] = "";

        if (i > 0)
            snprintf(number, sizeof number, ".%d", i);
        if (snprintf(aside, aside_size, "%s.damaged-%s%s", path, stamp, number) >= (int)aside_size)
            return -ERR_TOO_LARGE;
        error = fn(path, aside);
    }
    return error;
}

int lock_file_move_damaged(const char *path, char *moved, size_t moved_size)
{
    int error = set_aside(move, path, moved, moved_size);

    /* The log belongs to the damaged file: a new one must not replay it. */
    if (error == 0)
        error = set_aside_beside(move, path, moved, "-wal");
    if (error == 0)
        error = set_aside_beside(move, path, moved, "-shm");
    sync_parent(path);
    return error;
}

int lock_file_copy_damaged(const char *path, char *copied, size_t copied_size)
{
    int error = set_aside(copy, path, copied, copied_size);

    if (error == 0)
        error = set_aside_beside(copy, path, copied, "-wal");
    sync_parent(path);
    return error;
}
