/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/server_walk.h"

#include "server/server.h"
#include "support/balance.h"
#include "support/store_fake.h"
#include "support/walk_text.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SERVERS  = 3,
    PHONES   = 3,
    STEPS    = 60,
    KEPT     = 16,
    MESSAGE  = 8192,
    ANSWERED = 20,      /* ms: what a step may take                                   */
    ALL_OVER = 2000000, /* ms: some groups of phones that ring, one after the other  */
    A_WHILE  = 35000,   /* ms: 64 * T1 and a bit                                     */
    MEMORY   = 8 << 20, /* bytes: more than a walk's messages can ever need            */
};

/* ---- servers ---- */

static const struct {
    const char *ip, *domain;
    bool        open;
    const char *config;
} setup[SERVERS] = {
    { "192.0.2.1", "example.test", true,
      "authentication = no\nredirect_server = yes\nroute \"b.test\" { to = \"sip:192.0.2.2\" }\n"
      "redirect \"away.test\" { to = \"sip:192.0.2.9:6001\" }\n" },
    { "192.0.2.2", "b.test", true, "authentication = no\n" },
    { "192.0.2.3", "c.test", false, "authentication = yes\n" },
};

struct walk_server {
    struct budget        memory;
    const struct config *config;
    struct fake_disk    *disk;
    struct store        *store;
    struct world        *world;
    struct shared       *shared;
    struct server       *server;
};

/* What a phone, or the stream, has said or heard. */
struct kept {
    size_t   len;
    unsigned phone, server;
    bool     by_stream;
    char     text[MESSAGE];
};

struct ring {
    unsigned    count;
    struct kept kept[KEPT];
};

struct walk {
    struct choices     c;
    struct network    *network;
    struct watch      *watch;
    struct walk_server servers[SERVERS];
    struct world      *phones;
    struct udp        *udps[PHONES];
    struct stream     *stream; /* to the first server; NULL: none */
    unsigned           number;
    struct ring        said, heard;
};

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "server_walk: %s\n", what);
    abort();
}

static struct address server_address(unsigned server)
{
    struct address a;

    must(address_parse_ip(slice_from(setup[server].ip), &a), "no address");
    a.port = 5060;
    return a;
}

static void server_open(struct walk *w, unsigned number)
{
    const struct stack_trace none = { NULL, NULL };
    struct walk_server      *s    = &w->servers[number];
    struct host             *host = network_host(w->network, setup[number].domain);
    char                     text[1024], problem[256];
    struct buf               conf = BUF_ON(text);

    buf_printf(&conf, "connection_idle = 30s\ndomain = \"%s\"\nlisten = {\"udp:%s:5060\", \"tcp:%s:5060\"}\n%s",
               setup[number].domain, setup[number].ip, setup[number].ip, setup[number].config);
    must(host_add_address(host, setup[number].ip), "no host");
    must(config_parse(buf_slice(&conf), "walk", NULL, NULL, &s->config) == 0, "no configuration");
    s->world = world_fake_new(host);
    accounts_init(&s->memory, 1 << 30);
    world_fake_account(s->world, &s->memory);
    s->disk   = fake_disk_new();
    s->shared = shared_new(s->world, s->config, rcu_single_new(), NULL);
    must(s->shared != NULL, "no memory");
    s->server = server_new(s->world, s->shared, 0, &none);
    must(s->server != NULL, "no memory");
    s->store = store_fake_open(s->disk, 100);
    must(shared_load(s->shared, s->world, s->store, problem, sizeof problem) == 0, "not loaded");
    must(server_start(s->server, NULL, problem, sizeof problem) == 0, "not started");
    network_add_ip(w->network, setup[number].domain, setup[number].ip);
    watch_server(w->watch, host, server_address(number), setup[number].domain, setup[number].open);
}

static void server_close(struct walk *w, unsigned number)
{
    struct walk_server *s = &w->servers[number];
    const char         *account;
    int64_t             bytes = 0;

    if (server_alive(s->server) > 0 || stack_alive(server_stack(s->server)) > 0)
        fprintf(stderr, "server_walk: %s: %zu and %zu\n", setup[number].domain, (size_t)server_alive(s->server),
                (size_t)stack_alive(server_stack(s->server)));
    must(server_alive(s->server) == 0 && stack_alive(server_stack(s->server)) == 0, "something is left");
    server_free(s->server);
    shared_free(s->shared);
    store_fake_crash(s->store);
    network_run_until(w->network, network_now(w->network) + 1);
    world_fake_free(s->world);
    if ((account = balance_broken(&s->memory, &bytes)) != NULL)
        fprintf(stderr, "server_walk: %s: %jd bytes\n", account, (intmax_t)bytes);
    must(account == NULL, "something is still accounted for");
    fake_disk_free(s->disk);
    config_free(s->config);
}

