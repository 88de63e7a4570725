/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/locate.h"

#include "base/error.h"

enum { DNS_NAME_MAX = 253 };

/* The first two labels of a service name (RFC 3263 4.1, 4.2); WebSockets have none. */
static struct slice service_labels(enum transport t)
{
    switch (t) {
    case TRANSPORT_UDP:
        return SLICE("_sip._udp.");
    case TRANSPORT_TCP:
        return SLICE("_sip._tcp.");
    case TRANSPORT_TLS:
        return SLICE("_sips._tcp.");
    case TRANSPORT_WS:
    case TRANSPORT_WSS:
    case TRANSPORT_NONE:
        break;
    }
    return SLICE("");
}

static struct slice server_name(const struct locate *l)
{
    const struct locate_server *s = &l->servers[l->server];

    return (struct slice){ l->names + s->name_at, s->name_len };
}

static enum locate_action fail(struct locate *l, int error)
{
    l->state = LOCATE_OVER;
    l->error = error;
    return LOCATE_FAILED;
}

static enum locate_action finish(struct locate *l)
{
    if (l->target_count == 0)
        return fail(l, l->timed_out ? -ERR_TIMEOUT : l->wrong_kind ? -ERR_UNSUPPORTED : -ERR_NAME);
    l->state = LOCATE_OVER;
    return LOCATE_DONE;
}

/* False if the name is too long to exist. */
static bool ask(struct locate *l, enum record_type type, struct slice prefix, struct slice name)
{
    struct buf b = BUF_ON(l->name);

    buf_put(&b, prefix);
    buf_put(&b, name);
    if (!buf_ok(&b) || b.len > DNS_NAME_MAX)
        return false;
    l->name_len = (uint16_t)b.len;
    l->ask_type = type;
    l->ask_name = buf_slice(&b);
    return true;
}

/* --- targets --- */

/* Put a target at place `at`; the last one falls off a full list. */
static void insert_target(struct locate *l, unsigned at, const struct address *ip)
{
    struct target t = { l->transport, *ip };

    t.address.port = l->servers[l->server].port;
    for (unsigned i = 0; i < l->target_count; i++)
        if (l->targets[i].transport == t.transport && address_eq(&l->targets[i].address, &t.address))
            return;
    if (at > l->target_count)
        at = l->target_count;
    if (at == LOCATE_TARGETS)
        return;
    if (l->target_count < LOCATE_TARGETS)
        l->target_count++;
    memmove(&l->targets[at + 1], &l->targets[at], (l->target_count - 1 - at) * sizeof t);
    l->targets[at] = t;
}

/* The n-th AAAA goes behind the n-th A of the same server. */
static void add_addresses(struct locate *l, const struct record *records, size_t count)
{
    unsigned at   = l->first;
    unsigned step = l->ask_type == RECORD_AAAA ? 2 : 1;

    if (l->ask_type == RECORD_AAAA)
        at++;
    for (size_t i = 0; i < count && i < LOCATE_TARGETS; i++) {
        unsigned before = l->target_count;

        if (records[i].type != l->ask_type)
            continue;
        insert_target(l, at, &records[i].address);
        if (l->target_count > before || before == LOCATE_TARGETS)
            at += step;
    }
}

static bool add_numeric(struct locate *l, struct slice name)
{
    struct address ip;

    if (!address_parse_ip(name, &ip))
        return false;
    if (l->families & 1u << ip.family)
        insert_target(l, l->target_count, &ip);
    else
        l->wrong_kind = true;
    return true;
}

/* --- the address step --- */

static enum record_type first_type(const struct locate *l)
{
    return l->families & LOCATE_IPV4 ? RECORD_A : RECORD_AAAA;
}

/* From the current server on, the first that needs a question. */
static enum locate_action ask_servers(struct locate *l)
{
    for (; l->server < l->server_count && l->target_count < LOCATE_TARGETS; l->server++) {
        l->first = l->target_count;
        if (add_numeric(l, server_name(l)) || l->families == 0)
            continue;
        if (ask(l, first_type(l), SLICE(""), server_name(l)))
            return LOCATE_ASK;
    }
    return finish(l);
}

