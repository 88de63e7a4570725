/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stacks on a virtual network: requests, responses, CANCEL, streams. */
#include "base/error.h"
#include "stack/stack.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

struct side {
    struct network *network;
    struct world   *world;
    struct stack   *stack;
    unsigned        requests, acks, cancels, strays, ends;
    object_id       last_txn, cancelled;
    int             last_end;
    unsigned        statuses[16];
    unsigned        responses, timeouts, errors;
};

static void on_request(void *user, object_id txn, struct message *request)
{
    struct side *s = user;

    (void)request;
    s->requests++;
    s->last_txn = txn;
}

static void on_ack(void *user, struct message *ack)
{
    (void)ack;
    ((struct side *)user)->acks++;
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    struct side *s = user;

    (void)cancel;
    s->cancels++;
    s->cancelled = invite;
    if (invite == 0)
        stack_reply(s->stack, txn, 481, SLICE(""));
    else
        stack_reply(s->stack, invite, 487, SLICE(""));
}

static void on_stray(void *user, struct message *response)
{
    (void)response;
    ((struct side *)user)->strays++;
}

static void on_end(void *user, object_id txn, int error)
{
    struct side *s = user;

    (void)txn;
    s->ends++;
    s->last_end = error;
}

static const struct stack_events events = { on_request, on_ack, on_cancel, on_stray, on_end };

static void heard(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                  int detail)
{
    struct side *s = u->self;

    (void)txn;
    (void)detail;
    switch (event) {
    case CLIENT_RESPONSE:
        s->statuses[s->responses++ % 16] = response->status;
        break;
    case CLIENT_TIMEOUT:
        s->timeouts++;
        break;
    case CLIENT_ERROR:
        s->errors++;
        break;
    }
}

static struct side *side_limited(struct network *n, const char *name, const char *ip, enum transport transport,
                                 size_t max_message)
{
    struct side        *s      = calloc(1, sizeof *s);
    struct host        *h      = network_host(n, name);
    struct stack_config config = {
        .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8, .max_message = max_message
    };
    struct address local;
    unsigned       index;

    host_add_address(h, ip);
    s->network = n;
    s->world   = world_fake_new(h);
    s->stack   = stack_new(s->world, &config, &events, s);
    assert_non_null(s->stack);
    local      = host_address(h, FAMILY_4);
    local.port = 5060;
    assert_int_equal(0, stack_listen(s->stack, transport, &local, SLICE(""), &index));
    return s;
}

static struct side *side_new(struct network *n, const char *name, const char *ip, enum transport transport)
{
    return side_limited(n, name, ip, transport, 0);
}

static void side_free(struct side *s)
{
    stack_free(s->stack);
    world_fake_free(s->world);
    free(s);
}

static object_id ask(struct side *s, enum method method, const char *uri_text)
{
    struct gather      g;
    struct uri         uri;
    char               start[128], cseq[64];
    struct outgoing    out  = { .method = method, .rest = &g, .destination = &uri };
    struct client_user user = { .fn = heard, .self = s };

    assert_true(uri_parse(slice_from(uri_text), &uri));
    snprintf(start, sizeof start, "%.*s %s SIP/2.0\r\n", SLICE_ARG(method_name(method)), uri_text);
    snprintf(cseq, sizeof cseq, "1 %.*s", SLICE_ARG(method_name(method)));
    out.start_line = slice_from(start);
    gather_init(&g);
    gather_header_number(&g, HEADER_MAX_FORWARDS, 70);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a.test>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:b@b.test>"));
    gather_header(&g, HEADER_CALL_ID, SLICE("one@a.test"));
    gather_header(&g, HEADER_CSEQ, slice_from(cseq));
    gather_body(&g, SLICE(""), SLICE(""));
    return stack_request(s->stack, &out, &user);
}

static void run(struct network *n, msec for_ms)
{
    network_run_until(n, network_now(n) + for_ms);
}

