/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/supervisor.h"

#include "base/error.h"
#include "process/notify.h"
#include "process/restart.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    KILL_AFTER = 2000, /* ms that a SIGABRT has to end a child */
    FORK_AGAIN = 1000, /* ms, when there was no process to be had */
};

/* What a child says: the first byte of a packet. */
enum { SAY_READY = 'r', SAY_STOPPING = 's', SAY_WORDS = 'w' };

struct supervisor {
    const struct supervisor_options *options;
    struct restart                   restart;
    struct hearts                   *hearts;
    struct heart_watch               watch;
    struct notify                    notify;
    sigset_t                         before;  /* the mask we came with: a child's */
    int                              signals; /* signalfd */
    int                              pipe;    /* from the child; -1: none */
    pid_t                            child;   /* 0: none */
    bool                             stop_wanted, ended, is_child;
    int                              code;
    msec                             died_at, start_at, stop_at, kill_at, ping_at;
};

/* --- in the child --- */

void child_alone(struct child *c)
{
    *c = (struct child){ .pipe = -1 };
}

/* Room for one descriptor beside a packet. */
union passing {
    struct cmsghdr align;
    char           bytes[CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *m, union passing *p, int fd)
{
    struct cmsghdr *c;

    *p                = (union passing){ .bytes = { 0 } };
    m->msg_control    = p->bytes;
    m->msg_controllen = sizeof p->bytes;
    c                 = CMSG_FIRSTHDR(m);
    c->cmsg_level     = SOL_SOCKET;
    c->cmsg_type      = SCM_RIGHTS;
    c->cmsg_len       = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
}

static int say(const struct child *c, char what, const void *bytes, size_t size, int fd)
{
    struct iovec  parts[2] = { { &what, 1 }, { (void *)bytes, size } };
    struct msghdr m        = { .msg_iov = parts, .msg_iovlen = 2 };
    union passing passing;

    if (c->pipe < 0)
        return 0;
    if (fd >= 0)
        attach(&m, &passing, fd);
    if (sendmsg(c->pipe, &m, MSG_NOSIGNAL) >= 0)
        return 0;
    if (errno == EPIPE || errno == ECONNRESET)
        raise(SIGKILL); /* no parent: what child_follow_parent waits for is on its way */
    return -ERR_LIMIT;
}

void child_ready(const struct child *c)
{
    (void)say(c, SAY_READY, NULL, 0, -1);
}

void child_stopping(const struct child *c)
{
    (void)say(c, SAY_STOPPING, NULL, 0, -1);
}

int child_tell(const struct child *c, const void *bytes, size_t size, int fd)
{
    return size <= CHILD_WORDS ? say(c, SAY_WORDS, bytes, size, fd) : -ERR_LIMIT;
}

bool child_follow_parent(const struct child *c)
{
    if (c->pipe < 0)
        return true;
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == c->parent;
}

/* --- the parent --- */

static msec clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (msec)t.tv_sec * 1000 + (msec)t.tv_nsec / 1000000;
}

static void report(struct supervisor *s, struct supervisor_report r)
{
    r.restarts = s->restart.count;
    if (s->options->report != NULL)
        s->options->report(s->options->arg, &r);
}

static void close_pipe(struct supervisor *s)
{
    if (s->pipe >= 0)
        close(s->pipe);
    s->pipe = -1;
}

static int become_child(struct supervisor *s, int to_parent, pid_t parent)
{
    struct child c = { s->hearts, s->options->watchdog, s->restart.count, to_parent, parent };

    s->is_child = true;
    close_pipe(s);
    close(s->signals);
    s->signals = -1;
    notify_fini(&s->notify);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    s->ended = true;
    s->code  = child_follow_parent(&c) ? s->options->child(s->options->arg, &c) : 1;
    close(to_parent);
    return s->code;
}

/* No process to be had is no reason to end: it is tried again. */
static void start_child(struct supervisor *s, msec now)
{
    pid_t parent = getpid(), pid;
    int   ends[2];

    s->start_at = now + FORK_AGAIN;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return;
    hearts_clear(s->hearts);
    fflush(NULL); /* or both print it */
    pid     = fork();
    s->pipe = ends[0];
    if (pid == 0) {
        become_child(s, ends[1], parent);
        return;
    }
    close(ends[1]);
    if (pid < 0) {
        close_pipe(s);
        return;
    }
    s->child    = pid;
    s->start_at = s->kill_at = NEVER;
    restart_started(&s->restart);
    heart_watch_start(&s->watch, s->hearts, now);
}

