/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/locate.h"

#include "base/error.h"
#include "support/test.h"

#include <stdio.h>

enum {
    UDP = LOCATE_TRANSPORT(TRANSPORT_UDP),
    TCP = LOCATE_TRANSPORT(TRANSPORT_TCP),
    TLS = LOCATE_TRANSPORT(TRANSPORT_TLS),
    WS  = LOCATE_TRANSPORT(TRANSPORT_WS),
    WSS = LOCATE_TRANSPORT(TRANSPORT_WSS),
    ALL = UDP | TCP | TLS | WS | WSS,

    BOTH = LOCATE_IPV4 | LOCATE_IPV6,
};

/* --- a DNS made of a table --- */

struct zone_row {
    const char      *name;
    enum record_type type;
    const char      *data; /* an address, an SRV target, or "SERVICE REPLACEMENT"; NULL: no answer comes */
    uint16_t         priority, weight, port;
};

enum answer_order { FIRST_ASKED_FIRST, LAST_ASKED_FIRST };

struct dns {
    const struct zone_row *rows;
    size_t                 count;
    enum answer_order      order;
    char                   asked[4096]; /* "A one.example SRV _sip._udp.example ..." */
};

static const char *type_name(enum record_type type)
{
    switch (type) {
    case RECORD_A:
        return "A ";
    case RECORD_AAAA:
        return "AAAA ";
    case RECORD_SRV:
        return "SRV ";
    case RECORD_NAPTR:
        return "NAPTR ";
    }
    return "?";
}

static void split_naptr(struct record *r)
{
    const char *space = memchr(r->target.ptr, ' ', r->target.len);

    CHECK(space != NULL);
    r->flags   = SLICE("s");
    r->service = slice_between(r->target.ptr, space);
    r->target  = slice_between(space + 1, r->target.ptr + r->target.len);
}

static struct record record_of(const struct zone_row *row)
{
    struct record r = { .type = row->type, .ttl = 60 };

    if (row->type == RECORD_SRV || row->type == RECORD_NAPTR) {
        r.priority = row->priority;
        r.weight   = row->weight;
        r.port     = row->port;
        r.target   = slice_from(row->data);
        if (row->type == RECORD_NAPTR)
            split_naptr(&r);
    } else {
        CHECK(address_parse_ip(slice_from(row->data), &r.address));
    }
    return r;
}

/* Copies of the machine take over each time, so nothing may point into the old one. */
static void move(struct locate *l)
{
    struct locate copy = *l;

    memset(l, 0xa5, sizeof *l);
    *l = copy;
}

static enum locate_action answer(struct dns *dns, struct locate *l, unsigned number)
{
    struct locate_question q = locate_question(l, number);
    struct record          records[100];
    size_t                 count = 0;
    bool                   known = false;
    char                   name[LOCATE_NAME];

    memcpy(name, q.name.ptr, q.name.len);
    q.name.ptr = name;
    for (size_t i = 0; i < dns->count; i++) {
        const struct zone_row *row = &dns->rows[i];

        if (!slice_eq(slice_from(row->name), q.name))
            continue;
        known = true;
        if (row->type == q.type && row->data == NULL)
            return locate_answer(l, number, -ERR_TIMEOUT, NULL, 0);
        if (row->type == q.type && count < 100)
            records[count++] = record_of(row);
    }
    move(l);
    return locate_answer(l, number, known ? 0 : -ERR_NAME, records, count);
}

static void note_asked(struct dns *dns, struct locate_question q)
{
    strcat(dns->asked, dns->asked[0] ? " " : "");
    strcat(dns->asked, type_name(q.type));
    strncat(dns->asked, q.name.ptr, q.name.len);
}

/* Ask all that is wanted; then one answer comes. */
static enum locate_action turn(struct dns *dns, struct locate *l, unsigned *open, unsigned *count)
{
    unsigned number;

    while (locate_next(l, &number)) {
        note_asked(dns, locate_question(l, number));
        CHECK(*count < LOCATE_OPEN);
        open[(*count)++] = number;
    }
    CHECK(*count > 0);
    number = dns->order == FIRST_ASKED_FIRST ? open[0] : open[*count - 1];
    if (dns->order == FIRST_ASKED_FIRST)
        memmove(open, open + 1, (*count - 1) * sizeof *open);
    (*count)--;
    return answer(dns, l, number);
}

static enum locate_action finish(struct dns *dns, struct locate *l, enum locate_action action)
{
    unsigned open[LOCATE_OPEN], count = 0;

    for (unsigned i = 0; action == LOCATE_ASK; i++) {
        CHECK(i < LOCATE_QUESTIONS);
        action = turn(dns, l, open, &count);
    }
    CHECK_INT(0, count);
    return action;
}

static struct random_seeded generator;
static struct random        lots = { random_seeded_fill, &generator };

static enum locate_action run(struct dns *dns, struct locate *l, const char *text, unsigned supported,
                              unsigned families)
{
    struct uri uri;

    dns->asked[0] = '\0';
    CHECK(uri_parse(slice_from(text), &uri));
    return finish(dns, l, locate_start(l, &uri, supported, families, &lots));
}

