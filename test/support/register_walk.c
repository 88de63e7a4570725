/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/register_walk.h"

#include "support/register_model.h"
#include "support/server_bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 48, ARRIVES = 1, ANSWERED = 6, SETTLED = 1100 /* ms */, TEXT = 4096 };

/* ---- bytes ---- */

struct walk {
    const uint8_t       *data;
    size_t               size, at;
    struct bench         bench;
    struct model         model;
    unsigned             asked; /* requests so far: a branch for each */
    unsigned             cseq;
    uint64_t             epochs[1024];     /* what the server has for each of the model's */
    char                 last[TEXT];       /* the last REGISTER, as it was said */
    char                 answer[RAW_TEXT]; /* and what came back */
    struct model_request request;
    msec                 last_at;
};

static unsigned next(struct walk *w)
{
    return w->at < w->size ? w->data[w->at++] : 0;
}

#define PICK(table, w) ((table)[next(w) % (sizeof(table) / sizeof *(table))])

static void read_contact(struct walk *w, struct model_contact *c)
{
    static const int reg_ids[] = { MODEL_ABSENT, 1, 2, MODEL_ABSENT, 1, 2, MODEL_ABSENT, 1, 2147483647, 0 };
    static const int expires[] = { MODEL_ABSENT, 0,    60, 3600, MODEL_ABSENT, 0, 1800, 7200, 100000,
                                   MODEL_BROKEN, 3599, 61, 120,  600,          59 };
    static const int qs[]      = { MODEL_ABSENT, MODEL_ABSENT, 500,          1000,         0,
                                   MODEL_ABSENT, MODEL_ABSENT, MODEL_ABSENT, MODEL_ABSENT, MODEL_ABSENT,
                                   MODEL_ABSENT, MODEL_BROKEN };

    c->uri      = next(w) % MODEL_URIS;
    c->instance = next(w) % 3;
    c->reg_id   = PICK(reg_ids, w);
    c->expires  = PICK(expires, w);
    c->q        = PICK(qs, w);
}

static void read_request(struct walk *w, struct model_request *r)
{
    static const unsigned counts[]  = { 1, 1, 1, 2, 1, 1, 1, 2, 1, 3, 1, MODEL_CONTACTS };
    static const int      steps[]   = { 1, 1, 1, 1, 0, -1, -3, 5 };
    static const unsigned ids[]     = { 0, 0, 0, 1, 1, 2 };
    static const int      expires[] = { MODEL_ABSENT, MODEL_ABSENT, 0, 600, MODEL_BROKEN, 60, 0, 7200 };
    unsigned              flags     = next(w);

    *r         = (struct model_request){ .call_id = PICK(ids, w), .phone = flags / 4 % 3, .outbound = flags & 64 };
    r->star    = (flags & 128) != 0 && next(w) % 4 == 0;
    w->cseq    = w->cseq + (unsigned)PICK(steps, w);
    r->cseq    = w->cseq;
    r->expires = PICK(expires, w);
    r->count   = r->star ? 0 : PICK(counts, w);
    for (size_t i = 0; i < r->count; i++)
        read_contact(w, &r->contacts[i]);
}

/* ---- text ---- */

static void put_params(struct buf *b, const struct model_contact *c)
{
    if (c->instance != 0)
        buf_printf(b, ";+sip.instance=\"<urn:uuid:%u>\"", c->instance);
    if (c->reg_id != MODEL_ABSENT)
        buf_printf(b, ";reg-id=%d", c->reg_id);
}

static void put_time(struct buf *b, const char *before, int seconds, const char *after)
{
    if (seconds == MODEL_BROKEN)
        buf_printf(b, "%ssoon%s", before, after);
    else if (seconds != MODEL_ABSENT)
        buf_printf(b, "%s%d%s", before, seconds, after);
}

static void put_contact(struct buf *b, const struct model_contact *c)
{
    buf_printf(b, "Contact: <%s>", model_uri(c->uri));
    put_params(b, c);
    if (c->q == MODEL_BROKEN)
        buf_put(b, SLICE(";q=2"));
    else if (c->q != MODEL_ABSENT)
        buf_printf(b, c->q == 1000 ? ";q=1.0" : ";q=0.%03d", c->q);
    put_time(b, ";expires=", c->expires, "");
    buf_put(b, SLICE("\r\n"));
}

