/* SPDX-License-Identifier: BSD-2-Clause */
/* Thousands of damaged messages by every transport, among them ones that pass: the sanitizers
 * watch, and in the end the server serves and nothing of it is left.  And some of them by
 * every kind of stream, whole and in pieces: what comes of each is always the same. */
#include "net/channel.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { ROUNDS = 40000, MESSAGES = 32, TEXT = 3000, OUTCOME = 1000, KINDS = 4, CUTS = 2 };
enum { ENOUGH = 45000 /* ms: the longest transaction, and the patience with half a message */ };

static struct bench b;

#define STREAMS                                                                                                        \
    "listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\", \"tls:192.0.2.1:5061\", \"ws:192.0.2.1:8080\","         \
    " \"wss:192.0.2.1:8443\"}\n"
#define ROUTES                                                                                                         \
    "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n"                                                             \
    "route \"ask.test\" { redirect = \"sip:192.0.2.9:6002\" }\n"

/* ---- a stream of whatever kind, with somebody at its other end who listens ---- */

static const struct {
    enum channel_kind kind;
    uint16_t          port;
} kinds[KINDS] = { { CHANNEL_TCP, 5060 }, { CHANNEL_TLS, 5061 }, { CHANNEL_WS, 8080 }, { CHANNEL_WSS, 8443 } };

struct line {
    struct channel *channel; /* NULL: closed */
    struct buf      heard;
    char            memory[RAW_TEXT];
};

static struct tls_shared *lines_tls;
static struct channels   *channels;

static void on_open(void *owner, struct channel *c)
{
    (void)owner;
    (void)c;
}

static void on_bytes(void *owner, struct channel *c, struct slice bytes)
{
    struct line *line = owner;

    (void)c;
    buf_put(&line->heard, bytes);
}

static void on_close(void *owner, struct channel *c, int error)
{
    struct line *line = owner;

    (void)c;
    (void)error;
    line->channel = NULL;
}

static const struct channel_events line_events = { .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close };

static void lines_open(void)
{
    static const struct channel_limits no_limits;

    lines_tls = lab_shared(b.lab, &(struct lab_wish){ .names = NULL });
    channels  = channels_new(b.at_phones, lines_tls, &no_limits);
    CHECK(channels != NULL);
}

static void lines_close(void)
{
    channels_free(channels);
    tls_shared_free(lines_tls);
}

static void line_dial(struct line *line, unsigned kind)
{
    struct address to = address_v4(192, 0, 2, 1, kinds[kind].port);

    line->heard = BUF_ON(line->memory);
    CHECK_INT(
        0, channel_connect(channels, kinds[kind].kind, &to, SLICE("example.test"), &line_events, line, &line->channel));
}

static void line_hang_up(struct line *line)
{
    if (line->channel != NULL)
        channel_close(line->channel);
    line->channel = NULL;
}

/* ---- messages, and damage ---- */

static const char *const heads[] = {
    "REGISTER sip:example.test SIP/2.0\r\n",
    "INVITE sip:bob@example.test SIP/2.0\r\n",
    "CANCEL sip:bob@example.test SIP/2.0\r\n",
    "ACK sip:bob@example.test SIP/2.0\r\n",
    "BYE sip:bob@192.0.2.9:6001 SIP/2.0\r\n",
    "MESSAGE sip:x@far.test SIP/2.0\r\n",
    "OPTIONS sip:192.0.2.1:5060;maddr=192.0.2.1 SIP/2.0\r\n",
    "INVITE sip:x@ask.test SIP/2.0\r\n",
};

static const char *const lines[] = {
    "Contact: <sip:bob@192.0.2.9:6001>;expires=60;q=0.5\r\n",
    "Contact: *\r\nExpires: 0\r\n",
    "Contact: <sip:bob@192.0.2.1:5060;lr>, <tel:+1>, \"a\\\"b\" <sips:c@d;maddr=e>;+sip.instance=\"<x>\"\r\n",
    "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.9:6002;lr>\r\n",
    "Route: <sip:0123456789abcdef@192.0.2.1>\r\n",
    "Record-Route: <sip:a;lr>, <sip:b>\r\n",
    "Max-Forwards: 0\r\n",
    "Max-Forwards: 300\r\n",
    "Max-Breadth: 1\r\n",
    "Require: foo\r\nProxy-Require: bar\r\n",
    "Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"0\", uri=\"sip:x\", response=\"0\"\r\n",
    "Proxy-Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"0\", uri=\"u\", response=\"0\","
    " qop=auth, nc=ffffffff, cnonce=\"\", algorithm=SHA-256\r\n",
    "Via: SIP/2.0/TCP a.test;branch=z9hG4bK1, SIP/2.0/UDP [::1]:5;maddr=1.2.3.4;ttl=9\r\n",
    "Content-Type: text/plain\r\n",
    "Timestamp: 1\r\n",
    "P-Long: \r\n  folded\r\n\tagain\r\n",
};

