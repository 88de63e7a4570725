/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

/* Two hosts with one process each, and what happened to each of them as text. */
struct side {
    struct host  *host;
    struct world *world;
    struct udp   *udp;
    struct buf    heard;
    char          memory[4096];
};

struct pair {
    struct network *net;
    struct side     a, b;
};

static void hear_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct side *s = owner;

    (void)udp;
    buf_printf(&s->heard, "%.*s ", SLICE_ARG(d->bytes));
}

static void hear_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    struct side *s = owner;

    (void)udp;
    buf_printf(&s->heard, "%s:%u ", error_name(error), remote->port);
}

static const struct udp_events udp_events = { .on_datagram = hear_datagram, .on_error = hear_error };

static void side_start(struct network *n, struct side *s, const char *name, const char *ip)
{
    s->host  = network_host(n, name);
    s->heard = BUF_ON(s->memory);
    CHECK(host_add_address(s->host, ip));
    s->world = world_fake_new(s->host);
}

static struct pair *pair_new(uint64_t seed)
{
    struct pair *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->net = network_new(seed);
    side_start(p->net, &p->a, "a", "192.0.2.1");
    side_start(p->net, &p->b, "b", "192.0.2.2");
    return p;
}

static void pair_free(struct pair *p)
{
    network_free(p->net);
    free(p);
}

static void side_bind(struct side *s, const char *local)
{
    struct address a;

    CHECK(address_parse(slice_from(local), &a));
    CHECK_INT(0, world_udp_open(s->world, &a, &udp_events, s, &s->udp));
}

static void side_say(struct side *s, const char *to, const char *text)
{
    struct address a;
    struct slice   part = slice_from(text);

    CHECK(address_parse(slice_from(to), &a));
    CHECK_INT(0, world_udp_send(s->world, s->udp, NULL, &a, &part, 1));
}

static void live(struct pair *p, msec duration)
{
    network_run_until(p->net, network_now(p->net) + duration);
}

static struct pair *bound_pair(uint64_t seed)
{
    struct pair *p = pair_new(seed);

    side_bind(&p->a, "192.0.2.1:5060");
    side_bind(&p->b, "192.0.2.2:5060");
    return p;
}

/* ---- datagrams ---- */

TEST(a_datagram_arrives_after_the_paths_delay)
{
    struct pair *p = bound_pair(1);

    network_set_path(p->net, p->a.host, p->b.host, &(struct path){ .delay = 30 });
    side_say(&p->a, "192.0.2.2:5060", "hello");
    live(p, 29);
    CHECK_SLICE("", buf_slice(&p->b.heard));
    live(p, 1);
    CHECK_SLICE("hello ", buf_slice(&p->b.heard));
    CHECK_INT(0, network_in_flight(p->net));
    pair_free(p);
}

TEST(a_closed_port_answers_with_an_error_and_a_dead_host_with_silence)
{
    struct pair *p = bound_pair(1);

    side_say(&p->a, "192.0.2.2:9", "x");
    live(p, 10);
    CHECK_SLICE("REFUSED:9 ", buf_slice(&p->a.heard));
    side_say(&p->a, "198.51.100.7:5", "x");
    live(p, 10);
    CHECK_SLICE("REFUSED:9 UNREACHABLE:5 ", buf_slice(&p->a.heard));
    host_set_down(p->b.host, true);
    side_say(&p->a, "192.0.2.2:9", "x");
    side_say(&p->a, "192.0.2.2:5060", "x");
    live(p, 10);
    CHECK_SLICE("REFUSED:9 UNREACHABLE:5 ", buf_slice(&p->a.heard));
    CHECK_SLICE("", buf_slice(&p->b.heard));
    pair_free(p);
}

static void note_local(void *owner, struct udp *udp, const struct datagram *d)
{
    struct side *s = owner;
    char         text[ADDRESS_TEXT];
    struct buf   b = BUF_ON(text);

    (void)udp;
    address_write(&b, &d->local);
    buf_printf(&s->heard, "%s ", buf_cstr(&b));
}

