/* SPDX-License-Identifier: BSD-2-Clause */
/* A phone behind a NAT, on a link that goes and comes, and a registrar that sees what
 * the test says. */
#include "call/call.h"

#include "base/error.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>

enum { BEAT = 29000, EXPIRES = 3600 };

static struct {
    struct network  *network;
    struct host     *host;
    struct world    *world, *at_registrar;
    struct phone    *phone;
    object_id        account;
    struct udp      *udp;
    struct listener *listener;
    struct stream   *stream;
    struct address   seen; /* what the registrar says it saw; family NONE: the truth */
    bool             restless, deaf, silent;
    unsigned         registers, pings, accepted, expires;
    char             contact[256], invited[256];
} t;

/* ---- the registrar ---- */

static void answer(const struct message *m, const struct flow *flow)
{
    static const enum header_id copied[] = { HEADER_FROM, HEADER_CALL_ID, HEADER_CSEQ };
    char                        text[2048];
    struct buf                  b    = BUF_ON(text);
    struct address              seen = t.seen.family != FAMILY_NONE ? t.seen : flow->remote;
    struct slice                wire;

    if (t.restless)
        t.seen.port++;
    buf_put(&b, SLICE("SIP/2.0 200 OK\r\nVia: "));
    via_write_received(&b, &m->via, &seen);
    buf_put(&b, SLICE("\r\n"));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        buf_put(&b, message_header(m, copied[i])->line);
    buf_printf(&b, "To: %.*s;tag=r\r\nExpires: %u\r\nContent-Length: 0\r\n\r\n", SLICE_ARG(m->to.text), t.expires);
    wire = buf_slice(&b);
    assert_true(buf_ok(&b));
    if (t.stream != NULL)
        world_stream_send(t.at_registrar, t.stream, &wire, 1);
    else
        world_udp_send(t.at_registrar, t.udp, NULL, &flow->remote, &wire, 1);
}

static void hear(struct slice bytes, const struct flow *flow)
{
    struct parse_fault fault;
    struct message    *m;
    struct slice       pong = SLICE("\r\n");

    if (slice_trim(bytes).len == 0) {
        t.pings++;
        if (t.stream != NULL && !t.silent)
            world_stream_send(t.at_registrar, t.stream, &pong, 1);
        return;
    }
    m = message_parse(bytes, &fault);
    assert_non_null(m);
    if (m->method == METHOD_REGISTER) {
        t.registers++;
        snprintf(t.contact, sizeof t.contact, "%.*s", SLICE_ARG(message_header(m, HEADER_CONTACT)->value));
        if (!t.deaf)
            answer(m, flow);
    } else if (m->method == METHOD_INVITE) {
        snprintf(t.invited, sizeof t.invited, "%.*s", SLICE_ARG(message_header(m, HEADER_CONTACT)->value));
    }
    message_drop(m);
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct flow flow = { .transport = TRANSPORT_UDP, .remote = d->remote, .local = d->local };

    (void)owner;
    (void)udp;
    hear(d->bytes, &flow);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct flow flow = { .transport = TRANSPORT_TCP, .remote = t.at_registrar->ops->stream_remote(s) };

    (void)owner;
    hear(bytes, &flow);
}

static void on_close(void *owner, struct stream *s, int error)
{
    (void)owner;
    (void)error;
    if (t.stream == s)
        t.stream = NULL;
}

static const struct udp_events    udp_events    = { .on_datagram = on_datagram, .on_error = on_error };
static const struct stream_events stream_events = { NULL, on_bytes, on_close };

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **out)
{
    (void)owner;
    (void)l;
    t.accepted++;
    t.stream = s;
    *out     = &t;
    return &stream_events;
}

/* ---- the phone ---- */

static void on_event(void *user, const struct phone_event *event)
{
    (void)user;
    (void)event;
}

