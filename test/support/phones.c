/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/phones.h"

#include "media/audio_null.h"
#include "media/audio_tone.h"

#include <stdio.h>

static void copy(char *to, size_t size, struct slice from)
{
    snprintf(to, size, "%.*s", SLICE_ARG(from));
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct user *u = arg;
    struct told *t;

    if (event->call != 0)
        u->call = event->call;
    assert_true(u->heard_count < HEARD_MAX);
    t        = &u->heard[u->heard_count++];
    t->event = *event;
    t->at    = network_now(u->network);
    copy(t->reason, sizeof t->reason, event->reason);
    copy(t->warning, sizeof t->warning, event->warning);
    copy(t->reason_protocol, sizeof t->reason_protocol, event->reason_protocol);
    copy(t->reason_text, sizeof t->reason_text, event->reason_text);
    copy(t->codec, sizeof t->codec, event->codec);
    copy(t->peer, sizeof t->peer, event->peer);
    copy(t->display, sizeof t->display, event->peer_display);
    copy(t->referred_by, sizeof t->referred_by, event->referred_by);
    if (event->kind != PHONE_INCOMING)
        return;
    if (event->replaces != 0) /* is answered already */
        return;
    if (u->ring)
        CHECK_INT(0, call_ring(u->phone, event->call));
    if (u->answer)
        call_answer(u->phone, event->call);
    if (u->reject != 0)
        CHECK_INT(0, call_reject(u->phone, event->call, u->reject));
}

static int open_sound(void *arg, object_id call, unsigned stream, struct audio_source **source,
                      struct audio_sink **sink)
{
    struct user *u = arg;

    (void)call;
    (void)stream;
    if (u->sound_error != 0)
        return u->sound_error;
    *source = audio_tone_new(1, AUDIO_RATE, NEVER);
    *sink   = audio_null_sink_new(AUDIO_RATE);
    u->open_sounds++;
    return 0;
}

static void close_sound(void *arg, object_id call, unsigned stream, struct audio_source *source,
                        struct audio_sink *sink)
{
    struct user *u = arg;

    (void)call;
    (void)stream;
    audio_source_close(source);
    audio_sink_close(sink);
    u->open_sounds--;
}

static void init(struct user *u, struct network *n, const char *name, const char *ip, const char *proxy,
                 struct phone_config config)
{
    struct host          *host = network_host(n, name);
    char                  aor[128], route[128] = "";
    struct account_config account = { .display = slice_from(name), .password = SLICE("secret") };

    *u                           = (struct user){ .network = n };
    u->world                     = world_fake_new(host);
    config.user_agent            = SLICE("test");
    config.max_calls             = 2;
    config.on_event              = on_event;
    config.user                  = u;
    config.media                 = (struct phone_media){ open_sound, close_sound, u };
    config.stack.max_server_txns = config.stack.max_client_txns = 64;
    config.stack.max_connections                                = 8;
    config.tcp = config.joins = true;
    assert_true(host_add_address(host, ip));
    config.address      = host_address(host, FAMILY_4);
    config.address.port = 5060;
    CHECK_INT(0, phone_new(u->world, &config, &u->phone));
    snprintf(aor, sizeof aor, "sip:%s@example.test", name);
    if (proxy != NULL)
        snprintf(route, sizeof route, "sip:%s", proxy);
    account.aor   = slice_from(aor);
    account.proxy = slice_from(route);
    CHECK_INT(0, phone_add_account(u->phone, &account, &u->account));
}

void user_init(struct user *u, struct network *n, const char *name, const char *ip, const char *proxy)
{
    init(u, n, name, ip, proxy, (struct phone_config){ 0 });
}

void user_init_timed(struct user *u, struct network *n, const char *name, const char *ip, uint32_t session_expires,
                     uint32_t min_se)
{
    init(u, n, name, ip, NULL, (struct phone_config){ .session_expires = session_expires, .min_se = min_se });
}

void user_init_open(struct user *u, struct network *n, const char *name, const char *ip)
{
    init(u, n, name, ip, NULL, (struct phone_config){ .accept_any = true });
}

void user_init_everywhere(struct user *u, struct network *n, const char *name, const char *ip, const char *second)
{
    assert_true(host_add_address(network_host(n, name), second));
    init(u, n, name, ip, NULL, (struct phone_config){ .any_address = true });
}

void user_init_latching(struct user *u, struct network *n, const char *name, const char *ip)
{
    init(u, n, name, ip, NULL, (struct phone_config){ .latch = true });
}

void user_fini(struct user *u)
{
    struct world_usage usage;

    phone_free(u->phone);
    usage = world_fake_usage(u->world);
    CHECK_INT(0, world_usage_total(&usage));
    CHECK_INT(0, u->open_sounds);
    world_fake_free(u->world);
}

static void place(struct user *u, const char *target, bool late)
{
    struct call_options options = { .account = u->account, .target = slice_from(target), .late_offer = late };

    CHECK_INT(0, call_place(u->phone, &options, &u->call));
}

void user_call(struct user *u, const char *target)
{
    place(u, target, false);
}

void user_call_late(struct user *u, const char *target)
{
    place(u, target, true);
}

unsigned user_heard(const struct user *u, enum phone_event_kind kind)
{
    unsigned count = 0;

    for (size_t i = 0; i < u->heard_count; i++)
        count += u->heard[i].event.kind == kind;
    return count;
}