/* ---- phones ---- */

static void ring_put(struct ring *r, struct slice text, unsigned phone, unsigned server, bool by_stream)
{
    struct kept *k = &r->kept[r->count++ % KEPT];

    k->len = text.len < MESSAGE ? text.len : MESSAGE;
    memcpy(k->text, text.ptr, k->len);
    k->phone     = phone;
    k->server    = server;
    k->by_stream = by_stream;
}

static struct slice text_of(const struct kept *k)
{
    return (struct slice){ k->text, k->len };
}

static bool is_response(const struct kept *k)
{
    return k->len > 7 && memcmp(k->text, "SIP/2.0", 7) == 0;
}

/* One of the requests or responses kept, as the next byte will, the latest most often; NULL if there is none. */
static const struct kept *ring_pick(const struct ring *r, struct choices *c, bool response)
{
    unsigned           back = choose(c), wanted = back % 2 == 0 ? 0 : back / 2 % KEPT;
    const struct kept *found = NULL;

    for (unsigned i = 0; i < r->count && i < KEPT; i++) {
        const struct kept *k = &r->kept[(r->count - 1 - i) % KEPT];

        if (is_response(k) != response || (k->len > 4 && memcmp(k->text, "ACK ", 4) == 0))
            continue;
        found = k;
        if (wanted-- == 0)
            break;
    }
    return found;
}

static unsigned server_at(const struct address *a)
{
    for (unsigned i = 0; i < SERVERS; i++) {
        struct address server = server_address(i);

        if (address_eq_ip(a, &server))
            return i;
    }
    return 0;
}

static struct walk *the_walk(void)
{
    static struct walk w;

    return &w;
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct walk *w = owner;

    for (unsigned i = 0; i < PHONES; i++)
        if (w->udps[i] == udp)
            ring_put(&w->heard, d->bytes, i, server_at(&d->remote), false);
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

/* In whatever pieces. */
static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct walk *w = owner;

    (void)s;
    ring_put(&w->heard, bytes, 0, 0, true);
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct walk *w = owner;

    (void)s;
    (void)error;
    w->stream = NULL;
}

static void live(struct walk *w, msec span)
{
    network_run_until(w->network, network_now(w->network) + span);
}

static void stream_open(struct walk *w)
{
    static const struct stream_events events = { on_open, on_bytes, on_close };
    struct address                    to     = server_address(0);

    if (w->stream == NULL)
        must(world_connect(w->phones, &to, &events, w, &w->stream) == 0, "no stream");
    live(w, ANSWERED);
}

static void stream_close(struct walk *w)
{
    if (w->stream != NULL)
        w->phones->ops->stream_close(w->stream);
    w->stream = NULL;
    live(w, ANSWERED);
}

static void phones_open(struct walk *w)
{
    static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };
    struct host                   *host   = network_host(w->network, "phones");

    must(host_add_address(host, "192.0.2.9"), "no host");
    must(host_add_address(network_host(w->network, "stranger"), "192.0.2.66"), "no host");
    network_add_ip(w->network, "far.test", "192.0.2.66");
    w->phones = world_fake_new(host);
    for (unsigned i = 0; i < PHONES; i++) {
        struct address local = address_v4(192, 0, 2, 9, (uint16_t)(6000 + i));

        must(world_udp_open(w->phones, &local, &events, w, &w->udps[i]) == 0, "no socket");
    }
}

/* ---- steps ---- */

