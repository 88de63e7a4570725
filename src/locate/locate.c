/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/locate.h"

#include "base/error.h"
#include "locate/naptr.h"
#include "locate/srv.h"

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

struct slice locate_domain(const struct locate *l)
{
    return (struct slice){ l->host, l->host_len };
}

static struct slice server_name(const struct locate *l, unsigned server)
{
    const struct locate_server *s = &l->servers[server];

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
    if (l->targets.count == 0)
        return fail(l, l->trouble != 0 ? l->trouble : l->wrong_kind ? -ERR_UNSUPPORTED : -ERR_NAME);
    l->state = LOCATE_OVER;
    return LOCATE_DONE;
}

/* --- questions --- */

/* False if there is no room, or too much has been asked. */
static bool want(struct locate *l, enum record_type type, unsigned server)
{
    for (unsigned i = 0; i < LOCATE_OPEN && l->asked < LOCATE_QUESTIONS; i++) {
        if (l->slots[i].state != LOCATE_FREE)
            continue;
        l->slots[i] = (struct locate_slot){ LOCATE_WANTED, (uint8_t)type, (uint8_t)server };
        l->asked++;
        return true;
    }
    return false;
}

static unsigned open_questions(const struct locate *l)
{
    unsigned open = 0;

    for (unsigned i = 0; i < LOCATE_OPEN; i++)
        open += l->slots[i].state != LOCATE_FREE;
    return open;
}

bool locate_next(struct locate *l, unsigned *number)
{
    for (unsigned i = 0; i < LOCATE_OPEN && l->state != LOCATE_OVER; i++)
        if (l->slots[i].state == LOCATE_WANTED) {
            l->slots[i].state = LOCATE_ASKED;
            *number           = i;
            return true;
        }
    return false;
}

struct locate_question locate_question(const struct locate *l, unsigned number)
{
    const struct locate_slot *slot = &l->slots[number];
    struct locate_question    q    = { (enum record_type)slot->type, locate_domain(l) };

    switch (q.type) {
    case RECORD_NAPTR:
        break;
    case RECORD_SRV:
        q.name = (struct slice){ l->name, l->name_len };
        break;
    case RECORD_A:
    case RECORD_AAAA:
        q.name = server_name(l, slot->server);
        break;
    }
    return q;
}

/* --- the address step --- */

static void add_target(struct locate *l, unsigned server, size_t nth, const struct address *ip)
{
    struct target t = { l->transport, *ip };

    t.address.port = l->servers[server].port;
    targets_add(&l->targets, &t, server, nth);
}

static bool add_numeric(struct locate *l, unsigned server)
{
    struct address ip;

    if (!address_parse_ip(server_name(l, server), &ip))
        return false;
    if (l->families & 1u << ip.family)
        add_target(l, server, 0, &ip);
    else
        l->wrong_kind = true;
    return true;
}

/* Ask for as many servers as there is room for questions. */
static enum locate_action ask_servers(struct locate *l)
{
    unsigned each = (l->families & LOCATE_IPV4 ? 1u : 0u) + (l->families & LOCATE_IPV6 ? 1u : 0u);

    for (; l->server < l->server_count && !targets_full(&l->targets, l->server); l->server++) {
        if (add_numeric(l, l->server) || each == 0)
            continue;
        if (LOCATE_OPEN - open_questions(l) < each)
            break;
        if (l->families & LOCATE_IPV6)
            (void)want(l, RECORD_AAAA, l->server);
        if (l->families & LOCATE_IPV4)
            (void)want(l, RECORD_A, l->server);
    }
    return open_questions(l) > 0 ? LOCATE_ASK : finish(l);
}

static enum locate_action on_address(struct locate *l, const struct locate_slot *slot, const struct record *records,
                                     size_t count)
{
    size_t nth = 0;

    for (size_t i = 0; i < count && nth < LOCATE_TARGETS; i++)
        if (records[i].type == slot->type)
            add_target(l, slot->server, nth++, &records[i].address);
    return ask_servers(l);
}

static bool keep_name(struct locate *l, struct slice name, uint16_t *at, uint16_t *len)
{
    if (name.len > sizeof l->names - l->names_len)
        return false;
    *at  = l->names_len;
    *len = (uint16_t)name.len;
    memcpy(l->names + l->names_len, name.ptr, name.len);
    l->names_len = (uint16_t)(l->names_len + name.len);
    return true;
}

