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
    const char      *data; /* an address, or an SRV target; NULL: no answer comes */
    uint16_t         priority, weight, port;
};

struct dns {
    const struct zone_row *rows;
    size_t                 count;
    char                   asked[1024]; /* "A one.example SRV _sip._udp.example ..." */
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

static struct record record_of(const struct zone_row *row)
{
    struct record r = { .type = row->type, .ttl = 60 };

    if (row->type == RECORD_SRV) {
        r.priority = row->priority;
        r.weight   = row->weight;
        r.port     = row->port;
        r.target   = slice_from(row->data);
    } else {
        CHECK(address_parse_ip(slice_from(row->data), &r.address));
    }
    return r;
}

/* Look up and answer; copies of the machine take over each time, so nothing may
 * point into the old one. */
static enum locate_action answer(struct dns *dns, struct locate *l)
{
    struct record records[100];
    size_t        count = 0;
    bool          known = false;
    struct locate copy;

    strcat(dns->asked, dns->asked[0] ? " " : "");
    strcat(dns->asked, type_name(l->ask_type));
    strncat(dns->asked, l->ask_name.ptr, l->ask_name.len);
    for (size_t i = 0; i < dns->count; i++) {
        const struct zone_row *row = &dns->rows[i];

        if (!slice_eq(slice_from(row->name), l->ask_name))
            continue;
        known = true;
        if (row->type == l->ask_type && row->data == NULL)
            return locate_answer(l, -ERR_TIMEOUT, NULL, 0);
        if (row->type == l->ask_type && count < 100)
            records[count++] = record_of(row);
    }
    copy = *l;
    memset(l, 0xa5, sizeof *l);
    *l          = copy;
    l->ask_name = locate_ask_name(l);
    return locate_answer(l, known ? 0 : -ERR_NAME, records, count);
}

static struct random_seeded generator;
static struct random        lots = { random_seeded_fill, &generator };

static enum locate_action run(struct dns *dns, struct locate *l, const char *text, unsigned supported,
                              unsigned families)
{
    struct uri         uri;
    enum locate_action action;

    dns->asked[0] = '\0';
    CHECK(uri_parse(slice_from(text), &uri));
    action = locate_start(l, &uri, supported, families, &lots);
    for (unsigned i = 0; action == LOCATE_ASK; i++) {
        CHECK(i < 100);
        CHECK(slice_eq(l->ask_name, locate_ask_name(l)));
        action = answer(dns, l);
    }
    return action;
}

static void check_targets(const struct locate *l, const char *want)
{
    static char memory[4096];
    struct buf  b = BUF_ON(memory);

    for (unsigned i = 0; i < l->target_count; i++) {
        buf_printf(&b, "%s%.*s ", i == 0 ? "" : " ", SLICE_ARG(transport_param(l->targets[i].transport)));
        address_write(&b, &l->targets[i].address);
    }
    CHECK_SLICE(want, buf_slice(&b));
}

/* One case: the targets as text; the error if there are none; and what was asked. */
static void check(const struct zone_row *rows, size_t count, const char *uri, unsigned supported, unsigned families,
                  const char *targets, int error, const char *asked)
{
    struct dns         dns = { rows, count, "" };
    struct locate      l;
    enum locate_action action = run(&dns, &l, uri, supported, families);

    CHECK_INT(targets[0] ? LOCATE_DONE : LOCATE_FAILED, action);
    check_targets(&l, targets);
    CHECK_INT(error, l.error);
    CHECK_SLICE(asked, slice_from(dns.asked));
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
          "SRV _sips._tcp.example.com A example.com");
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
          "udp 192.0.2.1:1 udp [2001:db8::1]:1 udp 192.0.2.2:1 udp [2001:db8::2]:1 udp 192.0.2.3:1", 0,
          "A h.example AAAA h.example");
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

    check(ROWS(zone), "sip:h.example:1", UDP, BOTH, "udp 192.0.2.1:1 udp [2001:db8::1]:1 udp [2001:db8::2]:1", 0,
          "A h.example AAAA h.example");
}

