/* SPDX-License-Identifier: BSD-2-Clause */
/* parse_compare - nanoseconds to read a message of the mix (parse_mix.h), by what is read, and
 * by other libraries where they are installed: all in one run, in turns, so that they share the
 * machine's moods.
 *
 *     parse_compare            one line for each: name, ns
 *     parse_compare --json
 *
 *     index         the start line's end and every header field: kind, name, value, line
 *     route         message_parse_in: that, a copy in a block of a pool, as in a worker, and all checks that a
 *                   transaction needs
 *     full          route, and every value of every header that has a reader
 *     osip          osip_message_parse (libosip2), which reads all of them, too
 *     sofia         msg_make (sofia-sip), too */
#include "parse_mix.h"
#include "parse_peers.h"
#include "sip/digest.h"
#include "sip/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 21, TIMES = 1000 };

static struct pool pool;

static void fail(const char *name)
{
    fprintf(stderr, "parse_compare: %s cannot read the mix\n", name);
    exit(1);
}

static unsigned read_index(struct slice text)
{
    static const uint8_t none[HEADER_COUNT]; /* copied, since a compiler would clear by REP STOS: see message.c */
    static struct header headers[LIMIT_HEADERS];
    static uint8_t       first[HEADER_COUNT];
    struct parse_fault   fault = { 0 };
    struct lines         l;
    unsigned             count;

    memcpy(first, none, sizeof first);
    lines_start(&l, text);
    count = lines_read(&l, headers, first, &fault);
    return fault.expected == NULL ? count : 0;
}

static unsigned read_route(struct slice text)
{
    struct parse_fault fault;
    struct message    *m     = message_parse_in(&pool, text, &fault);
    unsigned           count = m == NULL ? 0 : m->header_count;

    message_drop(m);
    return count;
}

static unsigned read_name_addrs(const struct message *m, enum header_id id)
{
    struct header_values v = message_values(m, id);
    struct name_addr     n;
    unsigned             count = 0, q;

    while (values_next_name_addr(&v, &n))
        count += contact_expires(&n, 0) > 0 && contact_q(&n, &q) ? 1 : 2;
    return v.broken ? 0 : count;
}

static unsigned read_vias(const struct message *m)
{
    struct header_values v = message_values(m, HEADER_VIA);
    struct via           via;
    unsigned             count = 0;

    while (values_next_via(&v, &via))
        count++;
    return v.broken ? 0 : count;
}

static unsigned read_tokens(const struct message *m, enum header_id id)
{
    struct header_values v = message_values(m, id);
    struct slice         token;
    unsigned             count = 0;

    while (values_next_token(&v, &token))
        count++;
    return v.broken ? 0 : count;
}

static unsigned read_values(const struct message *m)
{
    static const enum header_id addresses[] = { HEADER_CONTACT, HEADER_RECORD_ROUTE,  HEADER_ROUTE,
                                                HEADER_PATH,    HEADER_SERVICE_ROUTE, HEADER_P_ASSERTED_IDENTITY };
    static const enum header_id tokens[]    = { HEADER_ALLOW, HEADER_SUPPORTED, HEADER_REQUIRE, HEADER_PROXY_REQUIRE };
    static const enum header_id numbers[]   = { HEADER_EXPIRES, HEADER_SESSION_EXPIRES, HEADER_MIN_SE };
    const struct header        *h           = message_header(m, HEADER_AUTHORIZATION);
    unsigned                    count       = read_vias(m);

    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        count += read_name_addrs(m, addresses[i]);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        count += read_tokens(m, tokens[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint32_t number;

        count += message_number(m, numbers[i], &number);
    }
    if (h != NULL) {
        struct scan        s = scan_value_of(m, h);
        struct credentials c;

        count += credentials_scan(&s, &c);
    }
    return count;
}

static unsigned read_full(struct slice text)
{
    struct parse_fault fault;
    struct message    *m     = message_parse_in(&pool, text, &fault);
    unsigned           count = m == NULL ? 0 : read_values(m);

    message_drop(m);
    return count;
}

static struct contender {
    const char *name;
    unsigned (*read)(struct slice text); /* 0: it could not */
    double best;
} contenders[] = {
    { "index", read_index, 1e18 }, { "route", read_route, 1e18 }, { "full", read_full, 1e18 },
#ifdef HAVE_OSIP
    { "osip", peer_osip, 1e18 },
#endif
#ifdef HAVE_SOFIA
    { "sofia", peer_sofia, 1e18 },
#endif
};

enum { CONTENDERS = sizeof contenders / sizeof *contenders };

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void take_turn(struct contender *c)
{
    double start = now_ns(), ns;

    for (unsigned i = 0; i < TIMES; i++)
        for (size_t k = 0; k < PARSE_MIX; k++)
            if (c->read(parse_mix[k]) == 0)
                fail(c->name);
    ns      = (now_ns() - start) / (TIMES * PARSE_MIX);
    c->best = ns < c->best ? ns : c->best;
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;

    pool_init(&pool, 1 << 20);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CONTENDERS; i++)
            take_turn(&contenders[i]);
    for (size_t i = 0; i < CONTENDERS; i++)
        if (json)
            printf("%s\"%s\": %.1f", i == 0 ? "{" : ", ", contenders[i].name, contenders[i].best);
        else
            printf("%s %.1f\n", contenders[i].name, contenders[i].best);
    if (json)
        printf("}\n");
    pool_fini(&pool);
    return 0;
}