static void check_targets(const struct locate *l, const char *want)
{
    static char memory[4096];
    struct buf  b = BUF_ON(memory);

    for (unsigned i = 0; i < l->targets.count; i++) {
        buf_printf(&b, "%s%.*s ", i == 0 ? "" : " ", SLICE_ARG(transport_param(l->targets.list[i].transport)));
        address_write(&b, &l->targets.list[i].address);
    }
    CHECK_SLICE(want, buf_slice(&b));
}

/* One case: the targets as text; the error if there are none; and what was asked.  The
 * order of the answers makes no difference. */
static void check(const struct zone_row *rows, size_t count, const char *uri, unsigned supported, unsigned families,
                  const char *targets, int error, const char *asked)
{
    for (enum answer_order order = FIRST_ASKED_FIRST; order <= LAST_ASKED_FIRST; order++) {
        struct dns         dns = { rows, count, order, "" };
        struct locate      l;
        enum locate_action action = run(&dns, &l, uri, supported, families);

        CHECK_INT(targets[0] ? LOCATE_DONE : LOCATE_FAILED, action);
        check_targets(&l, targets);
        CHECK_INT(error, l.error);
        CHECK_SLICE(asked, slice_from(dns.asked));
    }
}

#define ROWS(array) (array), sizeof(array) / sizeof *(array)

/* --- no question --- */