/* A damaged message on a stream is its last one: where the next begins, nobody can say. */
static void say(struct walk *w, struct buf *text, unsigned phone, unsigned server, bool by_stream)
{
    bool           damaged = choose(&w->c) % 10 == 1;
    struct address to      = server_address(server);
    struct slice   bytes;

    if (!buf_ok(text))
        return;
    if (damaged)
        walk_damage(text, &w->c);
    bytes     = (struct slice){ text->ptr, text->len };
    by_stream = by_stream && server == 0;
    if (bytes.len == 0)
        return;
    ring_put(&w->said, bytes, phone, server, by_stream);
    if (by_stream)
        stream_open(w);
    if (by_stream && w->stream != NULL)
        (void)world_stream_send(w->phones, w->stream, &bytes, 1);
    else if (!by_stream)
        must(world_udp_send(w->phones, w->udps[phone], NULL, &to, &bytes, 1) == 0, "not sent");
    live(w, ANSWERED);
    if (by_stream && damaged)
        stream_close(w);
}

/* From the latest Record-Route and Contact that were heard. */
static void hear_place(const struct walk *w, struct walk_place *place)
{
    for (unsigned i = 0; i < w->heard.count && i < KEPT; i++) {
        struct slice route   = walk_value(text_of(&w->heard.kept[i]), "Record-Route");
        struct slice contact = walk_value(text_of(&w->heard.kept[i]), "Contact");
        const char  *start = memmem(route.ptr, route.len, "<sip:", 5), *end = memchr(route.ptr, '@', route.len);
        const char  *close = memchr(contact.ptr, '>', contact.len);

        if (start != NULL && end != NULL && start + 5 < end)
            place->token = slice_between(start + 5, end);
        if (contact.len > 1 && *contact.ptr == '<' && close != NULL)
            place->contact = slice_between(contact.ptr + 1, close);
    }
}

static struct walk_place new_place(struct walk *w, unsigned phone, bool by_stream)
{
    struct walk_place place = { .port      = 6000 + phone,
                                .number    = ++w->number,
                                .transport = by_stream ? "TCP" : "UDP",
                                .contact   = SLICE(""),
                                .token     = SLICE("") };

    if (choose(&w->c) % 16 == 1) /* a branch that was there before */
        place.number = 1 + choose(&w->c) % w->number;
    hear_place(w, &place);
    return place;
}

static void asks(struct walk *w)
{
    static const unsigned where[] = { 0, 0, 0, 0, 1, 1, 2, 0 };
    char                  memory[MESSAGE];
    struct buf            text  = BUF_ON(memory);
    unsigned              phone = choose(&w->c) % PHONES, server = CHOOSE(where, &w->c);
    bool                  by_stream = server == 0 && choose(&w->c) % 4 == 1;
    struct walk_place     place     = new_place(w, phone, by_stream);

    walk_put_request(&text, &w->c, &place);
    say(w, &text, phone, server, by_stream);
}

/* By who was asked, or by somebody else who has overheard it. */
static void answers(struct walk *w)
{
    const struct kept *k = ring_pick(&w->heard, &w->c, false);
    char               memory[MESSAGE];
    struct buf         text = BUF_ON(memory);

    if (k == NULL)
        return;
    walk_put_answer(&text, &w->c, text_of(k));
    say(w, &text, choose(&w->c) % 8 == 1 ? (k->phone + 1) % PHONES : k->phone, k->server, false);
}

static void repeats(struct walk *w)
{
    const struct kept *k = ring_pick(&w->said, &w->c, choose(&w->c) % 4 == 0);
    char               memory[MESSAGE];
    struct buf         text = BUF_ON(memory);

    if (k == NULL || k->by_stream)
        return;
    buf_put(&text, text_of(k));
    say(w, &text, k->phone, k->server, false);
}

static void cancels(struct walk *w)
{
    const struct kept *k = ring_pick(&w->said, &w->c, false);
    char               memory[MESSAGE];
    struct buf         text = BUF_ON(memory);

    if (k == NULL)
        return;
    walk_put_cancel(&text, &w->c, text_of(k));
    say(w, &text, k->phone, k->server, k->by_stream);
}

static void goes_on(struct walk *w, bool ack)
{
    const struct kept *k = ring_pick(&w->heard, &w->c, ack || choose(&w->c) % 2 == 0);
    char               memory[MESSAGE];
    struct buf         text  = BUF_ON(memory);
    struct walk_place  place = new_place(w, k != NULL ? k->phone : 0, false);

    if (k == NULL)
        return;
    if (ack)
        walk_put_ack(&text, &w->c, text_of(k), &place);
    else
        walk_put_later(&text, &w->c, text_of(k), &place);
    say(w, &text, k->phone, k->server, false);
}