static enum locate_action on_address(struct locate *l, int error, const struct record *records, size_t count)
{
    if (error == 0)
        add_addresses(l, records, count);
    if (l->ask_type == RECORD_A && l->families & LOCATE_IPV6 && ask(l, RECORD_AAAA, SLICE(""), server_name(l)))
        return LOCATE_ASK;
    l->server++;
    return ask_servers(l);
}

static bool add_server(struct locate *l, struct slice name, uint16_t port)
{
    struct locate_server *s = &l->servers[l->server_count];

    if (name.len > sizeof l->names - l->names_len)
        return false;
    *s = (struct locate_server){ l->names_len, (uint16_t)name.len, port };
    memcpy(l->names + l->names_len, name.ptr, name.len);
    l->names_len = (uint16_t)(l->names_len + name.len);
    l->server_count++;
    return true;
}

/* No SRV records, or none to be asked for: the name itself (4.2). */
static enum locate_action ask_host(struct locate *l)
{
    uint16_t port = l->port != 0 ? l->port : transport_default_port(l->fallback);

    if (l->refused & LOCATE_TRANSPORT(l->fallback))
        return fail(l, -ERR_NAME); /* RFC 2782: decidedly not available at this domain */
    l->state     = LOCATE_ADDRESS;
    l->transport = l->fallback;
    (void)add_server(l, (struct slice){ l->host, l->host_len }, port);
    return ask_servers(l);
}

/* --- the service step --- */

static bool is_root(struct slice name)
{
    return name.len == 0 || slice_eq(name, SLICE("."));
}

static bool usable(const struct record *r)
{
    return r->type == RECORD_SRV && !is_root(r->target) && r->target.len <= DNS_NAME_MAX && r->port != 0;
}

/* RFC 2782, "Usage rules": among the records of the lowest priority that have
 * not been `used`, those of weight 0 first, draw one by weight.  -1: none left. */
static int draw(const struct locate *l, const struct record *records, size_t count, uint64_t used)
{
    uint32_t lowest = UINT32_MAX, sum = 0, lot, running = 0;

    for (size_t i = 0; i < count; i++) {
        if (used >> i & 1 || !usable(&records[i]) || records[i].priority > lowest)
            continue;
        sum    = (records[i].priority < lowest ? 0 : sum) + records[i].weight;
        lowest = records[i].priority;
    }
    if (lowest == UINT32_MAX)
        return -1;
    lot = random_below(l->random, sum + 1);
    for (unsigned heavy = 0; heavy <= 1; heavy++)
        for (size_t i = 0; i < count; i++) {
            if (used >> i & 1 || !usable(&records[i]) || records[i].priority != lowest ||
                (records[i].weight != 0) != heavy)
                continue;
            running += records[i].weight;
            if (running >= lot)
                return (int)i;
        }
    return -1;
}

/* The best ones that fit, in the order in which to try them. */
static void take_servers(struct locate *l, const struct record *records, size_t count)
{
    uint64_t used = 0;
    int      next;

    if (count > LIMIT_LIST)
        count = LIMIT_LIST; /* one bit each in `used` */
    while (l->server_count < LOCATE_SERVERS && (next = draw(l, records, count, used)) >= 0) {
        used |= (uint64_t)1 << next;
        if (!add_server(l, records[next].target, records[next].port))
            return;
    }
    for (size_t i = 0; i < count && l->server_count == 0; i++)
        if (records[i].type == RECORD_SRV && is_root(records[i].target))
            l->refused |= LOCATE_TRANSPORT(l->services[l->service]);
}

static enum locate_action ask_services(struct locate *l)
{
    struct slice host = { l->host, l->host_len };

    for (; l->service < l->service_count; l->service++)
        if (ask(l, RECORD_SRV, service_labels(l->services[l->service]), host))
            return LOCATE_ASK;
    return ask_host(l);
}

static enum locate_action on_service(struct locate *l, int error, const struct record *records, size_t count)
{
    if (error == -ERR_TIMEOUT)
        return ask_host(l);
    if (error == 0)
        take_servers(l, records, count);
    if (l->server_count == 0) {
        l->service++;
        return ask_services(l);
    }
    l->state     = LOCATE_ADDRESS;
    l->transport = l->services[l->service];
    return ask_servers(l);
}

