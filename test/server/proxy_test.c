/* SPDX-License-Identifier: BSD-2-Clause */
/* The server among raw phones: what goes in and comes out of the proxy. */
#include "server/internal.h"
#include "support/store_fake.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdlib.h>

enum { KEPT = 8, TEXT = 4096 };

/* A socket that keeps what it hears. */
struct phone {
    struct world *world;
    struct udp   *udp;
    char          heard[KEPT][TEXT];
    unsigned      count;
};

struct bench {
    struct network      *network;
    struct world        *at_server, *at_phones;
    const struct config *config;
    struct fake_disk    *disk;
    struct shared       *shared;
    struct server       *server;
    struct store        *store;
    struct phone         caller, one, two;
};

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct phone *p = owner;

    (void)udp;
    assert_true(p->count < KEPT && d->bytes.len < TEXT);
    memcpy(p->heard[p->count], d->bytes.ptr, d->bytes.len);
    p->heard[p->count++][d->bytes.len] = '\0';
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static void phone_open(struct phone *p, struct world *w, uint16_t port)
{
    static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };
    struct address                 local  = address_v4(192, 0, 2, 9, port);

    p->world = w;
    assert_int_equal(0, world_udp_open(w, &local, &events, p, &p->udp));
}

static void say(struct phone *p, const char *text)
{
    struct address to   = address_v4(192, 0, 2, 1, 5060);
    struct slice   part = slice_from(text);

    assert_int_equal(0, world_udp_send(p->world, p->udp, NULL, &to, &part, 1));
}

static void live(struct bench *b, msec span)
{
    network_run_until(b->network, network_now(b->network) + span);
}

static void setup(struct bench *b, const char *more)
{
    const struct stack_trace none = { NULL, NULL };
    char                     text[1024], problem[256];
    struct buf               conf = BUF_ON(text);
    struct host             *server, *phones;

    *b     = (struct bench){ .network = network_new(1), .disk = fake_disk_new() };
    server = network_host(b->network, "server");
    phones = network_host(b->network, "phones");
    assert_true(host_add_address(server, "192.0.2.1") && host_add_address(phones, "192.0.2.9"));
    b->at_server = world_fake_new(server);
    b->at_phones = world_fake_new(phones);
    buf_printf(&conf, "domain = \"example.test\"\nlisten = \"udp:192.0.2.1:5060\"\nauthentication = no\n%s", more);
    assert_int_equal(0, config_parse(buf_slice(&conf), "test", NULL, NULL, &b->config));
    b->shared = shared_new(b->at_server, b->config, rcu_single_new(), NULL);
    b->server = server_new(b->at_server, b->shared, 0, &none);
    assert_non_null(b->server);
    b->store = store_fake_open(b->disk, 100);
    assert_int_equal(0, shared_load(b->shared, b->at_server, b->store, problem, sizeof problem));
    assert_int_equal(0, server_start(b->server, NULL, problem, sizeof problem));
    phone_open(&b->caller, b->at_phones, 6000);
    phone_open(&b->one, b->at_phones, 6001);
    phone_open(&b->two, b->at_phones, 6002);
}

/* After a minute nothing may be left of any transaction. */
static void teardown(struct bench *b)
{
    live(b, 70000);
    CHECK_INT(0, server_alive(b->server));
    CHECK_INT(0, stack_alive(server_stack(b->server)));
    server_free(b->server);
    shared_free(b->shared);
    store_close(b->store);
    fake_disk_free(b->disk);
    config_free(b->config);
    b->at_phones->ops->udp_close(b->caller.udp);
    b->at_phones->ops->udp_close(b->one.udp);
    b->at_phones->ops->udp_close(b->two.udp);
    world_fake_free(b->at_server);
    world_fake_free(b->at_phones);
    network_free(b->network);
}

static void registers(struct bench *b, struct phone *p, unsigned port)
{
    char       text[1024];
    struct buf t = BUF_ON(text);

    buf_printf(&t,
               "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:%u;branch=z9hG4bKr%u\r\n"
               "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: r%u\r\n"
               "CSeq: 1 REGISTER\r\nContact: <sip:bob@192.0.2.9:%u>\r\nContent-Length: 0\r\n\r\n",
               port, port, port, port);
    say(p, buf_cstr(&t));
    live(b, 100);
    CHECK_INT(1, p->count);
    CHECK(memcmp(p->heard[0], "SIP/2.0 200 ", 12) == 0);
    p->count = 0;
}

static void asks(struct bench *b, const char *method, const char *uri, const char *more)
{
    char       text[1024];
    struct buf t = BUF_ON(text);

    buf_printf(&t,
               "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKc\r\n"
               "From: <sip:alice@example.test>;tag=a\r\nTo: <%s>\r\nCall-ID: call\r\nCSeq: 1 %s\r\n"
               "%sContent-Length: 0\r\n\r\n",
               method, uri, uri, method, more);
    say(&b->caller, buf_cstr(&t));
    live(b, 50);
}