TEST(one_family_may_be_missing_or_unanswered)
{
    static const struct zone_row zone[] = {
        { "six.example", RECORD_AAAA, "2001:db8::1", 0, 0, 0 },
        { "late.example", RECORD_A, NULL, 0, 0, 0 },
        { "late.example", RECORD_AAAA, "2001:db8::2", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:six.example:1", UDP, BOTH, "udp [2001:db8::1]:1", 0, "A six.example AAAA six.example");
    check(ROWS(zone), "sip:late.example:1", UDP, BOTH, "udp [2001:db8::2]:1", 0, "A late.example AAAA late.example");
}

/* RFC 3263 4: TARGET is maddr if there is one. */
TEST(maddr_takes_the_place_of_the_host)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.m.example", RECORD_SRV, "a.example", 0, 0, 5080 },
        { "a.example", RECORD_A, "192.0.2.9", 0, 0, 0 },
    };
    struct dns    dns = { ROWS(zone), "" };
    struct locate l;

    check(NULL, 0, "sip:example.com;maddr=192.0.2.7", UDP, BOTH, "udp 192.0.2.7:5060", 0, "");
    check(NULL, 0, "sip:example.com:5070;maddr=[2001:db8::7]", UDP, BOTH, "udp [2001:db8::7]:5070", 0, "");
    check(ROWS(zone), "sip:192.0.2.1;maddr=m.example", UDP, LOCATE_IPV4, "udp 192.0.2.9:5080", 0,
          "SRV _sip._udp.m.example A a.example");
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
          "SRV _sip._udp.example.com A a.example.com");
    check(both + 1, 2, "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.1:5082", 0,
          "SRV _sip._udp.example.com SRV _sip._tcp.example.com A a.example.com");
    check(ROWS(both), "sip:example.com", TCP, LOCATE_IPV4, "tcp 192.0.2.1:5082", 0,
          "SRV _sip._tcp.example.com A a.example.com");
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
          "SRV _sips._tcp.example.com A a.example.com");
    check(ROWS(zone), "sip:example.com;transport=ws", ALL, LOCATE_IPV4, "ws 192.0.2.2:80", 0, "A example.com");
    check(zone + 3, 2, "sip:example.com;transport=tcp", ALL, LOCATE_IPV4, "tcp 192.0.2.2:5060", 0,
          "SRV _sip._tcp.example.com A example.com");
}

TEST(without_services_the_name_itself_is_asked_for_by_udp)
{
    static const struct zone_row zone[] = { { "example.com", RECORD_A, "192.0.2.1", 0, 0, 0 } };

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "udp 192.0.2.1:5060", 0,
          "SRV _sip._udp.example.com SRV _sip._tcp.example.com A example.com");
    check(ROWS(zone), "sip:example.com", TCP, LOCATE_IPV4, "tcp 192.0.2.1:5060", 0,
          "SRV _sip._tcp.example.com A example.com");
    check(ROWS(zone), "sip:example.com", TLS, LOCATE_IPV4, "tls 192.0.2.1:5061", 0, "A example.com");
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
          "SRV _sip._udp.example.com SRV _sip._tcp.example.com");
    check(zone, 2, "sip:example.com;transport=udp", ALL, LOCATE_IPV4, "", -ERR_NAME, "SRV _sip._udp.example.com");
    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "tcp 192.0.2.2:5060", 0,
          "SRV _sip._udp.example.com SRV _sip._tcp.example.com A a.example.com");
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

    check(ROWS(zone), "sip:example.com", ALL, LOCATE_IPV4, "", -ERR_TIMEOUT, "SRV _sip._udp.example.com A example.com");
    check(ROWS(zone), "sip:vm", ALL, LOCATE_IPV4, "udp 127.0.0.1:5060", 0, "SRV _sip._udp.vm A vm");
}