static void write_request(struct walk *w, const struct model_request *r, struct buf *b)
{
    buf_printf(b, "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:%u;branch=z9hG4bKw%u\r\n",
               6000 + r->phone, ++w->asked);
    /* a tag of its own: with the same CSeq it is an old one, and none that came by two ways (8.2.2.2) */
    buf_printf(b, "From: <sip:bob@example.test>;tag=%u\r\nTo: <sip:bob@example.test>\r\n", w->asked);
    buf_printf(b, "Call-ID: c%u\r\nCSeq: %u REGISTER\r\n", r->call_id, r->cseq);
    if (r->outbound)
        buf_put(b, SLICE("Supported: outbound, path\r\n"));
    if (r->star)
        buf_put(b, SLICE("Contact: *\r\n"));
    for (size_t i = 0; i < r->count; i++)
        put_contact(b, &r->contacts[i]);
    put_time(b, "Expires: ", r->expires, "\r\n");
    buf_put(b, SLICE("Content-Length: 0\r\n\r\n"));
}

static msec now_of(const struct walk *w)
{
    return network_now(w->bench.network);
}

/* ---- what is wrong ---- */

static void differ(const struct walk *w, const char *what, const char *want, const char *got)
{
    fprintf(stderr, "register_walk: %s\n--- after\n%s--- wanted: %s\n--- got\n%s\n", what, w->last, want, got);
    abort();
}

static struct raw_phone *phone_of(struct walk *w, unsigned phone)
{
    struct raw_phone *all[] = { &w->bench.alice, &w->bench.bob, &w->bench.carol };