static bool add_server(struct locate *l, struct slice name, uint16_t port, const struct record *srv)
{
    struct locate_server s = { .port = port };

    if (!keep_name(l, name, &s.name_at, &s.name_len))
        return false;
    if (srv != NULL) {
        s.priority = srv->priority;
        s.weight   = srv->weight;
    }
    l->servers[l->server_count++] = s;
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
    l->names_len = 0; /* those of services are not needed any more */
    (void)add_server(l, locate_domain(l), port, NULL);
    return ask_servers(l);
}

/* --- the service step --- */

/* False if the name is too long to exist. */
static bool ask_service(struct locate *l, const struct locate_service *s)
{
    struct buf b = BUF_ON(l->name);

    if (s->name_len > 0) {
        buf_put(&b, (struct slice){ l->names + s->name_at, s->name_len });
    } else {
        buf_put(&b, service_labels(s->transport));
        buf_put(&b, locate_domain(l));
    }
    l->name_len = (uint16_t)b.len;
    return buf_ok(&b) && b.len <= SRV_NAME_MAX && want(l, RECORD_SRV, 0);
}

static enum locate_action ask_services(struct locate *l)
{
    l->state = LOCATE_SERVICE;
    for (; l->service < l->service_count; l->service++)
        if (ask_service(l, &l->services[l->service]))
            return LOCATE_ASK;
    return ask_host(l);
}

/* The best ones that fit, in the order in which to try them. */
static void take_servers(struct locate *l, const struct record *records, size_t count)
{
    uint8_t order[LOCATE_SERVERS];
    size_t  n = srv_order(records, count, l->random, order, LOCATE_SERVERS);

    for (size_t i = 0; i < n; i++)
        if (!add_server(l, records[order[i]].target, records[order[i]].port, &records[order[i]]))
            break;
    if (n == 0 && srv_refuses(records, count))
        l->refused |= LOCATE_TRANSPORT(l->services[l->service].transport);
}

static enum locate_action on_service(struct locate *l, int error, const struct record *records, size_t count)
{
    if (error != 0 && error != -ERR_NAME)
        return ask_host(l);
    take_servers(l, records, count);
    if (l->server_count == 0) {
        l->service++;
        return ask_services(l);
    }
    l->state     = LOCATE_ADDRESS;
    l->transport = l->services[l->service].transport;
    return ask_servers(l);
}

/* --- the NAPTR step --- */

static void add_service(struct locate *l, enum transport transport, struct slice name)
{
    struct locate_service s = { .transport = transport };

    if (l->service_count < LOCATE_SERVICES && keep_name(l, name, &s.name_at, &s.name_len))
        l->services[l->service_count++] = s;
}

/* What 4.1 gives a domain without NAPTR records.  A sip URI is not asked for under _sips
 * unless it wants TLS by name. */
