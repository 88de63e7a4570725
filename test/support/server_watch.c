/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/server_watch.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/siphash.h"
#include "sip/framer.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SERVERS  = 4,
    BUCKETS  = 1024,
    RECORDS  = 20000,
    TEXT     = 8 << 20,
    REFUSALS = 16,
    PATIENCE = 32000, /* ms: 64 * T1 */
    FLOOD    = 20000, /* packets of servers in one step */
    PROMPTLY = 10,    /* ms: so soon a 2xx has been passed on */
};

struct watched {
    const struct host *host;
    struct address     ip;
    struct slice       domain;
    bool               open;
};

enum kind { TRANSACTION, BROKEN, ORIGIN, SENT, ACCEPTED, TOKEN, ALIAS };

/* One thing that was seen; which members mean something depends on the kind. */
struct sight {
    enum kind     kind;
    unsigned      server;
    struct sight *next;                           /* of its bucket */
    struct slice  branch, method, call_id, other; /* other: sent-by, From, To tag, token */
    struct sight *up;                             /* SENT, ACCEPTED, ALIAS: the server transaction */
    int           max_forwards;
    bool          allowed, by_datagram, accepted, due;
    unsigned      arrived, passed;
    uint64_t      refusals[REFUSALS];
    unsigned      refusal_count;
    msec          at;
};

struct watch {
    struct watched      servers[SERVERS];
    unsigned            server_count;
    struct sight       *buckets[BUCKETS];
    unsigned            count, step_packets;
    size_t              text_len;
    bool                full;
    struct watch_counts counts;
    struct sight        records[RECORDS];
    char                text[TEXT];
};

static struct watch the_watch;

struct watch *watch_new(void)
{
    the_watch.server_count = the_watch.count = the_watch.step_packets = 0;
    the_watch.text_len                                                = 0;
    the_watch.full                                                    = false;
    the_watch.counts                                                  = (struct watch_counts){ 0 };
    memset(the_watch.buckets, 0, sizeof the_watch.buckets);
    return &the_watch;
}

void watch_server(struct watch *w, const struct host *host, struct address ip, const char *domain, bool open)
{
    w->servers[w->server_count++] = (struct watched){ host, ip, slice_from(domain), open };
}

bool watch_is_full(const struct watch *w)
{
    return w->full;
}

struct watch_counts watch_counts(const struct watch *w)
{
    return w->counts;
}

static void broken(const char *what, const struct packet *p)
{
    fprintf(stderr, "server_watch: at %jd ms %s\n%.*s\n", (intmax_t)p->at, what, SLICE_ARG(p->bytes));
    abort();
}

/* ---- records ---- */

static struct slice copy(struct watch *w, struct slice text)
{
    char *at = w->text + w->text_len;

    if (text.len > TEXT - w->text_len) {
        w->full = true;
        return SLICE("");
    }
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    w->text_len += text.len;
    return (struct slice){ at, text.len };
}

static struct sight **bucket(struct watch *w, enum kind kind, unsigned server, struct slice branch)
{
    static const struct hash_key key = { 1, 2 };

    return &w->buckets[(siphash(&key, branch) + kind * 7 + server) % BUCKETS];
}

static bool is_same(const struct sight *a, const struct sight *b)
{
    return a->kind == b->kind && a->server == b->server && slice_eq(a->branch, b->branch) &&
           slice_eq(a->method, b->method) && slice_eq(a->call_id, b->call_id) && slice_eq(a->other, b->other) &&
           (a->kind != ORIGIN || (a->max_forwards == b->max_forwards && a->allowed == b->allowed));
}

static struct sight *find(struct watch *w, const struct sight *key)
{
    struct sight *r = *bucket(w, key->kind, key->server, key->branch);

    while (r != NULL && !is_same(r, key))
        r = r->next;
    return r;
}

/* The record that is so, made if there is none; NULL when all is full. */
static struct sight *keep(struct watch *w, const struct sight *key)
{
    struct sight *r = find(w, key), **head = bucket(w, key->kind, key->server, key->branch);

