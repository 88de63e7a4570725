/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp.h"

#include "base/error.h"
#include "base/limits.h"
#include "net/sockaddr.h"
#include "support/live.h"

#include <sys/resource.h>
#include <unistd.h>

/* One end: what it has heard. */
struct end {
    struct udp    *udp;
    unsigned       heard, errors, batches, heard_at_end;
    struct address local, remote, failed;
    int            error;
    char           last[LIMIT_DATAGRAM];
    size_t         last_len;
    uint64_t       sum;
    bool           close_when_heard;
};

static struct world *world;

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct end *e = owner;

    e->heard++;
    e->local    = d->local;
    e->remote   = d->remote;
    e->last_len = d->bytes.len;
    memcpy(e->last, d->bytes.ptr, d->bytes.len);
    for (size_t i = 0; i < d->bytes.len; i++)
        e->sum += (uint8_t)d->bytes.ptr[i];
    if (e->close_when_heard) {
        world->ops->udp_close(udp);
        e->udp = NULL;
    }
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct end *e = owner;

    (void)udp;
    e->errors++;
    e->failed = *remote;
    e->error  = error;
}

static void on_batch_end(void *owner, struct udp *udp)
{
    struct end *e = owner;

    CHECK(udp == e->udp);
    e->batches++;
    CHECK(e->heard > e->heard_at_end);
    e->heard_at_end = e->heard;
}

static const struct udp_events events = {
    .on_datagram  = on_datagram,
    .on_error     = on_error,
    .on_batch_end = on_batch_end,
};
static struct end a, b;

static int setup(void **state)
{
    (void)state;
    world = live_world_new(NULL, NULL);
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return live_world_free(world);
}

static struct address open_end(struct end *e, struct address local)
{
    CHECK_INT(0, world_udp_open(world, &local, &events, e, &e->udp));
    return world->ops->udp_local(e->udp);
}

static int send_text(struct end *e, const struct address *from, struct address to, const char *text)
{
    struct slice part = slice_from(text);

    return world_udp_send(world, e->udp, from, &to, &part, 1);
}

TEST(a_datagram_arrives_with_both_addresses)
{
    struct address at_a = open_end(&a, live_v4(1, 0)), at_b = open_end(&b, live_v4(1, 0));
    struct slice   parts[] = { SLICE("hello"), { NULL, 0 }, SLICE(", "), SLICE("world") };

    CHECK(at_a.port != 0 && at_b.port != 0);
    CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, parts, 4));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK_SLICE("hello, world", ((struct slice){ b.last, b.last_len }));
    CHECK(address_eq(&b.remote, &at_a));
    CHECK(address_eq(&b.local, &at_b));
}

TEST(nothing_leaves_before_the_end_of_the_turn)
{
    struct address          any_port = live_v4(1, 0);
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &any_port);
    char                    byte;
    int                     fd;

    open_end(&a, live_v4(1, 0));
    /* A socket outside of the world sees what is on the wire. */
    fd = socket_open(FAMILY_4, SOCK_DGRAM);
    CHECK(fd >= 0);
    CHECK_INT(0, bind(fd, (struct sockaddr *)&sa, len));
    CHECK_INT(0, send_text(&a, NULL, socket_local(fd), "x"));
    CHECK_INT(-1, recv(fd, &byte, 1, 0));
    world_uv_turn(world, 0);
    CHECK_INT(1, recv(fd, &byte, 1, 0));
    close(fd);
}

TEST(ipv6_works_the_same)
{
    struct address at_a, at_b;

    if (!live_has_v6())
        skip();
    at_a = open_end(&a, live_v6(0));
    at_b = open_end(&b, live_v6(0));
    CHECK_INT(0, send_text(&a, NULL, at_b, "six"));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK(address_eq(&b.remote, &at_a));
    CHECK(address_eq(&b.local, &at_b));
}