TEST(a_wildcard_socket_is_told_which_address_was_hit_and_may_answer_from_it)
{
    static const struct udp_events events = { .on_datagram = note_local, .on_error = NULL };
    struct pair                   *p      = pair_new(1);
    struct address                 any = address_v4(0, 0, 0, 0, 7), from = address_v4(192, 0, 2, 22, 0);
    struct address                 to   = address_v4(192, 0, 2, 1, 5060);
    struct slice                   part = SLICE("back");

    CHECK(host_add_address(p->b.host, "192.0.2.22"));
    side_bind(&p->a, "192.0.2.1:5060");
    CHECK_INT(0, world_udp_open(p->b.world, &any, &events, &p->b, &p->b.udp));
    side_say(&p->a, "192.0.2.22:7", "x");
    side_say(&p->a, "192.0.2.2:7", "x");
    live(p, 10);
    CHECK_SLICE("192.0.2.22:7 192.0.2.2:7 ", buf_slice(&p->b.heard));
    CHECK_INT(0, world_udp_send(p->b.world, p->b.udp, &from, &to, &part, 1));
    live(p, 10);
    CHECK_SLICE("back ", buf_slice(&p->a.heard));
    pair_free(p);
}

TEST(a_socket_is_bound_once_to_an_address_of_its_host_or_to_a_free_port)
{
    struct pair   *p    = bound_pair(1);
    struct address same = address_v4(192, 0, 2, 1, 5060), any = address_v4(0, 0, 0, 0, 5060);
    struct address foreign = address_v4(192, 0, 2, 9, 5060), free_port = address_v4(192, 0, 2, 1, 0);
    struct udp    *u;

    CHECK_INT(-ERR_IN_USE, world_udp_open(p->a.world, &same, &udp_events, NULL, &u));
    CHECK_INT(-ERR_IN_USE, world_udp_open(p->a.world, &any, &udp_events, NULL, &u));
    CHECK_INT(-ERR_NO_ADDRESS, world_udp_open(p->a.world, &foreign, &udp_events, NULL, &u));
    CHECK_INT(0, world_udp_open(p->a.world, &free_port, &udp_events, NULL, &u));
    CHECK(p->a.world->ops->udp_local(u).port >= 32768);
    pair_free(p);
}

TEST(a_socket_that_is_closed_hears_nothing_of_what_was_under_way)
{
    struct pair *p = bound_pair(1);

    side_say(&p->a, "192.0.2.2:5060", "late");
    while (network_next(p->net) < network_now(p->net) + 1)
        network_turn(p->net, network_now(p->net));
    p->b.world->ops->udp_close(p->b.udp);
    live(p, 10);
    CHECK_SLICE("", buf_slice(&p->b.heard));
    CHECK_SLICE("REFUSED:5060 ", buf_slice(&p->a.heard));
    CHECK_INT(0, world_fake_usage(p->b.world).udps);
    CHECK_INT(1, world_fake_usage(p->a.world).udps);
    pair_free(p);
}

static void hear_and_close(void *owner, struct udp *udp, const struct datagram *d)
{
    struct side *s = owner;

    hear_datagram(owner, udp, d);
    s->world->ops->udp_close(udp);
}

TEST(a_socket_that_is_closed_by_a_datagram_does_not_hear_the_next_of_the_same_turn)
{
    static const struct udp_events events = { .on_datagram = hear_and_close, .on_error = NULL };
    struct pair                   *p      = pair_new(1);
    struct address                 local  = address_v4(192, 0, 2, 2, 5060);

    side_bind(&p->a, "192.0.2.1:5060");
    CHECK_INT(0, world_udp_open(p->b.world, &local, &events, &p->b, &p->b.udp));
    side_say(&p->a, "192.0.2.2:5060", "one");
    side_say(&p->a, "192.0.2.2:5060", "two");
    live(p, 10);
    CHECK_SLICE("one ", buf_slice(&p->b.heard));
    CHECK_INT(0, network_in_flight(p->net));
    pair_free(p);
}

static void batch_over(void *owner, struct udp *udp)
{
    struct side *s = owner;

    (void)udp;
    buf_printf(&s->heard, "| ");
}

