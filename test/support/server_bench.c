/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/server_bench.h"

#include "server/config_tls.h"
#include "support/balance.h"
#include "support/test.h"

#include <stdio.h>

enum { MEMORY = 1 << 30 };

/* ---- the server ---- */

void bench_live(struct bench *b, msec span)
{
    network_run_until(b->network, network_now(b->network) + span);
}

static void give_certificate(struct bench *b)
{
    static const char *const names[] = { "example.test", NULL };

    if (b->lab != NULL)
        b->shared->tls = lab_shared(b->lab, &(struct lab_wish){ .names = names });
}

void bench_start(struct bench *b)
{
    const struct stack_trace none = { NULL, NULL };
    char                     problem[256];

    b->at_server = world_fake_new(network_host(b->network, "server"));
    accounts_init(&b->memory, b->memory_limit);
    world_fake_account(b->at_server, &b->memory);
    if (b->on_world != NULL)
        b->on_world(b->at_server);
    b->shared = shared_new(b->at_server, b->config, rcu_single_new(), NULL);
    assert_non_null(b->shared);
    give_certificate(b);
    b->server = server_new(b->at_server, b->shared, 0, &none);
    assert_non_null(b->server);
    b->store = b->real_store != NULL ? b->real_store : store_fake_open(b->disk, b->store_queue);
    assert_int_equal(0, shared_load(b->shared, b->at_server, b->store, problem, sizeof problem));
    assert_int_equal(0, server_start(b->server, NULL, problem, sizeof problem));
    bench_live(b, 10);
}

void bench_kill(struct bench *b)
{
    const char *broken;
    int64_t     bytes;

    server_free(b->server);
    shared_free(b->shared);
    if (b->real_store != NULL)
        store_close(b->real_store);
    else
        store_fake_crash(b->store);
    b->real_store = NULL;
    bench_live(b, 1);
    world_fake_free(b->at_server);
    if ((broken = balance_broken(&b->memory, &bytes)) != NULL)
        fail_msg("%s: %jd bytes are still accounted for", broken, (intmax_t)bytes);
}

void bench_renew(struct bench *b)
{
    bench_kill(b);
    fake_disk_free(b->disk);
    b->disk = fake_disk_new();
    bench_start(b);
}

static void open_bench(struct bench *b, const char *more, void (*on_world)(struct world *at_server), uint64_t memory)
{
    char        text[2048];
    struct buf  conf = BUF_ON(text);
    const char *listen =
        strstr(more, "listen =") != NULL ? "" : "listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\"}\n";

    *b = (struct bench){ .network = network_new(1), .disk = fake_disk_new(), .store_queue = 100, .on_world = on_world };
    b->memory_limit = memory;
    assert_true(host_add_address(network_host(b->network, "server"), "192.0.2.1"));
    b->phones_host = network_host(b->network, "phones");
    assert_true(host_add_address(b->phones_host, "192.0.2.9"));
    buf_printf(&conf, "domain = \"example.test\"\n%s%s%s", listen,
               strstr(more, "authentication") != NULL ? "" : "authentication = no\n", more);
    assert_int_equal(0, config_parse(buf_slice(&conf), "test", NULL, NULL, &b->config));
    b->at_phones = world_fake_new(b->phones_host);
    if (config_speaks_tls(b->config))
        b->lab = lab_new(world_wall(b->at_phones) / 1000);
    bench_start(b);
    raw_open(&b->alice, b->at_phones, 6000);
    raw_open(&b->bob, b->at_phones, 6001);
    raw_open(&b->carol, b->at_phones, 6002);
}

void bench_open_with(struct bench *b, const char *more, void (*on_world)(struct world *at_server))
{
    open_bench(b, more, on_world, MEMORY);
}

void bench_open(struct bench *b, const char *more)
{
    open_bench(b, more, NULL, MEMORY);
}

void bench_open_small(struct bench *b, const char *more, uint64_t memory_limit)
{
    open_bench(b, more, NULL, memory_limit);
}