static void on_ready(struct supervisor *s, msec now)
{
    bool again = s->restart.count > 0 && !s->restart.ready;

    restart_ready(&s->restart, now);
    if (again) {
        report(s,
               (struct supervisor_report){ .event = SUPERVISOR_RESTARTED, .pid = s->child, .delay = now - s->died_at });
        notify_status(&s->notify, "serving; started again %u times", s->restart.count);
        return;
    }
    notify_send(&s->notify, "READY=1\nSTATUS=serving");
}

static void on_stopping(struct supervisor *s, msec now)
{
    notify_send(&s->notify, "STOPPING=1\nSTATUS=finishing what is under way");
    if (s->options->patience > 0 && s->stop_at == NEVER)
        s->stop_at = now + s->options->patience;
}

static void hear(struct supervisor *s, const char *said, size_t size, int fd, msec now)
{
    switch (said[0]) {
    case SAY_READY:
        on_ready(s, now);
        break;
    case SAY_STOPPING:
        restart_stopping(&s->restart);
        on_stopping(s, now);
        break;
    case SAY_WORDS:
        if (s->options->hear != NULL) {
            s->options->hear(s->options->arg, said + 1, size - 1, fd);
            fd = -1;
        }
        break;
    }
    if (fd >= 0)
        close(fd);
}

/* The descriptor that came with a packet, or -1. */
static int passed(struct msghdr *m)
{
    struct cmsghdr *c  = CMSG_FIRSTHDR(m);
    int             fd = -1;

    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

static void listen_to_child(struct supervisor *s, msec now)
{
    char          said[1 + CHILD_WORDS];
    union passing passing;
    ssize_t       count;

    for (;;) {
        struct iovec  part = { said, sizeof said };
        struct msghdr m    = {
               .msg_iov = &part, .msg_iovlen = 1, .msg_control = passing.bytes, .msg_controllen = sizeof passing.bytes
        };

        count = s->pipe >= 0 ? recvmsg(s->pipe, &m, MSG_CMSG_CLOEXEC) : -1;
        if (count <= 0)
            break;
        hear(s, said, (size_t)count, passed(&m), now);
    }
    if (s->pipe >= 0 && (count == 0 || (errno != EAGAIN && errno != EINTR)))
        close_pipe(s);
}

/* Asked to end before it could listen to that: nothing was under way. */
static bool ended_as_asked(const struct supervisor *s, int signal)
{
    return s->stop_wanted && (signal == SIGTERM || signal == SIGINT);
}

static void on_end(struct supervisor *s, int status, msec now)
{
    int                     signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int                     code   = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    bool                    known  = s->restart.ever_ready;
    struct restart_decision d;

    if (s->stop_wanted)
        restart_stopping(&s->restart);
    d = restart_ended(&s->restart, code, signal, now);
    if (d.verdict == RESTART_AGAIN) {
        s->died_at  = now;
        s->start_at = now + d.delay;
        report(s, (struct supervisor_report){ SUPERVISOR_DIED, s->child, signal, code, 0, 0, d.delay });
        notify_status(&s->notify, "the server has ended (%s %d) and is started again", signal ? "signal" : "code",
                      signal ? signal : code);
    } else {
        s->ended = true;
        s->code  = ended_as_asked(s, signal) ? 0 : d.code;
        if (s->code != 0 && (signal != 0 || (known && !s->restart.stopping)))
            report(s, (struct supervisor_report){ SUPERVISOR_GAVE_UP, s->child, signal, code, 0, 0, 0 });
    }
    s->child   = 0;
    s->kill_at = NEVER;
}

static void reap(struct supervisor *s, msec now)
{
    int status;

    if (s->child == 0 || waitpid(s->child, &status, WNOHANG) != s->child)
        return;
    listen_to_child(s, now); /* its last words */
    close_pipe(s);
    on_end(s, status, now);
}

static void pass_on(struct supervisor *s, int number, msec now)
{
    if (number == SIGHUP && !s->restart.ready)
        return; /* it cannot listen yet, would die of it, and has just opened its files */
    if (number == SIGTERM || number == SIGINT) {
        s->stop_wanted = true;
        on_stopping(s, now);
    }
    if (s->child != 0)
        kill(s->child, number);
    else if (s->stop_wanted)
        s->ended = true;
}

static void take_signals(struct supervisor *s, msec now)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(s, now);
        else
            pass_on(s, (int)info.ssi_signo, now);
    }
}

