/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/secret_file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(char *why, size_t size, int error, const char *path, const char *what)
{
    snprintf(why, size, "%.100s: %s", path, what);
    return error;
}

static int check(int fd, const char *path, char *why, size_t size)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return refuse(why, size, -ERR_IO, path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return refuse(why, size, -ERR_IO, path, "not a regular file");
    if ((facts.st_mode & 077) != 0)
        return refuse(why, size, -ERR_PERMISSION, path, "holds a password but others may read it: chmod 600");
    return 0;
}

static int read_first_line(int fd, const char *path, char secret[SECRET_SIZE], char *why, size_t size)
{
    ssize_t len = read(fd, secret, SECRET_SIZE);
    char   *end;

    if (len < 0)
        return refuse(why, size, -ERR_IO, path, strerror(errno));
    end = memchr(secret, '\n', (size_t)len);
    if (end == NULL && len == SECRET_SIZE)
        return refuse(why, size, -ERR_TOO_LARGE, path, "its first line is too long for a password");
    if (end == NULL)
        end = secret + len;
    if (end > secret && end[-1] == '\r')
        end--;
    *end = '\0';
    return end > secret ? 0 : refuse(why, size, -ERR_SYNTAX, path, "its first line is empty");
}

int secret_file_read(const char *path, char secret[SECRET_SIZE], char *why, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int error;

    if (fd < 0)
        return refuse(why, size, errno == ENOENT ? -ERR_NOT_FOUND : -ERR_PERMISSION, path, strerror(errno));
    error = check(fd, path, why, size);
    if (error == 0)
        error = read_first_line(fd, path, secret, why, size);
    close(fd);
    return error;
}