/* --- the start --- */

/* What the URI says of the transport (4.1); TRANSPORT_NONE if nothing.  False if
 * it asks for what does not exist or would not be secure. */
static bool asked_transport(const struct uri *uri, enum transport *t)
{
    struct slice text;

    *t = uri_transport(uri);
    if (*t == TRANSPORT_NONE)
        return !uri_param(uri, SLICE("transport"), &text);
    if (uri->scheme != URI_SIPS)
        return true;
    switch (*t) { /* sips: each stream in its secure form, RFC 3261 26.2.2, RFC 7118 */
    case TRANSPORT_TCP:
    case TRANSPORT_TLS:
        *t = TRANSPORT_TLS;
        return true;
    case TRANSPORT_WS:
    case TRANSPORT_WSS:
        *t = TRANSPORT_WSS;
        return true;
    case TRANSPORT_UDP:
    case TRANSPORT_NONE:
        break;
    }
    return false;
}

/* Without a word from the URI or the DNS (4.1): UDP, or TLS for sips; if we have
 * no UDP, "another transport protocol MAY be used". */
static enum transport default_transport(const struct uri *uri, unsigned supported)
{
    if (uri->scheme == URI_SIPS)
        return TRANSPORT_TLS;
    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_TLS; t++)
        if (supported & LOCATE_TRANSPORT(t))
            return t;
    return TRANSPORT_UDP;
}

/* What NAPTR would tell; without it, the fixed order.  A sip URI is never asked
 * for under _sips unless it wants TLS by name (4.1, 4.2). */
static void choose_services(struct locate *l, enum transport asked, bool secure, unsigned supported)
{
    static const enum transport plain[] = { TRANSPORT_UDP, TRANSPORT_TCP };

    if (asked != TRANSPORT_NONE || secure) {
        if (service_labels(l->fallback).len > 0)
            l->services[l->service_count++] = l->fallback;
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (supported & LOCATE_TRANSPORT(plain[i]))
            l->services[l->service_count++] = plain[i];
}

static void read_ttl(struct locate *l, const struct uri *uri)
{
    struct slice text;
    struct scan  s;
    uint32_t     ttl;

    if (!uri_param(uri, SLICE("ttl"), &text))
        return;
    s = scan_from(text);
    if (scan_number(&s, UINT8_MAX, &ttl) && scan_at_end(&s))
        l->ttl = (uint8_t)ttl;
}

enum locate_action locate_start(struct locate *l, const struct uri *uri, unsigned supported, unsigned families,
                                const struct random *random)
{
    enum transport asked;
    struct slice   host;
    struct address ip;

    memset(l, 0, sizeof *l);
    l->random   = random;
    l->families = families;
    l->port     = uri->port;
    if ((uri->scheme != URI_SIP && uri->scheme != URI_SIPS) || !asked_transport(uri, &asked))
        return fail(l, -ERR_UNSUPPORTED);
    l->fallback = asked != TRANSPORT_NONE ? asked : default_transport(uri, supported);
    if (!(supported & LOCATE_TRANSPORT(l->fallback)))
        return fail(l, -ERR_UNSUPPORTED);

    if (!uri_param(uri, SLICE("maddr"), &host) || host.len == 0)
        host = uri->host;
    if (host.len == 0 || host.len > DNS_NAME_MAX)
        return fail(l, -ERR_NAME);
    memcpy(l->host, host.ptr, host.len);
    l->host_len = (uint16_t)host.len;
    read_ttl(l, uri);

    if (l->port != 0 || address_parse_ip(host, &ip))
        return ask_host(l);
    choose_services(l, asked, uri->scheme == URI_SIPS, supported);
    return ask_services(l);
}

enum locate_action locate_answer(struct locate *l, int error, const struct record *records, size_t count)
{
    if (l->state == LOCATE_OVER)
        return l->target_count > 0 ? LOCATE_DONE : LOCATE_FAILED;
    if (error == -ERR_TIMEOUT)
        l->timed_out = true;
    if (l->state == LOCATE_SERVICE)
        return on_service(l, error, records, count);
    return on_address(l, error, records, count);
}

struct slice locate_ask_name(const struct locate *l)
{
    return (struct slice){ l->name, l->name_len };
}
