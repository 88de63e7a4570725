/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of locate/ on the names of a virtual network. */
#include "stack/lookup.h"

#include "base/error.h"
#include "stack/internal.h"
#include "support/stack_quiet.h"
#include "support/test.h"
#include "support/world_fake.h"

static struct network *network;
static struct world   *world;
static struct stack   *stack;

/* What the lookup said in the end. */
static enum locate_action said;
static unsigned           times;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)txn;
    (void)request;
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void on_found(void *owner, enum locate_action action)
{
    (void)owner;
    said = action;
    times++;
}

static void listens(const char *ip)
{
    struct address local;
    unsigned       index;

    CHECK(address_parse_ip(slice_from(ip), &local));
    local.port = 5060;
    CHECK_INT(0, stack_listen(stack, TRANSPORT_UDP, &local, SLICE(""), &index));
}

static int setup(void **state)
{
    struct stack_config config = { .max_server_txns = 8, .max_client_txns = 8, .max_connections = 8 };
    struct host        *host;

    (void)state;
    network = network_new(1);
    host    = network_host(network, "a");
    CHECK(host_add_address(host, "192.0.2.1") && host_add_address(host, "2001:db8::1"));
    world = world_fake_new(host);
    stack = stack_new(world, &config, &events, NULL);
    CHECK(stack != NULL);
    listens("192.0.2.1");
    listens("2001:db8::1");
    said  = LOCATE_ASK;
    times = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stack_free(stack);
    world_fake_free(world);
    network_free(network);
    return 0;
}

static void lives(msec span)
{
    network_run_until(network, network_now(network) + span);
}

static struct lookup *starts(const char *text, enum locate_action want)
{
    struct lookup *l = lookup_new(stack, on_found, NULL);
    struct uri     uri;

    CHECK(l != NULL && uri_parse(slice_from(text), &uri));
    CHECK_INT(want, lookup_start(l, &uri));
    CHECK_INT(want == LOCATE_ASK, lookup_is_open(l));
    return l;
}

static void check_target(struct lookup *l, const char *want)
{
    char          memory[ADDRESS_TEXT];
    struct buf    b = BUF_ON(memory);
    struct target t;

    CHECK(lookup_target(l, &t));
    address_write(&b, &t.address);
    CHECK_SLICE(want, buf_slice(&b));
}

static void check_end(struct lookup *l)
{
    struct target t;

    CHECK(!lookup_has_more(l));
    CHECK(!lookup_target(l, &t));
    lookup_free(l);
}

TEST(a_numeric_host_is_found_at_once)
{
    struct lookup *l = starts("sip:192.0.2.9", LOCATE_DONE);

    check_target(l, "192.0.2.9:5060");
    check_end(l);
    CHECK_INT(0, times);
}

/* RFC 7984 4.1: the whole lookup takes as long as the slower answer, not as both. */
TEST(addresses_of_both_families_are_asked_for_together)
{
    struct lookup *l;

    network_set_name_delay(network, 100);
    network_add_ip(network, "h.example", "192.0.2.9");
    network_add_ip(network, "h.example", "2001:db8::9");
    l = starts("sip:h.example:5070", LOCATE_ASK);
    lives(99);
    CHECK_INT(0, times);
    lives(2);
    CHECK_INT(1, times);
    CHECK_INT(LOCATE_DONE, said);
    check_target(l, "[2001:db8::9]:5070");
    check_target(l, "192.0.2.9:5070");
    check_end(l);
}

TEST(a_wish_of_the_domain_is_followed)
{
    struct lookup *l;
    struct target  t;

    network_add_naptr(network, "d.example", 1, 1, &(struct naptr_texts){ "s", "SIP+D2T", "", "_sip._tcp.d.example" });
    network_add_srv(network, "_sip._tcp.d.example", 1, 1, 5066, "h.example");
    network_add_srv(network, "_sip._udp.d.example", 1, 1, 5060, "h.example");
    network_add_ip(network, "h.example", "192.0.2.9");
    l = starts("sip:d.example", LOCATE_ASK);
    lives(1000);
    CHECK(lookup_target(l, &t));
    CHECK_INT(TRANSPORT_TCP, t.transport);
    CHECK_INT(5066, t.address.port);
    check_end(l);
}

TEST(who_rests_comes_last)
{
    struct target  first = { TRANSPORT_UDP, address_v4(192, 0, 2, 8, 5060) };
    struct lookup *l;

    network_add_srv(network, "_sip._udp.d.example", 1, 1, 5060, "one.example");
    network_add_srv(network, "_sip._udp.d.example", 2, 1, 5060, "two.example");
    network_add_ip(network, "one.example", "192.0.2.8");
    network_add_ip(network, "two.example", "192.0.2.9");
    rested_add(stack->rested, &first, 30000, world_now(world));
    l = starts("sip:d.example;transport=udp", LOCATE_ASK);
    lives(1000);
    check_target(l, "192.0.2.9:5060");
    check_target(l, "192.0.2.8:5060");
    check_end(l);
}

TEST(without_a_name_it_fails_with_the_reason)
{
    struct lookup *l = starts("sip:nowhere.example", LOCATE_ASK);

    lives(1000);
    CHECK_INT(LOCATE_FAILED, said);
    CHECK_INT(-ERR_NAME, l->locate.error);
    check_end(l);
    CHECK_INT(1, times);
}

TEST(a_response_goes_by_the_transport_of_its_via)
{
    struct lookup *l = lookup_new(stack, on_found, NULL);
    struct target  t;

    network_add_ip(network, "h.example", "192.0.2.9");
    CHECK_INT(LOCATE_ASK, lookup_start_response(l, TRANSPORT_TCP, SLICE("h.example"), 5099));
    lives(1000);
    CHECK(lookup_target(l, &t));
    CHECK_INT(TRANSPORT_TCP, t.transport);
    CHECK_INT(5099, t.address.port);
    check_end(l);
}

TEST(nobody_is_told_of_a_lookup_that_was_given_up)
{
    lookup_free(starts("sip:nowhere.example", LOCATE_ASK));
    lookup_free(NULL);
    lives(10000);
    CHECK_INT(0, times);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_numeric_host_is_found_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_of_both_families_are_asked_for_together, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wish_of_the_domain_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(who_rests_comes_last, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_name_it_fails_with_the_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(a_response_goes_by_the_transport_of_its_via, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_told_of_a_lookup_that_was_given_up, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
