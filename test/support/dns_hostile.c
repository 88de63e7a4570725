/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/dns_hostile.h"

#include <stdio.h>
#include <sys/socket.h>

enum {
    FORMERR  = 1,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    NOTIMP   = 4,
    REFUSED  = 5,
    A        = 1,
    AAAA     = 28,
    SRV      = 33,
    CHAOS    = 3,
    TTL      = 60,
};

static struct dns_writer w; /* one answer at a time */

typedef void misbehave_fn(struct dns_hostile *h, const struct dns_question *q);

static void begin(const struct dns_question *q, unsigned code)
{
    dns_begin(&w, q->id, code, q->name, q->type);
}

static void send_it(struct dns_hostile *h, const struct dns_question *q)
{
    dns_server_send(&h->server, q, &w);
}

static void put_record(const struct dns_question *q, const char *name, uint32_t ttl, uint8_t last)
{
    if (q->type == A)
        dns_a(&w, name, ttl, last);
    else if (q->type == AAAA)
        dns_aaaa(&w, name, ttl, last);
    else if (q->type == SRV)
        dns_srv(&w, name, ttl, "one.test", 5070);
}

static void answer(struct dns_hostile *h, const struct dns_question *q, uint32_t ttl, uint8_t last)
{
    begin(q, 0);
    put_record(q, q->name, ttl, last);
    send_it(h, q);
}

static void tell_truth(struct dns_hostile *h, const struct dns_question *q)
{
    answer(h, q, TTL, HOSTILE_TRUTH);
}

/* ---- codes ---- */

static void fail_with(struct dns_hostile *h, const struct dns_question *q, unsigned code)
{
    begin(q, code);
    send_it(h, q);
}

static void servfail(struct dns_hostile *h, const struct dns_question *q)
{
    fail_with(h, q, SERVFAIL);
}

static void refused(struct dns_hostile *h, const struct dns_question *q)
{
    fail_with(h, q, REFUSED);
}

static void notimp(struct dns_hostile *h, const struct dns_question *q)
{
    fail_with(h, q, NOTIMP);
}

/* A server from before RFC 2671. */
static void no_edns(struct dns_hostile *h, const struct dns_question *q)
{
    if (q->edns)
        fail_with(h, q, FORMERR);
    else
        tell_truth(h, q);
}

static void none(struct dns_hostile *h, const struct dns_question *q)
{
    begin(q, NXDOMAIN);
    dns_soa(&w, "test", TTL, TTL);
    send_it(h, q);
}

static void empty(struct dns_hostile *h, const struct dns_question *q)
{
    begin(q, 0);
    dns_soa(&w, "test", TTL, TTL);
    send_it(h, q);
}

static void no_soa(struct dns_hostile *h, const struct dns_question *q)
{
    fail_with(h, q, NXDOMAIN);
}

/* ---- time ---- */

static void silent(struct dns_hostile *h, const struct dns_question *q)
{
    (void)h;
    (void)q;
}

static void late(struct dns_hostile *h, const struct dns_question *q)
{
    if (h->late_count < HOSTILE_LATE)
        h->late[h->late_count++] = *q;
}

/* ---- lies ---- */

static void wrong_id(struct dns_hostile *h, const struct dns_question *q)
{
    for (uint16_t i = 1; i <= 16; i++) {
        begin(q, 0);
        w.bytes[0] ^= (uint8_t)i;
        put_record(q, q->name, TTL, HOSTILE_LIE);
        send_it(h, q);
    }
    tell_truth(h, q);
}

static void wrong_question(struct dns_hostile *h, const struct dns_question *q)
{
    dns_begin(&w, q->id, 0, "other.test", q->type);
    put_record(q, q->name, TTL, HOSTILE_LIE);
    send_it(h, q);
    dns_begin(&w, q->id, 0, q->name, q->type == A ? AAAA : A);
    put_record(q, q->name, TTL, HOSTILE_LIE);
    send_it(h, q);
    tell_truth(h, q);
}

