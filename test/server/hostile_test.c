/* SPDX-License-Identifier: BSD-2-Clause */
/* Thousands of damaged messages, among them ones that pass: the sanitizers watch,
 * and in the end the server serves and nothing of it is left. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { ROUNDS = 40000, TEXT = 3000 };

static struct bench b;

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

static void refresh(struct raw_phone *tcp)
{
    raw_forget(tcp);
    if (tcp->stream == NULL)
        raw_connect(tcp, b.at_phones);
}

TEST(damaged_messages_do_no_damage)
{
    static struct raw_phone tcp;
    struct raw_phone       *phones[] = { &b.alice, &b.bob, &b.carol, &tcp };

    bench_open(&b, "connection_idle = 30s\nmax_server_transactions = 64\nmax_client_transactions = 64\n"
                   "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n"
                   "route \"ask.test\" { redirect = \"sip:192.0.2.9:6002\" }\n");
    raw_connect(&tcp, b.at_phones);
    for (unsigned i = 0; i < ROUNDS; i++) {
        send_one(ANY(phones));
        bench_live(&b, pick(40) == 0 ? 5000 : pick(20));
        refresh(&tcp);
        if (i == ROUNDS / 2) {
            bench_kill(&b);
            bench_start(&b);
        }
    }
    raw_close(&tcp);
    CHECK(counter_read(&b.at_server->counters.malformed_answered) > 20);
    CHECK(counter_read(&b.at_server->counters.requests_forwarded) > 20);
    CHECK(counter_read(&b.at_server->counters.redirections_followed) > 0);
    bench_live(&b, 400 * 1000);
    raw_forget(&b.bob);
    raw_register(&b.bob, 9999, NULL);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(damaged_messages_do_no_damage) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