/* RFC 3263 4.1, 4.2: numeric TARGET. */
TEST(a_numeric_host_is_a_target_at_once)
{
    static const struct {
        const char *uri, *targets;
    } cases[] = {
        { "sip:bob@192.0.2.1", "udp 192.0.2.1:5060" },
        { "sip:192.0.2.1:5070", "udp 192.0.2.1:5070" },
        { "sip:[2001:db8::1]", "udp [2001:db8::1]:5060" },
        { "sip:[2001:db8::1]:5070;transport=tcp", "tcp [2001:db8::1]:5070" },
        { "sip:192.0.2.1;transport=tls", "tls 192.0.2.1:5061" },
        { "sip:192.0.2.1;transport=ws", "ws 192.0.2.1:80" },
        { "sips:192.0.2.1", "tls 192.0.2.1:5061" },
        { "sips:192.0.2.1;transport=tcp", "tls 192.0.2.1:5061" },
        { "sips:192.0.2.1;transport=ws", "wss 192.0.2.1:443" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(NULL, 0, cases[i].uri, ALL, BOTH, cases[i].targets, 0, "");
}

TEST(what_cannot_be_reached_is_unsupported)
{
    check(NULL, 0, "tel:+4930123", ALL, BOTH, "", -ERR_UNSUPPORTED, "");
    check(NULL, 0, "mailto:bob@example.com", ALL, BOTH, "", -ERR_UNSUPPORTED, "");
    check(NULL, 0, "sip:example.com;transport=sctp", ALL, BOTH, "", -ERR_UNSUPPORTED, "");
    check(NULL, 0, "sip:example.com;transport=tls", UDP | TCP, BOTH, "", -ERR_UNSUPPORTED, "");
    check(NULL, 0, "sip:[2001:db8::1]", ALL, LOCATE_IPV4, "", -ERR_UNSUPPORTED, "");
    check(NULL, 0, "sip:192.0.2.1", ALL, LOCATE_IPV6, "", -ERR_UNSUPPORTED, "");
}

/* RFC 3261 26.2.2: sips is TLS on every hop. */
TEST(sips_never_falls_back_to_something_open)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5060 },
        { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sips:example.com", UDP | TCP, BOTH, "", -ERR_UNSUPPORTED, "");
    check(ROWS(zone), "sips:example.com;transport=udp", ALL, BOTH, "", -ERR_UNSUPPORTED, "");
    check(ROWS(zone), "sips:example.com", ALL, LOCATE_IPV4, "tls 192.0.2.1:5061", 0,
          "NAPTR example.com SRV _sips._tcp.example.com A example.com");
}

/* --- addresses --- */

/* RFC 3263 4.2: with a port, A and AAAA only. */
TEST(an_explicit_port_asks_for_addresses_only)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5060 },
        { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com:5060", ALL, LOCATE_IPV4, "udp 192.0.2.1:5060", 0, "A example.com");
    check(ROWS(zone), "sip:example.com:5090;transport=tcp", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5090", 0, "A example.com");
}

TEST(the_families_of_one_host_are_interleaved)
{
    static const struct zone_row zone[] = {
        { "h.example", RECORD_A, "192.0.2.1", 0, 0, 0 },      { "h.example", RECORD_A, "192.0.2.2", 0, 0, 0 },
        { "h.example", RECORD_A, "192.0.2.3", 0, 0, 0 },      { "h.example", RECORD_AAAA, "2001:db8::1", 0, 0, 0 },
        { "h.example", RECORD_AAAA, "2001:db8::2", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:h.example:1", UDP, BOTH,
          "udp [2001:db8::1]:1 udp 192.0.2.1:1 udp [2001:db8::2]:1 udp 192.0.2.2:1 udp 192.0.2.3:1", 0,
          "AAAA h.example A h.example");
    check(ROWS(zone), "sip:h.example:1", UDP, LOCATE_IPV6, "udp [2001:db8::1]:1 udp [2001:db8::2]:1", 0,
          "AAAA h.example");
    check(ROWS(zone), "sip:h.example:1", UDP, 0, "", -ERR_NAME, "");
}

TEST(more_addresses_of_the_second_family_follow_at_the_end)
{
    static const struct zone_row zone[] = {
        { "h.example", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "h.example", RECORD_AAAA, "2001:db8::1", 0, 0, 0 },
        { "h.example", RECORD_AAAA, "2001:db8::2", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:h.example:1", UDP, BOTH, "udp [2001:db8::1]:1 udp 192.0.2.1:1 udp [2001:db8::2]:1", 0,
          "AAAA h.example A h.example");
}

TEST(one_family_may_be_missing_or_unanswered)
{
    static const struct zone_row zone[] = {
        { "six.example", RECORD_AAAA, "2001:db8::1", 0, 0, 0 },
        { "late.example", RECORD_A, NULL, 0, 0, 0 },
        { "late.example", RECORD_AAAA, "2001:db8::2", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:six.example:1", UDP, BOTH, "udp [2001:db8::1]:1", 0, "AAAA six.example A six.example");
    check(ROWS(zone), "sip:late.example:1", UDP, BOTH, "udp [2001:db8::2]:1", 0, "AAAA late.example A late.example");
}

/* RFC 3263 4: TARGET is maddr if there is one. */
TEST(maddr_takes_the_place_of_the_host)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.m.example", RECORD_SRV, "a.example", 0, 0, 5080 },
        { "a.example", RECORD_A, "192.0.2.9", 0, 0, 0 },
    };
    struct dns    dns = { ROWS(zone), FIRST_ASKED_FIRST, "" };
    struct locate l;

    check(NULL, 0, "sip:example.com;maddr=192.0.2.7", UDP, BOTH, "udp 192.0.2.7:5060", 0, "");
    check(NULL, 0, "sip:example.com:5070;maddr=[2001:db8::7]", UDP, BOTH, "udp [2001:db8::7]:5070", 0, "");
    check(ROWS(zone), "sip:192.0.2.1;maddr=m.example", UDP, LOCATE_IPV4, "udp 192.0.2.9:5080", 0,
          "NAPTR m.example SRV _sip._udp.m.example A a.example");
    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:example.com;maddr=239.255.255.1;ttl=15", UDP, BOTH));
    CHECK_INT(15, l.ttl);
    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:example.com;maddr=239.255.255.1;ttl=256", UDP, BOTH));
    CHECK_INT(0, l.ttl);
}

/* --- services --- */

/* RFC 3263 4.1, last paragraphs: SRV for each supported transport. */
TEST(services_are_tried_in_order_until_one_has_records)
{
    static const struct zone_row both[] = {
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5081 },
        { "_sip._tcp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5082 },
        { "a.example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(both), "sip:example.com", ALL, LOCATE_IPV4, "udp 192.0.2.1:5081", 0,
          "NAPTR example.com SRV _sip._udp.example.com A a.example.com");
    check(both + 1, 2, "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5082", 0,
          "NAPTR example.com SRV _sip._udp.example.com SRV _sip._tcp.example.com A a.example.com");
    check(ROWS(both), "sip:example.com", TCP, LOCATE_IPV4, "tcp 192.0.2.1:5082", 0,
          "NAPTR example.com SRV _sip._tcp.example.com A a.example.com");
}

TEST(a_named_transport_asks_for_its_service_only)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5081 },
        { "_sip._tcp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5082 },
        { "_sips._tcp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5083 },
        { "a.example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "example.com", RECORD_A, "192.0.2.2", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com;transport=TCP", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5082", 0,
          "SRV _sip._tcp.example.com A a.example.com");
    check(ROWS(zone), "sip:example.com;transport=tls", ALL, LOCATE_IPV4, "tls 192.0.2.1:5083", 0,
          "SRV _sips._tcp.example.com A a.example.com");
    check(ROWS(zone), "sips:example.com", ALL, LOCATE_IPV4, "tls 192.0.2.1:5083", 0,
          "NAPTR example.com SRV _sips._tcp.example.com A a.example.com");
    check(ROWS(zone), "sip:example.com;transport=ws", ALL, LOCATE_IPV4, "ws 192.0.2.2:80", 0, "A example.com");
    check(zone + 3, 2, "sip:example.com;transport=tcp", ALL, LOCATE_IPV4, "tcp 192.0.2.2:5060", 0,
          "SRV _sip._tcp.example.com A example.com");
}

TEST(without_services_the_name_itself_is_asked_for_by_udp)
{
    static const struct zone_row zone[] = { { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 } };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "udp 192.0.2.1:5060", 0,
          "NAPTR example.com SRV _sip._udp.example.com SRV _sip._tcp.example.com A example.com");
    check(ROWS(zone), "sip:example.com", TCP, LOCATE_IPV4, "tcp 192.0.2.1:5060", 0,
          "NAPTR example.com SRV _sip._tcp.example.com A example.com");
    check(ROWS(zone), "sip:example.com", TLS, LOCATE_IPV4, "tls 192.0.2.1:5061", 0, "NAPTR example.com A example.com");
}

/* RFC 2782: a target of "." means the service is decidedly not available. */
TEST(a_root_target_refuses_the_service)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.example.com", RECORD_SRV, ".", 0, 0, 0 },
        { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "_sip._tcp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5060 },
        { "a.example.com", RECORD_A, "192.0.2.2", 0, 0, 0 },
    };

    check(zone, 2, "sip:example.com", ALL, LOCATE_IPV4, "", -ERR_NAME,
          "NAPTR example.com SRV _sip._udp.example.com SRV _sip._tcp.example.com");
    check(zone, 2, "sip:example.com;transport=udp", ALL, LOCATE_IPV4, "", -ERR_NAME, "SRV _sip._udp.example.com");
    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.2:5060", 0,
          "NAPTR example.com SRV _sip._udp.example.com SRV _sip._tcp.example.com A a.example.com");
    check(zone, 2, "sip:example.com;transport=tcp", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5060", 0,
          "SRV _sip._tcp.example.com A example.com");
}

TEST(a_dead_dns_is_a_timeout_and_a_local_name_is_still_found)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.example.com", RECORD_SRV, NULL, 0, 0, 0 },
        { "example.com", RECORD_A, NULL, 0, 0, 0 },
        { "_sip._udp.vm", RECORD_SRV, NULL, 0, 0, 0 },
        { "vm", RECORD_A, "127.0.0.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "", -ERR_TIMEOUT,
          "NAPTR example.com SRV _sip._udp.example.com A example.com");
    check(ROWS(zone), "sip:vm", ALL, LOCATE_IPV4, "udp 127.0.0.1:5060", 0, "NAPTR vm SRV _sip._udp.vm A vm");
}

