/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/phone_walk.h"

#include "call/call.h"
#include "support/walk_text.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 40, KEPT = 8, CALLS = 256, MESSAGE = 8192, A_WHILE = 400000 };

struct kept {
    char   text[MESSAGE];
    size_t len;
};

struct walk {
    struct choices      c;
    struct network     *network;
    struct world       *at_phone, *at_peer;
    struct udp         *udp;
    struct phone       *phone;
    object_id           account, call, calls[CALLS]; /* the latest that there was a word of; all of them */
    unsigned            call_count;
    struct kept         heard[KEPT];
    unsigned            number;
    struct phone_walked counts;
};

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "phone_walk: %s\n", what);
    abort();
}

static void on_event(void *user, const struct phone_event *e)
{
    struct walk *w = user;

    if (e->call != 0 && e->call != w->call)
        w->calls[w->call_count++ % CALLS] = e->call;
    if (e->call != 0)
        w->call = e->call;
    w->counts.told++;
    w->counts.calls += e->kind == PHONE_ANSWERED;
}

/* ---- the peer ---- */

/* An answer to a malformed request repeats what was malformed in it (RFC 3261 8.2.6.2). */
static void check_sent(struct slice text)
{
    struct parse_fault fault;
    struct message    *m = message_parse(text, &fault);
    struct scan        s = scan_from(text);

    if (m == NULL && !scan_exact(&s, SLICE("SIP/2.0 400")) && !scan_exact(&s, SLICE("SIP/2.0 505")) && text.len > 8) {
        fprintf(stderr, "%.*s\n%s at %zu\n", SLICE_ARG(text), fault.expected, fault.offset);
        must(false, "what the phone has sent is no message");
    }
    message_drop(m);
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct walk *w = owner;
    struct kept *k = &w->heard[w->counts.heard % KEPT];

    (void)udp;
    check_sent(d->bytes);
    if (d->bytes.len == 0 || d->bytes.len > MESSAGE)
        return;
    memcpy(k->text, d->bytes.ptr, d->bytes.len);
    k->len = d->bytes.len;
    w->counts.heard++;
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events udp_events = { .on_datagram = on_datagram, .on_error = on_error };

static struct slice heard(struct walk *w)
{
    unsigned     known = w->counts.heard < KEPT ? w->counts.heard : KEPT;
    struct kept *k;

    if (known == 0)
        return SLICE("");
    k = &w->heard[(w->counts.heard - 1 - choose(&w->c) % known) % KEPT];
    return (struct slice){ k->text, k->len };
}

static const char *const methods[] = { "INVITE", "ACK",     "BYE",   "CANCEL",    "PRACK",  "UPDATE",  "OPTIONS",
                                       "INFO",   "MESSAGE", "REFER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REGISTER" };

/* Each with some of the things that requests and answers carry; %u: a number of the walk's. */
static const char *const lines[] = {
    "Require: 100rel\r\nRSeq: 1\r\n",
    "RSeq: 4294967295\r\n",
    "RAck: 1 1 INVITE\r\n",
    "Supported: 100rel, timer, replaces, norefersub, tdialog, gruu, outbound\r\n",
    "Session-Expires: 90;refresher=uac\r\n",
    "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\n",
    "Min-SE: 4294967295\r\n",
    "Refer-To: <sip:carol@192.0.2.2?Replaces=x%3Bfrom-tag%3Da%3Bto-tag%3Db>\r\n",
    "Refer-To: <sip:carol@192.0.2.2>\r\nReferred-By: <sip:bob@example.test>\r\n",
    "Refer-To: <sip:carol@192.0.2.2;method=BYE>\r\nRefer-Sub: false\r\n",
    "Replaces: w1@walk;from-tag=a;to-tag=b\r\n",
    "Join: w1@walk;from-tag=a;to-tag=b\r\n",
    "Event: refer\r\nSubscription-State: active;expires=60\r\n",
    "Event: refer;id=2\r\nSubscription-State: terminated;reason=noresource\r\n",
    "Event: dialog\r\nExpires: 100\r\nAccept: application/dialog-info+xml\r\n",
    "Event: presence\r\nSubscription-State: terminated;reason=deactivated;retry-after=1\r\n",
    "Event: message-summary\r\nSubscription-State: active\r\n",
    "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n\", qop=\"auth\"\r\n",
    "Proxy-Authenticate: Digest realm=\"example.test\", nonce=\"n\", algorithm=SHA-256, stale=true\r\n",
    "Contact: <sip:bob@192.0.2.2>;expires=60\r\nService-Route: <sip:192.0.2.2;lr>\r\n",
    "Contact: <sip:dave@192.0.2.2>;q=0.3, <sip:erin@192.0.2.2>\r\n",
    "Record-Route: <sip:192.0.2.2;lr>\r\n",
    "Record-Route: <sip:192.0.2.2>\r\n",
    "Retry-After: 1\r\n",
    "Min-Expires: 7200\r\n",
    "Unsupported: timer\r\n",
    "Accept: text/plain\r\n",
    "Reason: SIP;cause=200;text=\"elsewhere\"\r\n",
    "Expires: 0\r\n",
    "Allow: INVITE, UPDATE, INFO\r\n",
};

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"

static const struct {
    const char *type, *text;
} bodies[] = {
    { "application/sdp", HEAD "m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" },
    { "application/sdp", HEAD "m=audio 7000 RTP/AVP 8\r\na=sendonly\r\n" },
    { "application/sdp", HEAD "m=audio 7000 RTP/AVP 0\r\na=inactive\r\nm=audio 7002 RTP/AVP 0\r\n" },
    { "application/sdp", HEAD "m=audio 0 RTP/AVP 0\r\nm=video 7002 RTP/AVP 31\r\n" },
    { "application/sdp", HEAD "m=audio 7000 RTP/AVP 18\r\n" },
    { "application/sdp", HEAD },
    { "message/sipfrag", "SIP/2.0 200 OK\r\n" },
    { "message/sipfrag", "SIP/2.0 486 Busy Here\r\n" },
    { "text/plain", "hello" },
    { "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n" },
    { "application/dialog-info+xml",
      "<?xml version=\"1.0\"?><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
      "entity=\"sip:bob@example.test\"><dialog id=\"1\"><state>confirmed</state></dialog></dialog-info>" },
    { "multipart/mixed;boundary=b",
      "--b\r\nContent-Type: application/sdp\r\n\r\n" HEAD "m=audio 7000 RTP/AVP 0\r\n--b--\r\n" },
};

static void put_rest(struct buf *b, struct choices *c)
{
    unsigned body = choose(c) % 16, count = choose(c) % 4;

    for (unsigned i = 0; i < count; i++)
        buf_printf(b, "%s", CHOOSE(lines, c));
    if (body >= sizeof bodies / sizeof *bodies)
        buf_printf(b, "Content-Length: 0\r\n\r\n");
    else
        buf_printf(b, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", bodies[body].type, strlen(bodies[body].text),
                   bodies[body].text);
}

static void say(struct walk *w, struct buf *b)
{
    struct address to = { 0 };
    struct slice   bytes;

    if (choose(&w->c) % 4 == 3)
        walk_damage(b, &w->c);
    if (!buf_ok(b) || b->len == 0)
        return;
    must(address_parse_ip(SLICE("192.0.2.1"), &to), "no address");
    to.port = 5060;
    bytes   = buf_slice(b);
    (void)world_udp_send(w->at_peer, w->udp, NULL, &to, &bytes, 1);
    w->counts.sent++;
}

static void put_via(struct walk *w, struct buf *b)
{
    buf_printf(b, "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKw%u\r\nMax-Forwards: 70\r\n", w->number);
}

static void new_request(struct walk *w, struct buf *b)
{
    const char *method = CHOOSE(methods, &w->c);
    unsigned    call   = choose(&w->c) % 3;

    w->number++;
    buf_printf(b, "%s sip:alice@192.0.2.1 SIP/2.0\r\n", method);
    put_via(w, b);
    buf_printf(b,
               "From: <sip:bob@example.test>;tag=a\r\nTo: <sip:alice@example.test>\r\nCall-ID: w%u@walk\r\n"
               "CSeq: %u %s\r\nContact: <sip:bob@192.0.2.2>\r\n",
               call, w->number, method);
    put_rest(b, &w->c);
    say(w, b);
}

/* In the dialog of what was heard: by its From if the phone has answered, else by its To. */
static void later_request(struct walk *w, struct buf *b)
{
    struct slice text    = heard(w);
    const char  *method  = CHOOSE(methods, &w->c);
    bool         answer  = text.len > 8 && memcmp(text.ptr, "SIP/2.0 ", 8) == 0;
    unsigned     repeats = choose(&w->c) % 3;

    w->number += repeats != 0;
    buf_printf(b, "%s sip:alice@192.0.2.1:5060 SIP/2.0\r\n", method);
    put_via(w, b);
    buf_printf(b, "From: %.*s%s\r\n", SLICE_ARG(walk_value(text, answer ? "From" : "To")), answer ? "" : ";tag=p");
    buf_printf(b, "To: %.*s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\nContact: <sip:bob@192.0.2.2>\r\n",
               SLICE_ARG(walk_value(text, answer ? "To" : "From")), SLICE_ARG(walk_value(text, "Call-ID")),
               w->number + 1000, method);
    put_rest(b, &w->c);
    say(w, b);
}

static void response(struct walk *w, struct buf *b)
{
    static const unsigned statuses[] = { 100, 180, 183, 200, 200, 202, 302, 401, 407, 408, 412, 420,
                                         422, 423, 439, 481, 486, 489, 491, 500, 503, 603, 699 };
    struct slice          text       = heard(w);
    unsigned              status = CHOOSE(statuses, &w->c), tag = choose(&w->c) % 3;
    struct slice          to = walk_value(text, "To");

    buf_printf(b, "SIP/2.0 %u Whatever\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s", status,
               SLICE_ARG(walk_value(text, "Via")), SLICE_ARG(walk_value(text, "From")), SLICE_ARG(to));
    if (status > 100 && memmem(to.ptr, to.len, ";tag=", 5) == NULL)
        buf_printf(b, ";tag=%s", tag == 0 ? "p" : tag == 1 ? "q" : "r");
    buf_printf(b, "\r\nCall-ID: %.*s\r\nCSeq: %.*s\r\nContact: <sip:bob@192.0.2.2>\r\n",
               SLICE_ARG(walk_value(text, "Call-ID")), SLICE_ARG(walk_value(text, "CSeq")));
    put_rest(b, &w->c);
    say(w, b);
}

/* ---- the user: what cannot be done now is no fault ---- */

static void act(struct walk *w)
{
    struct call_options options = { .account = w->account, .target = SLICE("sip:bob@192.0.2.2") };
    object_id           placed;
    unsigned            index;

    switch (choose(&w->c) % 16) {
    case 0:
    case 1:
        options.late_offer = choose(&w->c) % 4 == 3;
        if (call_place(w->phone, &options, &w->call) == 0)
            w->calls[w->call_count++ % CALLS] = w->call;
        break;
    case 2:
        (void)call_ring(w->phone, w->call);
        break;
    case 3:
        (void)call_progress(w->phone, w->call);
        break;
    case 4:
    case 5:
        (void)call_answer(w->phone, w->call);
        break;
    case 6:
        (void)call_reject(w->phone, w->call, 486);
        break;
    case 7:
        (void)call_hang_up(w->phone, w->call);
        break;
    case 8:
        (void)call_transfer(w->phone, w->call, SLICE("sip:carol@192.0.2.2"));
        break;
    case 9:
        (void)call_follow_refer(w->phone, w->call, &placed);
        break;
    case 10:
        (void)call_hold(w->phone, w->call, choose(&w->c) % 2);
        break;
    case 11:
        (void)call_update(w->phone, w->call);
        break;
    case 12:
        (void)call_add_stream(w->phone, w->call, SLICE("audio"), SDP_SENDRECV, &index);
        break;
    case 13:
        (void)call_send_digits_by(w->phone, w->call, SLICE("1#"), DIGITS_INFO);
        break;
    case 14:
        phone_register(w->phone, w->account);
        break;
    case 15:
        phone_unregister(w->phone, w->account);
        break;
    }
}

static void live(struct walk *w, msec time)
{
    network_run_until(w->network, network_now(w->network) + time);
}

static void step(struct walk *w)
{
    static const msec times[] = { 0, 5, 5, 5, 600, 3000, 33000 };
    char              text[MESSAGE];
    struct buf        b = BUF_ON(text);

    switch (choose(&w->c) % 8) {
    case 0:
        new_request(w, &b);
        break;
    case 1:
    case 2:
        later_request(w, &b);
        break;
    case 3:
    case 4:
        response(w, &b);
        break;
    case 5:
    case 6:
        act(w);
        break;
    case 7:
        live(w, CHOOSE(times, &w->c));
        break;
    }
    live(w, 5);
}

/* ---- beginning and end ---- */

static void open_phone(struct walk *w)
{
    struct host          *host    = network_host(w->network, "phone");
    struct phone_config   config  = { .accept_any = true, .max_calls = 4, .on_event = on_event, .user = w };
    struct account_config account = { .aor      = SLICE("sip:alice@example.test"),
                                      .password = SLICE("secret"),
                                      .proxy    = SLICE("sip:192.0.2.2") };

    config.user_agent            = SLICE("walk");
    config.stack.max_server_txns = config.stack.max_client_txns = 128;
    config.stack.max_connections                                = 4;
    config.session_expires                                      = 1800;
    config.joins                                                = true;
    must(host_add_address(host, "192.0.2.1"), "no host");
    w->at_phone         = world_fake_new(host);
    config.address      = host_address(host, FAMILY_4);
    config.address.port = 5060;
    must(phone_new(w->at_phone, &config, &w->phone) == 0, "no phone");
    account.transfer = choose(&w->c) % 2 ? TRANSFER_ALLOW : TRANSFER_ASK;
    must(phone_add_account(w->phone, &account, &w->account) == 0, "no account");
}

static void open_peer(struct walk *w)
{
    struct host   *host = network_host(w->network, "peer");
    struct address address;

    must(host_add_address(host, "192.0.2.2"), "no host");
    w->at_peer   = world_fake_new(host);
    address      = host_address(host, FAMILY_4);
    address.port = 5060;
    must(world_udp_open(w->at_peer, &address, &udp_events, w, &w->udp) == 0, "no socket");
}

static void close_all(struct walk *w)
{
    struct world_usage usage;

    phone_unregister_all(w->phone);
    for (unsigned i = 0; i < w->call_count && i < CALLS; i++)
        (void)call_hang_up(w->phone, w->calls[i]);
    live(w, A_WHILE);
    must(phone_is_idle(w->phone), "the phone is not idle in the end");
    must(stack_alive(phone_stack(w->phone)) == 0, "a transaction is left");
    phone_free(w->phone);
    usage = world_fake_usage(w->at_phone);
    must(world_usage_total(&usage) == 0, "sockets or timers are left");
    world_fake_free(w->at_phone);
    world_fake_free(w->at_peer);
    network_free(w->network);
}

struct phone_walked phone_walk(const uint8_t *data, size_t size)
{
    static struct walk w;

    w         = (struct walk){ .c = { data, size, 0 } };
    w.network = network_new(1);
    open_phone(&w);
    open_peer(&w);
    if (choose(&w.c) % 4 == 3)
        network_set_path(w.network, NULL, NULL,
                         &(struct path){ .delay = 1, .jitter = 20, .loss = 200, .duplicate = 200 });
    for (unsigned i = 0; i < STEPS && w.c.at < w.c.size; i++)
        step(&w);
    close_all(&w);
    return w.counts;
}