    if (r != NULL)
        return r;
    if (w->count == RECORDS) {
        w->full = true;
        return NULL;
    }
    r          = &w->records[w->count++];
    *r         = *key;
    r->branch  = copy(w, key->branch);
    r->method  = copy(w, key->method);
    r->call_id = copy(w, key->call_id);
    r->other   = copy(w, key->other);
    r->next    = *head;
    *head      = r;
    return r;
}

/* ---- what policy lets pass ---- */

static bool is_own(const struct watched *s, struct slice host)
{
    struct address ip;

    if (address_parse_ip(host, &ip))
        return address_eq_ip(&ip, &s->ip);
    if (host.len > 0 && host.ptr[host.len - 1] == '.')
        host.len--;
    return slice_eq_nocase(host, s->domain);
}

static bool is_token(struct watch *w, unsigned server, struct slice user, struct slice call_id)
{
    struct sight key = { .kind = TOKEN, .server = server, .branch = user, .call_id = call_id };

    return user.len > 0 && find(w, &key) != NULL;
}

/* Of the Route: does a value lead elsewhere, does one bring a token back, which is the last? */
struct route_facts {
    bool       foreign, token;
    unsigned   count;
    struct uri last;
};

static struct route_facts route_facts(struct watch *w, unsigned server, const struct message *m)
{
    struct route_facts   facts = { .foreign = false };
    struct header_values v     = message_values(m, HEADER_ROUTE);
    struct name_addr     value;
    bool                 foreign = false;

    while (values_next_name_addr(&v, &value)) {
        facts.foreign = facts.foreign || foreign; /* all but the last */
        foreign       = !is_own(&w->servers[server], value.uri.host);
        facts.token   = facts.token || is_token(w, server, value.uri.user, m->call_id);
        facts.last    = value.uri;
        facts.count++;
    }
    return facts;
}

static bool is_to_ours(const struct watched *s, const struct uri *uri)
{
    struct slice   maddr;
    struct address ip;

    if (uri_param(uri, SLICE("maddr"), &maddr) && !(address_parse_ip(maddr, &ip) && address_eq_ip(&ip, &s->ip)))
        return false;
    return is_own(s, uri->host);
}

/* A strict router has put us into the Request-URI and the target behind the Route (RFC 3261 16.4). */
static bool is_allowed(struct watch *w, unsigned server, const struct message *m)
{
    const struct watched *s     = &w->servers[server];
    struct route_facts    facts = route_facts(w, server, m);
    struct slice          lr;
    bool                  strict = facts.count > 0 && is_own(s, m->uri.host) && uri_param(&m->uri, SLICE("lr"), &lr);

    if (facts.token || is_token(w, server, m->uri.user, m->call_id))
        return true;
    if (s->open && is_own(s, m->from.uri.host))
        return true;
    if (!s->open && is_own(s, m->from.uri.host))
        return false;
    if (strict)
        return !facts.foreign && is_to_ours(s, &facts.last);
    return !facts.foreign && (facts.count == 0 || is_own(s, facts.last.host)) && is_to_ours(s, &m->uri);
}

/* ---- what comes in ---- */

/* What a transaction is found by; without a branch (RFC 2543) something that a copy still has. */
static struct slice branch_of(const struct via *via)
{
    return via->branch.len > 0 ? via->branch : via->host;
}

/* The host and port, in whatever form; transports and blanks make no difference to who it is. */
static struct sight transaction_key(unsigned server, const struct via *via, struct slice method, char memory[300])
{
    struct buf b = buf_on(memory, 300);

    buf_printf(&b, "%.*s:%u", SLICE_ARG(via->host), via->port);
    return (struct sight){ .kind   = TRANSACTION,
                           .server = server,
                           .branch = branch_of(via),
                           .method = method,
                           .other  = buf_ok(&b) ? buf_slice(&b) : SLICE("") };
}