static void wrong_port(struct dns_hostile *h, const struct dns_question *q)
{
    begin(q, 0);
    put_record(q, q->name, TTL, HOSTILE_LIE);
    dns_server_send_from_other(&h->server, q, &w);
    tell_truth(h, q);
}

/* What nobody asked for comes along, in every section. */
static void extra(struct dns_hostile *h, const struct dns_question *q)
{
    size_t r;

    begin(q, 0);
    put_record(q, "victim.test", TTL, HOSTILE_LIE);
    put_record(q, q->name, TTL, HOSTILE_TRUTH);
    r = dns_authority(&w, "victim.test", A, TTL);
    dns_put32(&w, 0xc0000200 | HOSTILE_LIE);
    dns_end(&w, r);
    r = dns_additional(&w, "victim.test", A, TTL);
    dns_put32(&w, 0xc0000200 | HOSTILE_LIE);
    dns_end(&w, r);
    send_it(h, q);
}

static void wrong_class(struct dns_hostile *h, const struct dns_question *q)
{
    size_t data;

    begin(q, 0);
    data              = dns_answer(&w, q->name, A, TTL);
    w.bytes[data - 5] = CHAOS;
    dns_put32(&w, 0xc0000200 | HOSTILE_LIE);
    dns_end(&w, data);
    put_record(q, q->name, TTL, HOSTILE_TRUTH);
    send_it(h, q);
}

/* ---- shapes ---- */

/* Bytes that are no answer, with the id of one. */
static void wild(struct dns_hostile *h, const struct dns_question *q)
{
    static const uint8_t loop[] = { 0xc0, 12, 0, 1, 0, 1 };

    begin(q, 0);
    w.len = 1;
    send_it(h, q);
    begin(q, 0);
    w.len = 12; /* a header that speaks of more */
    send_it(h, q);
    begin(q, 0);
    memset(w.bytes + 4, 0xff, 8); /* counts */
    send_it(h, q);
    begin(q, 0);
    memcpy(w.bytes + 12, loop, sizeof loop); /* a name that points to itself */
    w.len = 12 + sizeof loop;
    send_it(h, q);
    begin(q, 0);
    for (unsigned i = 0; i < 400; i++)
        dns_put8(&w, i * 37);
    send_it(h, q);
}

/* The question is right, the records are not. */
static void garbage(struct dns_hostile *h, const struct dns_question *q)
{
    size_t r;

    begin(q, 0);
    r = dns_answer(&w, q->name, q->type, TTL);
    dns_put16(&w, 7);
    dns_end(&w, r);
    r = dns_answer(&w, q->name, DNS_CNAME, TTL);
    dns_pointer(&w, w.len); /* to itself */
    dns_end(&w, r);
    r          = dns_answer(&w, q->name, q->type, TTL);
    w.bytes[r] = 0xff; /* data that ends far behind the message */
    send_it(h, q);
}

static void circle(struct dns_hostile *h, const struct dns_question *q)
{
    begin(q, 0);
    dns_cname(&w, q->name, TTL, "b.test");
    dns_cname(&w, "b.test", TTL, q->name);
    put_record(q, q->name, TTL, HOSTILE_LIE);
    send_it(h, q);
}

static void chain_of(struct dns_hostile *h, const struct dns_question *q, unsigned length)
{
    char from[256], to[256];

    begin(q, 0);
    snprintf(from, sizeof from, "%s", q->name);
    for (unsigned i = 0; i < length; i++) {
        snprintf(to, sizeof to, "alias%u.test", i);
        dns_cname(&w, from, TTL - i, to);
        snprintf(from, sizeof from, "alias%u.test", i);
    }
    put_record(q, from, TTL, HOSTILE_TRUTH);
    send_it(h, q);
}

static void chain(struct dns_hostile *h, const struct dns_question *q)
{
    chain_of(h, q, 5);
}

static void long_chain(struct dns_hostile *h, const struct dns_question *q)
{
    chain_of(h, q, 30);
}

static void huge_ttl(struct dns_hostile *h, const struct dns_question *q)
{
    answer(h, q, INT32_MAX, HOSTILE_TRUTH);
}

static void zero_ttl(struct dns_hostile *h, const struct dns_question *q)
{
    answer(h, q, 0, HOSTILE_TRUTH);
}