/* Answer the last request heard with its own Via, From, To, Call-ID and CSeq. */
static void answers(struct bench *b, struct phone *p, const char *status, const char *more)
{
    struct parse_fault fault;
    char               text[TEXT];
    struct buf         t = BUF_ON(text);
    struct message    *m;

    assert_true(p->count > 0);
    m = message_parse(slice_from(p->heard[p->count - 1]), &fault);
    assert_non_null(m);
    buf_printf(&t, "SIP/2.0 %s\r\n", status);
    for (unsigned i = 0; i < m->header_count; i++)
        switch ((int)m->headers[i].id) {
        case HEADER_TO:
            buf_printf(&t, "%.*s;tag=p\r\n", (int)m->headers[i].line.len - 2, m->headers[i].line.ptr);
            break;
        case HEADER_VIA:
        case HEADER_FROM:
        case HEADER_CALL_ID:
        case HEADER_CSEQ:
            buf_put(&t, m->headers[i].line);
            break;
        default:
            break;
        }
    buf_printf(&t, "%sContent-Length: 0\r\n\r\n", more);
    message_drop(m);
    say(p, buf_cstr(&t));
    live(b, 50);
}

static const char *last(const struct phone *p)
{
    return p->count > 0 ? p->heard[p->count - 1] : "";
}

static bool begins(const struct phone *p, const char *text)
{
    return strncmp(last(p), text, strlen(text)) == 0;
}

/* RFC 5393 5.3.3: every copy has one, and a fork shares it. */
TEST(breadth_is_written_and_shared)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    asks(&b, "MESSAGE", "sip:bob@example.test", "");
    CHECK(strstr(last(&b.one), "\r\nMax-Breadth: 60\r\n") != NULL);
    answers(&b, &b.one, "200 OK", "");
    CHECK(begins(&b.caller, "SIP/2.0 200 OK"));
    teardown(&b);

    setup(&b, "");
    registers(&b, &b.one, 6001);
    registers(&b, &b.two, 6002);
    asks(&b, "MESSAGE", "sip:bob@example.test", "Max-Breadth: 5\r\n");
    CHECK(strstr(last(&b.one), "\r\nMax-Breadth: 2\r\n") != NULL);
    CHECK(strstr(last(&b.two), "\r\nMax-Breadth: 2\r\n") != NULL);
    CHECK(strstr(last(&b.two), "Max-Breadth: 5") == NULL);
    answers(&b, &b.one, "200 OK", "");
    answers(&b, &b.two, "200 OK", "");
    teardown(&b);
}

/* RFC 5393 5.3.3: it need not be refused if one can be asked after the other. */
TEST(a_fork_that_is_too_broad_is_serial)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    registers(&b, &b.two, 6002);
    asks(&b, "MESSAGE", "sip:bob@example.test", "Max-Breadth: 1\r\n");
    CHECK(begins(&b.two, "MESSAGE ") && b.one.count == 0);
    CHECK(strstr(last(&b.two), "\r\nMax-Breadth: 1\r\n") != NULL);
    answers(&b, &b.two, "404 Not Found", "");
    CHECK(begins(&b.one, "MESSAGE "));
    CHECK(strstr(last(&b.one), "\r\nMax-Breadth: 1\r\n") != NULL);
    answers(&b, &b.one, "200 OK", "");
    CHECK(begins(&b.caller, "SIP/2.0 200 "));
    teardown(&b);
}

TEST(without_any_breadth_nobody_is_asked)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    asks(&b, "MESSAGE", "sip:bob@example.test", "Max-Breadth: 0\r\n");
    CHECK(begins(&b.caller, "SIP/2.0 440 "));
    CHECK_INT(0, b.one.count);
    teardown(&b);
}

/* max_branches: those that are wanted most are called, the others are not. */
TEST(no_more_phones_are_called_than_branches_are_allowed)
{
    struct bench b;

    setup(&b, "max_branches = 1\n");
    registers(&b, &b.one, 6001);
    registers(&b, &b.two, 6002);
    asks(&b, "MESSAGE", "sip:bob@example.test", "");
    CHECK_INT(1, b.one.count + b.two.count);
    answers(&b, b.one.count > 0 ? &b.one : &b.two, "200 OK", "");
    CHECK(begins(&b.caller, "SIP/2.0 200 "));
    teardown(&b);
}

/* RFC 3261 16.7 item 7. */
TEST(challenges_of_two_phones_come_up_as_one)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    registers(&b, &b.two, 6002);
    asks(&b, "MESSAGE", "sip:bob@example.test", "");
    answers(&b, &b.one, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"one\", nonce=\"1\"\r\n");
    CHECK_INT(0, b.caller.count);
    answers(&b, &b.two, "407 Proxy Authentication Required",
            "Proxy-Authenticate: Digest realm=\"two\", nonce=\"2\"\r\n");
    CHECK_INT(1, b.caller.count);
    CHECK(strstr(last(&b.caller), "WWW-Authenticate: Digest realm=\"one\"") != NULL);
    CHECK(strstr(last(&b.caller), "Proxy-Authenticate: Digest realm=\"two\"") != NULL);
    teardown(&b);
}