static void request_came(struct watch *w, unsigned server, const struct message *m, bool by_datagram)
{
    char          memory[300];
    struct sight  key    = transaction_key(server, &m->via, m->method_text, memory);
    struct sight  origin = { .kind         = ORIGIN,
                             .server       = server,
                             .branch       = branch_of(&m->via),
                             .method       = m->method_text,
                             .call_id      = m->call_id,
                             .other        = m->from.text,
                             .max_forwards = m->max_forwards,
                             .allowed      = is_allowed(w, server, m) };
    struct sight *t      = keep(w, &key);

    keep(w, &origin);
    if (t == NULL)
        return;
    t->arrived++;
    t->by_datagram = by_datagram;
}

/* It is answered by the stack, or not at all, whatever its method is. */
static void broken_came(struct watch *w, unsigned server, const struct message *m)
{
    char         memory[300];
    struct sight key = transaction_key(server, &m->via, m->method_text, memory);

    key.kind   = BROKEN;
    key.method = SLICE("");
    keep(w, &key);
}

static bool next_via(const struct message *m, struct via *second)
{
    struct header_values v = message_values(m, HEADER_VIA);
    struct via           first;

    return values_next_via(&v, &first) && values_next_via(&v, second);
}

/* A 2xx to an INVITE of this server's: it is to be passed on, if its call still waits for it. */
static void accepted_came(struct watch *w, struct sight *sent, const struct message *m, const struct packet *p)
{
    struct sight  key = { .kind    = ACCEPTED,
                          .server  = sent->server,
                          .branch  = sent->up->branch,
                          .method  = sent->up->other,
                          .call_id = m->call_id,
                          .other   = m->to_tag };
    struct sight *a   = keep(w, &key);

    if (a == NULL)
        return;
    a->up = sent->up;
    a->arrived++;
    if (a->passed == 0 && sent->by_datagram && sent->refusal_count == 0 && sent->up->refusal_count == 0 &&
        sent->up->by_datagram && !p->is_stream && p->at < sent->at + PATIENCE) {
        a->due = true;
        a->at  = p->at;
    }
}

static void response_came(struct watch *w, unsigned server, const struct message *m, const struct packet *p)
{
    struct sight  key  = { .kind = SENT, .server = server, .branch = m->via.branch, .method = m->method_text };
    struct sight *sent = find(w, &key), *alias;
    struct via    second;

    if (sent == NULL || !next_via(m, &second))
        return;
    key.kind    = ALIAS;
    key.branch  = branch_of(&second);
    key.call_id = m->call_id;
    alias       = keep(w, &key);
    if (alias != NULL)
        alias->up = sent->up;
    if (m->status >= 300)
        sent->refusal_count++; /* what comes then on this branch is late (17.1.1.2) */
    else if (m->method == METHOD_INVITE && m->status >= 200)
        accepted_came(w, sent, m, p);
}

static void message_came(struct watch *w, unsigned server, struct slice text, const struct packet *p)
{
    struct parse_fault fault;
    struct message    *m = message_parse(text, &fault);

    if (m == NULL && fault.answerable && (m = message_parse_broken(text, &fault)) != NULL)
        broken_came(w, server, m);
    else if (m != NULL && m->is_request)
        request_came(w, server, m, !p->is_stream);
    else if (m != NULL)
        response_came(w, server, m, p);
    message_drop(m);
}

/* ---- what goes out ---- */

/* What a stack says of itself, whatever became of the transaction: malformed, too large, too busy. */
static bool is_stateless(const struct message *m)
{
    return m->status == 513 || m->status == 503 || m->status == 413 ||
           (m->reason.len > 11 && memmem(m->reason.ptr, m->reason.len, ": expected ", 11) != NULL);
}

static struct sight *answered_by(struct watch *w, unsigned server, const struct message *m)
{
    char          memory[300];
    struct sight  key   = transaction_key(server, &m->via, m->method_text, memory);
    struct sight *found = find(w, &key);

