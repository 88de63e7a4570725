/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_TEXT = 512 };

/* A path, or with '@' first a name in the abstract namespace.  What is neither
 * (vsock:...) is for others than us. */
static int connect_to(const char *name)
{
    struct sockaddr_un to  = { .sun_family = AF_UNIX };
    size_t             len = name != NULL ? strlen(name) : 0;
    int                fd;

    if (len == 0 || len >= sizeof to.sun_path || (name[0] != '/' && name[0] != '@'))
        return -1;
    memcpy(to.sun_path, name, len);
    if (name[0] == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
        return fd;
    close(fd);
    return -1;
}

static unsigned long long number_of(const char *name)
{
    const char        *text = getenv(name);
    char              *end;
    unsigned long long n;

    if (text == NULL || *text < '0' || *text > '9')
        return 0;
    errno = 0;
    n     = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 ? n : 0;
}

/* WATCHDOG_PID, if there is one, says whom the watchdog is for. */
static msec read_watchdog(void)
{
    bool ours = getenv("WATCHDOG_PID") == NULL || number_of("WATCHDOG_PID") == (unsigned long long)getpid();

    return ours ? number_of("WATCHDOG_USEC") / 1000 : 0;
}

void notify_init(struct notify *n)
{
    n->fd       = connect_to(getenv("NOTIFY_SOCKET"));
    n->watchdog = n->fd >= 0 ? read_watchdog() : 0;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_fini(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

void notify_send(const struct notify *n, const char *text)
{
    if (n->fd >= 0)
        (void)send(n->fd, text, strlen(text), MSG_NOSIGNAL);
}

void notify_status(const struct notify *n, const char *format, ...)
{
    char    text[STATUS_TEXT] = "STATUS=";
    size_t  used              = strlen(text);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text + used, sizeof text - used, format, args);
    va_end(args);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';
    notify_send(n, text);
}
