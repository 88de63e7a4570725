/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in Via and Record-Route of a request that a stack sends. */
#include "base/error.h"
#include "stack/stack.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

/* A stack of its own on 192.0.2.11, ports 5060 and 5070. */
static struct bench  b; /* for its phones and network; its server listens elsewhere */
static struct world *world;
static struct stack *stack;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)txn;
    (void)request;
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void listens(uint16_t port)
{
    struct address local = address_v4(192, 0, 2, 11, port);
    unsigned       index;

    CHECK_INT(0, stack_listen(stack, TRANSPORT_UDP, &local, SLICE(""), &index));
}

static void setup(void)
{
    struct stack_config config = { .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8 };
    struct host        *h;

    bench_open(&b, "");
    h = network_host(b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11"));
    world = world_fake_new(h);
    stack = stack_new(world, &config, &events, NULL);
    CHECK(stack != NULL);
    listens(5060);
    listens(5070);
}

static void teardown(void)
{
    stack_free(stack);
    world_fake_free(world);
    bench_close(&b);
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)response;
    (void)detail;
    (void)event;
}

/* OPTIONS to bob, by a flow unless `how` has one, with what it adds; what he has heard. */
static const char *asks(struct outgoing how)
{
    struct gather      g;
    struct flow        flow = { .transport = TRANSPORT_UDP,
                                .local     = address_v4(192, 0, 2, 11, 5060),
                                .remote    = address_v4(192, 0, 2, 9, 6001) };
    struct client_user user = { .fn = on_client };

    how.start_line = SLICE("OPTIONS sip:a SIP/2.0\r\n");
    how.rest       = &g;
    how.method     = METHOD_OPTIONS;
    if (how.flow == NULL)
        how.flow = &flow;
    gather_init(&g);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:a>"));
    gather_header(&g, HEADER_CALL_ID, SLICE("1"));
    gather_header(&g, HEADER_CSEQ, SLICE("1 OPTIONS"));
    gather_body(&g, SLICE(""), SLICE(""));
    raw_forget(&b.bob);
    CHECK(stack_request(stack, &how, &user) != 0);
    bench_live(&b, 50);
    return raw_heard(&b.bob, 0);
}

static struct flow from_alice(enum transport transport, uint16_t local_port)
{
    return (struct flow){ .transport = transport,
                          .local     = address_v4(192, 0, 2, 11, local_port),
                          .remote    = address_v4(192, 0, 2, 9, 6000),
                          .listener  = local_port == 5070 };
}

static void check_routes(struct outgoing how, const char *lines)
{
    const char *text  = asks(how);
    const char *first = strstr(text, "Record-Route: ");

    CHECK(first != NULL);
    if (strncmp(first, lines, strlen(lines)) != 0 || strstr(first + strlen(lines), "Record-Route: ") != NULL)
        fail_msg("want %s in\n%s", lines, text);
}

/* RFC 3261 16.6 item 4, RFC 5658 5. */
TEST(sides_that_do_not_differ_need_one_record_route)
{
    struct flow alice = from_alice(TRANSPORT_UDP, 5060);

    setup();
    check_routes((struct outgoing){ .record_route = true, .upstream = &alice },
                 "Record-Route: <sip:192.0.2.11:5060;lr>\r\n");
    check_routes((struct outgoing){ .record_route = true, .user_up = SLICE("u"), .user_down = SLICE("u") },
                 "Record-Route: <sip:u@192.0.2.11:5060;lr>\r\n");
    teardown();
}

TEST(sides_that_differ_need_two_and_the_readers_own_on_top)
{
    struct flow same = from_alice(TRANSPORT_UDP, 5060), port = from_alice(TRANSPORT_UDP, 5070);

    setup();
    check_routes((struct outgoing){ .record_route = true, .upstream = &port },
                 "Record-Route: <sip:192.0.2.11:5060;transport=udp;lr>\r\n"
                 "Record-Route: <sip:192.0.2.11:5070;transport=udp;lr>\r\n");
    check_routes(
        (struct outgoing){ .record_route = true, .upstream = &same, .user_up = SLICE("u"), .user_down = SLICE("d") },
        "Record-Route: <sip:d@192.0.2.11:5060;transport=udp;lr>\r\n"
        "Record-Route: <sip:u@192.0.2.11:5060;transport=udp;lr>\r\n");
    teardown();
}

