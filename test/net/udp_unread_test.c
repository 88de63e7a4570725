/* SPDX-License-Identifier: BSD-2-Clause */
/* How long something waits unread, where the kernel is asked for it (Linux: SIOCGSTAMPNS). */
#include "net/udp_private.h"

#include "net/sockaddr.h"
#include "support/live.h"

#include <unistd.h>

static struct world *world;
static struct udp   *udp;
static unsigned      heard;

static void on_datagram(void *owner, struct udp *u, const struct datagram *d)
{
    (void)owner;
    (void)u;
    (void)d;
    heard++;
}

static const struct udp_events events = { .on_datagram = on_datagram };

static int setup(void **state)
{
    (void)state;
    world = live_world_new(NULL, NULL);
    heard = 0;
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return live_world_free(world);
}

static void send_from(int fd, struct address to)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &to);

    CHECK_INT(1, sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, len));
}

/* Hears the one that is there when that is `age` ms old at least; then another comes, and the socket has not been found
 * empty since the machine was started.  So long something has waited by the next look, or not at all. */
static bool waits_after(msec age, int fd, struct address to)
{
    unsigned before = heard;
    msec     until  = loop_clock() + age;

    while (loop_clock() < until)
        ;
    LIVE_UNTIL(world, heard == before + 1);
    send_from(fd, to);
    udp->unread_since   = 1;
    udp->hub->looked_at = 0;
    udp_look(udp->hub);
    CHECK(world->backlog.waited == 0 || world->backlog.waited == world->now - 1);
    return world->backlog.waited > 0;
}

/* Hundreds who have a call each under way keep it so.  The kernel begins to note when datagrams come a little after it
 * has been asked for the first time, and a machine that stands still makes some of them old. */
TEST(what_is_never_found_empty_and_read_at_once_does_not_wait)
{
    struct address local = live_v4(1, 0), at_b;
    int            fd    = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned       tries;

    CHECK_INT(0, world_udp_open(world, &local, &events, NULL, &udp));
    at_b = world->ops->udp_local(udp);
    send_from(fd, at_b);
    for (tries = 0; !waits_after(60, fd, at_b); tries++)
        CHECK(tries < 100);
    for (tries = 0; waits_after(0, fd, at_b); tries++)
        CHECK(tries < 1000);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_never_found_empty_and_read_at_once_does_not_wait, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