void bench_abandon(struct bench *b)
{
    raw_close(&b->alice);
    raw_close(&b->bob);
    raw_close(&b->carol);
    bench_kill(b);
    fake_disk_free(b->disk);
    lab_free(b->lab);
    config_free(b->config);
    world_fake_free(b->at_phones);
    network_free(b->network);
}

void bench_close(struct bench *b)
{
    bench_live(b, 70000);
    CHECK_INT(0, server_alive(b->server));
    CHECK_INT(0, stack_alive(server_stack(b->server)));
    bench_abandon(b);
}

static void on_user_added(void *arg, int error)
{
    *(int *)arg = error;
}

void bench_add_user(struct bench *b, const char *name, const char *password)
{
    int done = 1;

    assert_int_equal(0, users_add(server_users(b->server), SLICE("example.test"), slice_from(name),
                                  slice_from(password), on_user_added, &done));
    bench_live(b, 10);
    assert_int_equal(0, done);
}

/* ---- phones ---- */

static void keep(struct raw_phone *p, struct slice bytes)
{
    char *at = p->heard[p->count++ % RAW_KEPT];

    assert_true(bytes.len < RAW_TEXT);
    memcpy(at, bytes.ptr, bytes.len);
    at[bytes.len] = '\0';
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)udp;
    keep(owner, d->bytes);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static void on_open(void *owner, struct stream *s)
{
    (void)owner;
    (void)s;
}

/* All bytes, one behind the other. */
static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct raw_phone *p   = owner;
    size_t            len = strlen(p->heard[0]);

    (void)s;
    assert_true(len + bytes.len < RAW_TEXT);
    memcpy(p->heard[0] + len, bytes.ptr, bytes.len);
    p->heard[0][len + bytes.len] = '\0';
    p->count                     = 1;
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct raw_phone *p = owner;

    (void)s;
    (void)error;
    p->stream = NULL;
    p->closed = true;
}

static const struct stream_events stream_events = { on_open, on_bytes, on_close };

void raw_open_at(struct raw_phone *p, struct world *w, const struct address *local)
{
    static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };

    *p = (struct raw_phone){ .world = w, .port = local->port };
    assert_int_equal(0, world_udp_open(w, local, &events, p, &p->udp));
}

void raw_open(struct raw_phone *p, struct world *w, uint16_t port)
{
    struct address local = address_v4(192, 0, 2, 9, port);

    raw_open_at(p, w, &local);
}

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    struct raw_phone *p = owner;

    (void)l;
    p->stream     = s;
    *stream_owner = p;
    return &stream_events;
}

void raw_listen_at(struct raw_phone *p, struct world *w, const struct address *local)
{
    *p = (struct raw_phone){ .world = w, .port = local->port };
    assert_int_equal(0, world_listen(w, local, on_accept, p, &p->listener));
}

void raw_listen(struct raw_phone *p, struct world *w, uint16_t port)
{
    struct address local = address_v4(192, 0, 2, 9, port);

    raw_listen_at(p, w, &local);
}

void raw_connect(struct raw_phone *p, struct world *w)
{
    struct address to = address_v4(192, 0, 2, 1, 5060);

    *p = (struct raw_phone){ .world = w };
    assert_int_equal(0, world_connect(w, &to, &stream_events, p, &p->stream));
}

void raw_close(struct raw_phone *p)
{
    if (p->udp != NULL)
        p->world->ops->udp_close(p->udp);
    if (p->stream != NULL)
        p->world->ops->stream_close(p->stream);
    if (p->listener != NULL)
        p->world->ops->listener_close(p->listener);
    p->udp      = NULL;
    p->stream   = NULL;
    p->listener = NULL;
}

void raw_forget(struct raw_phone *p)
{
    p->count = 0;
    memset(p->heard, 0, sizeof p->heard);
}

