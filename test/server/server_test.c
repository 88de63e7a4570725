/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's own beginning and end: what it listens on, what it says when it
 * cannot, what it brings back from the store. */
#include "server/server.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* Another server, beside that of the bench, on the same host; what came of it. */
static int start_beside(const char *conf, char *problem, size_t size)
{
    const struct stack_trace none = { NULL, NULL };
    const struct config     *config;
    struct fake_disk        *disk  = fake_disk_new();
    struct world            *world = world_fake_new(network_host(b.network, "server"));
    struct shared           *shared;
    struct server           *s;
    struct store            *store;
    int                      error;

    CHECK_INT(0, config_parse(slice_from(conf), "test", NULL, NULL, &config));
    shared = shared_new(world, config, rcu_single_new(), NULL);
    s      = server_new(world, shared, 0, &none);
    CHECK(s != NULL);
    store = store_fake_open(disk, 10);
    error = shared_load(shared, world, store, problem, size);
    if (error == 0)
        error = server_start(s, NULL, problem, size);
    server_free(s);
    shared_free(shared);
    store_fake_crash(store);
    bench_live(&b, 1);
    world_fake_free(world);
    config_free(config);
    fake_disk_free(disk);
    return error;
}

TEST(an_address_in_use_is_said_with_a_remedy)
{
    char problem[256];

    bench_open(&b, "");
    CHECK_INT(-ERR_IN_USE, start_beside("domain = a.test\nlisten = \"udp:192.0.2.1:5060\"\n", problem, sizeof problem));
    assert_string_equal("cannot listen on udp 192.0.2.1:5060: address already in use; stop the other program or set "
                        "listen in the configuration",
                        problem);
    CHECK_INT(-ERR_IN_USE, start_beside("domain = a.test\nlisten = {\"udp:192.0.2.1:5070\", \"tcp:192.0.2.1:5060\"}\n",
                                        problem, sizeof problem));
    CHECK_INT(-ERR_NO_ADDRESS,
              start_beside("domain = a.test\nlisten = \"udp:192.0.2.77:5060\"\n", problem, sizeof problem));
    assert_string_equal("cannot listen on udp 192.0.2.77:5060: no such address on this host", problem);
    CHECK_INT(0, start_beside("domain = a.test\nlisten = \"udp:192.0.2.1:5070\"\n", problem, sizeof problem));
    bench_close(&b);
}

/* Without a listen key an address family that the host lacks is no mistake. */
TEST(by_default_it_listens_on_what_there_is)
{
    char problem[256];

    bench_open(&b, "listen = \"udp:192.0.2.1:5070\"\n");
    CHECK_INT(0, start_beside("domain = a.test\n", problem, sizeof problem));
    bench_close(&b);
}

TEST(it_knows_what_it_listens_on)
{
    bench_open(&b, "listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:0\"}\n");
    CHECK_INT(2, server_listener_count(b.server));
    CHECK_INT(TRANSPORT_UDP, server_listener(b.server, 0).transport);
    CHECK_INT(5060, server_listener(b.server, 0).local.port);
    CHECK_INT(TRANSPORT_TCP, server_listener(b.server, 1).transport);
    CHECK(server_listener(b.server, 1).local.port != 0);
    bench_close(&b);
}

/* What Via and Record-Route of a request say that leaves by the first listener. */
static void call_bob(char via[256], char route[256])
{
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    bench_live(&b, 50);
    header_of(raw_heard(&b.bob, 0), "Via", via, 256);
    header_of(raw_heard(&b.bob, 0), "Record-Route", route, 256);
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
}

TEST(a_listener_that_advertises_nothing_takes_what_the_server_does)
{
    static const struct {
        const char *listen, *via, *route;
    } cases[] = {
        { "udp:192.0.2.1:5060", "SIP/2.0/UDP gate.test:5070;", "@gate.test:5070;lr>" },
        { "udp:192.0.2.1:5060 advertise 203.0.113.7", "SIP/2.0/UDP 203.0.113.7;", "@203.0.113.7;lr>" },
    };
    char via[256], route[256], conf[256];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(conf, sizeof conf, "listen = \"%s\" advertise = 'gate.test:5070'\n", cases[i].listen);
        bench_open(&b, conf);
        call_bob(via, route);
        CHECK(strstr(via, cases[i].via) == via);
        CHECK(strstr(route, cases[i].route) != NULL);
        CHECK(stack_is_local(server_stack(b.server), SLICE("gate.test"), 5070) == (i == 0));
        CHECK(stack_is_local(server_stack(b.server), SLICE("203.0.113.7"), 5060) == (i == 1));
        bench_close(&b);
    }
}

/* The realm is in every hash and the relay key in every dialog: both outlive the
 * process, and the realm the configuration. */
TEST(realm_and_relay_key_are_stored_once)
{
    char first[256], second[256];

    bench_open(&b, "");
    CHECK_INT(4, fake_disk_rows(b.disk)); /* and the keys of GRUUs */
    for (unsigned i = 0; i < 2; i++) {
        raw_register(&b.bob, i + 1, NULL);
        bench_live(&b, 50);
        raw_ask(&b.alice, &(struct request_form){
                              .method = "INVITE", .uri = "sip:bob@example.test", .cseq = i + 1, .call_id = "same" });
        bench_live(&b, 50);
        header_of(raw_heard(&b.bob, 0), "Record-Route", i == 0 ? first : second, sizeof first);
        raw_answer(&b.bob, 0, "486 Busy Here", "b");
        bench_live(&b, 50);
        if (i == 0) {
            bench_kill(&b);
            bench_start(&b);
        }
    }
    CHECK(strstr(first, "<sip:") != NULL && strstr(first, "@192.0.2.1:5060;lr>") != NULL);
    assert_string_equal(first, second);
    CHECK_SLICE("example.test", users_realm(server_users(b.server)));
    bench_close(&b);
}

/* Calls, a lookup, a wait for the store and a stream under way. */
TEST(it_may_be_ended_in_the_midst_of_everything)
{
    struct raw_phone tcp;

    bench_open(&b, "");
    raw_register(&b.bob, 1, NULL);
    bench_live(&b, 50);
    raw_connect(&tcp, b.at_phones);
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = "sip:bob@example.test" });
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@slow.test", .cseq = 2 });
    store_fake_hold(b.store, true);
    raw_ask(&b.carol, &(struct request_form){ .to = "<sip:carol@example.test>", .more = "Contact: <sip:c@d>\r\n" });
    bench_live(&b, 2);
    raw_say(&tcp, "OPTIONS sip:exa");
    bench_live(&b, 2);
    CHECK(server_alive(b.server) >= 2);
    CHECK(stack_alive(server_stack(b.server)) >= 4);
    raw_close(&tcp);
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_in_use_is_said_with_a_remedy),
        cmocka_unit_test(by_default_it_listens_on_what_there_is),
        cmocka_unit_test(it_knows_what_it_listens_on),
        cmocka_unit_test(a_listener_that_advertises_nothing_takes_what_the_server_does),
        cmocka_unit_test(realm_and_relay_key_are_stored_once),
        cmocka_unit_test(it_may_be_ended_in_the_midst_of_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
