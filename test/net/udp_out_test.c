/* SPDX-License-Identifier: BSD-2-Clause */
/* What leaves in groups; what leaves alone is in udp_test. */
#include "net/udp.h"

#include "base/error.h"
#include "net/sockaddr.h"
#include "support/live.h"

#include <stdio.h>

enum { MESSAGES = 300 };

/* One end: which numbers it has heard, in order. */
struct end {
    struct udp    *udp;
    unsigned       heard, out_of_order, padded, spoilt, errors, failed;
    unsigned       first[4]; /* the numbers that came first */
    struct address local;
};

static struct world *world;
static struct end    a, b, c;

/* A number of four digits, "x" as often as that says, then a full stop; then padding, if any. */
static size_t length_of(unsigned number)
{
    return 100 + number * 7 % 200;
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct end *e      = owner;
    unsigned    number = 0;
    size_t      len;

    (void)udp;
    for (unsigned i = 0; i < 4; i++)
        number = number * 10 + (unsigned)(d->bytes.ptr[i] - '0');
    len = length_of(number);
    e->out_of_order += number != e->heard;
    if (e->heard < 4)
        e->first[e->heard] = number;
    e->spoilt += d->bytes.len < len || d->bytes.ptr[len - 1] != '.';
    e->padded += d->bytes.len > len;
    for (size_t i = len; i < d->bytes.len; i++)
        e->spoilt += d->bytes.ptr[i] != '\r' && d->bytes.ptr[i] != '\n';
    e->local = d->local;
    e->heard++;
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct end *e = owner;

    (void)udp;
    (void)remote;
    e->errors += error == -ERR_REFUSED;
    e->failed++;
}

static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };

static bool any(struct slice datagram)
{
    (void)datagram;
    return true;
}

static int setup(void **state)
{
    (void)state;
    world = live_world_new(NULL, &(struct world_uv_options){ .grouping = { any, .by_call = true } });
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(&c, 0, sizeof c);
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

static void send_number(struct end *e, const struct address *from, struct address to, unsigned number)
{
    char         text[512];
    struct slice part = { text, length_of(number) };

    memset(text, 'x', sizeof text);
    snprintf(text, sizeof text, "%04u", number);
    text[4]            = 'x';
    text[part.len - 1] = '.';
    CHECK_INT(0, world_udp_send(world, e->udp, from, &to, &part, 1));
}

TEST(messages_for_two_peers_arrive_whole_and_in_order_and_padded_at_their_end_only)
{
    struct address at_b = open_end(&b, live_v4(1, 0)), at_c = open_end(&c, live_v4(2, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < MESSAGES; i++) {
        send_number(&a, NULL, at_b, i);
        send_number(&a, NULL, at_c, i);
    }
    LIVE_UNTIL(world, b.heard == MESSAGES && c.heard == MESSAGES);
    CHECK_INT(0, b.out_of_order + c.out_of_order + b.spoilt + c.spoilt);
    CHECK(b.padded > MESSAGES / 4 && c.padded > MESSAGES / 4); /* they did leave in groups */
}

/* Of each call one short message and one that is too long to be padded to. */
static void send_of_calls(struct address to, const char *one, const char *other)
{
    in_hand_set(&world->in_hand, slice_from(one));
    send_number(&a, NULL, to, 0);
    send_number(&a, NULL, to, 25);
    in_hand_set(&world->in_hand, slice_from(other));
    send_number(&a, NULL, to, 200);
    send_number(&a, NULL, to, 225);
    in_hand_set(&world->in_hand, SLICE(""));
}

static void check_first(unsigned first, unsigned second, unsigned third, unsigned fourth)
{
    LIVE_UNTIL(world, b.heard == 4);
    CHECK_INT(first, b.first[0]);
    CHECK_INT(second, b.first[1]);
    CHECK_INT(third, b.first[2]);
    CHECK_INT(fourth, b.first[3]);
    b.heard = 0;
}

TEST(of_two_calls_what_has_one_length_leaves_together)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    send_of_calls(at_b, "a84b4c76e66710", "f81d4fae-7dec-11d0@198.51.100.3");
    check_first(0, 200, 25, 225);
}

TEST(what_is_of_one_call_or_of_none_known_leaves_in_order)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    send_of_calls(at_b, "a84b4c76e66710", "a84b4c76e66710");
    check_first(0, 25, 200, 225);
    send_of_calls(at_b, "", "");
    check_first(0, 25, 200, 225);
    send_of_calls(at_b, "a84b4c76e66710", "");
    check_first(0, 25, 200, 225);
}