TEST(the_end_of_a_batch_is_told_once_for_all_that_came_together)
{
    static const struct udp_events events = { .on_datagram = hear_datagram, .on_batch_end = batch_over };
    struct pair                   *p      = pair_new(1);
    struct address                 local  = address_v4(192, 0, 2, 2, 5060);

    side_bind(&p->a, "192.0.2.1:5060");
    CHECK_INT(0, world_udp_open(p->b.world, &local, &events, &p->b, &p->b.udp));
    side_say(&p->a, "192.0.2.2:5060", "one");
    side_say(&p->a, "192.0.2.2:5060", "two");
    live(p, 10);
    side_say(&p->a, "192.0.2.2:5060", "three");
    live(p, 10);
    CHECK_SLICE("one two | three | ", buf_slice(&p->b.heard));
    pair_free(p);
}

TEST(a_datagram_too_large_or_one_too_many_in_a_turn_is_refused)
{
    static char    large[65508];
    struct pair   *p    = bound_pair(1);
    struct address to   = address_v4(192, 0, 2, 2, 5060);
    struct slice   part = { large, sizeof large };
    int            sent = 0, error;

    CHECK_INT(-ERR_TOO_LARGE, world_udp_send(p->a.world, p->a.udp, NULL, &to, &part, 1));
    part.len = 1;
    while ((error = world_udp_send(p->a.world, p->a.udp, NULL, &to, &part, 1)) == 0)
        sent++;
    CHECK_INT(-ERR_LIMIT, error);
    CHECK_INT(4096, sent);
    pair_free(p);
}

/* ---- what can happen on the way ---- */

static bool starts_with(const void *arg, const struct packet *p)
{
    size_t len = strlen(arg);

    return p->bytes.len >= len && memcmp(p->bytes.ptr, arg, len) == 0;
}

TEST(a_fault_strikes_the_datagrams_it_names_and_no_others)
{
    struct pair *p = bound_pair(1);

    network_add_fault(p->net,
                      &(struct fault){ .from = p->a.host, .matches = starts_with, .arg = "B", .first = 2, .count = 1 });
    network_add_fault(
        p->net,
        &(struct fault){
            .to = p->b.host, .matches = starts_with, .arg = "C", .first = 1, .count = 1, .action = FAULT_DUPLICATE });
    network_add_fault(
        p->net, &(struct fault){
                    .matches = starts_with, .arg = "D", .first = 1, .count = 1, .action = FAULT_DELAY, .delay = 5 });
    CHECK_INT(3, network_faults_left(p->net));
    for (const char *const *text = (const char *const[]){ "A", "B1", "B2", "B3", "C", "D", "E", NULL }; *text != NULL;
         text++)
        side_say(&p->a, "192.0.2.2:5060", *text);
    live(p, 10);
    CHECK_SLICE("A B1 B3 C C E D ", buf_slice(&p->b.heard));
    CHECK_INT(0, network_faults_left(p->net));
    pair_free(p);
}

TEST(a_send_that_a_fault_refuses_fails_and_leaves_nothing_under_way)
{
    struct pair   *p    = bound_pair(1);
    struct address to   = address_v4(192, 0, 2, 2, 5060);
    struct slice   part = SLICE("A");

    network_add_fault(p->net, &(struct fault){ .first = 2, .count = 1, .action = FAULT_REFUSE });
    CHECK_INT(0, world_udp_send(p->a.world, p->a.udp, NULL, &to, &part, 1));
    CHECK_INT(-ERR_LIMIT, world_udp_send(p->a.world, p->a.udp, NULL, &to, &part, 1));
    CHECK_INT(0, world_udp_send(p->a.world, p->a.udp, NULL, &to, &part, 1));
    live(p, 10);
    CHECK_SLICE("A A ", buf_slice(&p->b.heard));
    CHECK_INT(0, network_faults_left(p->net));
    pair_free(p);
}

static size_t deliveries(struct path path, uint64_t seed, bool *in_order)
{
    struct pair *p = bound_pair(seed);
    char         text[12];
    size_t       count = 0;
    int          last  = -1, number, used;
    const char  *at;

    network_set_path(p->net, NULL, NULL, &path);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "%d", i);
        side_say(&p->a, "192.0.2.2:5060", text);
        live(p, 1);
    }
    live(p, 1000);
    *in_order = true;
    for (at = buf_cstr(&p->b.heard); sscanf(at, "%d%n", &number, &used) == 1; at += used, last = number, count++)
        *in_order = *in_order && number >= last;
    pair_free(p);
    return count;
}