void raw_say(struct raw_phone *p, const char *text)
{
    struct address to   = address_v4(192, 0, 2, 1, 5060);
    struct slice   part = slice_from(text);

    if (p->stream != NULL)
        assert_int_equal(0, world_stream_send(p->world, p->stream, &part, 1));
    else
        assert_int_equal(0, world_udp_send(p->world, p->udp, NULL, &to, &part, 1));
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

void raw_ask(struct raw_phone *p, const struct request_form *form)
{
    const char *method = or_else(form->method, "REGISTER");
    unsigned    cseq   = form->cseq != 0 ? form->cseq : 1;
    char        text[RAW_TEXT], via[64], branch[64], call_id[64];
    struct buf  t = BUF_ON(text);

    snprintf(via, sizeof via, "SIP/2.0/%s 192.0.2.9:%u", p->stream != NULL ? "TCP" : "UDP", p->port);
    snprintf(branch, sizeof branch, "%s-%u-%u", method, cseq, p->port);
    snprintf(call_id, sizeof call_id, "call-%u", p->port);
    buf_printf(&t, "%s %s SIP/2.0\r\nVia: %s;branch=z9hG4bK%s\r\n", method, or_else(form->uri, "sip:example.test"),
               or_else(form->via, via), or_else(form->branch, branch));
    buf_printf(&t, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
               or_else(form->from, "<sip:bob@example.test>;tag=1"), or_else(form->to, "<sip:bob@example.test>"),
               or_else(form->call_id, call_id), cseq, method);
    buf_printf(&t, "%sContent-Length: 0\r\n\r\n", or_else(form->more, ""));
    assert_true(buf_ok(&t));
    raw_say(p, buf_cstr(&t));
}

void raw_register(struct raw_phone *p, unsigned cseq, const char *more)
{
    char lines[RAW_TEXT];

    snprintf(lines, sizeof lines, "Contact: <sip:bob@192.0.2.9:%u>\r\n%s", p->port, or_else(more, ""));
    raw_ask(p, &(struct request_form){ .cseq = cseq, .more = lines });
}

const char *raw_heard(const struct raw_phone *p, unsigned back)
{
    if (back >= p->count || back >= RAW_KEPT)
        return "";
    return p->heard[(p->count - 1 - back) % RAW_KEPT];
}

bool raw_last_is(const struct raw_phone *p, const char *start)
{
    return strncmp(raw_heard(p, 0), start, strlen(start)) == 0;
}

unsigned raw_heard_count(const struct raw_phone *p, const char *start)
{
    unsigned count = 0;

    for (unsigned i = 0; i < p->count && i < RAW_KEPT; i++)
        count += strncmp(p->heard[i], start, strlen(start)) == 0;
    return count;
}

static const char *line_end(const char *at)
{
    const char *end = strstr(at, "\r\n");

    return end != NULL ? end + 2 : at + strlen(at);
}

static bool is_line(const char *at, const char *name)
{
    size_t len = strlen(name);

    return strncmp(at, name, len) == 0 && at[len] == ':';
}

const char *header_of(const char *text, const char *name, char *value, size_t size)
{
    value[0] = '\0';
    for (const char *at = line_end(text); *at != '\0'; at = line_end(at)) {
        if (!is_line(at, name))
            continue;
        at += strlen(name) + 2;
        snprintf(value, size, "%.*s", (int)(line_end(at) - at - 2), at);
        break;
    }
    return value;
}

void raw_answer(struct raw_phone *p, unsigned back, const char *status, const char *to_tag)
{
    static const char *const copied[] = { "Via", "From", "Call-ID", "CSeq", "Record-Route" };
    const char              *request  = raw_heard(p, back);
    char                     text[RAW_TEXT], to[256];
    struct buf               t = BUF_ON(text);

    assert_true(request[0] != '\0');
    buf_printf(&t, "SIP/2.0 %s\r\n", status);
    for (const char *at = line_end(request); *at != '\0' && *at != '\r'; at = line_end(at))
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
            if (is_line(at, copied[i]))
                buf_printf(&t, "%.*s", (int)(line_end(at) - at), at);
    header_of(request, "To", to, sizeof to);
    buf_printf(&t, "To: %s%s%s\r\nContact: <sip:bob@192.0.2.9:%u>\r\nContent-Length: 0\r\n\r\n", to,
               strstr(to, ";tag=") == NULL ? ";tag=" : "", strstr(to, ";tag=") == NULL ? to_tag : "", p->port);
    assert_true(buf_ok(&t));
    raw_say(p, buf_cstr(&t));
}