/* RFC 3261 17.1.2, 17.2.2: and afterwards nothing is left. */
TEST(a_request_is_answered_over_udp)
{
    struct network *n = network_new(1);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_UDP);

    CHECK(ask(a, METHOD_OPTIONS, "sip:10.0.0.2") != 0);
    run(n, 100);
    CHECK_INT(1, b->requests);
    CHECK_INT(0, stack_reply(b->stack, b->last_txn, 200, SLICE("")));
    run(n, 100);
    CHECK_INT(1, a->responses);
    CHECK_INT(200, a->statuses[0]);
    run(n, 40000);
    CHECK_INT(0, stack_alive(a->stack) + stack_alive(b->stack));
    CHECK_INT(1, b->ends);
    side_free(a);
    side_free(b);
    network_free(n);
}

/* RFC 3261 21.5.7. */
TEST(a_request_over_the_limit_is_refused)
{
    struct network *n = network_new(9);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_limited(n, "b", "10.0.0.2", TRANSPORT_UDP, 150);

    ask(a, METHOD_OPTIONS, "sip:10.0.0.2");
    run(n, 100);
    CHECK_INT(0, b->requests);
    CHECK_INT(513, a->statuses[0]);
    CHECK_INT(1, counter_read(&b->world->counters.oversize_refused));
    side_free(a);
    side_free(b);
    network_free(n);
}

/* RFC 3261 17.1.1.3: the ACK to a non-2xx is the transaction's own business. */
TEST(an_invite_that_is_declined_is_acknowledged_by_the_stack)
{
    struct network *n = network_new(2);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_UDP);

    ask(a, METHOD_INVITE, "sip:10.0.0.2");
    run(n, 300);
    CHECK_INT(100, a->statuses[0]); /* 200 ms have passed, 17.2.1 */
    stack_reply(b->stack, b->last_txn, 603, SLICE(""));
    run(n, 100);
    CHECK_INT(603, a->statuses[1]);
    CHECK_INT(0, b->acks); /* absorbed */
    run(n, 40000);
    CHECK_INT(0, b->last_end);
    CHECK_INT(0, stack_alive(a->stack) + stack_alive(b->stack));
    side_free(a);
    side_free(b);
    network_free(n);
}

/* RFC 3261 9.1: CANCEL waits for a provisional response. */
TEST(a_cancel_follows_the_first_provisional_response)
{
    struct network *n = network_new(3);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_UDP);
    object_id       t = ask(a, METHOD_INVITE, "sip:10.0.0.2");

    stack_cancel(a->stack, t, SLICE(""));
    run(n, 100);
    CHECK_INT(0, b->cancels);
    stack_reply(b->stack, b->last_txn, 180, SLICE(""));
    run(n, 100);
    CHECK_INT(1, b->cancels);
    CHECK(b->cancelled != 0);
    CHECK_INT(487, a->statuses[1]);
    run(n, 40000);
    CHECK_INT(0, stack_alive(a->stack) + stack_alive(b->stack));
    side_free(a);
    side_free(b);
    network_free(n);
}

/* Nobody could use its 2xx, and a peer that rings for ever would keep it for ever. */
TEST(an_invite_that_nobody_waits_for_is_cancelled)
{
    struct network *n = network_new(9);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_UDP);
    object_id       t = ask(a, METHOD_INVITE, "sip:10.0.0.2");

    run(n, 50);
    stack_reply(b->stack, b->last_txn, 180, SLICE(""));
    run(n, 50);
    CHECK_INT(1, a->responses);
    stack_forget(a->stack, t);
    run(n, 50);
    CHECK_INT(1, b->cancels);
    CHECK_INT(1, a->responses); /* the 487 is told to nobody */
    run(n, 40000);
    CHECK_INT(0, stack_alive(a->stack) + stack_alive(b->stack));
    side_free(a);
    side_free(b);
    network_free(n);
}