TEST(loss_duplication_and_reordering_happen_as_often_as_asked)
{
    bool   in_order;
    size_t count = deliveries((struct path){ .delay = 5, .loss = 300 }, 7, &in_order);

    CHECK(count > 100 && count < 180 && in_order);
    count = deliveries((struct path){ .delay = 5, .duplicate = 300 }, 7, &in_order);
    CHECK(count > 220 && count < 300);
    count = deliveries((struct path){ .delay = 5, .reorder = 300 }, 7, &in_order);
    CHECK(count == 200 && !in_order);
    count = deliveries((struct path){ .delay = 5, .jitter = 20 }, 7, &in_order);
    CHECK(count == 200 && !in_order);
    CHECK_INT(0, deliveries((struct path){ .cut = true }, 7, &in_order));
}

static void trace_packet(void *arg, const struct packet *packet)
{
    buf_printf(arg, "%llu:%d:%llu ", (unsigned long long)packet->at, packet->stage, (unsigned long long)packet->number);
}

static void run_traced(uint64_t seed, struct buf *trace)
{
    struct pair *p    = bound_pair(seed);
    struct path  path = { .delay = 5, .jitter = 50, .loss = 100, .duplicate = 100, .reorder = 100 };

    network_set_path(p->net, NULL, NULL, &path);
    network_observe(p->net, trace_packet, trace);
    for (int i = 0; i < 50; i++) {
        side_say(&p->a, "192.0.2.2:5060", "x");
        side_say(&p->b, "192.0.2.1:5060", "y");
        live(p, 3);
    }
    live(p, 500);
    CHECK(buf_ok(trace));
    pair_free(p);
}

TEST(the_same_seed_gives_the_same_run_and_another_gives_another)
{
    static char one[16384], two[16384], other[16384];
    struct buf  b1 = BUF_ON(one), b2 = BUF_ON(two), b3 = BUF_ON(other);

    run_traced(11, &b1);
    run_traced(11, &b2);
    run_traced(12, &b3);
    CHECK(slice_eq(buf_slice(&b1), buf_slice(&b2)));
    CHECK(!slice_eq(buf_slice(&b1), buf_slice(&b3)));
}

/* ---- time and turns ---- */

struct alarm {
    struct timer timer;
    msec         fired_at;
};

static void alarm_fires(struct timer *t, msec now)
{
    CONTAINER_OF(t, struct alarm, timer)->fired_at = now;
}

TEST(the_clock_jumps_to_the_deadline_of_a_timer)
{
    struct pair *p  = pair_new(1);
    struct alarm a  = { .fired_at = 0 };
    msec         at = world_now(p->a.world) + 32000;

    world_timer(p->a.world, &a.timer, alarm_fires, at);
    CHECK_INT(1, world_fake_usage(p->a.world).timers);
    network_run_until(p->net, at + 5);
    CHECK_INT(at, a.fired_at);
    CHECK_INT(at + 5, world_now(p->a.world));
    CHECK_INT(0, world_fake_usage(p->a.world).timers);
    CHECK(network_next(p->net) == NEVER);
    pair_free(p);
}

static void post_again(void *arg)
{
    struct side *s = arg;

    buf_put_byte(&s->heard, '!');
    if (s->heard.len < 3)
        CHECK_INT(0, s->world->ops->post(s->world, post_again, s));
}

TEST(a_post_runs_in_the_next_turn_and_a_post_from_it_in_the_one_after)
{
    struct pair *p = pair_new(1);

    CHECK_INT(0, p->a.world->ops->post(p->a.world, post_again, &p->a));
    CHECK_INT(1, world_fake_usage(p->a.world).posts);
    CHECK(network_turn(p->net, NEVER - 1));
    CHECK_SLICE("!", buf_slice(&p->a.heard));
    live(p, 1);
    CHECK_SLICE("!!!", buf_slice(&p->a.heard));
    CHECK_INT(0, world_fake_usage(p->a.world).posts);
    pair_free(p);
}

TEST(a_step_of_the_wall_clock_moves_no_timer)
{
    struct pair *p    = pair_new(1);
    uint64_t     wall = world_wall(p->a.world);
    struct alarm a    = { .fired_at = 0 };

    world_timer(p->a.world, &a.timer, alarm_fires, world_now(p->a.world) + 10);
    network_step_wall(p->net, -3600 * 1000);
    CHECK_INT(wall - 3600 * 1000, world_wall(p->a.world));
    live(p, 9);
    CHECK_INT(0, a.fired_at);
    live(p, 1);
    CHECK(a.fired_at != 0);
    pair_free(p);
}