const struct told *user_last(const struct user *u, enum phone_event_kind kind)
{
    for (size_t i = u->heard_count; i-- > 0;)
        if (u->heard[i].event.kind == kind)
            return &u->heard[i];
    return NULL;
}

void run_for(struct network *n, msec time)
{
    network_run_until(n, network_now(n) + time);
}

/* ---- the peer ---- */

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct peer       *p = owner;
    struct parse_fault fault;
    struct message    *m = message_parse(d->bytes, &fault);

    (void)udp;
    assert_true(m != NULL && p->heard_count < PEER_HEARD_MAX);
    p->heard[p->heard_count++] = m;
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events udp_events = { .on_datagram = on_datagram, .on_error = on_error };

void peer_init(struct peer *p, struct network *n, const char *name, const char *ip)
{
    struct host   *host = network_host(n, name);
    struct address address;

    *p = (struct peer){ .network = n, .world = world_fake_new(host) };
    assert_true(host_add_address(host, ip));
    address      = host_address(host, FAMILY_4);
    address.port = 5060;
    CHECK_INT(0, world_udp_open(p->world, &address, &udp_events, p, &p->udp));
}

void peer_fini(struct peer *p)
{
    for (size_t i = 0; i < p->heard_count; i++)
        message_drop(p->heard[i]);
    world_fake_free(p->world);
}

struct message *peer_last(const struct peer *p, const char *method)
{
    for (size_t i = p->heard_count; i-- > 0;)
        if (p->heard[i]->is_request && slice_eq(p->heard[i]->method_text, slice_from(method)))
            return p->heard[i];
    return NULL;
}

struct message *peer_last_status(const struct peer *p, unsigned status)
{
    for (size_t i = p->heard_count; i-- > 0;)
        if (p->heard[i]->status == status)
            return p->heard[i];
    return NULL;
}

unsigned peer_heard(const struct peer *p, const char *method)
{
    unsigned count = 0;

    for (size_t i = 0; i < p->heard_count; i++)
        count += p->heard[i]->is_request && slice_eq(p->heard[i]->method_text, slice_from(method));
    return count;
}

static void put_lines(struct buf *b, const char *lines)
{
    for (; *lines != '\0'; lines++) {
        if (*lines == '\n')
            buf_put_byte(b, '\r');
        buf_put_byte(b, *lines);
    }
}

static void send_text(struct peer *p, const char *ip, struct buf *b)
{
    struct address to;
    struct slice   text = buf_slice(b);

    assert_true(buf_ok(b) && address_parse_ip(slice_from(ip), &to));
    to.port = 5060;
    CHECK_INT(0, world_udp_send(p->world, p->udp, NULL, &to, &text, 1));
}

void peer_respond(struct peer *p, const struct message *request, const char *status, const char *to_tag,
                  const char *headers, const char *sdp)
{
    static const enum header_id copied[] = { HEADER_VIA, HEADER_RECORD_ROUTE, HEADER_FROM, HEADER_CALL_ID,
                                             HEADER_CSEQ };
    static char                 memory[16384], ip[ADDRESS_TEXT];
    struct buf                  b = BUF_ON(memory), ip_text = BUF_ON(ip);
    struct address              from;
    char                        sent_by[128];

    buf_printf(&b, "SIP/2.0 %s\r\n", status);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        for (const struct header *h = message_header(request, copied[i]); h != NULL; h = message_next(request, h))
            buf_put(&b, h->line);
    buf_printf(&b, "To: %.*s%s%s\r\n", SLICE_ARG(request->to.text),
               to_tag != NULL && request->to_tag.len == 0 ? ";tag=" : "",
               to_tag != NULL && request->to_tag.len == 0 ? to_tag : "");
    put_lines(&b, headers);
    if (sdp != NULL)
        buf_printf(&b, "Content-Type: application/sdp\r\n");
    buf_printf(&b, "Content-Length: %zu\r\n\r\n%s", sdp == NULL ? 0 : strlen(sdp), sdp == NULL ? "" : sdp);
    copy(sent_by, sizeof sent_by, request->via.host);
    assert_true(address_parse_ip(slice_from(sent_by), &from));
    address_write_ip(&ip_text, &from);
    send_text(p, buf_cstr(&ip_text), &b);
}

void peer_send(struct peer *p, const char *ip, const char *lines)
{
    static char memory[32 * 1024];
    struct buf  b = BUF_ON(memory);

    put_lines(&b, lines);
    send_text(p, ip, &b);
}

void user_check_quiet(const struct user *u)
{
    CHECK(phone_is_idle(u->phone));
    CHECK_INT(0, stack_alive(phone_stack(u->phone)));
}

struct network *play_begin(struct user *alice, struct peer *bob, struct peer *carol)
{
    struct network *n = network_new(1);

    user_init(alice, n, "alice", "10.0.0.1", NULL);
    peer_init(bob, n, "bob", "10.0.0.2");
    if (carol != NULL)
        peer_init(carol, n, "carol", "10.0.0.3");
    return n;
}

/* Whatever the test left open has its 64*T1, and the registration its unanswered end. */
void play_end(struct network *n, struct user *alice, struct peer *bob, struct peer *carol)
{
    run_for(n, 70000);
    user_check_quiet(alice);
    user_fini(alice);
    peer_fini(bob);
    if (carol != NULL)
        peer_fini(carol);
    network_free(n);
}

const char *sdp_at(const char *ip, unsigned port)
{
    static char text[256];

    snprintf(text, sizeof text, "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP 0\r\n",
             ip, ip, port);
    return text;
}