static const char *const words[] = {
    "\r\n",       "\r\n\r\n", ";",  ",", "<", ">",     "\"",   "\\",     ":",    "@",       "%00",   "%",    "[::1]",
    "4294967296", "-1",       "lr", "*", " ", "sips:", "tel:", "maddr=", "tag=", "branch=", "rport", "\xff", "SIP/2.0"
};

static unsigned pick(size_t count)
{
    return (unsigned)random_below(&b.at_phones->random, (uint32_t)count);
}

#define ANY(table) (table)[pick(sizeof(table) / sizeof *(table))]

static void put_request(struct buf *t, const char *transport)
{
    const char *head   = ANY(heads);
    unsigned    call   = pick(20);
    unsigned    tagged = pick(2);

    buf_printf(t, "%sVia: SIP/2.0/%s 192.0.2.9:%u;branch=z9hG4bK%u%s\r\n", head, transport, 6000 + pick(3), call,
               pick(2) ? ";rport" : "");
    buf_printf(t, "From: <sip:%s@example.test>;tag=f%u\r\nTo: <sip:bob@example.test>%s\r\nCall-ID: %u\r\n",
               pick(2) ? "bob" : "carol", pick(3), tagged ? ";tag=t" : "", call);
    buf_printf(t, "CSeq: %u %.*s\r\n", pick(3), (int)strcspn(head, " "), head);
    for (unsigned i = pick(4); i > 0; i--)
        buf_printf(t, "%s", ANY(lines));
    buf_printf(t, "Content-Length: %u\r\n\r\n", pick(8) == 0 ? 5 : 0);
}

/* A response to the last request heard. */
static void put_response(struct buf *t, const struct raw_phone *p)
{
    static const char *const statuses[] = { "100 T", "180 R", "200 OK", "302 M\r\nContact: <sip:bob@192.0.2.9:6001>",
                                            "401 U", "407 P", "486 B",  "487 T",
                                            "503 S", "603 D", "699 X",  "183 \xff" };
    const char              *request    = raw_heard(p, 0);
    const char              *at         = strstr(request, "\r\n");

    if (at == NULL || strncmp(request, "SIP/2.0", 7) == 0)
        return;
    buf_printf(t, "SIP/2.0 %s%s", ANY(statuses), at);
}

static void damage(struct buf *t)
{
    for (unsigned i = pick(4); i > 0 && t->len > 0; i--) {
        size_t      at = pick(t->len), len = 1 + pick(12);
        const char *word = ANY(words);
        size_t      size = strlen(word);

        len = len < t->len - at ? len : t->len - at;
        switch (pick(4)) {
        case 0: /* another byte */
            t->ptr[at] = (char)pick(256);
            break;
        case 1: /* a piece is missing */
            memmove(t->ptr + at, t->ptr + at + len, t->len - at - len);
            t->len -= len;
            break;
        case 2: /* a word in a wrong place */
            if (t->len + size >= t->cap)
                break;
            memmove(t->ptr + at + size, t->ptr + at, t->len - at);
            memcpy(t->ptr + at, word, size);
            t->len += size;
            break;
        case 3: /* the end is missing */
            if (pick(4) == 0)
                t->len = at;
            break;
        }
    }
}

/* ---- by every transport at random ---- */

static void send_one(struct raw_phone *p)
{
    struct address to = address_v4(192, 0, 2, 1, 5060);
    char           text[TEXT];
    struct buf     t = BUF_ON(text);
    struct slice   part;

    if (p->udp != NULL && p->count > 0 && pick(3) == 0)
        put_response(&t, p);
    else
        put_request(&t, p->udp != NULL ? "UDP" : "TCP");
    damage(&t);
    part = (struct slice){ t.ptr, t.len };
    if (p->udp != NULL)
        world_udp_send(p->world, p->udp, NULL, &to, &part, 1);
    else if (p->stream != NULL)
        world_stream_send(p->world, p->stream, &part, 1);
}

static void send_by_line(struct line *line, unsigned kind)
{
    char         text[TEXT];
    struct buf   t = BUF_ON(text);
    struct slice part;

    line->heard = BUF_ON(line->memory);
    if (line->channel == NULL)
        line_dial(line, kind);
    put_request(&t, "TLS");
    damage(&t);
    part = (struct slice){ t.ptr, t.len };
    if (t.len > 0)
        (void)channel_send(line->channel, &part, 1); /* it may be closing */
}

static void refresh(struct raw_phone *tcp)
{
    raw_forget(tcp);
    if (tcp->stream == NULL)
        raw_connect(tcp, b.at_phones);
}

static void still_serves(void)
{
    raw_forget(&b.bob);
    raw_register(&b.bob, 9999, NULL);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
}