static void plain_services(struct locate *l)
{
    static const enum transport plain[] = { TRANSPORT_UDP, TRANSPORT_TCP };

    if (l->secure) {
        add_service(l, TRANSPORT_TLS, SLICE(""));
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (l->supported & LOCATE_TRANSPORT(plain[i]))
            add_service(l, plain[i], SLICE(""));
}

static enum locate_action on_naptr(struct locate *l, const struct record *records, size_t count)
{
    struct naptr_service found[LOCATE_SERVICES];
    size_t               n = naptr_services(records, count, l->supported, l->secure, found, LOCATE_SERVICES);

    for (size_t i = 0; i < n; i++)
        add_service(l, found[i].transport, found[i].name);
    if (l->service_count == 0)
        plain_services(l);
    else
        l->fallback = l->services[0].transport;
    return ask_services(l);
}

/* --- the start --- */

/* What the URI says of the transport (4.1); TRANSPORT_NONE if nothing.  False if
 * it asks for what does not exist or would not be secure. */
static bool asked_transport(const struct uri *uri, enum transport *t)
{
    struct slice text;

    *t = TRANSPORT_NONE;
    if (uri->params.len == 0)
        return true;
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

/* With `asked` TRANSPORT_NONE the domain is asked which it likes. */
static enum locate_action begin(struct locate *l, struct slice host, enum transport asked)
{
    struct address ip;

    if (!(l->supported & LOCATE_TRANSPORT(l->fallback)))
        return fail(l, -ERR_UNSUPPORTED);
    if (host.len == 0 || host.len > SRV_NAME_MAX)
        return fail(l, -ERR_NAME);
    memcpy(l->host, host.ptr, host.len);
    l->host_len = (uint16_t)host.len;
    if (l->port != 0 || address_parse_ip(host, &ip))
        return ask_host(l);
    if (asked == TRANSPORT_NONE && want(l, RECORD_NAPTR, 0))
        return LOCATE_ASK;
    if (service_labels(asked).len > 0)
        add_service(l, asked, SLICE(""));
    return ask_services(l);
}

/* The texts need no clearing, and this is done for every request that is sent. */
static void clear(struct locate *l)
{
    memset(l, 0, offsetof(struct locate, services));
    l->services[0] = (struct locate_service){ 0 };
}

/* What a URI wants: the transport it asks for, or TRANSPORT_NONE, the one if nobody knows better, and TARGET of
 * RFC 3263 4. */
struct wish {
    enum transport asked, fallback;
    struct slice   host;
    uint16_t       port; /* 0: none */
};

static bool read_wish(const struct uri *uri, unsigned supported, struct wish *w)
{
    if ((uri->scheme != URI_SIP && uri->scheme != URI_SIPS) || !asked_transport(uri, &w->asked))
        return false;
    w->fallback = w->asked != TRANSPORT_NONE ? w->asked : default_transport(uri, supported);
    if (uri->params.len == 0 || !uri_param(uri, SLICE("maddr"), &w->host) || w->host.len == 0)
        w->host = uri->host;
    w->port = uri->port;
    return true;
}

enum locate_action locate_start(struct locate *l, const struct uri *uri, unsigned supported, unsigned families,
                                const struct random *random)
{
    struct wish wish;

    clear(l);
    l->random    = random;
    l->supported = supported;
    l->families  = families;
    l->secure    = uri->scheme == URI_SIPS;
    if (!read_wish(uri, supported, &wish))
        return fail(l, -ERR_UNSUPPORTED);
    l->port     = wish.port;
    l->fallback = wish.fallback;
    read_ttl(l, uri);
    return begin(l, wish.host, wish.asked);
}

bool locate_numeric(const struct uri *uri, unsigned supported, unsigned families, struct target *target)
{
    struct wish wish;

    if (!read_wish(uri, supported, &wish) || !(supported & LOCATE_TRANSPORT(wish.fallback)) ||
        !address_parse_ip(wish.host, &target->address) || !(families & 1u << target->address.family))
        return false;
    target->transport    = wish.fallback;
    target->address.port = wish.port != 0 ? wish.port : transport_default_port(wish.fallback);
    return true;
}

enum locate_action locate_start_response(struct locate *l, enum transport transport, struct slice host, uint16_t port,
                                         unsigned families, const struct random *random)
{
    clear(l);
    l->random    = random;
    l->supported = LOCATE_TRANSPORT(transport);
    l->families  = families;
    l->port      = port;
    l->fallback  = transport;
    return begin(l, host, transport);
}

enum locate_action locate_answer(struct locate *l, unsigned number, int error, const struct record *records,
                                 size_t count)
{
    struct locate_slot slot;

    if (l->state == LOCATE_OVER)
        return l->targets.count > 0 ? LOCATE_DONE : LOCATE_FAILED;
    if (number >= LOCATE_OPEN || l->slots[number].state != LOCATE_ASKED)
        return LOCATE_ASK;
    slot                   = l->slots[number];
    l->slots[number].state = LOCATE_FREE;
    if (error != 0 && error != -ERR_NAME && l->trouble == 0)
        l->trouble = error;
    if (error != 0)
        count = 0;
    switch (l->state) {
    case LOCATE_NAPTR:
        return on_naptr(l, records, count);
    case LOCATE_SERVICE:
        return on_service(l, error, records, count);
    case LOCATE_ADDRESS:
    case LOCATE_OVER:
        break;
    }
    return on_address(l, &slot, records, count);
}

struct locate_why locate_why(const struct locate *l, unsigned target)
{
    unsigned                    server = targets_server(&l->targets, target);
    const struct locate_server *s      = &l->servers[server];

    return (struct locate_why){ server_name(l, server), s->priority, s->weight };
}