TEST(a_group_of_a_wildcard_socket_leaves_from_the_address_that_was_hit)
{
    struct address at_a = open_end(&a, address_v4(0, 0, 0, 0, 0));
    struct address at_b = open_end(&b, live_v4(1, 0)), hit = live_v4(5, at_a.port);

    send_number(&b, NULL, hit, 0);
    LIVE_UNTIL(world, a.heard == 1);
    CHECK(address_eq(&a.local, &hit));
    for (unsigned i = 0; i < 10; i++)
        send_number(&a, &a.local, at_b, i);
    LIVE_UNTIL(world, b.heard == 10);
    CHECK_INT(0, b.out_of_order + b.spoilt);
}

TEST(ipv6_leaves_in_groups_too)
{
    struct address at_b;

    if (!live_has_v6())
        skip();
    at_b = open_end(&b, live_v6(0));
    open_end(&a, live_v6(0));
    for (unsigned i = 0; i < 10; i++)
        send_number(&a, NULL, at_b, i);
    LIVE_UNTIL(world, b.heard == 10);
    CHECK_INT(0, b.out_of_order + b.spoilt);
}

/* The error of a group that ICMP brings later meets the next send: nothing of that is lost. */
TEST(a_group_for_nobody_is_an_error_and_takes_no_others_along)
{
    struct address at_b = open_end(&b, live_v4(1, 0)), nobody;

    open_end(&a, live_v4(1, 0));
    nobody = open_end(&c, live_v4(1, 0));
    world->ops->udp_close(c.udp);
    for (unsigned i = 0; i < 20; i++)
        send_number(&a, NULL, nobody, i);
    world_uv_turn(world, 0);
    for (unsigned i = 0; i < 20; i++)
        send_number(&a, NULL, at_b, i);
    LIVE_UNTIL(world, b.heard == 20 && a.errors > 0);
    CHECK_INT(0, b.out_of_order + b.spoilt);
}

/* Those for b leave first; then the one for nowhere is in the way of those for c, between which
 * those for b still stand. */
TEST(a_group_without_route_fails_alone_and_nothing_is_sent_twice)
{
    struct address at_b = open_end(&b, live_v4(1, 0)), at_c = open_end(&c, live_v4(2, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 10; i++) {
        send_number(&a, NULL, at_b, i);
        if (i < 2)
            send_number(&a, NULL, live_v6(5060), i); /* from an IPv4 socket */
        send_number(&a, NULL, at_c, i);
    }
    LIVE_UNTIL(world, b.heard >= 10 && c.heard >= 10 && a.failed == 2);
    LIVE_FOR(world, 20);
    CHECK_INT(20, b.heard + c.heard);
    CHECK_INT(0, b.out_of_order + c.out_of_order + b.spoilt + c.spoilt);
}

TEST(what_waits_in_groups_leaves_before_a_close)
{
    struct address at_b = open_end(&b, live_v4(1, 0));

    open_end(&a, live_v4(1, 0));
    for (unsigned i = 0; i < 10; i++)
        send_number(&a, NULL, at_b, i);
    world->ops->udp_close(a.udp);
    LIVE_UNTIL(world, b.heard == 10);
    CHECK_INT(0, b.out_of_order + b.spoilt + b.padded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define LIVE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        LIVE(messages_for_two_peers_arrive_whole_and_in_order_and_padded_at_their_end_only),
        LIVE(of_two_calls_what_has_one_length_leaves_together),
        LIVE(what_is_of_one_call_or_of_none_known_leaves_in_order),
        LIVE(a_group_of_a_wildcard_socket_leaves_from_the_address_that_was_hit),
        LIVE(ipv6_leaves_in_groups_too),
        LIVE(a_group_for_nobody_is_an_error_and_takes_no_others_along),
        LIVE(a_group_without_route_fails_alone_and_nothing_is_sent_twice),
        LIVE(what_waits_in_groups_leaves_before_a_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