/* ---- names ---- */

static void hear_answer(void *owner, int error, const struct record *records, size_t count)
{
    struct side *s = owner;

    buf_printf(&s->heard, "%s", error == 0 ? "ok" : error_name(error));
    for (size_t i = 0; i < count; i++)
        buf_printf(&s->heard, "/%u:%.*s", records[i].port, SLICE_ARG(records[i].target));
    buf_put(&s->heard, SLICE(" "));
}

static struct query *ask(struct pair *p, const char *name, enum record_type type)
{
    struct query *q;

    CHECK_INT(0, world_resolve(p->a.world, slice_from(name), type, hear_answer, &p->a, &q));
    return q;
}

TEST(names_answer_with_their_records_with_none_with_no_such_name_or_not_at_all)
{
    struct pair *p = pair_new(1);

    network_add_srv(p->net, "_sip._udp.example.test", 1, 2, 5070, "proxy.example.test");
    network_add_ip(p->net, "proxy.example.test", "192.0.2.2");
    network_set_name_error(p->net, "slow.test", -ERR_TIMEOUT);
    ask(p, "_SIP._udp.example.test.", RECORD_SRV);
    live(p, 10);
    ask(p, "proxy.example.test", RECORD_A);
    live(p, 10);
    ask(p, "proxy.example.test", RECORD_AAAA);
    live(p, 10);
    ask(p, "other.test", RECORD_A);
    live(p, 10);
    ask(p, "slow.test", RECORD_A);
    live(p, 4999);
    CHECK_SLICE("ok/5070:proxy.example.test ok/0: ok NAME ", buf_slice(&p->a.heard));
    CHECK_INT(1, world_fake_usage(p->a.world).queries);
    live(p, 1);
    CHECK_SLICE("ok/5070:proxy.example.test ok/0: ok NAME TIMEOUT ", buf_slice(&p->a.heard));
    CHECK_INT(0, world_fake_usage(p->a.world).queries);
    pair_free(p);
}

TEST(a_query_that_is_cancelled_is_not_answered)
{
    struct pair *p = pair_new(1);

    p->a.world->ops->resolve_cancel(ask(p, "other.test", RECORD_A));
    live(p, 10);
    CHECK_SLICE("", buf_slice(&p->a.heard));
    CHECK_INT(0, network_in_flight(p->net));
    pair_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_arrives_after_the_paths_delay),
        cmocka_unit_test(a_closed_port_answers_with_an_error_and_a_dead_host_with_silence),
        cmocka_unit_test(a_wildcard_socket_is_told_which_address_was_hit_and_may_answer_from_it),
        cmocka_unit_test(a_socket_is_bound_once_to_an_address_of_its_host_or_to_a_free_port),
        cmocka_unit_test(a_socket_that_is_closed_hears_nothing_of_what_was_under_way),
        cmocka_unit_test(a_socket_that_is_closed_by_a_datagram_does_not_hear_the_next_of_the_same_turn),
        cmocka_unit_test(the_end_of_a_batch_is_told_once_for_all_that_came_together),
        cmocka_unit_test(a_datagram_too_large_or_one_too_many_in_a_turn_is_refused),
        cmocka_unit_test(a_fault_strikes_the_datagrams_it_names_and_no_others),
        cmocka_unit_test(a_send_that_a_fault_refuses_fails_and_leaves_nothing_under_way),
        cmocka_unit_test(loss_duplication_and_reordering_happen_as_often_as_asked),
        cmocka_unit_test(the_same_seed_gives_the_same_run_and_another_gives_another),
        cmocka_unit_test(the_clock_jumps_to_the_deadline_of_a_timer),
        cmocka_unit_test(a_post_runs_in_the_next_turn_and_a_post_from_it_in_the_one_after),
        cmocka_unit_test(a_step_of_the_wall_clock_moves_no_timer),
        cmocka_unit_test(names_answer_with_their_records_with_none_with_no_such_name_or_not_at_all),
        cmocka_unit_test(a_query_that_is_cancelled_is_not_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