TEST(an_unknown_name_fails_by_name)
{
    check(NULL, 0, "sip:nowhere.example", ALL, BOTH, "", -ERR_NAME,
          "SRV _sip._udp.nowhere.example SRV _sip._tcp.nowhere.example A nowhere.example AAAA nowhere.example");
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
          "SRV _sip._udp.e A gone.e A late.e A here.e");
}

TEST(the_same_address_is_tried_once)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "a.e", 1, 0, 5060 }, { "_sip._udp.e", RECORD_SRV, "b.e", 2, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "b.e", 3, 0, 5061 }, { "a.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
        { "b.e", RECORD_A, "192.0.2.1", 0, 0, 0 },
    };

    check(ROWS(zone), "sip:e", UDP, LOCATE_IPV4, "udp 192.0.2.1:5060 udp 192.0.2.1:5061", 0,
          "SRV _sip._udp.e A a.e A b.e A b.e");
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
              "SRV _sip._udp.e A a.e A b.e A c.e");
}

/* How often each of three servers of one priority comes first in 4000 draws. */
static void count_firsts(const struct zone_row *rows, unsigned firsts[3])
{
    struct dns    dns = { rows, 6, "" };
    struct locate l;

    memset(firsts, 0, 3 * sizeof *firsts);
    for (unsigned i = 0; i < 4000; i++) {
        CHECK_INT(LOCATE_DONE, run(&dns, &l, "sip:e", UDP, LOCATE_IPV4));
        CHECK_INT(3, l.target_count);
        firsts[l.targets[0].address.ip[3]]++;
    }
}

TEST(weights_share_the_load)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "a.e", 1, 60, 5060 }, { "_sip._udp.e", RECORD_SRV, "b.e", 1, 30, 5060 },
        { "_sip._udp.e", RECORD_SRV, "c.e", 1, 10, 5060 }, { "a.e", RECORD_A, "192.0.2.0", 0, 0, 0 },
        { "b.e", RECORD_A, "192.0.2.1", 0, 0, 0 },         { "c.e", RECORD_A, "192.0.2.2", 0, 0, 0 },
    };
    unsigned firsts[3];

    count_firsts(zone, firsts);
    CHECK(firsts[0] > 2250 && firsts[0] < 2550); /* 2400 */
    CHECK(firsts[1] > 1050 && firsts[1] < 1350); /* 1200 */
    CHECK(firsts[2] > 300 && firsts[2] < 500);   /* 400  */
}

/* RFC 2782: weight 0 has "a very small chance of being selected" beside others. */
TEST(weight_zero_comes_first_seldom_but_sometimes)
{
    static const struct zone_row zone[] = {
        { "_sip._udp.e", RECORD_SRV, "a.e", 1, 50, 5060 }, { "_sip._udp.e", RECORD_SRV, "b.e", 1, 0, 5060 },
        { "_sip._udp.e", RECORD_SRV, "c.e", 1, 50, 5060 }, { "a.e", RECORD_A, "192.0.2.0", 0, 0, 0 },
        { "b.e", RECORD_A, "192.0.2.1", 0, 0, 0 },         { "c.e", RECORD_A, "192.0.2.2", 0, 0, 0 },
    };
    unsigned firsts[3];

    count_firsts(zone, firsts);
    CHECK(firsts[1] > 0 && firsts[1] < 120); /* 1 in 101: 40 */
    CHECK(firsts[0] > 1700 && firsts[2] > 1700);
}

/* --- limits --- */

static size_t many_rows(struct zone_row *rows, char (*names)[64], size_t count)
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
    static char            names[60][64];
    struct dns             dns = { rows, many_rows(rows, names, 60), "" };
    struct uri             uri;
    struct locate          l;

    CHECK(uri_parse(SLICE("sip:e"), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(&l, &uri, UDP, LOCATE_IPV4, &lots));
    CHECK_INT(LOCATE_ASK, answer(&dns, &l));
    CHECK_SLICE(names[59], l.ask_name);
    CHECK_INT(LOCATE_SERVERS, l.server_count);
}