/* RFC 3581 4: the reply leaves from the address the request was sent to. */
TEST(a_wildcard_socket_replies_from_the_address_that_was_hit)
{
    struct address at_a = open_end(&a, address_v4(0, 0, 0, 0, 0));
    struct address at_b = open_end(&b, live_v4(1, 0)), hit = live_v4(5, at_a.port);

    CHECK_INT(0, send_text(&b, NULL, hit, "ask"));
    LIVE_UNTIL(world, a.heard == 1);
    CHECK(address_eq(&a.local, &hit));
    CHECK_INT(0, send_text(&a, &a.local, at_b, "reply"));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK(address_eq(&b.remote, &hit));
}

TEST(an_ipv6_wildcard_socket_replies_from_the_address_that_was_hit)
{
    struct address at_a, at_b, hit;

    if (!live_has_v6())
        skip();
    at_a = open_end(&a, (struct address){ .family = FAMILY_6 });
    at_b = open_end(&b, live_v6(0));
    hit  = live_v6(at_a.port);
    CHECK_INT(0, send_text(&b, NULL, hit, "ask"));
    LIVE_UNTIL(world, a.heard == 1);
    CHECK(address_eq(&a.local, &hit));
    CHECK_INT(0, send_text(&a, &a.local, at_b, "reply"));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK(address_eq(&b.remote, &hit));
}

TEST(both_families_may_have_the_same_port)
{
    struct address at_a, at_b;

    if (!live_has_v6())
        skip();
    at_a = open_end(&a, (struct address){ .family = FAMILY_6 });
    at_b = open_end(&b, address_v4(0, 0, 0, 0, at_a.port));
    CHECK_INT(at_a.port, at_b.port);
}

TEST(a_port_in_use_is_refused)
{
    struct address at_a = open_end(&a, live_v4(1, 0));

    CHECK_INT(-ERR_IN_USE, world_udp_open(world, &at_a, &events, &b, &b.udp));
}

TEST(an_address_that_is_not_ours_is_refused)
{
    struct address strange = address_v4(192, 0, 2, 77, 0), none = { .family = FAMILY_NONE };

    CHECK_INT(-ERR_NO_ADDRESS, world_udp_open(world, &strange, &events, &b, &b.udp));
    CHECK_INT(-ERR_NO_ADDRESS, world_udp_open(world, &none, &events, &b, &b.udp));
}

TEST(without_descriptors_open_says_limit)
{
    struct rlimit  old, few = { 0, 0 };
    struct address local = live_v4(1, 0);

    getrlimit(RLIMIT_NOFILE, &old);
    few.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_NOFILE, &few);
    CHECK_INT(-ERR_LIMIT, world_udp_open(world, &local, &events, &b, &b.udp));
    setrlimit(RLIMIT_NOFILE, &old);
    open_end(&b, local);
}

static void check_refused(struct address local, struct address nowhere)
{
    open_end(&a, local);
    CHECK_INT(0, send_text(&a, NULL, nowhere, "anyone?"));
    LIVE_UNTIL(world, a.errors > 0);
    CHECK_INT(-ERR_REFUSED, a.error);
    CHECK(address_eq(&a.failed, &nowhere));
    LIVE_FOR(world, 20);
    CHECK_INT(1, a.errors); /* once, though the kernel tells it twice */
}

/* A port that nobody has: bound once, then closed. */
static struct address free_port(struct address local)
{
    struct address at = open_end(&b, local);

    world->ops->udp_close(b.udp);
    return at;
}

/* RFC 3261 18.4. */
TEST(icmp_port_unreachable_is_an_error_for_the_address_it_hit)
{
    check_refused(live_v4(1, 0), free_port(live_v4(1, 0)));
}

TEST(icmpv6_port_unreachable_is_an_error_for_the_address_it_hit)
{
    if (!live_has_v6())
        skip();
    check_refused(live_v6(0), free_port(live_v6(0)));
}

/* Linux returns the pending error of one datagram from the send of another. */
TEST(a_refused_datagram_does_not_take_its_neighbours_along)
{
    struct address nowhere = free_port(live_v4(1, 0));
    struct address at_b    = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 100; i++)
        CHECK_INT(0, send_text(&a, NULL, i % 2 == 0 ? nowhere : at_b, "n"));
    LIVE_UNTIL(world, b.heard == 50);
    LIVE_UNTIL(world, a.errors > 0);
    CHECK(address_eq(&a.failed, &nowhere));
    CHECK_INT(-ERR_REFUSED, a.error);
}

