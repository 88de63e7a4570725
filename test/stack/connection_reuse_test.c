/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connection a request takes: whose certificate proves what, who may be reached by a
 * connection that he opened (RFC 5923, RFC 5922 7). */
#include "base/error.h"
#include "stack/stack.h"
#include "support/lab.h"
#include "support/stack_quiet.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 2 };

/* A host with one or two workers and their stacks. */
struct side {
    struct host       *host;
    struct tls_shared *tls;
    struct workers    *all;
    unsigned           count;
    struct world      *world[WORKERS];
    struct stack      *stack[WORKERS];
    unsigned           requests, serial;
    unsigned           last_worker; /* that answered a request */
    int                detail;
};

static struct network *net;
static struct lab     *lab;
static struct side     us, them; /* a.example and b.example */

static void on_request(void *user, object_id txn, struct message *request)
{
    struct side *side = user;

    (void)request;
    side->requests++;
    for (unsigned i = 0; i < side->count; i++)
        if (stack_server_request(side->stack[i], txn) != NULL)
            (void)stack_reply(side->stack[i], txn, 200, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void side_open(struct side *side, const char *name, const char *ip, unsigned count, const struct lab_wish *wish)
{
    struct address at;
    unsigned       index;

    *side = (struct side){ .host = network_host(net, name), .count = count, .tls = lab_shared(lab, wish) };
    CHECK(host_add_address(side->host, ip));
    CHECK(address_parse_ip(slice_from(ip), &at));
    for (unsigned i = 0; i < count; i++) {
        struct stack_config config = {
            .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8, .tls = side->tls, .worker = (uint8_t)i
        };

        side->world[i] = world_fake_new(side->host);
        if (i == 0)
            side->all = workers_new(count, &side->world[0]->random);
        else
            world_fake_join(side->world[i], side->world[0]);
        config.workers = side->all;
        side->stack[i] = stack_new(side->world[i], &config, &events, side);
        CHECK(side->stack[i] != NULL);
        at.port = 5060;
        CHECK_INT(0, stack_listen(side->stack[i], TRANSPORT_TCP, &at, SLICE(""), &index));
        at.port = 5061;
        if (tls_shared_can_accept(side->tls))
            CHECK_INT(0, stack_listen(side->stack[i], TRANSPORT_TLS, &at, SLICE(""), &index));
    }
}

static void side_close(struct side *side)
{
    for (unsigned i = 0; i < side->count; i++)
        stack_free(side->stack[i]);
    workers_free(side->all);
    for (unsigned i = 0; i < side->count; i++)
        world_fake_free(side->world[i]);
    tls_shared_free(side->tls);
}

static const char *const a_names[] = { "a.example", "also.example", NULL };
static const char *const b_names[] = { "b.example", NULL };

/* We have workers, they may have a certificate. */
static void open_both(unsigned workers, enum tls_clients clients, bool they_have_one)
{
    const struct lab_wish ours   = { .names = a_names, .clients = clients };
    const struct lab_wish theirs = { .names = they_have_one ? b_names : NULL };
    struct host          *first;

    net   = network_new(1);
    first = network_host(net, "us");
    {
        struct world *w = world_fake_new(first);

        lab = lab_new(world_wall(w) / 1000);
        world_fake_free(w);
    }
    side_open(&us, "us", "192.0.2.2", workers, &ours);
    side_open(&them, "them", "192.0.2.9", 1, &theirs);
    network_add_ip(net, "a.example", "192.0.2.2");
    network_add_ip(net, "also.example", "192.0.2.2");
    network_add_ip(net, "other.example", "192.0.2.2");
    network_add_ip(net, "b.example", "192.0.2.9");
    network_add_ip(net, "c.example", "192.0.2.9");
}

static void close_both(void)
{
    side_close(&us);
    side_close(&them);
    lab_free(lab);
    network_free(net);
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct side *side = u->self;

    (void)txn;
    side->detail = event == CLIENT_RESPONSE ? (int)response->status : detail;
}

/* OPTIONS by one worker; the status of the answer, or an error. */
static int ask(struct side *side, unsigned worker, const char *target)
{
    char               start[200], lines[400];
    struct gather      g;
    struct uri         uri;
    struct outgoing    out  = { .rest = &g, .method = METHOD_OPTIONS, .destination = &uri };
    struct client_user user = { .fn = on_client, .self = side };

    CHECK(uri_parse(slice_from(target), &uri));
    side->serial++;
    snprintf(start, sizeof start, "OPTIONS %s SIP/2.0\r\n", target);
    snprintf(lines, sizeof lines,
             "Max-Forwards: 70\r\nFrom: <sip:x@x.invalid>;tag=%u\r\nTo: <%s>\r\nCall-ID: %s-%u\r\nCSeq: 1 OPTIONS\r\n",
             side->serial, target, host_name(side->host), side->serial);
    gather_init(&g);
    gather_put(&g, slice_from(lines));
    gather_body(&g, SLICE(""), SLICE(""));
    out.start_line = slice_from(start);
    side->detail   = 0;
    CHECK(stack_request(side->stack[worker], &out, &user) != 0);
    network_run_until(net, network_now(net) + 1000);
    return side->detail;
}

static uint64_t opened(const struct side *side)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < side->count; i++)
        sum += counter_read(&side->world[i]->counters.connections_opened);
    return sum;
}

