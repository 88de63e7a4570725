/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/supervisor.h"

#include "support/test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WATCHDOG = 400 };

static char told[4096]; /* what was reported, a word each    */
static int  code;       /* of the whole program              */
static int  out;        /* where reports and children write  */
static msec patience;
static int  go_ahead; /* a pipe to the child */
static bool again;    /* the parent is asked to end once more when it has seen the end of its child */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    char    text[128];
    va_list args;
    int     len;

    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (write(out, text, (size_t)len) != len)
        _exit(99);
}

static void on_report(void *arg, const struct supervisor_report *r)
{
    (void)arg;
    switch (r->event) {
    case SUPERVISOR_DIED:
        say("died:%d/%d ", r->signal, r->code);
        break;
    case SUPERVISOR_HUNG:
        say("hung:%u ", r->worker);
        break;
    case SUPERVISOR_RESTARTED:
        say("restarted:%u ", r->restarts);
        break;
    case SUPERVISOR_GAVE_UP:
        say("gave-up:%d/%d ", r->signal, r->code);
        break;
    }
}

/* With a descriptor: what can be read from it. */
static void on_words(void *arg, const void *bytes, size_t size, int fd)
{
    char    text[32];
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text) : 0;

    (void)arg;
    say("told:%.*s/%.*s ", (int)size, (const char *)bytes, (int)len, text);
    if (fd >= 0)
        close(fd);
}

/* --- children --- */

/* The parent is to hear all of it, and before it hears that the child has ended. */
static int tell_and_end(void *arg, struct child *c)
{
    int  ends[2];
    char longer[CHILD_WORDS + 1] = "";

    (void)arg;
    child_ready(c);
    if (pipe(ends) != 0 || write(ends[1], "inside", 6) != 6)
        return 9;
    if (child_tell(c, "one", 3, -1) != 0 || child_tell(c, "two", 3, ends[0]) != 0 || child_tell(c, "", 0, -1) != 0 ||
        child_tell(c, longer, sizeof longer, -1) == 0)
        return 8;
    return 0;
}

static int die_once(void *arg, struct child *c)
{
    (void)arg;
    child_ready(c);
    if (c->restarts == 0)
        raise(SIGKILL);
    child_stopping(c);
    return 7;
}

static int fail_at_once(void *arg, struct child *c)
{
    (void)arg;
    (void)c;
    return 12;
}

static int end_by_itself(void *arg, struct child *c)
{
    (void)arg;
    child_ready(c);
    return c->restarts == 0 ? 3 : 0;
}

static volatile sig_atomic_t asked;

static void on_asked(int number)
{
    asked = number;
}

