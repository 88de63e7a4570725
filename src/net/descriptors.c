/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/descriptors.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FIRST_PASSED = 3, /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
    MOST_PASSED  = 1024,
};

void descriptors_init(struct descriptors *d)
{
    *d = (struct descriptors){ .list = NULL, .lock = PTHREAD_MUTEX_INITIALIZER };
}

static void lock(struct descriptors *d)
{
    pthread_mutex_lock(&d->lock);
}

static void unlock(struct descriptors *d)
{
    pthread_mutex_unlock(&d->lock);
}

static void cut(struct descriptors *d, size_t count)
{
    lock(d);
    while (d->count > count)
        close(d->list[--d->count].fd);
    unlock(d);
}

void descriptors_fini(struct descriptors *d)
{
    cut(d, 0);
    free(d->list);
    descriptors_init(d);
}

static int duplicate(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return copy >= 0 ? copy : -ERR_LIMIT;
}

/* Takes the socket; without memory it is closed. */
static int add(struct descriptors *d, const struct descriptor *one)
{
    struct descriptor *list;

    lock(d);
    list = realloc(d->list, (d->count + 1) * sizeof *list);
    if (list != NULL) {
        d->list             = list;
        d->list[d->count++] = *one;
    }
    unlock(d);
    if (list != NULL)
        return 0;
    close(one->fd);
    return -ERR_NO_MEMORY;
}

/* --- from who started us --- */

static int option(int fd, int name)
{
    int       value = -1;
    socklen_t len   = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

static bool is_ours(int fd, struct descriptor *one)
{
    *one = (struct descriptor){ .type = option(fd, SO_TYPE), .fd = fd, .bound = socket_local(fd), .inherited = true };
    one->requested = one->bound;
    if (one->bound.family == FAMILY_NONE)
        return false;
    return one->type == SOCK_DGRAM || (one->type == SOCK_STREAM && option(fd, SO_ACCEPTCONN) == 1);
}

/* All of the text a number; -1 if it is not. */
static long number_of(const char *name)
{
    const char *text = getenv(name);
    char       *end;
    long        n;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    n     = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 ? n : -1;
}

static int take_in(struct descriptors *d, int fd, size_t *strange)
{
    struct descriptor one;

    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!is_ours(fd, &one)) {
        ++*strange;
        return 0;
    }
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (one.type == SOCK_DGRAM)
        socket_datagram_options(fd, &one.bound);
    return add(d, &one);
}

int descriptors_inherit(struct descriptors *d, size_t *strange)
{
    long count = number_of("LISTEN_FDS");
    bool ours  = number_of("LISTEN_PID") == (long)getpid();
    int  error = 0;

    *strange = 0;
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
    if (!ours || count > MOST_PASSED)
        return 0;
    for (int i = 0; error == 0 && i < count; i++)
        error = take_in(d, FIRST_PASSED + i, strange);
    return error;
}

/* --- bind --- */

/* The index of the inherited socket with this address, or the count. */
static size_t find_inherited(const struct descriptors *d, int type, const struct address *address)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct descriptor *one = &d->list[i];

        if (one->inherited && !one->claimed && one->type == type && address_eq(&one->bound, address))
            return i;
    }
    return d->count;
}

static int bind_first(struct descriptors *d, int type, const struct address *address)
{
    struct descriptor one = { .requested = *address, .type = type, .fd = socket_bound(type, address, false) };

    if (one.fd < 0)
        return one.fd;
    one.bound = socket_local(one.fd);
    return add(d, &one);
}

/* An inherited socket may belong to another user, whom the kernel lets nobody
 * join: then the workers share it. */
static int bind_another(struct descriptors *d, const struct descriptor *first, unsigned worker)
{
    struct descriptor one = { first->requested, first->bound, worker, first->type, -1, false, false };

    one.fd = socket_bound(first->type, &first->bound, true);
    if (one.fd == -ERR_IN_USE && first->inherited)
        one.fd = duplicate(first->fd);
    return one.fd < 0 ? one.fd : add(d, &one);
}

int descriptors_bind(struct descriptors *d, int type, const struct address *address, unsigned workers)
{
    size_t            before = d->count, at = find_inherited(d, type, address);
    struct descriptor first;
    int               on = 1, error = at < before ? 0 : bind_first(d, type, address);

    if (error != 0)
        return error;
    first = d->list[at]; /* a copy: the list moves while it grows */
    if (workers > 1 && setsockopt(first.fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 && !first.inherited)
        error = -ERR_LIMIT;
    for (unsigned worker = 1; error == 0 && worker < workers; worker++)
        error = bind_another(d, &first, worker);
    if (error != 0)
        cut(d, before);
    else
        d->list[at].claimed = first.inherited;
    return error;
}

static bool is_it(const struct descriptor *one, int type, const struct address *address)
{
    return one->type == type && address_eq(&one->requested, address);
}

bool descriptors_has(const struct descriptors *d, int type, const struct address *address)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].worker == 0 && (!d->list[i].inherited || d->list[i].claimed) &&
            is_it(&d->list[i], type, address))
            return true;
    return false;
}

/* The inherited socket with this address; NULL: there is none. */
static struct descriptor *inherited_one(const struct descriptors *d, int type, const struct address *address)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].inherited && is_it(&d->list[i], type, address))
            return &d->list[i];
    return NULL;
}

int descriptors_take(struct descriptors *d, const struct descriptor *one)
{
    struct descriptor *first = one->inherited ? NULL : inherited_one(d, one->type, &one->requested);

    if (first != NULL)
        first->claimed = true;
    return add(d, one);
}

void descriptors_drop(struct descriptors *d, int type, const struct address *address)
{
    bool   theirs = inherited_one(d, type, address) != NULL; /* then ours may be a duplicate of it */
    size_t kept   = 0;

    lock(d);
    for (size_t i = 0; i < d->count; i++) {
        struct descriptor *one = &d->list[i];

        if (one->inherited && is_it(one, type, address))
            one->claimed = false;
        if (!one->inherited && is_it(one, type, address)) {
            if (type == SOCK_STREAM && !theirs)
                (void)shutdown(one->fd, SHUT_RDWR); /* whoever else has it: nobody would accept any more */
            close(one->fd);
        } else {
            d->list[kept++] = *one;
        }
    }
    d->count = kept;
    unlock(d);
}

/* The worker's own, or -1. */
static int find(const struct descriptors *d, unsigned worker, int type, const struct address *address)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct descriptor *one = &d->list[i];

        if (one->worker != worker || one->type != type || (one->inherited && !one->claimed))
            continue;
        if (address_eq(&one->requested, address) || address_eq(&one->bound, address))
            return one->fd;
    }
    return -1;
}

bool descriptors_are_shared(struct descriptors *d, int type, const struct address *address)
{
    bool bound = false, inherited = false;

    if (d == NULL)
        return true;
    lock(d);
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].type == type && address_eq(&d->list[i].bound, address)) {
            bound     = true;
            inherited = inherited || d->list[i].inherited;
        }
    unlock(d);
    return !bound || inherited;
}

int descriptors_open(struct descriptors *d, unsigned worker, int type, const struct address *address)
{
    int fd = -1, copy = -1;

    if (d != NULL) {
        lock(d);
        fd   = find(d, worker, type, address);
        copy = fd >= 0 ? duplicate(fd) : -1;
        unlock(d);
    }
    return fd >= 0 ? copy : socket_bound(type, address, false);
}