TEST(an_unknown_name_fails_by_name)
{
    check(NULL, 0, "sip:nowhere.example", ALL, BOTH, "", -ERR_NAME,
          "NAPTR nowhere.example SRV _sip._udp.nowhere.example SRV _sip._tcp.nowhere.example AAAA nowhere.example A "
          "nowhere.example");
}

/* A dead server does not hide the living ones. */
TEST(servers_without_address_are_passed_over)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "gone.e", 1, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "late.e", 2, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "here.e", 3, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "192.0.2.8", 4, 0, 5061 },
        { "late.e", RECORD_A, NULL, 0, 0, 0 },
        { "here.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:e", UDP, LOCATE_IPV4, "udp 192.0.2.1:5060 udp 192.0.2.8:5061", 0,
          "NAPTR e SRV _sip._udp.e A gone.e A late.e A here.e");
}

TEST(the_same_address_is_tried_once)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "a.e", 1, 0, 5060 }, { "_sip._udp.e", RECORD_SRV, "b.e", 2, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "b.e", 3, 0, 5061 }, { "a.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "b.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:e", UDP, LOCATE_IPV4, "udp 192.0.2.1:5060 udp 192.0.2.1:5061", 0,
          "NAPTR e SRV _sip._udp.e A a.e A b.e A b.e");
}

/* --- NAPTR --- */

#define NAPTR(name, order, preference, service, replacement)                                                           \
    {                                                                                                                  \
        name, RECORD_NAPTR, service " " replacement, order, preference, 0                                              \
    }