TEST(targets_are_bounded)
{
    struct record records[100];
    struct uri    uri;
    struct locate l;

    for (size_t i = 0; i < 100; i++)
        records[i] = (struct record){ .type = RECORD_A, .address = address_v4(192, 0, 2, (uint8_t)i, 0) };
    CHECK(uri_parse(SLICE("sip:h.example:5060"), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(&l, &uri, UDP, BOTH, &lots));
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 0, records, 100));
    CHECK_INT(LOCATE_TARGETS, l.target_count);
    for (size_t i = 0; i < 100; i++)
        records[i] = (struct record){ .type    = RECORD_AAAA,
                                      .address = { .ip = { [0] = 0x20, [15] = (uint8_t)i }, .family = FAMILY_6 } };
    CHECK_INT(LOCATE_DONE, locate_answer(&l, 0, records, 100));
    CHECK_INT(LOCATE_TARGETS, l.target_count);
    for (unsigned i = 0; i < LOCATE_TARGETS; i++)
        CHECK_INT(i % 2 == 0 ? FAMILY_4 : FAMILY_6, l.targets[i].address.family);
    CHECK_INT(LOCATE_DONE, locate_answer(&l, 0, records, 100)); /* after the end: nothing */
}

TEST(records_that_make_no_sense_are_ignored)
{
    char          name[300];
    struct record records[] = {
        { .type = RECORD_A, .address = address_v4(192, 0, 2, 1, 0) },
        { .type = RECORD_SRV, .port = 0, .target = SLICE_INIT("port-zero.example") },
        { .type = RECORD_SRV, .port = 5060, .target = { name, sizeof name } },
    };
    struct uri    uri;
    struct locate l;

    memset(name, 'n', sizeof name);
    CHECK(uri_parse(SLICE("sip:example.com;transport=tcp"), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(&l, &uri, TCP, BOTH, &lots));
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 0, records, 3));
    CHECK_SLICE("example.com", l.ask_name); /* as without records */
    CHECK_INT(RECORD_A, l.ask_type);
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 0, records + 1, 2));
    CHECK_INT(LOCATE_FAILED, locate_answer(&l, 0, NULL, 0));
}

TEST(a_good_record_among_senseless_ones_is_used_alone)
{
    struct record records[] = {
        { .type = RECORD_SRV, .port = 0, .target = SLICE_INIT("port-zero.example") },
        { .type = RECORD_SRV, .port = 5060, .target = SLICE_INIT(".") },
        { .type = RECORD_SRV, .port = 5070, .target = SLICE_INIT("good.example") },
    };
    struct uri    uri;
    struct locate l;

    CHECK(uri_parse(SLICE("sip:example.com;transport=tcp"), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(&l, &uri, TCP, BOTH, &lots));
    CHECK_INT(LOCATE_ASK, locate_answer(&l, 0, records, 3));
    CHECK_SLICE("good.example", l.ask_name);
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
    CHECK(uri_parse(slice_from(text), &uri));
    CHECK_INT(LOCATE_ASK, locate_start(&l, &uri, UDP, BOTH, &lots));
    CHECK_INT(RECORD_A, l.ask_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numeric_host_is_a_target_at_once),
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
        cmocka_unit_test(lower_priorities_come_first),
        cmocka_unit_test(weights_share_the_load),
        cmocka_unit_test(weight_zero_comes_first_seldom_but_sometimes),
        cmocka_unit_test(of_many_servers_the_best_are_kept),
        cmocka_unit_test(targets_are_bounded),
        cmocka_unit_test(records_that_make_no_sense_are_ignored),
        cmocka_unit_test(a_good_record_among_senseless_ones_is_used_alone),
        cmocka_unit_test(a_name_too_long_for_the_dns_is_no_name),
    };

    random_seed(&generator, 2782);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
