/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/password.h"

#include "cmd/exit_code.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static int complain(const char *name, const char *text)
{
    fprintf(stderr, "ahoy %s: %s\n", name, text);
    return EXIT_USAGE;
}

/* False if a signal came first.  `signals` -1: there are none to wait for. */
static bool wait_for(int fd, int signals)
{
    struct pollfd both[2] = { { .fd = fd, .events = POLLIN }, { .fd = signals, .events = POLLIN } };

    while (poll(both, 2, -1) < 0 && errno == EINTR)
        ;
    return both[1].revents == 0;
}

/* Up to the line end, which is left out.  False at the end of the input, when
 * interrupted, or if it is too long (the rest of the line is read all the same). */
static bool read_line(int fd, int signals, char line[PASSWORD_SIZE])
{
    size_t len = 0;

    for (;;) {
        char    byte;
        ssize_t got = wait_for(fd, signals) ? read(fd, &byte, 1) : 0;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 && len == 0)
            return false;
        if (got <= 0 || byte == '\n')
            break;
        if (len < PASSWORD_SIZE)
            line[len] = byte;
        len += len < PASSWORD_SIZE;
    }
    if (len > 0 && len < PASSWORD_SIZE && line[len - 1] == '\r')
        len--;
    if (len >= PASSWORD_SIZE)
        return false;
    line[len] = '\0';
    return true;
}

/* The terminal, and the signals that would otherwise end us with its echo off. */
struct prompt {
    const char    *name;
    int            tty, signals;
    struct termios before;
    sigset_t       mask;
};

static bool ask(const struct prompt *p, const char *text, char line[PASSWORD_SIZE])
{
    bool read;

    (void)!write(p->tty, text, strlen(text));
    read = read_line(p->tty, p->signals, line);
    (void)!write(p->tty, "\n", 1);
    return read;
}

static bool interrupted(const struct prompt *p)
{
    struct pollfd one = { .fd = p->signals, .events = POLLIN };

    return poll(&one, 1, 0) > 0;
}

static int ask_twice(const struct prompt *p, char password[PASSWORD_SIZE])
{
    char again[PASSWORD_SIZE];
    bool asked = ask(p, "Password: ", password), asked_again = asked && ask(p, "Once more: ", again);
    bool same = asked_again && strcmp(password, again) == 0;

    password_forget(again);
    if (interrupted(p))
        return EXIT_INTERRUPTED;
    if (!asked_again)
        return complain(p->name, "no password was given, or it is too long");
    return same ? EXIT_OK : complain(p->name, "the two passwords differ; nothing was changed");
}

/* The signals come through a descriptor while the echo is off. */
static bool prompt_open(struct prompt *p)
{
    struct termios quiet;
    sigset_t       set;

    p->tty     = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    p->signals = -1;
    if (p->tty < 0 || tcgetattr(p->tty, &p->before) != 0)
        return false;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signals < 0)
        return false;
    sigaddset(&set, SIGTSTP); /* no stopping half-way: the shell would have no echo */
    sigprocmask(SIG_BLOCK, &set, &p->mask);
    quiet = p->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    tcsetattr(p->tty, TCSAFLUSH, &quiet);
    return true;
}

static void prompt_close(struct prompt *p)
{
    struct signalfd_siginfo info;

    tcsetattr(p->tty, TCSAFLUSH, &p->before);
    while (read(p->signals, &info, sizeof info) > 0)
        ; /* taken: the exit code tells of them */
    sigprocmask(SIG_SETMASK, &p->mask, NULL);
}

static int from_terminal(const char *name, char password[PASSWORD_SIZE])
{
    struct prompt p = { .name = name };
    int           code;

    if (prompt_open(&p)) {
        code = ask_twice(&p, password);
        prompt_close(&p);
    } else {
        code = complain(name, "there is no terminal to ask on: use --password-stdin or --generate");
    }
    if (p.tty >= 0)
        close(p.tty);
    if (p.signals >= 0)
        close(p.signals);
    return code;
}

static int from_stdin(const char *name, char password[PASSWORD_SIZE])
{
    if (read_line(STDIN_FILENO, -1, password))
        return EXIT_OK;
    return complain(name, "stdin holds no line with a password, or it is too long");
}

/* 32 letters and digits that are not taken for each other: 5 bits each. */
static int generate(const char *name, char password[PASSWORD_SIZE])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char     bytes[PASSWORD_GENERATED];

    _Static_assert(sizeof letters - 1 == 32, "five bits");
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        complain(name, "the kernel has no random numbers");
        return EXIT_ERROR;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        password[i] = letters[bytes[i] % 32];
    password[sizeof bytes] = '\0';
    explicit_bzero(bytes, sizeof bytes);
    return EXIT_OK;
}

int password_get(const char *name, enum password_source source, char password[PASSWORD_SIZE])
{
    int code = EXIT_ERROR;

    password[0] = '\0';
    switch (source) {
    case PASSWORD_TERMINAL:
        code = from_terminal(name, password);
        break;
    case PASSWORD_STDIN:
        code = from_stdin(name, password);
        break;
    case PASSWORD_GENERATE:
        code = generate(name, password);
        break;
    }
    if (code == EXIT_OK && password[0] == '\0')
        code = complain(name, "the password is empty");
    return code;
}

void password_forget(char password[PASSWORD_SIZE])
{
    explicit_bzero(password, PASSWORD_SIZE);
}