TEST(damaged_messages_do_no_damage)
{
    static struct raw_phone tcp;
    static struct line      all[KINDS];
    struct raw_phone       *phones[] = { &b.alice, &b.bob, &b.carol, &tcp };

    bench_open(&b, STREAMS ROUTES "connection_idle = 30s\nsource_rate = 0\nscanner_ban = 0s\nmax_server_transactions = "
                                  "64\nmax_client_transactions = 64\n");
    lines_open();
    raw_connect(&tcp, b.at_phones);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned kind = pick(4 * KINDS);

        network_set_pieces(b.network, pick(20) == 0 ? PIECES_BYTES : PIECES_RANDOM);
        if (kind < KINDS)
            send_by_line(&all[kind], kind);
        else
            send_one(ANY(phones));
        bench_live(&b, pick(40) == 0 ? 5000 : pick(20));
        refresh(&tcp);
        if (i == ROUNDS / 2) {
            bench_kill(&b);
            bench_start(&b);
        }
    }
    raw_close(&tcp);
    for (unsigned i = 0; i < KINDS; i++)
        line_hang_up(&all[i]);
    CHECK(counter_read(&b.at_server->counters.malformed_answered) > 20);
    CHECK(counter_read(&b.at_server->counters.requests_forwarded) > 20);
    CHECK(counter_read(&b.at_server->counters.redirections_followed) > 0);
    bench_live(&b, 400 * 1000);
    still_serves();
    lines_close();
    bench_close(&b);
}

/* ---- each by every kind of stream ---- */

/* " 400", for each response that `heard` has: their lines begin so. */
static void put_statuses(struct buf *out, const char *heard)
{
    for (const char *at = heard; (at = strstr(at, "SIP/2.0 ")) != NULL; at += 8)
        if (at == heard || at[-1] == '\n')
            buf_put(out, (struct slice){ at + 7, strnlen(at + 7, 4) });
}

/* " 6001: INVITE INVITE": what came of it by UDP. */
static void put_forwarded(struct buf *out, const struct raw_phone *p)
{
    buf_printf(out, " %u:", p->port);
    for (unsigned back = p->count < RAW_KEPT ? p->count : RAW_KEPT; back-- > 0;)
        buf_printf(out, " %.*s", (int)strcspn(raw_heard(p, back), " "), raw_heard(p, back));
}

static void forget_all(void)
{
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_forget(&b.carol);
}

/* What comes of `text` at a server that is new and knows bob. */
static void try(unsigned kind, enum pieces pieces, struct slice text, char outcome[OUTCOME])
{
    static struct line line;
    struct buf         out = buf_on(outcome, OUTCOME);

    bench_renew(&b);
    network_set_pieces(b.network, PIECES_WHOLE);
    raw_register(&b.bob, 1, NULL);
    line_dial(&line, kind);
    bench_live(&b, 100);
    forget_all();
    network_set_pieces(b.network, pieces);
    CHECK_INT(0, channel_send(line.channel, &text, 1));
    bench_live(&b, ENOUGH);
    put_statuses(&out, buf_cstr(&line.heard));
    buf_printf(&out, "%s", line.channel == NULL ? " closed" : "");
    put_forwarded(&out, &b.alice);
    put_forwarded(&out, &b.bob);
    put_forwarded(&out, &b.carol);
    CHECK(buf_ok(&out));
    buf_cstr(&out);
    line_hang_up(&line);
    bench_live(&b, 2 * ENOUGH);
    CHECK_INT(0, stack_alive(server_stack(b.server)));
}

/* Whole by TCP and WebSocket, and then in pieces of all sizes, with and without TLS around it:
 * that makes no difference. */
static void try_cuts(unsigned kind, struct slice text, char want[OUTCOME])
{
    static const enum pieces cuts[CUTS] = { PIECES_RANDOM, PIECES_BYTES };
    char                     got[OUTCOME];

    if (kind % 2 == 0)
        try(kind, PIECES_WHOLE, text, want);
    for (unsigned i = 0; i < CUTS; i++) {
        try(kind, cuts[i], text, got);
        if (strcmp(want, got) != 0)
            print_error("by kind %u, cut %u: \"%s\", not \"%s\":\n%.*s\n", kind, i, got, want, SLICE_ARG(text));
        assert_string_equal(want, got);
    }
}

TEST(what_comes_of_a_damaged_message_does_not_depend_on_its_stream)
{
    static char texts[MESSAGES][TEXT];
    struct buf  messages[MESSAGES];
    char        want[OUTCOME];
    unsigned    answered = 0, forwarded = 0;

    bench_open(&b, STREAMS ROUTES);
    lines_open();
    for (unsigned i = 0; i < MESSAGES; i++) {
        messages[i] = BUF_ON(texts[i]);
        do {
            messages[i].len = 0;
            put_request(&messages[i], "TCP");
            damage(&messages[i]);
        } while (messages[i].len == 0);
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        for (unsigned kind = 0; kind < KINDS; kind++)
            try_cuts(kind, (struct slice){ messages[i].ptr, messages[i].len }, want);
        answered += strncmp(want, " 6000:", 6) != 0;
        forwarded += strncmp(want, " 100", 4) == 0;
    }
    CHECK(answered > MESSAGES / 2 && answered < MESSAGES);
    CHECK(forwarded > 0 && forwarded < answered);
    still_serves();
    lines_close();
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_messages_do_no_damage),
        cmocka_unit_test(what_comes_of_a_damaged_message_does_not_depend_on_its_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
