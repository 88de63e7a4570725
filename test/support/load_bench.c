/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/load_bench.h"

#include "sip/write.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the server ---- */

void load_bench_say(struct load_bench *b, const struct message *request, unsigned status)
{
    static struct gather g;

    gather_init(&g);
    write_response_head(&g, request, status, SLICE(""), SLICE("server-tag"));
    if (request->method == METHOD_INVITE && status > 100 && status < 300) {
        gather_put(&g, SLICE("Contact: <sip:far@192.0.2.1:5060>\r\n"));
        if (b->routes != NULL)
            gather_put(&g, slice_from(b->routes));
    }
    if (b->extra != NULL && status >= 200)
        gather_put(&g, slice_from(b->extra));
    gather_body(&g, SLICE(""), SLICE(""));
    world_udp_send(b->server, b->udp, NULL, &b->peer, g.parts, g.count);
}

void load_bench_send(struct load_bench *b, const char *text)
{
    struct slice part = slice_from(text);

    world_udp_send(b->server, b->udp, NULL, &b->peer, &part, 1);
}

static void demand(struct load_bench *b, const struct message *m)
{
    const char *was = b->extra;

    b->extra = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n";
    load_bench_say(b, m, 401);
    b->extra = was;
}

static void answer(struct load_bench *b, const struct message *m)
{
    if (b->demands && message_header(m, HEADER_AUTHORIZATION) == NULL && m->method != METHOD_CANCEL &&
        m->to_tag.len == 0) {
        demand(b, m);
    } else if (m->method == METHOD_INVITE) {
        if (b->rings) {
            load_bench_say(b, m, 100);
            load_bench_say(b, m, 180);
        }
        if (b->invite != 0)
            load_bench_say(b, m, b->invite);
    } else if (b->other != 0) {
        load_bench_say(b, m, b->other);
    }
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct load_bench *b = owner;
    struct parse_fault fault;
    struct message    *m = message_parse(d->bytes, &fault);
    struct load_heard *h = &b->heard[b->count % LOAD_HEARD];

    (void)udp;
    assert_non_null(m); /* what we send is well-formed */
    snprintf(h->text, sizeof h->text, "%.*s", SLICE_ARG(d->bytes));
    h->at = world_now(b->server);
    b->count++;
    b->peer = d->remote;
    if (m->is_request && b->on_request != NULL)
        b->on_request(b, m);
    else if (m->is_request && m->method != METHOD_ACK)
        answer(b, m);
    message_drop(m);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events events = { .on_datagram = on_datagram, .on_error = on_error };

static unsigned kept(const struct load_bench *b)
{
    return b->count < LOAD_HEARD ? b->count : LOAD_HEARD;
}

unsigned load_bench_heard(const struct load_bench *b, const char *start)
{
    unsigned count = 0;

    for (unsigned i = 0; i < kept(b); i++)
        count += strncmp(b->heard[i].text, start, strlen(start)) == 0;
    return count;
}

const char *load_bench_last(const struct load_bench *b, const char *start)
{
    for (unsigned i = kept(b); i-- > 0;)
        if (strncmp(b->heard[i].text, start, strlen(start)) == 0)
            return b->heard[i].text;
    return NULL;
}

const char *load_bench_line(const char *text, const char *name)
{
    static char line[LOAD_TEXT];
    char        start[64];
    const char *at;

    snprintf(start, sizeof start, "\r\n%s:", name);
    at = text == NULL ? NULL : strstr(text, start);
    if (at == NULL)
        return "";
    at += strlen(start) + 1;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\r"), at);
    return line;
}

/* ---- the generator's host ---- */

static uint64_t now_us(void *arg)
{
    return world_now(((struct load_bench *)arg)->world) * 1000;
}

static void set_wake(void *arg, uint64_t us)
{
    ((struct load_bench *)arg)->wake_at = us;
}

static void on_phase(void *arg, enum load_phase phase)
{
    (void)arg;
    (void)phase;
}

static void on_counting(void *arg, bool counting)
{
    (void)arg;
    (void)counting;
}

void load_bench_set(struct load_bench *b, enum load_option option, const char *value)
{
    assert_int_equal(0, load_settings_set(&b->settings, option, value));
}

void load_bench_start(struct load_bench *b, const char *scenario, const char *password)
{
    char              reason[200];
    struct buf        why   = BUF_ON(reason);
    struct load_setup setup = { .plan     = &b->plan,
                                .server   = b->address,
                                .password = slice_from(password),
                                .host     = { now_us, set_wake, on_phase, on_counting, b } };

    assert_int_equal(0, load_settings_aim(&b->settings, scenario, "example.test"));
    if (!load_plan_make(&b->plan, &b->settings, &why))
        fail_msg("%s", buf_cstr(&why));
    setup.local = host_address(network_host(b->network, "load"), FAMILY_4);
    load_free(b->load);
    b->load = load_new(b->world, &setup);
    assert_non_null(b->load);
    assert_int_equal(0, load_start(b->load));
}

void load_bench_run_for(struct load_bench *b, msec span)
{
    msec end = network_now(b->network) + span;

    while (load_phase(b->load) != LOAD_DONE && network_now(b->network) < end) {
        msec now = network_now(b->network), next = network_next(b->network);
        msec wake = b->wake_at == 0 ? NEVER : (b->wake_at + 999) / 1000;

        if (wake <= next && wake <= end) {
            network_run_until(b->network, wake > now ? wake : now);
            b->wake_at = 0;
            load_tick(b->load);
        } else if (!network_turn(b->network, end)) {
            network_run_until(b->network, end);
        }
        if (load_in_progress(b->load) > b->most)
            b->most = load_in_progress(b->load);
    }
}

void load_bench_run(struct load_bench *b, const char *scenario)
{
    load_bench_start(b, scenario, "");
    load_bench_run_for(b, 10 * 60 * 1000);
    assert_int_equal(LOAD_DONE, load_phase(b->load));
    network_run_until(b->network, network_now(b->network) + 1000);
}

void load_bench_check(const struct load_bench *b)
{
    const struct tally *t   = load_tally(b->load);
    uint64_t            sum = 0, codes = 0;

    for (unsigned i = 0; i < LOAD_FAILURES; i++)
        sum += t->failures[i];
    for (unsigned i = 0; i <= STATUS_MAX; i++)
        codes += t->status[i];
    CHECK_INT(t->started, t->ok + t->failed);
    CHECK_INT(t->failed, sum);
    CHECK_INT(t->failures[LOAD_FAILED_STATUS], codes);
}

int load_bench_open(struct load_bench *b)
{
    struct host *host;

    memset(b, 0, sizeof *b);
    b->network = network_new(1);
    host       = network_host(b->network, "server");
    host_add_address(host, "192.0.2.1");
    b->server       = world_fake_new(host);
    b->address      = host_address(host, FAMILY_4);
    b->address.port = 5060;
    b->invite = b->other = 200;
    assert_int_equal(0, world_udp_open(b->server, &b->address, &events, b, &b->udp));
    host = network_host(b->network, "load");
    host_add_address(host, "192.0.2.2");
    b->world = world_fake_new(host);
    load_bench_set(b, LOAD_USERS, "10");
    load_bench_set(b, LOAD_NO_REGISTER, "yes");
    return 0;
}

int load_bench_close(struct load_bench *b)
{
    struct world_usage usage;

    load_free(b->load);
    usage = world_fake_usage(b->world);
    load_settings_fini(&b->settings);
    network_free(b->network);
    return world_usage_total(&usage) == 0 ? 0 : 1;
}