    return all[phone];
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

/* RFC 3261 10.3 step 8: all bindings, each with what is left of its time. */
static void check_contacts(struct walk *w, const char *what, const char *answer, msec now)
{
    if (count_of(answer, "\r\nContact: ") != w->model.count)
        differ(w, what, "another number of bindings", answer);
    for (size_t i = 0; i < w->model.count; i++) {
        const struct model_binding *m = &w->model.bindings[i];
        char                        text[256];
        struct buf                  b = BUF_ON(text);

        buf_printf(&b, "\r\nContact: <%s>", model_uri(m->contact.uri));
        put_params(&b, &m->contact);
        if (m->contact.q >= 0 && m->contact.q < 1000)
            buf_printf(&b, ";q=0.%03d", m->contact.q);
        buf_printf(&b, ";expires=%u\r\n", (unsigned)((m->ends - now + 999) / 1000));
        if (strstr(answer, buf_cstr(&b)) == NULL)
            differ(w, what, buf_cstr(&b), answer);
    }
}

/* ---- what is in the server ---- */

static const struct model_binding *model_of_row(const struct walk *w, uint64_t row)
{
    for (size_t i = 0; i < w->model.count; i++)
        if (w->model.bindings[i].row == row)
            return &w->model.bindings[i];
    return NULL;
}

/* One number of the server's for each epoch of the model's, and no other. */
static void check_epoch(struct walk *w, const struct binding *b, const struct model_binding *m)
{
    if (m->epoch >= sizeof w->epochs / sizeof *w->epochs || (m->epoch == 0) != (b->gruu == 0))
        differ(w, "GRUUs", "an epoch for an instance", "");
    if (m->epoch == 0)
        return;
    for (uint64_t i = 1; i < m->epoch; i++)
        if (w->epochs[i] == b->gruu)
            differ(w, "GRUUs", "a new epoch", "an old one");
    if (w->epochs[m->epoch] != 0 && w->epochs[m->epoch] != b->gruu)
        differ(w, "GRUUs", "the epoch of before", "a new one");
    w->epochs[m->epoch] = b->gruu;
}

static void differ_in_binding(const struct walk *w, const struct model_binding *m, const struct binding *b)
{
    char want[200] = "none\n", got[200];

    if (m != NULL)
        snprintf(want, sizeof want, "row %ju cseq %u flow %d, ends %jd, lease %jd\n", (uintmax_t)m->row, m->cseq,
                 m->is_flow, (intmax_t)m->ends, (intmax_t)(m->lease - m->ends));
    snprintf(got, sizeof got, "row %ju cseq %u flow %d %u, ends %jd, lease %jd", (uintmax_t)b->row, b->cseq,
             b->outbound, b->reg_id, (intmax_t)b->expires_at,
             (intmax_t)(b->lease_until - (uint64_t)(b->expires_at + (msec)world_wall(w->bench.at_server) - now_of(w))));
    differ(w, "location", want, got);
}

static void check_location(struct walk *w, msec now)
{
    struct shared    *s = w->bench.shared;
    const struct aor *a;
    unsigned          live = 0;

    rcu_enter(s->rcu);
    a = location_find(s->location, SLICE("sip:bob@example.test"));
    for (unsigned i = 0; a != NULL && i < aor_count(a); i++) {
        const struct model_binding *m;
        struct binding              b;

        aor_binding(a, i, &b);
        if (b.expires_at <= now)
            continue;
        live++;
        m = model_of_row(w, b.row);
        if (m == NULL || m->is_flow != b.outbound || b.outbound != (b.reg_id != 0) || m->cseq != b.cseq ||
            m->lease - m->ends != b.lease_until - (b.expires_at + world_wall(w->bench.at_server) - now))
            differ_in_binding(w, m, &b);
        check_epoch(w, &b, m);
    }
    rcu_leave(s->rcu);
    if (live != w->model.count)
        differ(w, "location", "as many bindings as the model has", "others");
}

/* ---- steps ---- */

static const char *say(struct walk *w, unsigned phone, const char *text)
{
    struct raw_phone *p      = phone_of(w, phone);
    unsigned          before = p->count;

    raw_say(p, text);
    bench_live(&w->bench, ANSWERED);
    if (p->count != before + 1)
        differ(w, "answers", "one", "none, or more");
    return raw_heard(p, 0);
}

static void fetch(struct walk *w)
{
    struct model_request r = { .call_id = 9, .cseq = w->asked + 1, .expires = MODEL_ABSENT };
    char                 text[TEXT];
    struct buf           b   = BUF_ON(text);
    msec                 now = now_of(w) + ARRIVES;
    const char          *answer;

    write_request(w, &r, &b);
    answer = say(w, 0, buf_cstr(&b));
    model_expire(&w->model, now);
    if (strncmp(answer, "SIP/2.0 200 ", 12) != 0)
        differ(w, "fetch", "200", answer);
    check_contacts(w, "fetch", answer, now);
    model_expire(&w->model, now_of(w));
    check_location(w, now_of(w));
}

static void registers(struct walk *w, const struct model_request *r)
{
    struct buf  b = BUF_ON(w->last);
    char        want[32];
    const char *answer;

    write_request(w, r, &b);
    w->last_at = now_of(w);
    answer     = say(w, r->phone, buf_cstr(&b));
    snprintf(w->answer, sizeof w->answer, "%s", answer);
    snprintf(want, sizeof want, "SIP/2.0 %u ", model_register(&w->model, r, w->last_at + ARRIVES));
    if (strncmp(answer, want, strlen(want)) != 0)
        differ(w, "status", want, answer);
    if (strncmp(answer, "SIP/2.0 200 ", 12) == 0)
        check_contacts(w, "200", answer, w->last_at + ARRIVES);
    if ((strstr(answer, "\r\nMin-Expires: 60\r\n") != NULL) != (strcmp(want, "SIP/2.0 423 ") == 0))
        differ(w, "Min-Expires", "with 423", answer);
}

/* RFC 3261 17.2.2: the answer once more, and nothing else. */
static void repeats(struct walk *w)
{
    if (w->last[0] == '\0' || now_of(w) > w->last_at + 31000 || w->last_at == 0)
        return;
    if (strcmp(w->answer, say(w, w->request.phone, w->last)) != 0)
        differ(w, "retransmission", w->answer, raw_heard(phone_of(w, w->request.phone), 0));
}

static void lets_time_pass(struct walk *w)
{
    static const msec spans[] = { 10, 1000, 58990, 59993, 60000, 600000, 1799000, 3600000, 61000, 31990 };

    bench_live(&w->bench, PICK(spans, w));
    w->last_at = 0;
}

/* Each second it takes out what has ended; what has not been taken out yet comes back. */
static bool is_settled(const struct walk *w)
{
    for (size_t i = 0; i < w->model.count; i++)
        if (w->model.bindings[i].ends <= now_of(w))
            return false;
    return true;
}

static void restarts(struct walk *w)
{
    do {
        model_expire(&w->model, now_of(w));
        bench_live(&w->bench, SETTLED);
    } while (!is_settled(w));
    bench_kill(&w->bench);
    model_restart(&w->model, now_of(w));
    bench_start(&w->bench);
    w->last_at = 0;
}

static void step(struct walk *w)
{
    unsigned kind = next(w) % 16;

    if (kind < 8)
        read_request(w, &w->request);
    else if (kind < 11)
        w->request.cseq = ++w->cseq; /* the same once more: a refresh */
    if (kind < 11)
        registers(w, &w->request);
    else if (kind < 13)
        lets_time_pass(w);
    else if (kind == 13)
        restarts(w);
    else
        repeats(w);
    if (kind < 14)
        fetch(w);
}

/* ---- who is called ---- */

/* The phone at which a MESSAGE to this binding arrives, or 3 if that is not to be said. */
static unsigned phone_called(const struct model_binding *m)
{
    const char *uri = model_uri(m->contact.uri);

    if (m->is_flow)
        return m->phone;
    for (unsigned phone = 0; phone < 3; phone++) {
        char port[16];

        snprintf(port, sizeof port, ":%u", 6000 + phone);
        if (strstr(uri, port) != NULL)
            return phone;
    }
    return 3;
}

static void differ_in_targets(struct walk *w, unsigned wanted, unsigned heard)
{
    char       want[TEXT], got[64];
    struct buf b = BUF_ON(want);

    buf_printf(&b, "phones of %u\n", wanted);
    for (size_t i = 0; i < w->model.count; i++)
        buf_printf(&b, "<%s> phone %u flow %d\n", model_uri(w->model.bindings[i].contact.uri),
                   w->model.bindings[i].phone, w->model.bindings[i].is_flow);
    snprintf(got, sizeof got, "phones %u", heard);
    differ(w, "targets", buf_cstr(&b), got);
}

static void check_targets(struct walk *w)
{
    unsigned before[3], heard = 0, wanted = 0, odd = 0;

    for (size_t i = 0; i < w->model.count; i++) {
        unsigned phone = phone_called(&w->model.bindings[i]);

        odd += phone == 3;
        wanted |= 1u << phone;
    }
    for (unsigned i = 0; i < 3; i++)
        before[i] = count_of(raw_heard(phone_of(w, i), 0), "MESSAGE sip:");
    raw_say(&w->bench.alice,
            "MESSAGE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKm\r\n"
            "From: <sip:eve@else.test>;tag=e\r\nTo: <sip:bob@example.test>\r\nCall-ID: m\r\n"
            "CSeq: 1 MESSAGE\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n");
    bench_live(&w->bench, ANSWERED);
    for (unsigned i = 0; i < 3; i++)
        if (before[i] == 0 && strncmp(raw_heard(phone_of(w, i), 0), "MESSAGE ", 8) == 0)
            heard |= 1u << i;
    if ((heard & ~wanted) != 0 || (odd == 0 && (heard == 0) != (wanted == 0)))
        differ_in_targets(w, wanted, heard);
}

void register_walk(const uint8_t *data, size_t size)
{
    static const char  conf[] = "default_expires = 30m\nmax_contacts = 4\n";
    static struct walk w;

    memset(&w.model, 0, sizeof w.model);
    memset(w.epochs, 0, sizeof w.epochs);
    w.data    = data;
    w.size    = size;
    w.at      = 0;
    w.asked   = 0;
    w.cseq    = 100;
    w.request = (struct model_request){ .count = 0, .expires = MODEL_ABSENT };
    w.last[0] = '\0';
    bench_open(&w.bench, conf);
    for (unsigned steps = 0; w.at < w.size && steps < STEPS; steps++)
        step(&w);
    check_targets(&w);
    bench_abandon(&w.bench);
}