/* The example of RFC 3263 4.1. */
static const struct zone_row wishes[] = {
    NAPTR("example.com", 50, 50, "SIPS+D2T", "_sips._tcp.example.com"),
    NAPTR("example.com", 90, 50, "SIP+D2T", "_sip._tcp.example.com"),
    NAPTR("example.com", 100, 50, "SIP+D2U", "_sip._udp.example.com"),
    { "_sips._tcp.example.com", RECORD_SRV, "server1.example.com", 0, 1, 5061 },
    { "_sip._tcp.example.com", RECORD_SRV, "server1.example.com", 0, 1, 5060 },
    { "_sip._udp.example.com", RECORD_SRV, "server2.example.com", 0, 1, 5060 },
    { "server1.example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    { "server2.example.com", RECORD_A, "192.0.2.2", 0, 0, 0 },
};

/* RFC 3263 4.1: the most preferred transport of the domain that we have. */
TEST(the_domain_says_which_transport_it_likes)
{
    check(ROWS(wishes), "sip:example.com", UDP | TCP, LOCATE_IPV4, "tcp 192.0.2.1:5060", 0,
          "NAPTR example.com SRV _sip._tcp.example.com A server1.example.com");
    check(ROWS(wishes), "sip:example.com", ALL, LOCATE_IPV4, "tls 192.0.2.1:5061", 0,
          "NAPTR example.com SRV _sips._tcp.example.com A server1.example.com");
    check(ROWS(wishes), "sip:example.com", UDP, LOCATE_IPV4, "udp 192.0.2.2:5060", 0,
          "NAPTR example.com SRV _sip._udp.example.com A server2.example.com");
}

TEST(sips_takes_nothing_of_the_domain_but_sips)
{
    check(ROWS(wishes), "sips:example.com", ALL, LOCATE_IPV4, "tls 192.0.2.1:5061", 0,
          "NAPTR example.com SRV _sips._tcp.example.com A server1.example.com");
    check(wishes + 1, 7, "sips:example.com", ALL, LOCATE_IPV4, "tls 192.0.2.1:5061", 0,
          "NAPTR example.com SRV _sips._tcp.example.com A server1.example.com");
    check(wishes + 1, 1, "sips:example.com", ALL, LOCATE_IPV4, "", -ERR_NAME,
          "NAPTR example.com SRV _sips._tcp.example.com A example.com");
}

/* The short way and the machine agree, whatever the URI says. */
TEST(a_numeric_target_is_that_of_the_machine)
{
    static const char *const schemes[] = { "sip:", "sips:", "tel:" };
    static const char *const hosts[]   = { "192.0.2.9", "[2001:db8::9]", "example.test", "192.0.2.256", "[::1" };
    static const char *const ports[]   = { "", ":5070", ":1" };
    static const char *const params[]  = { "",
                                           ";lr",
                                           ";transport=tcp",
                                           ";transport=UDP",
                                           ";transport=tls",
                                           ";transport=ws",
                                           ";transport=sctp",
                                           ";maddr=192.0.2.7",
                                           ";maddr=other.test",
                                           ";maddr=",
                                           ";ttl=1" };
    unsigned                 found     = 0;

    for (unsigned i = 0; i < 3 * 5 * 3 * 11 * 8 * 4; i++) {
        unsigned      supported = 2 * (i % 8) | (i / 8 % 2) << 4, families = LOCATE_IPV4 * (i / 16 % 2) | LOCATE_IPV6;
        unsigned      at = i / 32;
        struct uri    uri;
        struct locate l;
        struct target target;
        char          text[100];

        snprintf(text, sizeof text, "%sx@%s%s%s", schemes[at % 3], hosts[at / 3 % 5], ports[at / 15 % 3],
                 params[at / 45 % 11]);
        if (!uri_parse(slice_from(text), &uri))
            continue;
        if (!locate_numeric(&uri, supported, families, &target)) {
            CHECK(locate_start(&l, &uri, supported, families, &lots) != LOCATE_DONE);
            continue;
        }
        found++;
        CHECK_INT(LOCATE_DONE, locate_start(&l, &uri, supported, families, &lots));
        CHECK_INT(1, l.targets.count);
        CHECK_INT(l.targets.list[0].transport, target.transport);
        CHECK(address_eq(&l.targets.list[0].address, &target.address));
    }
    CHECK(found > 1000);
}

/* 4.1: numeric, with a port or with a transport, nobody is asked for wishes. */
TEST(a_uri_that_says_how_asks_nobody_how)
{
    check(ROWS(wishes), "sip:example.com;transport=udp", ALL, LOCATE_IPV4, "udp 192.0.2.2:5060", 0,
          "SRV _sip._udp.example.com A server2.example.com");
    check(ROWS(wishes), "sip:example.com:5060", ALL, LOCATE_IPV4, "", -ERR_NAME, "A example.com");
}

/* "It is not necessary for the domain suffixes ... to match." */
TEST(a_replacement_may_be_in_another_domain)
{
    static const struct zone_row zone[] = {
        NAPTR("example.com", 1, 1, "SIP+D2T", "_sip._tcp.school.example"),
        { "_sip._tcp.school.example", RECORD_SRV, "a.school.example", 0, 0, 5066 },
        { "a.school.example", RECORD_A, "192.0.2.3", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.3:5066", 0,
          "NAPTR example.com SRV _sip._tcp.school.example A a.school.example");
}

/* RFC 7118 10: WebSockets have services too. */
TEST(websockets_are_found_by_the_wish_of_the_domain)
{
    static const struct zone_row zone[] = {
        NAPTR("example.com", 1, 1, "SIPS+D2W", "_wss.example.com"),
        NAPTR("example.com", 2, 1, "SIP+D2W", "_ws.example.com"),
        { "_wss.example.com", RECORD_SRV, "a.example.com", 0, 0, 4433 },
        { "_ws.example.com", RECORD_SRV, "a.example.com", 0, 0, 8088 },
        { "a.example.com", RECORD_A, "192.0.2.3", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "wss 192.0.2.3:4433", 0,
          "NAPTR example.com SRV _wss.example.com A a.example.com");
    check(ROWS(zone), "sip:example.com", UDP | WS, LOCATE_IPV4, "ws 192.0.2.3:8088", 0,
          "NAPTR example.com SRV _ws.example.com A a.example.com");
}

/* 4.2, last paragraph: the name itself, by the transport that was found. */
TEST(a_wished_service_without_records_leads_to_the_host)
{
    static const struct zone_row zone[] = {
        NAPTR("example.com", 1, 1, "SIP+D2T", "_sip._tcp.example.com"),
        { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5060", 0,
          "NAPTR example.com SRV _sip._tcp.example.com A example.com");
}

TEST(of_equal_wishes_the_next_is_taken_if_the_first_has_no_servers)
{
    static const struct zone_row zone[] = {
        NAPTR("example.com", 1, 2, "SIP+D2U", "_sip._udp.example.com"),
        NAPTR("example.com", 1, 1, "SIP+D2T", "_sip._tcp.example.com"),
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5060 },
        { "a.example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "udp 192.0.2.1:5060", 0,
          "NAPTR example.com SRV _sip._tcp.example.com SRV _sip._udp.example.com A a.example.com");
}

/* Some forwarders of today answer no NAPTR question. */
TEST(without_an_answer_about_wishes_the_services_are_asked_for)
{
    static const struct zone_row zone[] = {
        { "example.com", RECORD_NAPTR, NULL, 0, 0, 0 },
        { "_sip._udp.example.com", RECORD_SRV, "a.example.com", 0, 0, 5081 },
        { "a.example.com", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "udp 192.0.2.1:5081", 0,
          "NAPTR example.com SRV _sip._udp.example.com A a.example.com");
}

/* --- responses --- */

static void check_response(enum transport transport, const char *host, uint16_t port, const char *targets,
                           const char *asked)
{
    struct dns         dns = { ROWS(wishes), FIRST_ASKED_FIRST, "" };
    struct locate      l;
    enum locate_action action;

    action = finish(&dns, &l, locate_start_response(&l, transport, slice_from(host), port, LOCATE_IPV4, &lots));
    CHECK_INT(LOCATE_DONE, action);
    check_targets(&l, targets);
    CHECK_SLICE(asked, slice_from(dns.asked));
}

/* RFC 3263 5. */
TEST(a_response_finds_the_sent_by_without_asking_for_wishes)
{
    check_response(TRANSPORT_TCP, "192.0.2.9", 0, "tcp 192.0.2.9:5060", "");
    check_response(TRANSPORT_TLS, "192.0.2.9", 5071, "tls 192.0.2.9:5071", "");
    check_response(TRANSPORT_UDP, "server1.example.com", 5099, "udp 192.0.2.1:5099", "A server1.example.com");
    check_response(TRANSPORT_TCP, "example.com", 0, "tcp 192.0.2.1:5060",
                   "SRV _sip._tcp.example.com A server1.example.com");
    check_response(TRANSPORT_TLS, "example.com", 0, "tls 192.0.2.1:5061",
                   "SRV _sips._tcp.example.com A server1.example.com");
}

/* --- what is told --- */

TEST(the_machine_tells_the_domain_and_where_a_target_comes_from)
{
    struct dns    dns = { ROWS(wishes), FIRST_ASKED_FIRST, "" };
    struct locate l;

    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sips:bob@example.com", ALL, LOCATE_IPV4));
    CHECK_SLICE("example.com", locate_domain(&l));
    CHECK_SLICE("server1.example.com", locate_why(&l, 0).server);
    CHECK_INT(0, locate_why(&l, 0).priority);
    CHECK_INT(1, locate_why(&l, 0).weight);
    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:192.0.2.7", ALL, LOCATE_IPV4));
    CHECK_SLICE("192.0.2.7", locate_why(&l, 0).server);
}

/* --- RFC 2782 order --- */

TEST(lower_priorities_come_first)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "c.e", 30, 9000, 5060 },
        { "_sip._udp.e", RECORD_SRV, "a.e", 10, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "b.e", 20, 1, 5060 },
        { "a.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "b.e", RECORD_A, "192.0.2.2", 0, 0, 0 },
        { "c.e", RECORD_A, "192.0.2.3", 0, 0, 0 },
    };

    for (unsigned i = 0; i < 50; i++)
        check(ROWS(zone), "sip:e", UDP, LOCATE_IPV4, "udp 192.0.2.1:5060 udp 192.0.2.2:5060 udp 192.0.2.3:5060", 0,
              "NAPTR e SRV _sip._udp.e A a.e A b.e A c.e");
}

/* --- limits --- */

static size_t many_rows(struct zone_row *rows, char (*names)[80], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "server-with-a-long-name-%02zu.subdomain.example.com", i);
        /* The best ones come last in the answer. */
        rows[i] = (struct zone_row){ "_sip._udp.e", RECORD_SRV, names[i], (uint16_t)(count - i), 0, 5060 };
    }
    for (size_t i = 0; i < count; i++)
        rows[count + i] = (struct zone_row){ names[i], RECORD_A, "192.0.2.1", 0, 0, 0 };
    return 2 * count;
}

TEST(of_many_servers_the_best_are_kept)
{
    static struct zone_row rows[120];
    static char            names[60][80];
    struct dns             dns = { rows, many_rows(rows, names, 60), FIRST_ASKED_FIRST, "" };
    struct locate          l;

    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:e;transport=udp", UDP, LOCATE_IPV4));
    CHECK_INT(LOCATE_SERVERS, l.server_count);
    CHECK_SLICE(names[59], locate_why(&l, 0).server);
}

/* Each server costs two questions, and 32 are all that a zone gets. */
TEST(questions_are_bounded)
{
    static struct zone_row rows[120];
    static char            names[60][80];
    struct dns             dns   = { rows, many_rows(rows, names, 60), FIRST_ASKED_FIRST, "" };
    unsigned               count = 0;
    struct locate          l;

    CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:e;transport=udp", UDP, BOTH));
    for (const char *at = dns.asked; at != NULL; at = strchr(at + 1, ' '))
        count++;
    CHECK_INT(2 * LOCATE_QUESTIONS, count); /* a type and a name each */
    CHECK_INT(LOCATE_QUESTIONS, l.asked);
}

static void start(struct locate *l, const char *text, unsigned supported, unsigned families)
{
    struct uri uri;

    CHECK(uri_parse(slice_from(text), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(l, &uri, supported, families, &lots));
}

/* Take the next question; it is this one. */
static unsigned asks(struct locate *l, enum record_type type, const char *name)
{
    unsigned number;

    CHECK(locate_next(l, &number));
    CHECK_INT(type, locate_question(l, number).type);
    CHECK_SLICE(name, locate_question(l, number).name);
    return number;
}

TEST(targets_are_bounded)
{
    struct record v4[100], v6[100];
    struct locate l;
    unsigned      first, second;

    for (size_t i = 0; i < 100; i++) {
        v4[i] = (struct record){ .type = RECORD_A, .address = address_v4(192, 0, 2, (uint8_t)i, 0) };
        v6[i] = (struct record){ .type    = RECORD_AAAA,
                                 .address = { .ip = { [0] = 0x24, [15] = (uint8_t)i }, .family = FAMILY_6 } };
    }
    start(&l, "sip:h.example:5060", UDP, BOTH);
    first  = asks(&l, RECORD_AAAA, "h.example");
    second = asks(&l, RECORD_A, "h.example");
    CHECK_INT(LOCATE_ASK, locate_answer(&l, second, 0, v4, 100));
    CHECK_INT(LOCATE_TARGETS, l.targets.count);
    CHECK_INT(LOCATE_DONE, locate_answer(&l, first, 0, v6, 100));
    CHECK_INT(LOCATE_TARGETS, l.targets.count);
    for (unsigned i = 0; i < LOCATE_TARGETS; i++)
        CHECK_INT(i % 2 == 0 ? FAMILY_6 : FAMILY_4, l.targets.list[i].address.family);
    CHECK_INT(LOCATE_DONE, locate_answer(&l, first, 0, v4, 100)); /* after the end: nothing */
}

/* RFC 7984 4.1: nobody waits for one family to ask for the other. */
TEST(both_families_of_all_servers_are_asked_for_at_once)
{
    static const struct record srv[] = {
        { .type = RECORD_SRV, .priority = 1, .port = 5060, .target = SLICE_INIT("a.e") },
        { .type = RECORD_SRV, .priority = 2, .port = 5060, .target = SLICE_INIT("b.e") },
    };
    struct locate l;
    unsigned      number;

    start(&l, "sip:e;transport=udp", UDP, BOTH);
    CHECK_INT(LOCATE_ASK, locate_answer(&l, asks(&l, RECORD_SRV, "_sip._udp.e"), 0, srv, 2));
    asks(&l, RECORD_AAAA, "a.e");
    asks(&l, RECORD_A, "a.e");
    asks(&l, RECORD_AAAA, "b.e");
    asks(&l, RECORD_A, "b.e");
    CHECK(!locate_next(&l, &number));
}

TEST(an_answer_nobody_asked_for_changes_nothing)
{
    static const struct record a = { .type = RECORD_A, .address = { .ip = { 192, 0, 2, 1 }, .family = FAMILY_4 } };
    struct locate              l;
    unsigned                   number;

    start(&l, "sip:h.example:5060", UDP, LOCATE_IPV4);
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 0, 0, &a, 1)); /* wanted, but not taken */
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 7, 0, &a, 1));
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 99, 0, &a, 1));
    CHECK_INT(0, l.targets.count);
    number = asks(&l, RECORD_A, "h.example");
    CHECK_INT(LOCATE_DONE, locate_answer(&l, number, 0, &a, 1));
    CHECK_INT(1, l.targets.count);
}