static void add_phone(const char *proxy)
{
    struct phone_config   config  = { .any_address = true, .tcp = true, .on_event = on_event };
    struct account_config account = { .aor        = SLICE("sip:alice@example.test"),
                                      .proxy      = slice_from(proxy),
                                      .expires    = EXPIRES,
                                      .keep_alive = BEAT / 1000 };

    config.stack.max_server_txns = config.stack.max_client_txns = 16;
    config.stack.max_connections                                = 8;
    config.address                                              = host_address(t.host, FAMILY_4);
    config.address.port                                         = 5060;
    CHECK_INT(0, phone_new(t.world, &config, &t.phone));
    CHECK_INT(0, phone_add_account(t.phone, &account, &t.account));
}

static void live(msec time)
{
    network_run_until(t.network, network_now(t.network) + time);
}

static int setup(void **state)
{
    struct host   *registrar;
    struct address at;

    (void)state;
    memset(&t, 0, sizeof t);
    t.network      = network_new(1);
    t.expires      = EXPIRES;
    t.host         = network_host(t.network, "alice");
    registrar      = network_host(t.network, "registrar");
    t.world        = world_fake_new(t.host);
    t.at_registrar = world_fake_new(registrar);
    assert_true(host_add_address(t.host, "10.0.0.1") && host_add_address(registrar, "10.0.0.3"));
    network_set_pieces(t.network, PIECES_WHOLE);
    at      = host_address(registrar, FAMILY_4);
    at.port = 5060;
    CHECK_INT(0, world_udp_open(t.at_registrar, &at, &udp_events, NULL, &t.udp));
    CHECK_INT(0, world_listen(t.at_registrar, &at, on_accept, NULL, &t.listener));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    phone_free(t.phone);
    world_fake_free(t.world);
    world_fake_free(t.at_registrar);
    network_free(t.network);
    return 0;
}

static void sees(const char *address)
{
    assert_true(address_parse(slice_from(address), &t.seen));
}

static void register_by(const char *proxy)
{
    add_phone(proxy);
    phone_register(t.phone, t.account);
    live(1000);
}

/* ---- through a NAT ---- */

TEST(without_a_nat_the_phone_registers_once)
{
    register_by("sip:10.0.0.3");
    CHECK_INT(1, t.registers);
    assert_string_equal("<sip:alice@10.0.0.1:5060>", t.contact);
}

/* RFC 3581 4 */
TEST(behind_a_nat_the_address_that_the_registrar_saw_is_registered_and_the_other_taken_back)
{
    sees("198.51.100.7:40000");
    register_by("sip:10.0.0.3");
    CHECK_INT(2, t.registers);
    assert_string_equal("<sip:alice@198.51.100.7:40000>, <sip:alice@10.0.0.1:5060>;expires=0", t.contact);
    live(BEAT);
    CHECK_INT(2, t.registers);
}

TEST(another_port_of_our_own_address_is_a_nat_too)
{
    sees("10.0.0.1:40000");
    register_by("sip:10.0.0.3");
    assert_string_equal("<sip:alice@10.0.0.1:40000>, <sip:alice@10.0.0.1:5060>;expires=0", t.contact);
}

TEST(the_port_that_a_stream_comes_from_is_no_sign_of_a_nat)
{
    register_by("sip:10.0.0.3;transport=tcp");
    CHECK_INT(1, t.registers);
    assert_string_equal("<sip:alice@10.0.0.1:5060;transport=tcp>", t.contact);
}

TEST(behind_a_nat_a_call_names_the_address_that_the_registrar_saw)
{
    struct call_options options = { .target = SLICE("sip:bob@example.test") };
    object_id           call;

    sees("198.51.100.7:40000");
    register_by("sip:10.0.0.3");
    options.account = t.account;
    CHECK_INT(0, call_place(t.phone, &options, &call));
    live(100);
    assert_string_equal("<sip:alice@198.51.100.7:40000>", t.invited);
}

TEST(a_nat_that_shows_another_face_each_time_is_not_followed_at_once)
{
    sees("198.51.100.7:40000");
    t.restless = true;
    register_by("sip:10.0.0.3");
    live(20000);
    CHECK_INT(2, t.registers);
}

/* ---- signs of life ---- */