/* RFC 5393 4.2.2: a route that leads back here. */
TEST(a_loop_ends_in_482)
{
    struct bench b;

    setup(&b, "route \"other.test\" { to = \"sip:192.0.2.1\" }\n");
    asks(&b, "MESSAGE", "sip:bob@other.test", "");
    live(&b, 500);
    CHECK(begins(&b.caller, "SIP/2.0 482 "));
    CHECK(counter_read(&b.at_server->counters.loops_refused) == 1);
    teardown(&b);
}

/* RFC 3261 16.6 item 8: what comes by our Record-Route goes on without a mark.  It would not be met again, since it
 * covers the Route, which is taken off; what comes back is marked. */
TEST(a_loop_behind_a_dialog_ends_in_482)
{
    struct way_back way = { .flow.transport = TRANSPORT_NONE };
    char            memory[DIALOG_TOKEN + 1], text[1024];
    struct buf      token = BUF_ON(memory), t = BUF_ON(text);
    struct bench    b;

    setup(&b, "");
    network_add_ip(b.network, "loop.test", "192.0.2.1");
    dialog_token_write(&token, SLICE("call"), &way, &(struct token_key){ b.shared->relay_key, b.shared->boot });
    buf_printf(&t,
               "BYE sip:x@loop.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKc\r\n"
               "From: <sip:alice@example.test>;tag=a\r\nTo: <sip:bob@example.test>;tag=b\r\nCall-ID: call\r\n"
               "CSeq: 1 BYE\r\nRoute: <sip:%s@192.0.2.1;lr>\r\nContent-Length: 0\r\n\r\n",
               buf_cstr(&token));
    say(&b.caller, buf_cstr(&t));
    live(&b, 500);
    CHECK(begins(&b.caller, "SIP/2.0 482 "));
    CHECK_INT(2, counter_read(&b.at_server->counters.requests_forwarded));
    CHECK_INT(1, counter_read(&b.at_server->counters.loops_refused));
    teardown(&b);
}

/* A redirect is followed to each of its contacts, none twice as broad. */
TEST(a_redirect_is_followed)
{
    struct bench b;

    setup(&b, "route \"other.test\" { redirect = \"sip:192.0.2.9:6001\" }\n");
    asks(&b, "MESSAGE", "sip:bob@other.test", "");
    CHECK(begins(&b.one, "MESSAGE sip:bob@other.test SIP/2.0\r\n"));
    CHECK(strstr(last(&b.one), "\r\nMax-Breadth: 60\r\n") != NULL);
    answers(&b, &b.one, "302 Moved", "Contact: <mailto:bob@other.test>, <sip:bob@192.0.2.9:6002>\r\n");
    CHECK(begins(&b.two, "MESSAGE sip:bob@192.0.2.9:6002 SIP/2.0\r\n"));
    CHECK(strstr(last(&b.two), "\r\nMax-Breadth: 60\r\n") != NULL);
    CHECK_INT(0, b.caller.count);
    answers(&b, &b.two, "200 OK", "");
    CHECK(begins(&b.caller, "SIP/2.0 200 OK"));
    teardown(&b);
}

TEST(a_redirect_that_leads_nowhere_is_passed_on)
{
    struct bench b;

    setup(&b, "route \"other.test\" { redirect = \"sip:192.0.2.9:6001\" }\n");
    asks(&b, "MESSAGE", "sip:bob@other.test", "");
    answers(&b, &b.one, "302 Moved", "Contact: <mailto:bob@other.test>\r\n");
    CHECK(begins(&b.caller, "SIP/2.0 302 "));
    teardown(&b);
}

/* RFC 4320 4.2: nobody answers, and nobody hears a 408. */
TEST(silence_is_answered_by_silence)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    b.one.count = 0;
    asks(&b, "INFO", "sip:bob@example.test", "");
    for (int i = 0; i < 80; i++) { /* it hears eleven: make room */
        live(&b, 500);
        b.one.count = 0;
    }
    CHECK_INT(1, b.caller.count); /* the 100 of RFC 4320 4.1 */
    CHECK(begins(&b.caller, "SIP/2.0 100 "));
    teardown(&b);
}

TEST(a_408_from_further_down_goes_no_further)
{
    struct bench b;

    setup(&b, "");
    registers(&b, &b.one, 6001);
    asks(&b, "INFO", "sip:bob@example.test", "");
    answers(&b, &b.one, "408 Request Timeout", "");
    live(&b, 1000);
    CHECK_INT(0, b.caller.count);
    teardown(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breadth_is_written_and_shared),
        cmocka_unit_test(a_fork_that_is_too_broad_is_serial),
        cmocka_unit_test(without_any_breadth_nobody_is_asked),
        cmocka_unit_test(no_more_phones_are_called_than_branches_are_allowed),
        cmocka_unit_test(challenges_of_two_phones_come_up_as_one),
        cmocka_unit_test(a_loop_ends_in_482),
        cmocka_unit_test(a_loop_behind_a_dialog_ends_in_482),
        cmocka_unit_test(a_redirect_is_followed),
        cmocka_unit_test(a_redirect_that_leads_nowhere_is_passed_on),
        cmocka_unit_test(silence_is_answered_by_silence),
        cmocka_unit_test(a_408_from_further_down_goes_no_further),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