/* The signals come only inside of sigsuspend: none is missed. */
static void wait_for_signal(const struct child *c)
{
    struct sigaction action = { .sa_handler = on_asked };
    sigset_t         all, before;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    child_ready(c);
    say("child:%d ", (int)getpid());
    while (!asked)
        sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int serve_until_asked(void *arg, struct child *c)
{
    (void)arg;
    wait_for_signal(c);
    child_stopping(c);
    return 5;
}

static int name_the_signal(void *arg, struct child *c)
{
    (void)arg;
    wait_for_signal(c);
    say("heard:%d ", (int)asked);
    return 0;
}

static int never_end(void *arg, struct child *c)
{
    (void)arg;
    wait_for_signal(c);
    for (;;)
        pause();
    return 0;
}

/* Asked by others than signals: `ahoy stop`. */
static int say_that_it_ends_and_hang(void *arg, struct child *c)
{
    (void)arg;
    child_ready(c);
    child_stopping(c);
    for (;;)
        pause();
    return 0;
}

/* Not ready before its parent has been sent SIGHUP, of which it would die. */
static int start_slowly(void *arg, struct child *c)
{
    char go;

    say("child:%d ", (int)getpid());
    if (read(*(const int *)arg, &go, 1) != 1)
        return 9;
    child_ready(c);
    return 0;
}

static int hang_once(void *arg, struct child *c)
{
    (void)arg;
    if (c->restarts == 0) {
        atomic_store(&c->hearts->of[1].thread, (int32_t)gettid());
        atomic_store(&c->hearts->of[1].beats, 1);
        child_ready(c);
        for (;;)
            pause();
    }
    child_ready(c);
    return 0;
}

static int follow(void *arg, struct child *c)
{
    int number = 0;

    (void)arg;
    say("%s ", prctl(PR_GET_PDEATHSIG, &number) == 0 && number == SIGKILL ? "follows" : "does-not");
    child_ready(c);
    return getppid() == c->parent ? 0 : 1;
}

/* --- the program, in a process of its own --- */

/* Parent and children. */
static int run_supervisor(const struct supervisor_options *options)
{
    pid_t parent = getpid();
    int   result = supervisor_run(options);

    if (again && getpid() == parent)
        kill(parent, SIGTERM);
    return result;
}

static int start(int (*child)(void *arg, struct child *c), pid_t *program)
{
    const struct supervisor_options options = { child, on_report, on_words, &go_ahead, WATCHDOG, patience };
    int                             ends[2];

    CHECK_INT(0, pipe(ends));
    *program = fork();
    if (*program == 0) {
        close(ends[0]);
        out = ends[1];
        _exit(run_supervisor(&options));
    }
    close(ends[1]);
    told[0] = '\0';
    return ends[0];
}

/* Read what is said until it contains `word`; NULL: until all have ended. */
static void hear(int from, const char *word)
{
    size_t len = strlen(told);

    while (word == NULL || strstr(told, word) == NULL) {
        ssize_t got = read(from, told + len, sizeof told - 1 - len);

        if (got <= 0)
            break;
        len += (size_t)got;
        told[len] = '\0';
    }
    if (word != NULL && strstr(told, word) == NULL)
        fail_msg("no \"%s\" in \"%s\"", word, told);
}

static void finish(int from, pid_t program)
{
    int status;

    hear(from, NULL);
    close(from);
    CHECK_INT(program, waitpid(program, &status, 0));
    CHECK(WIFEXITED(status));
    code = WEXITSTATUS(status);
}

static void run(int (*child)(void *arg, struct child *c))
{
    pid_t program;
    int   from = start(child, &program);

    finish(from, program);
}

TEST(a_child_that_dies_is_started_again)
{
    run(die_once);
    CHECK_SLICE("died:9/0 restarted:1 ", slice_from(told));
    CHECK_INT(7, code);
}

TEST(a_start_that_fails_is_the_end_with_its_code)
{
    run(fail_at_once);
    CHECK_SLICE("", slice_from(told));
    CHECK_INT(12, code);
}

TEST(a_code_that_nobody_asked_for_is_a_reason_to_start_again)
{
    run(end_by_itself);
    CHECK_SLICE("died:0/3 restarted:1 ", slice_from(told));
    CHECK_INT(0, code);
}

TEST(sigterm_ends_the_child_and_its_code_is_ours)
{
    pid_t program;
    int   from = start(serve_until_asked, &program);

    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGTERM));
    finish(from, program);
    CHECK_INT(5, code);
}

TEST(who_is_asked_to_end_once_more_while_he_ends_has_been_asked_already)
{
    pid_t program;
    int   from;

    again = true;
    from  = start(serve_until_asked, &program);
    again = false;
    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGTERM));
    finish(from, program);
    CHECK_INT(5, code);
}

TEST(sighup_is_passed_on)
{
    pid_t program;
    int   from = start(name_the_signal, &program);

    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGHUP));
    finish(from, program);
    CHECK(strstr(told, "heard:1 ") != NULL);
    CHECK_INT(0, code);
}

/* The parent has read its signals when the kernel has none left for it. */
static void wait_for_no_pending_signal(pid_t pid)
{
    char               path[64], line[256];
    unsigned long long pending = 1;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    while (pending != 0) {
        FILE *file = fopen(path, "re");

        assert_non_null(file);
        while (fgets(line, sizeof line, file) != NULL && sscanf(line, "ShdPnd: %llx", &pending) != 1)
            ;
        fclose(file);
        sched_yield();
    }
}