    if (found != NULL)
        return found;
    key = (struct sight){
        .kind = ALIAS, .server = server, .branch = branch_of(&m->via), .method = m->method_text, .call_id = m->call_id
    };
    found = find(w, &key);
    return found != NULL ? found->up : NULL;
}

static bool is_of_broken(struct watch *w, unsigned server, const struct message *m)
{
    char         memory[300];
    struct sight key = transaction_key(server, &m->via, m->method_text, memory);

    key.kind   = BROKEN;
    key.method = SLICE("");
    return is_stateless(m) && find(w, &key) != NULL;
}

static void refusal_goes(struct watch *w, struct sight *t, const struct message *m, const struct packet *p)
{
    static const struct hash_key key  = { 3, 4 };
    uint64_t                     hash = siphash(&key, m->to_tag) + m->status;

    if (is_stateless(m))
        return;
    for (unsigned i = 0; i < t->refusal_count; i++)
        if (t->refusals[i] == hash)
            return;
    w->counts.refused++;
    if (t->accepted && t->arrived == 1)
        broken("a refusal after a 2xx", p);
    if (t->refusal_count == t->arrived)
        broken("a second final response to one request", p);
    if (t->refusal_count < REFUSALS)
        t->refusals[t->refusal_count++] = hash;
}

static void accepted_goes(struct watch *w, struct sight *t, const struct message *m, const struct packet *p)
{
    struct sight  key = { .kind    = ACCEPTED,
                          .server  = t->server,
                          .branch  = t->branch,
                          .method  = t->other,
                          .call_id = m->call_id,
                          .other   = m->to_tag };
    struct sight *a   = find(w, &key);

    t->accepted = true;
    if (m->method != METHOD_INVITE)
        return;
    if (a == NULL || a->arrived == 0)
        broken("a 2xx that did not come", p);
    if (++a->passed > a->arrived)
        broken("a 2xx more often than it came", p);
    a->due = false;
    w->counts.accepted++;
}

static void response_goes(struct watch *w, unsigned server, const struct message *m, const struct packet *p)
{
    struct sight *t = answered_by(w, server, m);

    if (m->method == METHOD_ACK)
        broken("an answer to an ACK", p);
    if (is_of_broken(w, server, m))
        return;
    if (t == NULL)
        broken("an answer to what did not come", p);
    if (m->status >= 300)
        refusal_goes(w, t, m, p);
    else if (m->status >= 200)
        accepted_goes(w, t, m, p);
}

static void note_tokens(struct watch *w, unsigned server, const struct message *m)
{
    struct header_values v = message_values(m, HEADER_RECORD_ROUTE);
    struct name_addr     value;

    while (values_next_name_addr(&v, &value))
        if (is_own(&w->servers[server], value.uri.host) && value.uri.user.len > 0) {
            struct sight key = { .kind = TOKEN, .server = server, .branch = value.uri.user, .call_id = m->call_id };

            keep(w, &key);
        }
}

/* A copy of a request that came, with a hop less. */
static void check_origin(struct watch *w, const struct sight *key, const struct message *m, const struct packet *p)
{
    struct sight *r     = *bucket(w, ORIGIN, key->server, key->branch);
    bool          found = false, allowed = false;

    for (; r != NULL; r = r->next) {
        if (r->kind != ORIGIN || r->server != key->server || !slice_eq(r->branch, key->branch) ||
            !slice_eq(r->method, key->method) || !slice_eq(r->call_id, key->call_id) || !slice_eq(r->other, key->other))
            continue;
        found = true;
        if (!r->allowed)
            continue;
        allowed = true;
        if (m->max_forwards == (r->max_forwards < 0 ? 70 : r->max_forwards - 1))
            return;
    }
    broken(!found ? "a request that did not come" : !allowed ? "a request that policy forbids" : "not one hop less", p);
}