/* The same where one sendmmsg ends and the next begins: there the error is all
 * that the call returns. */
TEST(a_refused_datagram_at_the_end_of_a_batch_does_not_harm_the_next_batch)
{
    struct address nowhere = free_port(live_v4(1, 0));
    struct address at_b    = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 128; i++)
        CHECK_INT(0, send_text(&a, NULL, i == 63 ? nowhere : at_b, "n"));
    LIVE_UNTIL(world, b.heard == 127);
    LIVE_UNTIL(world, a.errors > 0);
    CHECK(address_eq(&a.failed, &nowhere));
    LIVE_FOR(world, 20);
    CHECK_INT(1, a.errors);
}

TEST(a_destination_without_route_is_an_error_of_that_datagram_alone)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    struct address six  = live_v6(5060); /* from an IPv4 socket */

    open_end(&a, live_v4(1, 0));
    CHECK_INT(0, send_text(&a, NULL, at_b, "1"));
    CHECK_INT(0, send_text(&a, NULL, six, "2"));
    CHECK_INT(0, send_text(&a, NULL, at_b, "3"));
    CHECK_INT(0, a.errors); /* never from inside the call */
    LIVE_UNTIL(world, b.heard == 2);
    CHECK_INT(1, a.errors);
    CHECK_INT(-ERR_UNREACHABLE, a.error);
    CHECK(address_eq(&a.failed, &six));
    CHECK_SLICE("3", ((struct slice){ b.last, b.last_len }));
}

TEST(a_thousand_datagrams_in_one_turn_all_arrive)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    uint64_t       sum  = 0;
    char           text[200];

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 1000; i++) {
        struct slice part = { text, 100 + i % 100 };

        memset(text, (int)(i % 251), sizeof text);
        sum += (uint64_t)(i % 251) * part.len;
        CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, &part, 1));
    }
    LIVE_UNTIL(world, b.heard == 1000);
    CHECK(b.sum == sum);
    CHECK(b.batches > 0 && b.batches < 1000); /* they leave together, and come so */
    CHECK_INT(1000, b.heard_at_end);
}

/* What one sender sends of one length comes as one (UDP_GRO), if the kernel can, and is parted again. */
TEST(what_comes_together_of_one_length_is_heard_one_by_one)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    uint64_t       sum  = 0;
    char           text[300];

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 1000; i++) {
        struct slice part = { text, i % 50 == 49 ? 100 : 300 };

        memset(text, (int)(i % 251), sizeof text);
        sum += (uint64_t)(i % 251) * part.len;
        CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, &part, 1));
    }
    LIVE_UNTIL(world, b.heard == 1000);
    CHECK(b.sum == sum);
    CHECK_INT(100, b.last_len);
    CHECK_INT(999 % 251, b.last[99] & 0xff);
}

TEST(the_largest_datagram_passes_and_one_byte_more_does_not)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    static char    text[65508];
    struct slice   most = { text, 65507 }, more = { text, 65508 };

    open_end(&a, live_v4(1, 0));
    CHECK_INT(-ERR_TOO_LARGE, world_udp_send(world, a.udp, NULL, &at_b, &more, 1));
    CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, &most, 1));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK_INT(65507, b.last_len);
}

TEST(an_empty_datagram_is_heard)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, NULL, 0));
    LIVE_UNTIL(world, b.heard == 1);
    CHECK_INT(0, b.last_len);
}

/* They have one length; but nothing can be cut into pieces of that. */
TEST(empty_datagrams_are_each_heard)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(0, world_udp_send(world, a.udp, NULL, &at_b, NULL, 0));
    LIVE_UNTIL(world, b.heard == 3);
}

static void send_many(struct address to, unsigned count)
{
    static char  text[300];
    struct slice part = { text, sizeof text };

    for (unsigned i = 0; i < count; i++)
        CHECK_INT(0, world_udp_send(world, a.udp, NULL, &to, &part, 1));
}