/* RFC 3261 18.4: an ICMP error ends the wait at once. */
TEST(a_closed_port_is_an_error_and_not_a_timeout)
{
    struct network *n = network_new(4);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);

    host_add_address(network_host(n, "b"), "10.0.0.2");
    ask(a, METHOD_OPTIONS, "sip:10.0.0.2");
    run(n, 100);
    CHECK_INT(1, a->errors);
    CHECK_INT(0, a->timeouts);
    CHECK_INT(0, stack_alive(a->stack));
    side_free(a);
    network_free(n);
}

TEST(nobody_answers_and_timer_f_says_so)
{
    struct network *n = network_new(5);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct host    *b = network_host(n, "b");

    host_add_address(b, "10.0.0.2");
    host_set_down(b, true);
    ask(a, METHOD_OPTIONS, "sip:10.0.0.2");
    run(n, 31999);
    CHECK_INT(0, a->timeouts);
    run(n, 100);
    CHECK_INT(1, a->timeouts);
    CHECK_INT(0, stack_alive(a->stack));
    side_free(a);
    network_free(n);
}

/* RFC 3263 4.2, 4.3: SRV gives two servers; the first refuses, the second answers. */
TEST(the_next_srv_target_is_tried_when_the_first_fails)
{
    struct network *n = network_new(6);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_UDP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_UDP);

    host_add_address(network_host(n, "dead"), "10.0.0.3");
    network_add_srv(n, "_sip._udp.b.test", 1, 0, 5060, "dead.b.test");
    network_add_srv(n, "_sip._udp.b.test", 2, 0, 5060, "live.b.test");
    network_add_ip(n, "dead.b.test", "10.0.0.3");
    network_add_ip(n, "live.b.test", "10.0.0.2");
    ask(a, METHOD_OPTIONS, "sip:b.test");
    run(n, 200);
    CHECK_INT(1, b->requests);
    stack_reply(b->stack, b->last_txn, 200, SLICE(""));
    run(n, 100);
    CHECK_INT(200, a->statuses[0]);
    CHECK_INT(0, a->errors);
    run(n, 40000);
    CHECK_INT(0, stack_alive(a->stack) + stack_alive(b->stack));
    side_free(a);
    side_free(b);
    network_free(n);
}

TEST(a_stream_carries_request_and_response_and_is_used_again)
{
    struct network *n = network_new(7);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_TCP);
    struct side    *b = side_new(n, "b", "10.0.0.2", TRANSPORT_TCP);

    network_set_pieces(n, PIECES_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        ask(a, METHOD_OPTIONS, "sip:10.0.0.2;transport=tcp");
        run(n, 100);
        CHECK_INT(i + 1, b->requests);
        stack_reply(b->stack, b->last_txn, 200, SLICE(""));
        run(n, 100);
        CHECK_INT(i + 1, a->responses);
    }
    CHECK_INT(1, counter_read(&a->world->counters.connections_opened));
    side_free(a);
    side_free(b);
    network_free(n);
}

TEST(a_refused_connection_is_an_error)
{
    struct network *n = network_new(8);
    struct side    *a = side_new(n, "a", "10.0.0.1", TRANSPORT_TCP);

    host_add_address(network_host(n, "b"), "10.0.0.2");
    ask(a, METHOD_OPTIONS, "sip:10.0.0.2;transport=tcp");
    run(n, 1000);
    CHECK_INT(1, a->errors);
    CHECK_INT(0, stack_alive(a->stack));
    side_free(a);
    network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_over_udp),
        cmocka_unit_test(a_request_over_the_limit_is_refused),
        cmocka_unit_test(an_invite_that_is_declined_is_acknowledged_by_the_stack),
        cmocka_unit_test(a_cancel_follows_the_first_provisional_response),
        cmocka_unit_test(an_invite_that_nobody_waits_for_is_cancelled),
        cmocka_unit_test(a_closed_port_is_an_error_and_not_a_timeout),
        cmocka_unit_test(nobody_answers_and_timer_f_says_so),
        cmocka_unit_test(the_next_srv_target_is_tried_when_the_first_fails),
        cmocka_unit_test(a_stream_carries_request_and_response_and_is_used_again),
        cmocka_unit_test(a_refused_connection_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