static uint64_t aliases(const struct side *side)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < side->count; i++)
        sum += counter_read(&side->world[i]->counters.connection_aliases);
    return sum;
}

TEST(requests_for_one_domain_share_a_connection)
{
    open_both(1, TLS_CLIENTS_NONE, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(200, ask(&them, 0, "sip:bob@A.EXAMPLE;transport=tls"));
    CHECK_INT(1, opened(&them));
    close_both();
}

/* RFC 5923 8.1: the same address, but another identity. */
TEST(another_domain_at_the_same_address_shares_it_only_if_the_certificate_says_so)
{
    open_both(1, TLS_CLIENTS_NONE, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(200, ask(&them, 0, "sip:also.example;transport=tls"));
    CHECK_INT(1, opened(&them));
    CHECK_INT(-ERR_PERMISSION, ask(&them, 0, "sip:other.example;transport=tls"));
    CHECK_INT(2, opened(&them));
    close_both();
}

/* RFC 5922 7.3: digits are proved by an address in the certificate; ours has none. */
TEST(digits_are_not_the_domain_that_was_proved)
{
    open_both(1, TLS_CLIENTS_NONE, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(-ERR_PERMISSION, ask(&them, 0, "sip:192.0.2.2;transport=tls"));
    CHECK_INT(2, opened(&them));
    close_both();
}

/* RFC 5923 8.2, 9.2 */
TEST(who_has_proved_its_domain_is_reached_by_the_connection_it_opened)
{
    open_both(1, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(1, aliases(&us));
    CHECK_INT(200, ask(&us, 0, "sip:b.example;transport=tls"));
    CHECK_INT(1, them.requests);
    CHECK_INT(0, opened(&us));
    close_both();
}

TEST(a_port_that_it_did_not_name_is_not_reached_by_it)
{
    open_both(1, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK(ask(&us, 0, "sip:b.example:5062;transport=tls") < 0);
    CHECK_INT(1, opened(&us));
    close_both();
}

/* RFC 5923 9.3: whoever shares the address is somebody else. */
TEST(another_domain_does_not_get_that_connection)
{
    open_both(1, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(-ERR_PERMISSION, ask(&us, 0, "sip:c.example;transport=tls"));
    CHECK_INT(1, opened(&us));
    CHECK_INT(0, them.requests);
    close_both();
}

/* RFC 5923 9.2: without a certificate as if there were no alias. */
TEST(an_alias_without_a_certificate_is_none)
{
    open_both(1, TLS_CLIENTS_NONE, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    CHECK_INT(0, aliases(&us));
    CHECK_INT(200, ask(&us, 0, "sip:b.example;transport=tls"));
    CHECK_INT(1, opened(&us));
    close_both();
}

/* Over plain TCP anybody could say it (RFC 5923 9). */
TEST(over_tcp_there_is_no_alias)
{
    open_both(1, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tcp"));
    CHECK_INT(0, aliases(&us));
    CHECK_INT(200, ask(&us, 0, "sip:b.example;transport=tcp"));
    CHECK_INT(1, opened(&us));
    close_both();
}

/* The connection belongs to one of our workers; the other finds it in the directory. */
TEST(other_workers_use_an_alias_too)
{
    open_both(WORKERS, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(200, ask(&us, i, "sip:b.example;transport=tls"));
    CHECK_INT(2, them.requests);
    CHECK_INT(0, opened(&us));
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(-ERR_PERMISSION, ask(&us, i, "sip:c.example;transport=tls"));
    close_both();
}

/* And what one worker has opened for a domain, for that domain only. */
TEST(other_workers_use_what_one_has_opened_for_the_same_domain)
{
    open_both(WORKERS, TLS_CLIENTS_NONE, true);
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(200, ask(&us, i, "sip:b.example;transport=tls"));
    CHECK_INT(1, opened(&us));
    CHECK_INT(-ERR_PERMISSION, ask(&us, 1, "sip:c.example;transport=tls"));
    CHECK_INT(2, opened(&us));
    close_both();
}

/* RFC 5923 8.2, the fifth paragraph. */
TEST(an_alias_ends_with_its_connection)
{
    open_both(1, TLS_CLIENTS_OPTIONAL, true);
    CHECK_INT(200, ask(&them, 0, "sip:a.example;transport=tls"));
    network_run_until(net, network_now(net) + 700000); /* idle */
    CHECK_INT(0, stack_alive(us.stack[0]));
    CHECK_INT(200, ask(&us, 0, "sip:b.example;transport=tls"));
    CHECK_INT(1, opened(&us));
    close_both();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_one_domain_share_a_connection),
        cmocka_unit_test(another_domain_at_the_same_address_shares_it_only_if_the_certificate_says_so),
        cmocka_unit_test(digits_are_not_the_domain_that_was_proved),
        cmocka_unit_test(who_has_proved_its_domain_is_reached_by_the_connection_it_opened),
        cmocka_unit_test(a_port_that_it_did_not_name_is_not_reached_by_it),
        cmocka_unit_test(another_domain_does_not_get_that_connection),
        cmocka_unit_test(an_alias_without_a_certificate_is_none),
        cmocka_unit_test(over_tcp_there_is_no_alias),
        cmocka_unit_test(other_workers_use_an_alias_too),
        cmocka_unit_test(other_workers_use_what_one_has_opened_for_the_same_domain),
        cmocka_unit_test(an_alias_ends_with_its_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