/* A signal for one thread of the child; one that is stopped hears it when it goes on. */
static void abort_child(struct supervisor *s, pid_t thread, msec now)
{
    if (syscall(SYS_tgkill, s->child, thread, SIGABRT) != 0)
        kill(s->child, SIGABRT);
    kill(s->child, SIGCONT);
    s->kill_at = now + KILL_AFTER;
}

static void check_hearts(struct supervisor *s, msec now)
{
    int worker;

    if (s->options->watchdog == 0 || s->child == 0 || s->kill_at != NEVER)
        return;
    worker = heart_watch_overdue(&s->watch, s->options->watchdog, now);
    if (worker < 0)
        return;
    report(s, (struct supervisor_report){ .event = SUPERVISOR_HUNG, .pid = s->child, .worker = (unsigned)worker });
    abort_child(s, atomic_load(&s->hearts->of[worker].thread), now);
}

static void check_times(struct supervisor *s, msec now)
{
    check_hearts(s, now);
    if (s->child != 0 && now >= s->stop_at && s->kill_at == NEVER)
        abort_child(s, s->child, now);
    if (s->child != 0 && now >= s->kill_at) {
        kill(s->child, SIGKILL);
        s->kill_at = now + KILL_AFTER;
    }
    if (s->notify.watchdog > 0 && now >= s->ping_at) {
        if (s->kill_at == NEVER) /* not while a child hangs */
            notify_send(&s->notify, "WATCHDOG=1");
        s->ping_at = now + s->notify.watchdog / 2;
    }
    if (s->child == 0 && !s->ended && now >= s->start_at)
        start_child(s, now);
}

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

static int sleep_for(const struct supervisor *s, msec now)
{
    msec at = s->notify.watchdog > 0 ? s->ping_at : NEVER;

    if (s->child == 0)
        at = earlier(at, s->start_at);
    else
        at = earlier(at, earlier(s->kill_at, s->kill_at == NEVER ? s->stop_at : NEVER));
    if (s->child != 0 && s->options->watchdog > 0)
        at = earlier(at, now + s->options->watchdog / 4 + 1);
    if (at <= now)
        return 0;
    return at - now > 3600000 ? 3600000 : (int)(at - now);
}

static void turn(struct supervisor *s)
{
    msec          now       = clock_now();
    struct pollfd polled[2] = { { s->signals, POLLIN, 0 }, { s->pipe, POLLIN, 0 } };

    (void)poll(polled, s->pipe >= 0 ? 2 : 1, sleep_for(s, now)); /* an error is a turn without news */
    now = clock_now();
    listen_to_child(s, now);
    take_signals(s, now);
    check_times(s, now);
}

static int begin(struct supervisor *s)
{
    sigset_t ours;

    s->hearts = hearts_new();
    if (s->hearts == NULL)
        return -ERR_NO_MEMORY;
    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it: then no end is ever told */
    s->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0) {
        hearts_free(s->hearts);
        return -ERR_LIMIT;
    }
    sigprocmask(SIG_BLOCK, &ours, &s->before);
    notify_init(&s->notify);
    return 0;
}

/* Who was asked to end stays deaf to being asked again, which would kill him on his last steps. */
static void finish(struct supervisor *s)
{
    if (!s->is_child) {
        notify_fini(&s->notify);
        close(s->signals);
        if (!s->stop_wanted)
            sigprocmask(SIG_SETMASK, &s->before, NULL);
    }
    hearts_free(s->hearts);
}

int supervisor_run(const struct supervisor_options *options)
{
    struct supervisor s = {
        .options = options, .pipe = -1, .stop_at = NEVER, .kill_at = NEVER, .notify = { .fd = -1 }
    };
    int error = begin(&s);

    if (error != 0)
        return error;
    check_times(&s, clock_now()); /* the first child */
    while (!s.ended)
        turn(&s);
    finish(&s);
    return s.code;
}