/* RFC 7118 5.2: ws, secure or not.  RFC 3261 19.1.2: sips needs no word for TLS. */
TEST(each_transport_has_its_word_and_sips_none_for_tls)
{
    static const struct {
        enum transport transport;
        bool           sips;
        const char    *start, *end;
    } cases[] = {
        { TRANSPORT_TCP, false, "<sip:192.0.2.11", ";transport=tcp;lr>\r\n" },
        { TRANSPORT_TLS, false, "<sip:192.0.2.11", ";transport=tls;lr>\r\n" },
        { TRANSPORT_WS, false, "<sip:", ";transport=ws;lr>\r\n" },
        { TRANSPORT_WSS, false, "<sip:", ";transport=ws;lr>\r\n" },
        { TRANSPORT_TLS, true, "<sips:192.0.2.11", ";lr>\r\n" },
        { TRANSPORT_WSS, true, "<sips:", ";transport=ws;lr>\r\n" },
    };

    setup();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct flow     alice = from_alice(cases[i].transport, 0);
        struct outgoing how   = { .record_route = true, .upstream = &alice, .sips_route = cases[i].sips };
        const char     *first = strstr(asks(how), "Record-Route: "), *second, *host_end;

        CHECK(first != NULL);
        second = strstr(first + 1, "Record-Route: ");
        CHECK(second != NULL);
        second += strlen("Record-Route: ");
        CHECK(strncmp(second, cases[i].start, strlen(cases[i].start)) == 0);
        host_end = strchr(second, ';');
        CHECK(host_end != NULL && strncmp(host_end, cases[i].end, strlen(cases[i].end)) == 0);
    }
    teardown();
}

/* A token that names the flow would send all that follows into nothing. */
TEST(who_is_not_reached_by_the_flow_but_located_is_told_another_user)
{
    struct flow alice = from_alice(TRANSPORT_UDP, 5060);
    struct flow lost  = { .transport  = TRANSPORT_TCP,
                          .remote     = address_v4(192, 0, 2, 9, 6001),
                          .connection = UINT64_C(0xdead) };
    struct uri  bob;

    setup();
    CHECK(uri_parse(SLICE("sip:bob@192.0.2.9:6001"), &bob));
    check_routes((struct outgoing){ .record_route = true,
                                    .upstream     = &alice,
                                    .user_up      = SLICE("u"),
                                    .user_down    = SLICE("flow"),
                                    .user_located = SLICE("u"),
                                    .flow         = &lost,
                                    .destination  = &bob },
                 "Record-Route: <sip:u@192.0.2.11:5060;lr>\r\n");
    check_routes((struct outgoing){ .record_route = true,
                                    .upstream     = &alice,
                                    .user_up      = SLICE("u"),
                                    .user_down    = SLICE("flow"),
                                    .user_located = SLICE("u") },
                 "Record-Route: <sip:flow@192.0.2.11:5060;transport=udp;lr>\r\n"
                 "Record-Route: <sip:u@192.0.2.11:5060;transport=udp;lr>\r\n");
    teardown();
}

TEST(a_user_part_that_is_too_long_is_refused)
{
    struct gather      g;
    struct client_user user = { .fn = on_client };
    char               text[ROUTE_USER + 1];
    struct outgoing    how = { .start_line = SLICE("OPTIONS sip:a SIP/2.0\r\n"), .rest = &g };

    setup();
    memset(text, 'u', sizeof text);
    gather_init(&g);
    how.user_up = (struct slice){ text, sizeof text };
    CHECK_INT(0, stack_request(stack, &how, &user));
    CHECK_INT(0, stack_alive(stack));
    teardown();
}

/* RFC 3327 5.2, RFC 5626 5.1. */
TEST(the_path_of_a_first_hop_stands_above_all_others)
{
    const char *text, *path;

    setup();
    text = asks((struct outgoing){ .path = true, .user_down = SLICE("token") });
    path = strstr(text, "Path: <sip:token@192.0.2.11:5060;lr;ob>\r\n");
    CHECK(path != NULL && path < strstr(text, "From: "));
    CHECK(strstr(text, "Record-Route") == NULL);
    text = asks((struct outgoing){ .path = true, .user_down = SLICE("token"), .sips_route = true });
    CHECK(strstr(text, "Path: <sips:token@192.0.2.11:5060;lr;ob>\r\n") != NULL);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_that_do_not_differ_need_one_record_route),
        cmocka_unit_test(sides_that_differ_need_two_and_the_readers_own_on_top),
        cmocka_unit_test(each_transport_has_its_word_and_sips_none_for_tls),
        cmocka_unit_test(who_is_not_reached_by_the_flow_but_located_is_told_another_user),
        cmocka_unit_test(a_user_part_that_is_too_long_is_refused),
        cmocka_unit_test(the_path_of_a_first_hop_stands_above_all_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