TEST(sighup_for_a_child_that_is_not_ready_is_dropped)
{
    pid_t program;
    int   ends[2], from;

    CHECK_INT(0, pipe(ends));
    go_ahead = ends[0];
    from     = start(start_slowly, &program);
    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGHUP));
    wait_for_no_pending_signal(program);
    CHECK_INT(1, write(ends[1], "g", 1));
    finish(from, program);
    close(ends[0]);
    close(ends[1]);
    CHECK(strstr(told, "died") == NULL);
    CHECK_INT(0, code);
}

TEST(a_child_that_does_not_end_is_made_to)
{
    pid_t program;
    int   from;

    patience = 50;
    from     = start(never_end, &program);
    patience = 0;
    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGTERM));
    finish(from, program);
    CHECK(strstr(told, "gave-up:6/0 ") != NULL);
    CHECK_INT(128 + SIGABRT, code);
}

TEST(a_child_that_said_it_ends_and_does_not_is_made_to)
{
    pid_t program;
    int   from;

    patience = 50;
    from     = start(say_that_it_ends_and_hang, &program);
    patience = 0;
    finish(from, program);
    CHECK_INT(128 + SIGABRT, code);
}

/* As a shell's `trap '' CHLD` leaves it to its commands. */
TEST(the_end_of_a_child_is_heard_of_even_if_sigchld_was_ignored)
{
    pid_t program;
    int   from;

    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    from = start(die_once, &program);
    CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    finish(from, program);
    CHECK_SLICE("died:9/0 restarted:1 ", slice_from(told));
    CHECK_INT(7, code);
}

TEST(a_worker_whose_heart_stops_is_aborted_and_started_again)
{
    run(hang_once);
    CHECK_SLICE("hung:1 died:6/0 restarted:1 ", slice_from(told));
    CHECK_INT(0, code);
}

TEST(what_a_child_tells_is_heard_in_its_order_with_what_it_gives)
{
    run(tell_and_end);
    CHECK_SLICE("told:one/ told:two/inside told:/ ", slice_from(told));
    CHECK_INT(0, code);
}

TEST(a_child_dies_with_its_parent)
{
    pid_t program;
    int   from = start(never_end, &program), status;

    hear(from, "child:");
    CHECK_INT(0, kill(program, SIGKILL));
    CHECK_INT(program, waitpid(program, &status, 0));
    hear(from, NULL); /* returns only when the child's copy of the pipe is closed, too */
    close(from);
    run(follow);
    CHECK_SLICE("follows ", slice_from(told));
}

TEST(alone_there_is_nobody_to_tell)
{
    struct child c;

    child_alone(&c);
    child_ready(&c);
    child_stopping(&c);
    CHECK_INT(0, child_tell(&c, "x", 1, -1));
    CHECK(child_follow_parent(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_dies_is_started_again),
        cmocka_unit_test(a_start_that_fails_is_the_end_with_its_code),
        cmocka_unit_test(a_code_that_nobody_asked_for_is_a_reason_to_start_again),
        cmocka_unit_test(sigterm_ends_the_child_and_its_code_is_ours),
        cmocka_unit_test(who_is_asked_to_end_once_more_while_he_ends_has_been_asked_already),
        cmocka_unit_test(sighup_is_passed_on),
        cmocka_unit_test(sighup_for_a_child_that_is_not_ready_is_dropped),
        cmocka_unit_test(a_child_that_does_not_end_is_made_to),
        cmocka_unit_test(a_child_that_said_it_ends_and_does_not_is_made_to),
        cmocka_unit_test(the_end_of_a_child_is_heard_of_even_if_sigchld_was_ignored),
        cmocka_unit_test(a_worker_whose_heart_stops_is_aborted_and_started_again),
        cmocka_unit_test(what_a_child_tells_is_heard_in_its_order_with_what_it_gives),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(alone_there_is_nobody_to_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
