/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/notify.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int           manager;
static struct notify notify;

/* A service manager that listens on a free name of the abstract namespace. */
static int setup(void **state)
{
    struct sockaddr_un any = { .sun_family = AF_UNIX };
    socklen_t          len = sizeof any;
    char               name[sizeof any.sun_path + 1];

    (void)state;
    manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (manager < 0 || bind(manager, (struct sockaddr *)&any, sizeof any.sun_family) != 0 ||
        getsockname(manager, (struct sockaddr *)&any, &len) != 0)
        return -1;
    snprintf(name, sizeof name, "@%.*s", (int)(len - offsetof(struct sockaddr_un, sun_path) - 1), any.sun_path + 1);
    setenv("NOTIFY_SOCKET", name, 1);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    notify_fini(&notify);
    close(manager);
    return 0;
}

static void check_hears(const char *want)
{
    char    text[1024];
    ssize_t len = recv(manager, text, sizeof text, MSG_DONTWAIT);

    CHECK(len >= 0);
    CHECK_SLICE(want, ((struct slice){ text, (size_t)len }));
}

/* sd_notify(3) */
TEST(the_manager_hears_what_is_said)
{
    notify_init(&notify);
    notify_send(&notify, "READY=1\nSTATUS=serving");
    check_hears("READY=1\nSTATUS=serving");
}

TEST(a_status_stays_one_line)
{
    notify_init(&notify);
    notify_status(&notify, "%s %d", "one\nREADY=1", 2);
    check_hears("STATUS=one READY=1 2");
}

TEST(no_child_speaks_for_us)
{
    setenv("WATCHDOG_USEC", "10000000", 1);
    notify_init(&notify);
    CHECK(getenv("NOTIFY_SOCKET") == NULL);
    CHECK(getenv("WATCHDOG_USEC") == NULL);
}

/* sd_watchdog_enabled(3) */
TEST(the_watchdog_is_read_if_it_is_for_us)
{
    char pid[16];

    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    notify_init(&notify);
    CHECK_INT(10000, notify.watchdog);
}

TEST(a_watchdog_for_another_process_is_not_ours)
{
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_init(&notify);
    CHECK_INT(0, notify.watchdog);
}

TEST(a_number_that_is_none_is_no_watchdog)
{
    setenv("WATCHDOG_USEC", "10s", 1);
    notify_init(&notify);
    CHECK_INT(0, notify.watchdog);
}

TEST(without_a_manager_nothing_is_said)
{
    unsetenv("NOTIFY_SOCKET");
    notify_init(&notify);
    CHECK_INT(-1, notify.fd);
    notify_send(&notify, "READY=1");
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    notify_init(&notify);
    CHECK_INT(-1, notify.fd);
}

#define NOTIFY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTIFY_TEST(the_manager_hears_what_is_said),
        NOTIFY_TEST(a_status_stays_one_line),
        NOTIFY_TEST(no_child_speaks_for_us),
        NOTIFY_TEST(the_watchdog_is_read_if_it_is_for_us),
        NOTIFY_TEST(a_watchdog_for_another_process_is_not_ours),
        NOTIFY_TEST(a_number_that_is_none_is_no_watchdog),
        NOTIFY_TEST(without_a_manager_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