/* ---- by TCP ---- */

static bool truncate_udp(struct dns_hostile *h, const struct dns_question *q)
{
    if (q->peer >= 0)
        return false;
    begin(q, 0);
    w.bytes[2] |= 2;
    put_record(q, q->name, TTL, HOSTILE_LIE); /* what is cut off is not to be believed */
    send_it(h, q);
    return true;
}

static void truncated(struct dns_hostile *h, const struct dns_question *q)
{
    if (!truncate_udp(h, q))
        tell_truth(h, q);
}

/* "It goes on", by TCP too. */
static void always_truncated(struct dns_hostile *h, const struct dns_question *q)
{
    begin(q, 0);
    w.bytes[2] |= 2;
    put_record(q, q->name, TTL, HOSTILE_LIE);
    send_it(h, q);
}

static void many(struct dns_hostile *h, const struct dns_question *q)
{
    if (truncate_udp(h, q))
        return;
    begin(q, 0);
    for (unsigned i = 0; i < 1000; i++)
        put_record(q, q->name, TTL, (uint8_t)(1 + i % 50));
    send_it(h, q);
}

static void send_half(const struct dns_question *q)
{
    static const uint8_t half[] = { 0x01, 0x00, 0xab, 0xcd, 0x81 }; /* 256 bytes are to come */

    (void)send(q->peer, half, sizeof half, MSG_NOSIGNAL);
}

static void half(struct dns_hostile *h, const struct dns_question *q)
{
    if (!truncate_udp(h, q))
        send_half(q);
}

static void half_and_shut(struct dns_hostile *h, const struct dns_question *q)
{
    if (truncate_udp(h, q))
        return;
    send_half(q);
    shutdown(q->peer, SHUT_RDWR);
}

/* ---- the table ---- */

static const struct {
    const char   *name;
    misbehave_fn *fn;
} misbehaviours[] = {
    { "silent", silent },
    { "late", late },
    { "servfail", servfail },
    { "refused", refused },
    { "notimp", notimp },
    { "no-edns", no_edns },
    { "none", none },
    { "empty", empty },
    { "no-soa", no_soa },
    { "wrong-id", wrong_id },
    { "wrong-question", wrong_question },
    { "wrong-port", wrong_port },
    { "wrong-class", wrong_class },
    { "extra", extra },
    { "wild", wild },
    { "garbage", garbage },
    { "circle", circle },
    { "chain", chain },
    { "long-chain", long_chain },
    { "huge-ttl", huge_ttl },
    { "zero-ttl", zero_ttl },
    { "truncated", truncated },
    { "always-truncated", always_truncated },
    { "many", many },
    { "half", half },
    { "half-and-shut", half_and_shut },
};

enum { COUNT = sizeof misbehaviours / sizeof *misbehaviours };

static const char *first_label(const char *name)
{
    while (*name == '_' && strchr(name, '.') != NULL)
        name = strchr(name, '.') + 1;
    return name;
}

static void handle(struct dns_server *s, const struct dns_question *q)
{
    struct dns_hostile *h     = s->owner;
    const char         *label = h->always != NULL ? h->always : first_label(q->name);
    size_t              len   = strcspn(label, ".");

    for (unsigned i = 0; i < COUNT; i++)
        if (strlen(misbehaviours[i].name) == len && strncmp(misbehaviours[i].name, label, len) == 0) {
            misbehaviours[i].fn(h, q);
            return;
        }
    tell_truth(h, q);
}

bool dns_hostile_open(struct dns_hostile *h)
{
    h->late_count = 0;
    h->always     = NULL;
    return dns_server_open(&h->server, handle, h);
}

void dns_hostile_close(struct dns_hostile *h)
{
    dns_server_close(&h->server);
}

void dns_hostile_answer_late(struct dns_hostile *h)
{
    for (unsigned i = 0; i < h->late_count; i++)
        tell_truth(h, &h->late[i]);
    h->late_count = 0;
}

const char *dns_hostile_name(unsigned index)
{
    return index < COUNT ? misbehaviours[index].name : NULL;
}
