/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/crash.h"

#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char           told[65536];
static int            status;
static struct in_hand mine, others, damaged;
static int            out;       /* where the dying one writes */
static char          *forbidden; /* a page that nobody may touch */

static void __attribute__((noinline)) touch_what_is_forbidden(void)
{
    *(volatile char *)forbidden = 1;
}

static void fault(void)
{
    touch_what_is_forbidden();
}

static void be_killed(void)
{
    kill(getpid(), SIGABRT);
    pause();
}

static unsigned __attribute__((noinline)) too_deep(unsigned n)
{
    volatile char room[4096];

    room[n % sizeof room] = (char)n;
    return n == UINT32_MAX ? 0 : too_deep(n + 1) + (unsigned)room[n % sizeof room];
}

static void overflow_the_stack(void)
{
    if (too_deep(0) == 42)
        _exit(42);
}

static void give_up(void)
{
    abort();
}

static int settled_by;

static void settle(void *arg)
{
    *(int *)arg = 1;
    if (write(out, "settled\n", 8) != 8)
        _exit(96);
}

static void *enter_other(void *arg)
{
    return crash_enter(0, &others) == 0 ? NULL : arg;
}

static void *enter_damaged(void *arg)
{
    return crash_enter(1, &damaged) == 0 ? NULL : arg;
}

static bool in_a_thread(void *(*fn)(void *arg))
{
    pthread_t thread;
    void     *result = &mine;

    return pthread_create(&thread, NULL, fn, &mine) == 0 && pthread_join(thread, &result) == 0 && result == NULL;
}

/* In a process of its own, as worker 2, with worker 0 busy elsewhere and worker 1 busy
 * with memory that has gone. */
static void die(int fd, void (*how)(void))
{
    static const int of_cmocka[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };

    out = fd;
    for (unsigned i = 0; i < sizeof of_cmocka / sizeof *of_cmocka; i++)
        signal(of_cmocka[i], SIG_DFL); /* it would go on with the next test */
    if (crash_install(fd, settle, &settled_by) != 0)
        _exit(99);
    in_hand_set(&others, SLICE("elsewhere@b.test"));
    in_hand_set(&damaged, (struct slice){ forbidden, 20 });
    in_hand_set(&mine, SLICE("one two\n@a.test"));
    if (!in_a_thread(enter_other) || !in_a_thread(enter_damaged) || crash_enter(2, &mine) != 0)
        _exit(98);
    how();
    _exit(97);
}

static void watch_it_die(void (*how)(void))
{
    int     ends[2];
    pid_t   child;
    size_t  len = 0;
    ssize_t got;

    forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(forbidden != MAP_FAILED);
    CHECK_INT(0, pipe(ends));
    child = fork();
    if (child == 0) {
        close(ends[0]);
        die(ends[1], how);
    }
    close(ends[1]);
    while ((got = read(ends[0], told + len, sizeof told - 1 - len)) > 0)
        len += (size_t)got;
    told[len] = '\0';
    close(ends[0]);
    CHECK_INT(child, waitpid(child, &status, 0));
}

static void check_told(const char *text)
{
    if (strstr(told, text) == NULL)
        fail_msg("no \"%s\" in:\n%s", text, told);
}

/* By the signal, or by what a sanitizer makes of it. */
static void check_died(int number)
{
    CHECK(!WIFEXITED(status) || WEXITSTATUS(status) == 1);
    if (WIFSIGNALED(status))
        CHECK_INT(number, WTERMSIG(status));
}

TEST(a_fault_tells_signal_address_worker_and_call)
{
    char address[64];

    watch_it_die(fault);
    check_died(SIGSEGV);
    check_told("level=error part=crash event=signal signal=SIGSEGV ");
    snprintf(address, sizeof address, " address=%p ", (void *)forbidden);
    check_told(address);
    check_told(" worker=2 call=\"one two?@a.test\"\n");
}

/* What was logged before stands before. */
TEST(the_log_may_settle_first)
{
    watch_it_die(fault);
    CHECK(strncmp(told, "settled\n", 8) == 0);
}

TEST(it_tells_what_the_others_were_busy_with)
{
    watch_it_die(fault);
    check_told("event=in_hand worker=0 call=elsewhere@b.test\n");
}

/* Reading it would be a second fault inside the first. */
TEST(what_has_gone_is_not_read)
{
    watch_it_die(fault);
    CHECK(strstr(told, "event=in_hand worker=1") == NULL);
    check_told("event=frame");
}

TEST(the_backtrace_names_module_offset_and_function)
{
    const char *first, *second;

    watch_it_die(fault);
    check_told(" module=process_crash_test offset=0x");
    check_told("function=main\n");
    first  = strstr(told, "event=frame n=0 ");
    second = strstr(told, "event=frame n=1 ");
    CHECK(first != NULL && second != NULL);
    first = strstr(first, "function=touch_what_is_forbidden\n");
    CHECK(first != NULL && first < second);
}

TEST(a_signal_that_was_sent_names_the_sender)
{
    watch_it_die(be_killed);
    check_died(SIGABRT);
    check_told("event=signal signal=SIGABRT sender=");
    check_told(" worker=2 ");
}

TEST(an_assertion_is_told)
{
    watch_it_die(give_up);
    check_died(SIGABRT);
    check_told("signal=SIGABRT");
    check_told("function=give_up\n");
}

TEST(an_overflown_stack_is_told_from_another_stack)
{
    watch_it_die(overflow_the_stack);
    check_died(SIGSEGV);
    check_told("signal=SIGSEGV");
    check_told("function=too_deep\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_tells_signal_address_worker_and_call),
        cmocka_unit_test(the_log_may_settle_first),
        cmocka_unit_test(it_tells_what_the_others_were_busy_with),
        cmocka_unit_test(what_has_gone_is_not_read),
        cmocka_unit_test(the_backtrace_names_module_offset_and_function),
        cmocka_unit_test(a_signal_that_was_sent_names_the_sender),
        cmocka_unit_test(an_assertion_is_told),
        cmocka_unit_test(an_overflown_stack_is_told_from_another_stack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