TEST(what_kept_a_question_from_being_asked_is_the_error)
{
    struct locate l;
    unsigned      first, second;

    start(&l, "sip:h.example:5060", UDP, BOTH);
    first  = asks(&l, RECORD_AAAA, "h.example");
    second = asks(&l, RECORD_A, "h.example");
    CHECK_INT(LOCATE_ASK, locate_answer(&l, first, -ERR_LIMIT, NULL, 0));
    CHECK_INT(LOCATE_FAILED, locate_answer(&l, second, -ERR_NAME, NULL, 0));
    CHECK_INT(-ERR_LIMIT, l.error);
}

TEST(records_that_make_no_sense_are_ignored)
{
    char          name[300];
    struct record records[] = {
        { .type = RECORD_A, .address = address_v4(192, 0, 2, 1, 0) },
        { .type = RECORD_SRV, .port = 0, .target = SLICE_INIT("port-zero.example") },
        { .type = RECORD_SRV, .port = 5060, .target = { name, sizeof name } },
    };
    struct locate l;
    unsigned      number;

    memset(name, 'n', sizeof name);
    start(&l, "sip:example.com;transport=tcp", TCP, BOTH);
    number = asks(&l, RECORD_SRV, "_sip._tcp.example.com");
    CHECK_INT(LOCATE_ASK, locate_answer(&l, number, 0, records, 3));
    number = asks(&l, RECORD_AAAA, "example.com"); /* as without records */
    CHECK_INT(LOCATE_ASK, locate_answer(&l, number, 0, records + 1, 2));
    number = asks(&l, RECORD_A, "example.com");
    CHECK_INT(LOCATE_FAILED, locate_answer(&l, number, 0, records + 1, 2));
}