/* RFC 5626 4.4: between 80 and 100 % of the interval. */
TEST(a_registered_phone_gives_signs_of_life)
{
    register_by("sip:10.0.0.3");
    CHECK_INT(0, t.pings);
    live(BEAT);
    CHECK_INT(1, t.pings);
    live(10 * BEAT);
    CHECK(t.pings >= 11 && t.pings <= 14);
    CHECK_INT(1, t.registers);
}

TEST(a_phone_that_has_unregistered_is_silent)
{
    register_by("sip:10.0.0.3");
    phone_unregister(t.phone, t.account);
    live(10 * BEAT);
    CHECK_INT(0, t.pings);
}

TEST(a_lost_connection_is_replaced_and_registered_by)
{
    register_by("sip:10.0.0.3;transport=tcp");
    t.at_registrar->ops->stream_close(t.stream);
    t.stream = NULL;
    live(BEAT);
    CHECK_INT(2, t.registers);
    CHECK_INT(2, t.accepted);
}

/* RFC 5626 4.4.1: without a pong the flow is dead. */
TEST(a_connection_whose_peer_answers_no_sign_of_life_is_replaced)
{
    register_by("sip:10.0.0.3;transport=tcp");
    live(5 * BEAT);
    CHECK_INT(1, t.accepted);
    t.silent = true;
    live(2 * BEAT);
    CHECK_INT(2, t.registers);
    CHECK_INT(2, t.accepted);
}

/* ---- the link ---- */

TEST(from_another_address_the_phone_registers_anew_and_takes_the_old_one_back)
{
    register_by("sip:10.0.0.3");
    host_drop_address(t.host, "10.0.0.1");
    live(2 * BEAT);
    CHECK_INT(1, t.registers);
    assert_true(host_add_address(t.host, "10.0.0.9"));
    live(BEAT);
    CHECK_INT(2, t.registers);
    assert_string_equal("<sip:alice@10.0.0.9:5060>, <sip:alice@10.0.0.1:5060>;expires=0", t.contact);
    CHECK_INT(9, phone_address(t.phone).ip[3]);
    live(BEAT);
    CHECK_INT(2, t.registers);
}

TEST(from_another_address_the_phone_opens_another_connection)
{
    register_by("sip:10.0.0.3;transport=tcp");
    host_drop_address(t.host, "10.0.0.1");
    assert_true(host_add_address(t.host, "10.0.0.9"));
    live(BEAT);
    CHECK_INT(2, t.accepted);
    assert_string_equal("<sip:alice@10.0.0.9:5060;transport=tcp>, <sip:alice@10.0.0.1:5060;transport=tcp>;expires=0",
                        t.contact);
}

TEST(when_the_link_is_back_the_phone_does_not_wait_for_its_next_try)
{
    unsigned before;

    t.expires = 120;
    register_by("sip:10.0.0.3");
    host_drop_address(t.host, "10.0.0.1");
    live(20 * 60 * 1000); /* refreshes fail, later and later */
    before = t.registers;
    assert_true(host_add_address(t.host, "10.0.0.1"));
    live(BEAT);
    CHECK_INT((int)before + 1, t.registers);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_a_nat_the_phone_registers_once),
        CASE(behind_a_nat_the_address_that_the_registrar_saw_is_registered_and_the_other_taken_back),
        CASE(another_port_of_our_own_address_is_a_nat_too),
        CASE(the_port_that_a_stream_comes_from_is_no_sign_of_a_nat),
        CASE(behind_a_nat_a_call_names_the_address_that_the_registrar_saw),
        CASE(a_nat_that_shows_another_face_each_time_is_not_followed_at_once),
        CASE(a_registered_phone_gives_signs_of_life),
        CASE(a_phone_that_has_unregistered_is_silent),
        CASE(a_lost_connection_is_replaced_and_registered_by),
        CASE(a_connection_whose_peer_answers_no_sign_of_life_is_replaced),
        CASE(from_another_address_the_phone_registers_anew_and_takes_the_old_one_back),
        CASE(from_another_address_the_phone_opens_another_connection),
        CASE(when_the_link_is_back_the_phone_does_not_wait_for_its_next_try),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
