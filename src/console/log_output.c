/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream is written to in pieces that one poll() has promised room for. */
enum { PIECE = PIPE_BUF, LAST_WAIT = 2000 /* ms for a slow reader at the end */ };

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static bool is_regular(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

/* JOURNAL_STREAM is "device:inode" of the socket; it is inherited by programs whose
 * stderr goes elsewhere, so it is compared. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char        own[64];
    struct stat s;

    if (stream == NULL || fstat(fd, &s) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)s.st_dev, (uintmax_t)s.st_ino);
    return strcmp(stream, own) == 0;
}

int log_output_open(struct log_output *o, const char *path)
{
    *o = (struct log_output){ .fd = STDERR_FILENO, .interrupt = -1 };
    if (path != NULL) {
        o->path = strdup(path);
        o->fd   = o->path != NULL ? open_file(path) : -1;
        if (o->fd < 0) {
            int number = o->path != NULL ? errno : ENOMEM;

            free(o->path);
            o->path = NULL;
            return number;
        }
    }
    o->journal = is_journal(o->fd);
    o->regular = is_regular(o->fd);
    return 0;
}

void log_output_close(struct log_output *o)
{
    if (o->path != NULL)
        close(o->fd);
    free(o->path);
    o->path = NULL;
    o->fd   = -1;
}

/* The number of the descriptor stays: a crash handler may hold it. */
int log_output_reopen(struct log_output *o)
{
    int fd = o->path != NULL ? open_file(o->path) : -1;

    if (o->path == NULL)
        return 0;
    if (fd < 0)
        return errno;
    if (dup3(fd, o->fd, O_CLOEXEC) < 0) {
        int number = errno;

        close(fd);
        return number;
    }
    close(fd);
    o->regular = is_regular(o->fd);
    o->torn    = false;
    return 0;
}

/* True: some can be written now.  After an interruption the reader gets a last while. */
static bool wait_for_reader(struct log_output *o)
{
    struct pollfd fds[2] = { { .fd = o->fd, .events = POLLOUT }, { .fd = o->interrupt, .events = POLLIN } };
    int           n;

    do
        n = poll(fds, 2, -1);
    while (n < 0 && errno == EINTR);
    if (n > 0 && fds[0].revents == 0) {
        do
            n = poll(fds, 1, o->given_up ? 0 : LAST_WAIT);
        while (n < 0 && errno == EINTR);
        o->given_up = n <= 0;
        errno       = ETIMEDOUT;
    }
    return n > 0;
}

/* What of `text` was written; errno says why it is less. */
static size_t write_some(struct log_output *o, struct slice text)
{
    size_t done = 0;

    while (done < text.len) {
        size_t  piece = o->regular || text.len - done < PIECE ? text.len - done : PIECE;
        ssize_t n;

        if (!o->regular && !wait_for_reader(o))
            break;
        n = write(o->fd, text.ptr + done, piece);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static void lose(struct log_output *o, struct slice rest, int number)
{
    if (o->lost == 0)
        o->lost_by = number;
    for (size_t i = 0; i < rest.len; i++)
        o->lost += rest.ptr[i] == '\n';
}

bool log_output_write(struct log_output *o, struct slice lines)
{
    size_t done;

    if (lines.len == 0)
        return true;
    if (o->torn && write_some(o, SLICE("\n")) == 1)
        o->torn = false;
    if (o->torn) {
        lose(o, lines, errno);
        return false;
    }
    done = write_some(o, lines);
    if (done == lines.len)
        return true;
    lose(o, (struct slice){ lines.ptr + done, lines.len - done }, errno);
    o->torn = done > 0 && lines.ptr[done - 1] != '\n';
    return false;
}

struct slice log_output_priority(enum log_level level)
{
    static const struct slice priorities[] = {
        [LOG_DEBUG] = SLICE_INIT("<7>"),   [LOG_INFO] = SLICE_INIT("<6>"),  [LOG_NOTICE] = SLICE_INIT("<5>"),
        [LOG_WARNING] = SLICE_INIT("<4>"), [LOG_ERROR] = SLICE_INIT("<3>"),
    };

    return priorities[level];
}
