/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/loop.h"

#include "base/error.h"
#include "support/live.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a user that counts --- */

static struct loop *loop;
static unsigned     begins, ends;
static msec         wake_at;

static void on_begin(void *arg, msec now)
{
    (void)arg;
    CHECK(now > 0);
    CHECK_INT(begins, ends); /* each begin has its end */
    begins++;
}

static void on_end(void *arg)
{
    (void)arg;
    ends++;
    CHECK_INT(begins, ends);
}

static msec deadline(void *arg)
{
    (void)arg;
    return wake_at;
}

static int setup(void **state)
{
    struct loop_user user = { on_begin, on_end, deadline, NULL };

    (void)state;
    begins = ends = 0;
    wake_at       = NEVER;
    loop          = loop_new(&user);
    return loop == NULL;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

/* --- watches --- */

struct ticker {
    struct watch watch;
    unsigned     calls, ready;
    int          fd, other;
    bool         stop, free_it;
};

static void on_ready(struct watch *w, unsigned ready)
{
    struct ticker *c = CONTAINER_OF(w, struct ticker, watch);

    CHECK_INT(begins, ends + 1); /* within a turn */
    c->calls++;
    c->ready = ready;
    if (c->stop || c->free_it) {
        watch_stop(loop, w);
        close(c->fd);
    }
    if (c->free_it)
        free(c);
}

static void open_pair(struct ticker *c)
{
    int fds[2];

    CHECK_INT(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    c->fd    = fds[0];
    c->other = fds[1];
}

static void close_pair(struct ticker *c)
{
    watch_stop(loop, &c->watch);
    close(c->fd);
    close(c->other);
}

TEST(a_watch_is_called_for_what_it_wants)
{
    struct ticker c = { 0 };
    char          byte;

    open_pair(&c);
    CHECK_INT(0, watch_start(loop, &c.watch, c.fd, LOOP_READ, on_ready));
    loop_turn(loop, 0);
    CHECK_INT(0, c.calls);
    CHECK_INT(1, write(c.other, "x", 1));
    loop_turn(loop, 1000);
    CHECK_INT(1, c.calls);
    CHECK_INT(LOOP_READ, c.ready);
    loop_turn(loop, 1000); /* level-triggered: it is still there */
    CHECK_INT(2, c.calls);
    CHECK_INT(1, read(c.fd, &byte, 1));
    CHECK_INT(0, watch_want(loop, &c.watch, LOOP_WRITE));
    loop_turn(loop, 1000);
    CHECK_INT(LOOP_WRITE, c.ready);
    CHECK_INT(0, watch_want(loop, &c.watch, 0));
    loop_turn(loop, 0);
    CHECK_INT(3, c.calls);
    CHECK_INT(0, watch_want(loop, &c.watch, LOOP_READ | LOOP_WRITE));
    loop_turn(loop, 1000);
    CHECK_INT(4, c.calls);
    close_pair(&c);
}

TEST(a_watch_may_stop_and_free_itself)
{
    struct ticker *c = calloc(1, sizeof *c);
    int            other;

    CHECK(c != NULL);
    open_pair(c);
    other      = c->other;
    c->free_it = true;
    CHECK_INT(0, watch_start(loop, &c->watch, c->fd, LOOP_READ, on_ready));
    CHECK_INT(1, write(other, "x", 1));
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    CHECK_INT(-1, write(other, "x", 1)); /* the descriptor was closed */
    close(other);
}

static struct ticker *to_stop;

static void stop_other(struct watch *w, unsigned ready)
{
    on_ready(w, ready);
    if (to_stop != NULL && w != &to_stop->watch) {
        watch_stop(loop, &to_stop->watch);
        to_stop = NULL;
    }
}

/* Both are ready in the same turn; whichever is first stops the other. */
TEST(a_watch_stopped_by_another_is_not_called_though_it_was_ready)
{
    struct ticker a = { 0 }, b = { 0 };

    open_pair(&a);
    open_pair(&b);
    CHECK_INT(0, watch_start(loop, &a.watch, a.fd, LOOP_READ, stop_other));
    CHECK_INT(0, watch_start(loop, &b.watch, b.fd, LOOP_READ, stop_other));
    CHECK_INT(1, write(a.other, "x", 1));
    CHECK_INT(1, write(b.other, "x", 1));
    to_stop = &b;
    loop_turn(loop, 1000);
    CHECK_INT(1, a.calls);
    CHECK_INT(0, b.calls);
    close_pair(&a);
    close_pair(&b);
}

/* A descriptor number is used again while the old handle still closes. */
TEST(handles_and_descriptors_are_used_again)
{
    struct ticker c = { 0 };

    for (unsigned i = 0; i < 500; i++) {
        c.calls = 0;
        open_pair(&c);
        CHECK_INT(0, watch_start(loop, &c.watch, c.fd, LOOP_READ, on_ready));
        CHECK_INT(1, write(c.other, "x", 1));
        if (i % 3 != 0) {
            loop_turn(loop, 1000);
            CHECK_INT(1, c.calls);
        }
        close_pair(&c);
    }
    loop_turn(loop, 0);
}

TEST(an_error_beside_data_is_told_and_the_watch_goes_on)
{
    struct ticker      c        = { 0 };
    struct linger      hard     = { 1, 0 };
    struct sockaddr_in at       = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len      = sizeof at;
    int                listener = socket(AF_INET, SOCK_STREAM, 0);
    char               byte;

    CHECK_INT(0, bind(listener, (struct sockaddr *)&at, len));
    CHECK_INT(0, listen(listener, 1));
    CHECK_INT(0, getsockname(listener, (struct sockaddr *)&at, &len));
    c.other = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(0, connect(c.other, (struct sockaddr *)&at, len));
    c.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    CHECK_INT(0, watch_start(loop, &c.watch, c.fd, LOOP_READ, on_ready));
    CHECK_INT(0, setsockopt(c.other, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
    close(c.other); /* RST */
    loop_turn(loop, 1000);
    CHECK_INT(1, c.calls);
    CHECK(c.ready & LOOP_READ);
    loop_turn(loop, 1000); /* not fetched yet: told again */
    CHECK_INT(2, c.calls);
    CHECK_INT(-1, read(c.fd, &byte, 1));
    watch_stop(loop, &c.watch);
    close(c.fd);
    close(listener);
}

TEST(what_cannot_be_watched_is_a_limit)
{
    struct ticker c    = { 0 };
    int           file = open("/etc/passwd", O_RDONLY); /* epoll takes no plain files */

    CHECK_INT(-ERR_LIMIT, watch_start(loop, &c.watch, file, LOOP_READ, on_ready));
    CHECK_INT(-ERR_LIMIT, watch_start(loop, &c.watch, -1, LOOP_READ, on_ready));
    watch_stop(loop, &c.watch); /* nothing */
    close(file);
}

/* --- sleeping and waking --- */

TEST(a_turn_ends_at_the_deadline_or_when_it_has_lasted_long_enough)
{
    msec start = loop_clock();

    wake_at = start + 30;
    while (loop_clock() < start + 30)
        loop_turn(loop, 1000);
    CHECK(ends < 5);
    CHECK(loop_clock() - start < 500);
    wake_at = 0;
    start   = loop_clock();
    loop_turn(loop, 1000);
    CHECK(loop_clock() - start < 500);
    wake_at = NEVER;
    start   = loop_clock();
    loop_turn(loop, 20);
    CHECK(loop_clock() - start >= 20);
}

TEST(an_exact_loop_needs_one_turn_for_a_deadline)
{
    msec start = loop_clock();

    CHECK_INT(0, loop_be_exact(loop));
    for (unsigned i = 1; i <= 20; i++) {
        wake_at = start + 2 * i;
        if (wake_at <= loop_clock())
            wake_at = loop_clock() + 2;
        loop_turn(loop, 60000);
        CHECK(loop_clock() >= wake_at); /* a sleep that ends before it would need another */
        CHECK_INT(i, ends);
    }
    CHECK(loop_clock() < start + 60000);
    wake_at = NEVER;
    start   = loop_clock();
    loop_turn(loop, 20);
    CHECK(loop_clock() - start >= 20);
    wake_at = 0;
    start   = loop_clock();
    loop_turn(loop, 60000);
    CHECK(loop_clock() < start + 60000);
}

TEST(a_wake_makes_a_turn)
{
    msec start = loop_clock();

    loop_wake(loop);
    loop_turn(loop, 2000);
    CHECK(loop_clock() - start < 1000);
    CHECK_INT(1, ends);
}

static void on_signal(void *arg)
{
    (*(unsigned *)arg)++;
    CHECK_INT(begins, ends + 1);
}

TEST(signals_are_heard_within_a_turn_and_are_bounded)
{
    unsigned heard = 0;

    for (unsigned i = 0; i < LOOP_SIGNALS; i++)
        CHECK_INT(0, loop_signal(loop, SIGUSR1, on_signal, &heard));
    CHECK_INT(-ERR_LIMIT, loop_signal(loop, SIGUSR2, on_signal, &heard));
    CHECK_INT(0, kill(getpid(), SIGUSR1));
    loop_turn(loop, 1000);
    CHECK_INT(LOOP_SIGNALS, heard);
}

TEST(a_loop_with_running_watches_can_be_freed)
{
    struct ticker c = { 0 };

    open_pair(&c);
    CHECK_INT(0, watch_start(loop, &c.watch, c.fd, LOOP_READ, on_ready));
    loop_free(loop);
    loop = NULL;
    close(c.fd);
    close(c.other);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_watch_is_called_for_what_it_wants),
        LIVE_TEST(a_watch_may_stop_and_free_itself),
        LIVE_TEST(a_watch_stopped_by_another_is_not_called_though_it_was_ready),
        LIVE_TEST(handles_and_descriptors_are_used_again),
        LIVE_TEST(an_error_beside_data_is_told_and_the_watch_goes_on),
        LIVE_TEST(what_cannot_be_watched_is_a_limit),
        LIVE_TEST(a_turn_ends_at_the_deadline_or_when_it_has_lasted_long_enough),
        LIVE_TEST(an_exact_loop_needs_one_turn_for_a_deadline),
        LIVE_TEST(a_wake_makes_a_turn),
        LIVE_TEST(signals_are_heard_within_a_turn_and_are_bounded),
        LIVE_TEST(a_loop_with_running_watches_can_be_freed),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