/* So that what they are answered with has room, and the other sockets their turn. */
TEST(what_comes_together_does_not_come_in_one_turn_without_end)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    unsigned       before, most = 0;

    open_end(&a, live_v4(1, 0));
    send_many(at_b, 128);
    LIVE_UNTIL(world, b.heard == 128); /* so it is known how many are in one piece */
    send_many(at_b, 1000);
    for (msec end = loop_clock() + 5000; b.heard < 1128 && loop_clock() < end;) {
        before = b.heard;
        world_uv_turn(world, 20);
        most = b.heard - before > most ? b.heard - before : most;
    }
    CHECK_INT(1128, b.heard);
    CHECK(most <= 512);
}

TEST(a_full_send_queue_says_limit_and_recovers)
{
    struct address at_b = open_end(&b, live_v4(1, 0));
    static char    text[60000];
    struct slice   part  = { text, sizeof text };
    unsigned       count = 0;

    open_end(&a, live_v4(1, 0));
    while (world_udp_send(world, a.udp, NULL, &at_b, &part, 1) == 0)
        CHECK(++count < 1000);
    CHECK_INT(-ERR_LIMIT, world_udp_send(world, a.udp, NULL, &at_b, &part, 1));
    CHECK_INT(UDP_QUEUE / (60000 + 64), count);
    world_uv_turn(world, 0);
    CHECK(budget_figures(live_memory(), ACCOUNT_UDP_QUEUES).high_water >= UDP_QUEUE);
    LIVE_UNTIL(world, b.heard > 0 && world_udp_send(world, a.udp, NULL, &at_b, &part, 1) == 0);
}

TEST(a_socket_may_close_itself_when_it_hears)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    b.close_when_heard = true;
    for (unsigned i = 0; i < 10; i++)
        CHECK_INT(0, send_text(&a, NULL, at_b, "bye"));
    LIVE_UNTIL(world, b.heard > 0);
    LIVE_FOR(world, 20);
    CHECK_INT(1, b.heard);
    CHECK_INT(0, b.batches); /* nobody is there to be told */
}

TEST(what_waits_leaves_before_a_close)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(0, send_text(&a, NULL, at_b, "goodbye"));
    world->ops->udp_close(a.udp);
    LIVE_UNTIL(world, b.heard == 3);
    CHECK_SLICE("goodbye", ((struct slice){ b.last, b.last_len }));
}

/* Answers every error by another try, which fails at once. */
static void on_error_again(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct end  *e    = owner;
    struct slice part = SLICE("again");

    (void)error;
    e->errors++;
    CHECK_INT(0, world_udp_send(world, udp, NULL, remote, &part, 1));
}

TEST(sending_again_from_on_error_does_not_hold_the_loop)
{
    static const struct udp_events again = { .on_datagram = on_datagram, .on_error = on_error_again };
    struct address                 local = live_v4(1, 0);

    CHECK_INT(0, world_udp_open(world, &local, &again, &a, &a.udp));
    CHECK_INT(0, send_text(&a, NULL, live_v6(5060), "first"));
    world_uv_turn(world, 0);
    world_uv_turn(world, 0);
    CHECK(a.errors > 0 && a.errors < 10);
}

TEST(many_sockets_opened_and_closed_leave_nothing)
{
    unsigned before = live_descriptors();

    for (unsigned i = 0; i < 300; i++) {
        open_end(&a, live_v4(1, 0));
        world->ops->udp_close(a.udp);
        if (i % 7 == 0)
            world_uv_turn(world, 0);
    }
    CHECK_INT(before, live_descriptors());
}

/* The last is read by the last read of a turn, which cannot know that: nothing comes that says so. */
TEST(what_is_all_that_a_turn_reads_leaves_nothing_waiting)
{
    struct address          at_b = open_end(&b, live_v4(1, 0));
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &at_b);
    int                     fd  = socket(AF_INET, SOCK_DGRAM, 0);
    uint32_t                looks;

    CHECK(fd >= 0);
    for (unsigned i = 0; i < 256; i++)
        CHECK(sendto(fd, &sa, i % 8, 0, (struct sockaddr *)&sa, len) >= 0);
    LIVE_UNTIL(world, b.heard == 256);
    for (unsigned i = 0; i < 3; i++) {
        looks = world->backlog.looks;
        LIVE_UNTIL(world, world->backlog.looks != looks);
    }
    CHECK_INT(0, world->backlog.waited);
    close(fd);
}