static void request_goes(struct watch *w, unsigned server, const struct message *m, const struct packet *p)
{
    struct sight invite = { .kind = SENT, .server = server, .branch = m->via.branch, .method = SLICE("INVITE") };
    struct sight sent   = { .kind = SENT, .server = server, .branch = m->via.branch, .method = m->method_text };
    struct sight origin = {
        .kind = ORIGIN, .server = server, .method = m->method_text, .call_id = m->call_id, .other = m->from.text
    };
    struct sight came, *made;
    struct via   second;
    char         memory[300];

    if (!next_via(m, &second)) {
        if ((m->method != METHOD_CANCEL && m->method != METHOD_ACK) || find(w, &invite) == NULL)
            broken("a request of its own", p);
        w->counts.cancelled += m->method == METHOD_CANCEL;
        return;
    }
    origin.branch = branch_of(&second);
    check_origin(w, &origin, m, p);
    note_tokens(w, server, m);
    made = keep(w, &sent);
    if (made == NULL || made->up != NULL)
        return;
    made->at          = p->at;
    made->by_datagram = !p->is_stream; /* else it ends with its connection, whoever knows its branch */
    w->counts.forwarded++;
    came     = transaction_key(server, &second, m->method_text, memory);
    made->up = find(w, &came);
    if (made->up == NULL)
        broken("a request of no transaction", p);
}

static void message_goes(struct watch *w, unsigned server, struct slice text, const struct packet *p)
{
    struct parse_fault fault;
    struct message    *m = message_parse(text, &fault);

    if (++w->step_packets > FLOOD)
        broken("no end of packets", p);
    if (m == NULL) {
        if (slice_trim(text).len > 0 && memmem(text.ptr, text.len, "SIP/2.0 ", 8) != text.ptr)
            broken("a request that nobody can read", p);
        return; /* an answer has the headers of what was malformed, and of what the next hop has answered */
    }
    if (m->is_request)
        request_goes(w, server, m, p);
    else
        response_goes(w, server, m, p);
    message_drop(m);
}

/* ---- packets ---- */

static int server_of(const struct watch *w, const struct host *host)
{
    for (unsigned i = 0; i < w->server_count; i++)
        if (w->servers[i].host == host)
            return (int)i;
    return -1;
}

typedef void message_seen(struct watch *w, unsigned server, struct slice text, const struct packet *p);

static void each_message(struct watch *w, unsigned server, const struct packet *p, message_seen *seen)
{
    struct slice       rest = p->bytes, message;
    struct parse_fault fault;
    struct framer      f;
    enum framer_result result;

    if (!p->is_stream) {
        seen(w, server, p->bytes, p);
        return;
    }
    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    do {
        result = framer_next(&f, &rest, &message, &fault);
        if (result == FRAMER_MESSAGE || (result == FRAMER_FAULT && fault.answerable))
            seen(w, server, message, p);
    } while (result == FRAMER_MESSAGE || result == FRAMER_PING);
    framer_fini(&f);
}

/* What is said on a stream has come when it is said: it may be answered before its last byte is there. */
void watch_packet(void *arg, const struct packet *p)
{
    struct watch *w    = arg;
    int           from = server_of(w, p->from_host), to = server_of(w, p->to_host);

    if (w->full)
        return;
    if (to >= 0 && p->stage == (p->is_stream ? PACKET_SENT : PACKET_ARRIVED))
        each_message(w, (unsigned)to, p, message_came);
    if (from >= 0 && p->stage == PACKET_SENT)
        each_message(w, (unsigned)from, p, message_goes);
}

void watch_settled(struct watch *w, msec now)
{
    w->step_packets = 0;
    for (unsigned i = 0; i < w->count && !w->full; i++) {
        const struct sight *r = &w->records[i];

        if (r->kind == ACCEPTED && r->due && r->at + PROMPTLY < now) {
            fprintf(stderr, "server_watch: a 2xx of %jd ms was not passed on: %.*s tag %.*s\n", (intmax_t)r->at,
                    SLICE_ARG(r->call_id), SLICE_ARG(r->other));
            abort();
        }
    }
}