static void lets_time_pass(struct walk *w)
{
    static const msec spans[] = { 100, 500, 1000, 4000, 5000, 16000, 32000, 61000, 181000, 1 };

    live(w, CHOOSE(spans, &w->c));
}

static void spoils_the_network(struct walk *w)
{
    static const struct path paths[] = { { .delay = 1 },
                                         { .delay = 1, .loss = 300 },
                                         { .delay = 1, .jitter = 200, .reorder = 300 },
                                         { .delay = 1, .duplicate = 400 },
                                         { .delay = 50 },
                                         { .delay = 1, .jitter = 5, .loss = 100, .duplicate = 100 } };

    network_set_path(w->network, NULL, NULL, &CHOOSE(paths, &w->c));
}

static void step(struct walk *w)
{
    unsigned kind = choose(&w->c) % 24;

    if (kind < 8)
        asks(w);
    else if (kind < 14)
        answers(w);
    else if (kind < 16)
        goes_on(w, true);
    else if (kind < 18)
        goes_on(w, false);
    else if (kind == 18)
        cancels(w);
    else if (kind == 19)
        repeats(w);
    else if (kind == 20)
        stream_close(w);
    else if (kind == 21)
        spoils_the_network(w);
    else
        lets_time_pass(w);
    watch_settled(w->watch, network_now(w->network));
    for (unsigned i = 0; i < SERVERS; i++)
        must(budget_total(&w->servers[i].memory).bytes < MEMORY, "memory has no bound");
}

static bool is_alive(const struct walk *w)
{
    size_t alive = 0;

    for (unsigned i = 0; i < SERVERS; i++)
        alive += server_alive(w->servers[i].server) + stack_alive(server_stack(w->servers[i].server));
    return alive > 0;
}

static void end(struct walk *w)
{
    network_set_path(w->network, NULL, NULL, &(struct path){ .delay = 1 });
    stream_close(w);
    for (msec over = network_now(w->network) + ALL_OVER; is_alive(w) && network_now(w->network) < over;)
        live(w, A_WHILE);
    for (unsigned i = 0; i < SERVERS; i++)
        server_close(w, i);
    for (unsigned i = 0; i < PHONES; i++)
        w->phones->ops->udp_close(w->udps[i]);
    world_fake_free(w->phones);
    network_free(w->network);
}

/* Some have registered before it all begins. */
static void registers(struct walk *w, unsigned phone, unsigned server, const char *user)
{
    char           memory[MESSAGE];
    struct buf     text = BUF_ON(memory);
    struct address to   = server_address(server);
    struct slice   bytes;

    buf_printf(&text, "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:%u;branch=z9hG4bKr%u\r\n",
               setup[server].domain, 6000 + phone, ++w->number);
    buf_printf(&text, "From: <sip:%s@%s>;tag=r%u\r\nTo: <sip:%s@%s>\r\nCall-ID: r%u\r\nCSeq: 1 REGISTER\r\n", user,
               setup[server].domain, w->number, user, setup[server].domain, w->number);
    buf_printf(&text, "Contact: <sip:%s@192.0.2.9:%u>\r\nContent-Length: 0\r\n\r\n", user, 6000 + phone);
    bytes = buf_slice(&text);
    must(world_udp_send(w->phones, w->udps[phone], NULL, &to, &bytes, 1) == 0, "not sent");
    live(w, ANSWERED);
}

static void register_some(struct walk *w)
{
    unsigned which = choose(&w->c);

    if (which & 1)
        registers(w, 1, 0, "bob");
    if (which & 2)
        registers(w, 2, 1, "carol");
    if (which & 4)
        registers(w, 0, 0, "alice");
    if (which & 8)
        registers(w, 2, 0, "bob");
}

struct watch_counts server_walk(const uint8_t *data, size_t size)
{
    struct walk *w = the_walk();

    w->c           = (struct choices){ data, size, 0 };
    w->network     = network_new(1);
    w->watch       = watch_new();
    w->stream      = NULL;
    w->number      = 0;
    w->said.count  = 0;
    w->heard.count = 0;
    phones_open(w);
    for (unsigned i = 0; i < SERVERS; i++)
        server_open(w, i);
    network_observe(w->network, watch_packet, w->watch);
    live(w, ANSWERED);
    register_some(w);
    for (unsigned steps = 0; w->c.at < w->c.size && steps < STEPS && !watch_is_full(w->watch); steps++)
        step(w);
    end(w);
    return watch_counts(w->watch);
}