TEST(a_good_record_among_senseless_ones_is_used_alone)
{
    struct record records[] = {
        { .type = RECORD_SRV, .port = 0, .target = SLICE_INIT("port-zero.example") },
        { .type = RECORD_SRV, .port = 5060, .target = SLICE_INIT(".") },
        { .type = RECORD_SRV, .port = 5070, .target = SLICE_INIT("good.example") },
    };
    struct locate l;

    start(&l, "sip:example.com;transport=tcp", TCP, LOCATE_IPV4);
    CHECK_INT(LOCATE_ASK, locate_answer(&l, asks(&l, RECORD_SRV, "_sip._tcp.example.com"), 0, records, 3));
    asks(&l, RECORD_A, "good.example");
    CHECK_INT(1, l.server_count);
}

TEST(a_name_too_long_for_the_dns_is_no_name)
{
    char          text[400] = "sip:";
    struct uri    uri;
    struct locate l;

    memset(text + 4, 'a', 254);
    CHECK(uri_parse(slice_from(text), &uri));
    CHECK_INT(LOCATE_FAILED, locate_start(&l, &uri, UDP, BOTH, &lots));
    CHECK_INT(-ERR_NAME, l.error);
    text[4 + 250] = '\0'; /* too long with _sip._udp. before it, but it may have an address */
    start(&l, text, UDP, LOCATE_IPV4);
    CHECK_INT(LOCATE_ASK, locate_answer(&l, asks(&l, RECORD_NAPTR, text + 4), 0, NULL, 0));
    asks(&l, RECORD_A, text + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numeric_host_is_a_target_at_once),
        cmocka_unit_test(a_numeric_target_is_that_of_the_machine),
        cmocka_unit_test(what_cannot_be_reached_is_unsupported),
        cmocka_unit_test(sips_never_falls_back_to_something_open),
        cmocka_unit_test(an_explicit_port_asks_for_addresses_only),
        cmocka_unit_test(the_families_of_one_host_are_interleaved),
        cmocka_unit_test(more_addresses_of_the_second_family_follow_at_the_end),
        cmocka_unit_test(one_family_may_be_missing_or_unanswered),
        cmocka_unit_test(maddr_takes_the_place_of_the_host),
        cmocka_unit_test(services_are_tried_in_order_until_one_has_records),
        cmocka_unit_test(a_named_transport_asks_for_its_service_only),
        cmocka_unit_test(without_services_the_name_itself_is_asked_for_by_udp),
        cmocka_unit_test(a_root_target_refuses_the_service),
        cmocka_unit_test(a_dead_dns_is_a_timeout_and_a_local_name_is_still_found),
        cmocka_unit_test(an_unknown_name_fails_by_name),
        cmocka_unit_test(servers_without_address_are_passed_over),
        cmocka_unit_test(the_same_address_is_tried_once),
        cmocka_unit_test(the_domain_says_which_transport_it_likes),
        cmocka_unit_test(sips_takes_nothing_of_the_domain_but_sips),
        cmocka_unit_test(a_uri_that_says_how_asks_nobody_how),
        cmocka_unit_test(a_replacement_may_be_in_another_domain),
        cmocka_unit_test(websockets_are_found_by_the_wish_of_the_domain),
        cmocka_unit_test(a_wished_service_without_records_leads_to_the_host),
        cmocka_unit_test(of_equal_wishes_the_next_is_taken_if_the_first_has_no_servers),
        cmocka_unit_test(without_an_answer_about_wishes_the_services_are_asked_for),
        cmocka_unit_test(a_response_finds_the_sent_by_without_asking_for_wishes),
        cmocka_unit_test(the_machine_tells_the_domain_and_where_a_target_comes_from),
        cmocka_unit_test(lower_priorities_come_first),
        cmocka_unit_test(of_many_servers_the_best_are_kept),
        cmocka_unit_test(questions_are_bounded),
        cmocka_unit_test(targets_are_bounded),
        cmocka_unit_test(both_families_of_all_servers_are_asked_for_at_once),
        cmocka_unit_test(an_answer_nobody_asked_for_changes_nothing),
        cmocka_unit_test(what_kept_a_question_from_being_asked_is_the_error),
        cmocka_unit_test(records_that_make_no_sense_are_ignored),
        cmocka_unit_test(a_good_record_among_senseless_ones_is_used_alone),
        cmocka_unit_test(a_name_too_long_for_the_dns_is_no_name),
    };

    random_seed(&generator, 2782);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
