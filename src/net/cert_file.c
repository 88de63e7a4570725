/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int error_of_errno(int cause)
{
    switch (cause) {
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
    case EFBIG:
        return -ERR_DISK_FULL;
    case ENAMETOOLONG:
        return -ERR_TOO_LARGE;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    case EEXIST:
        return -ERR_EXISTS;
    }
    return -ERR_IO;
}

/* ---- writing ---- */

/* The entry of `path` in its folder is on the disk, too.  A folder that may not be
 * read: nothing more can be done. */
static void sync_parent(const char *path)
{
    char  folder[PATH_MAX];
    char *slash;
    int   fd;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash == NULL)
        strcpy(folder, ".");
    else
        slash[slash == folder] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_of_errno(errno);
        text += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0 ? 0 : error_of_errno(errno);
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static int put_in_place(const char *fresh, const char *path, bool replace)
{
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0)
        return 0;
    if (replace || (errno != EINVAL && errno != ENOSYS))
        return error_of_errno(errno);
    /* A file system without the flag: link(2) does not replace either. */
    if (link(fresh, path) != 0)
        return error_of_errno(errno);
    unlink(fresh);
    return 0;
}

int cert_write_text(const char *path, const char *text, unsigned mode, bool replace)
{
    char fresh[PATH_MAX];
    int  fd, error;

    if (!replace && exists(path))
        return -ERR_EXISTS;
    if (snprintf(fresh, sizeof fresh, "%s.XXXXXX", path) >= (int)sizeof fresh)
        return -ERR_TOO_LARGE;
    fd = mkostemp(fresh, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return error_of_errno(errno);
    error = write_all(fd, text, strlen(text));
    if (error == 0 && fchmod(fd, (mode_t)mode) != 0)
        error = error_of_errno(errno);
    if (close(fd) != 0 && error == 0)
        error = error_of_errno(errno);
    if (error == 0)
        error = put_in_place(fresh, path, replace);
    if (error == 0)
        sync_parent(path);
    else
        unlink(fresh);
    return error;
}

int cert_write(const struct cert_pair *p, const char *certificate_path, const char *key_path, bool replace)
{
    int error;

    if (!replace && (exists(certificate_path) || exists(key_path)))
        return -ERR_EXISTS;
    error = cert_write_text(key_path, p->key, 0600, replace);
    if (error == 0)
        error = cert_write_text(certificate_path, p->certificate, 0644, replace);
    return error;
}

/* ---- reading ---- */

/* Not from a pipe or a device, which may never end. */
static int read_fd(int fd, char *text, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, text + *len, size - *len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_of_errno(errno);
        if (got == 0)
            return 0;
        *len += (size_t)got;
    }
    return -ERR_TOO_LARGE;
}

static int read_regular(int fd, char **text, size_t *len)
{
    struct stat st;
    size_t      size;
    int         error;

    if (fstat(fd, &st) != 0)
        return error_of_errno(errno);
    if (!S_ISREG(st.st_mode))
        return -ERR_PERMISSION;
    if (st.st_size > CERT_FILE_MAX)
        return -ERR_TOO_LARGE;
    size  = (size_t)st.st_size + 1;
    *text = malloc(size);
    if (*text == NULL)
        return -ERR_NO_MEMORY;
    error = read_fd(fd, *text, size, len);
    if (error == 0) {
        (*text)[*len] = '\0';
        return 0;
    }
    explicit_bzero(*text, size);
    free(*text);
    *text = NULL;
    return error;
}

int cert_read_text(const char *path, char **text, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;

    *text = NULL;
    *len  = 0;
    if (fd < 0)
        return error_of_errno(errno);
    error = read_regular(fd, text, len);
    close(fd);
    return error;
}

int cert_read_pair(const char *certificate_path, const char *key_path, struct cert_pair *out)
{
    size_t len;
    int    error;

    *out  = (struct cert_pair){ NULL, NULL };
    error = cert_read_text(certificate_path, &out->certificate, &len);
    return error == 0 ? cert_read_text(key_path, &out->key, &len) : error;
}