/* Linux 4.12 on: SO_MEMINFO. */
TEST(what_waits_and_what_was_lost_is_looked_at)
{
    struct address          at_b = open_end(&b, live_v4(1, 0));
    struct sockaddr_storage sa;
    socklen_t               len   = sockaddr_from(&sa, &at_b);
    int                     fd    = socket(AF_INET, SOCK_DGRAM, 0);
    uint32_t                looks = world->backlog.looks;
    uint64_t                lost;

    LIVE_UNTIL(world, world->backlog.looks != looks);
    CHECK_INT(0, world->backlog.lost);
    CHECK_INT(0, world->backlog.waited);
    CHECK(fd >= 0);
    for (unsigned i = 0; i < 20000; i++)
        (void)sendto(fd, &sa, sizeof sa, 0, (struct sockaddr *)&sa, len);
    looks = world->backlog.looks;
    LIVE_UNTIL(world, world->backlog.looks != looks && world->backlog.lost > 0);
    LIVE_UNTIL(world, b.heard + world->backlog.lost == 20000);
    looks = world->backlog.looks;
    LIVE_UNTIL(world, world->backlog.looks != looks && world->backlog.bytes == 0);
    CHECK_INT(0, world->backlog.waited);
    lost = world->backlog.lost;
    world->ops->udp_close(b.udp); /* what has been lost stays lost */
    looks = world->backlog.looks;
    LIVE_UNTIL(world, world->backlog.looks != looks);
    CHECK_INT(lost, world->backlog.lost);
    close(fd);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_datagram_arrives_with_both_addresses),
        LIVE_TEST(nothing_leaves_before_the_end_of_the_turn),
        LIVE_TEST(ipv6_works_the_same),
        LIVE_TEST(a_wildcard_socket_replies_from_the_address_that_was_hit),
        LIVE_TEST(an_ipv6_wildcard_socket_replies_from_the_address_that_was_hit),
        LIVE_TEST(both_families_may_have_the_same_port),
        LIVE_TEST(a_port_in_use_is_refused),
        LIVE_TEST(an_address_that_is_not_ours_is_refused),
        LIVE_TEST(without_descriptors_open_says_limit),
        LIVE_TEST(icmp_port_unreachable_is_an_error_for_the_address_it_hit),
        LIVE_TEST(icmpv6_port_unreachable_is_an_error_for_the_address_it_hit),
        LIVE_TEST(a_refused_datagram_does_not_take_its_neighbours_along),
        LIVE_TEST(a_refused_datagram_at_the_end_of_a_batch_does_not_harm_the_next_batch),
        LIVE_TEST(a_destination_without_route_is_an_error_of_that_datagram_alone),
        LIVE_TEST(a_thousand_datagrams_in_one_turn_all_arrive),
        LIVE_TEST(what_comes_together_of_one_length_is_heard_one_by_one),
        LIVE_TEST(the_largest_datagram_passes_and_one_byte_more_does_not),
        LIVE_TEST(an_empty_datagram_is_heard),
        LIVE_TEST(empty_datagrams_are_each_heard),
        LIVE_TEST(what_comes_together_does_not_come_in_one_turn_without_end),
        LIVE_TEST(a_full_send_queue_says_limit_and_recovers),
        LIVE_TEST(a_socket_may_close_itself_when_it_hears),
        LIVE_TEST(what_waits_leaves_before_a_close),
        LIVE_TEST(sending_again_from_on_error_does_not_hold_the_loop),
        LIVE_TEST(many_sockets_opened_and_closed_leave_nothing),
        LIVE_TEST(what_is_all_that_a_turn_reads_leaves_nothing_waiting),
        LIVE_TEST(what_waits_and_what_was_lost_is_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
