/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes together is delivered in portions, and what is said to one leaves before the next. */
#include "net/udp_private.h"

#include "net/sockaddr.h"
#include "support/live.h"

#include <unistd.h>

enum { COUNT = 60 /* more than two portions, and less than one read */ };

/* Who answers each datagram with one of his own when the portion is over, as the stack does. */
struct answerer {
    struct udp    *udp;
    struct address remote;
    unsigned       heard, portions, to_answer;
    int            peer;                 /* who asks: a socket outside of the world */
    unsigned       answered_before_last; /* what that had got when the last was heard */
    unsigned       close_after;          /* portions; 0: never */
    unsigned       errors;
    bool           close_on_error;
};

static struct world   *world;
static struct answerer a;

static unsigned count_arrived(int fd)
{
    char     byte;
    unsigned count = 0;

    while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
        count++;
    return count;
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct answerer *e = owner;

    (void)udp;
    e->heard++;
    e->to_answer++;
    if (e->remote.port == 0)
        e->remote = d->remote;
    if (e->heard == COUNT)
        e->answered_before_last = count_arrived(e->peer);
}

static void close_it(struct answerer *e)
{
    world->ops->udp_close(e->udp);
    e->udp = NULL;
}

static void on_batch_end(void *owner, struct udp *udp)
{
    struct answerer *e    = owner;
    struct slice     part = SLICE("!");

    for (; e->to_answer > 0; e->to_answer--)
        CHECK_INT(0, world_udp_send(world, udp, NULL, &e->remote, &part, 1));
    if (++e->portions == e->close_after)
        close_it(e);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct answerer *e = owner;

    (void)udp;
    (void)remote;
    (void)error;
    e->errors++;
    if (e->close_on_error)
        close_it(e);
}

static const struct udp_events events = {
    .on_datagram  = on_datagram,
    .on_error     = on_error,
    .on_batch_end = on_batch_end,
};

static int setup(void **state)
{
    struct address local = live_v4(1, 0);

    (void)state;
    world = live_world_new(NULL, NULL);
    memset(&a, 0, sizeof a);
    a.peer = socket_open(FAMILY_4, SOCK_DGRAM);
    return world == NULL || a.peer < 0 || world_udp_open(world, &local, &events, &a, &a.udp) != 0;
}

static int teardown(void **state)
{
    (void)state;
    close(a.peer);
    return live_world_free(world);
}

/* All of them wait when the turn begins that hears them. */
static void ask(void)
{
    struct address          at = world->ops->udp_local(a.udp);
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &at);

    for (unsigned i = 0; i < COUNT; i++)
        CHECK_INT(1, sendto(a.peer, "?", 1, 0, (struct sockaddr *)&sa, len));
    world_uv_turn(world, 0);
}

TEST(what_is_said_to_a_portion_leaves_before_the_next_is_heard)
{
    ask();
    CHECK_INT(COUNT, a.heard);
    CHECK_INT((COUNT + UDP_PORTION - 1) / UDP_PORTION, a.portions);
    CHECK_INT(COUNT - COUNT % UDP_PORTION, a.answered_before_last);
    CHECK_INT(COUNT % UDP_PORTION, count_arrived(a.peer));
}

TEST(who_is_closed_at_the_end_of_a_portion_hears_no_more)
{
    a.close_after = 1;
    ask();
    CHECK_INT(UDP_PORTION, a.heard);
    CHECK_INT(UDP_PORTION, count_arrived(a.peer)); /* what waits leaves before a close */
}

/* An IPv4 socket cannot send to IPv6: the kernel says so at once. */
TEST(who_is_closed_for_what_he_said_to_a_portion_hears_no_more)
{
    a.remote         = live_v6(5060);
    a.close_on_error = true;
    ask();
    CHECK_INT(UDP_PORTION, a.heard);
    CHECK_INT(1, a.errors);
    CHECK_INT(1, a.portions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        LIVE(what_is_said_to_a_portion_leaves_before_the_next_is_heard),
        LIVE(who_is_closed_at_the_end_of_a_portion_hears_no_more),
        LIVE(who_is_closed_for_what_he_said_to_a_portion_hears_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
