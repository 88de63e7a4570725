/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/two_phones.h"

#include "support/test.h"

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct plain_phone *p = owner;

    (void)udp;
    if (p->heard.len > 0 || memcmp(d->bytes.ptr, "SIP/2.0 100", 11) == 0)
        return;
    assert_true(d->bytes.len < sizeof p->text);
    memcpy(p->text, d->bytes.ptr, d->bytes.len);
    p->heard = (struct slice){ p->text, d->bytes.len };
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static void phone_open(struct two_phones *t, struct plain_phone *p, uint16_t port)
{
    static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };
    struct address                 local  = address_v4(192, 0, 2, 9, port);

    p->world = t->at_phones;
    p->heard = SLICE("");
    assert_int_equal(0, world_udp_open(p->world, &local, &events, p, &p->udp));
}

void two_phones_live(struct two_phones *t, msec span)
{
    network_run_until(t->network, network_now(t->network) + span);
}

void two_phones_say(struct two_phones *t, struct plain_phone *p, struct slice text)
{
    struct address to = address_v4(192, 0, 2, 1, 5060);

    assert_int_equal(0, world_udp_send(p->world, p->udp, NULL, &to, &text, 1));
    two_phones_live(t, 20);
}

void two_phones_listen(struct two_phones *t)
{
    t->caller.heard = t->callee.heard = SLICE("");
}

static void register_callee(struct two_phones *t)
{
    two_phones_say(t, &t->callee,
                   SLICE("REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6001;branch=z9hG4bKr\r\n"
                         "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: r\r\n"
                         "CSeq: 1 REGISTER\r\nContact: <sip:bob@192.0.2.9:6001>\r\nContent-Length: 0\r\n\r\n"));
    two_phones_live(t, 100);
    assert_memory_equal("SIP/2.0 200 ", t->callee.heard.ptr, 12);
    two_phones_listen(t);
}

static void server_open(struct two_phones *t, const char *config)
{
    const struct stack_trace none = { NULL, NULL };
    char                     text[2048], problem[256];
    struct buf               conf = BUF_ON(text);

    buf_printf(&conf,
               "domain = \"example.test\"\nlisten = \"udp:192.0.2.1:5060\"\nauthentication = no\nudp_limit = 0\n"
               "record_route = no\ndefault_expires = 7d\nmax_expires = 7d\n%s",
               config);
    assert_int_equal(0, config_parse(buf_slice(&conf), "test", NULL, NULL, &t->config));
    t->shared = shared_new(t->at_server, t->config, rcu_single_new(), NULL);
    t->server = server_new(t->at_server, t->shared, 0, &none);
    assert_non_null(t->server);
    t->store = store_fake_open(t->disk, 100);
    assert_int_equal(0, shared_load(t->shared, t->at_server, t->store, problem, sizeof problem));
    assert_int_equal(0, server_start(t->server, NULL, problem, sizeof problem));
}

void two_phones_open(struct two_phones *t, const char *config)
{
    struct host *server, *phones;

    t->network = network_new(1);
    t->disk    = fake_disk_new();
    server     = network_host(t->network, "server");
    phones     = network_host(t->network, "phones");
    assert_true(host_add_address(server, "192.0.2.1") && host_add_address(phones, "192.0.2.9"));
    t->at_server = world_fake_new(server);
    t->at_phones = world_fake_new(phones);
    server_open(t, config);
    phone_open(t, &t->caller, TWO_PHONES_CALLER);
    phone_open(t, &t->callee, TWO_PHONES_CALLEE);
    register_callee(t);
}

void two_phones_close(struct two_phones *t)
{
    two_phones_live(t, 300000);
    assert_int_equal(0, server_alive(t->server));
    assert_int_equal(0, stack_alive(server_stack(t->server)));
    server_free(t->server);
    shared_free(t->shared);
    store_close(t->store);
    fake_disk_free(t->disk);
    config_free(t->config);
    t->at_phones->ops->udp_close(t->caller.udp);
    t->at_phones->ops->udp_close(t->callee.udp);
    world_fake_free(t->at_server);
    world_fake_free(t->at_phones);
    network_free(t->network);
}
