/* SPDX-License-Identifier: BSD-2-Clause */
/* locate.h - from a URI to the transport addresses to try, in order (RFC 3263
 * sections 4 and 5, with the SRV rules of RFC 2782).
 *
 * A machine: it says what to ask the DNS, is told the answer, and in the end
 * holds the targets.  It asks nothing itself.
 *
 *     action = locate_start(&l, &uri, supported, families, &random);
 *     while (action == LOCATE_ASK)
 *         action = locate_answer(&l, ...what the DNS said of l.ask_name, l.ask_type...);
 *     LOCATE_DONE: l.targets[0 .. l.target_count - 1];  LOCATE_FAILED: l.error
 *
 *     start --- numeric host ------------------------------------> DONE
 *       | \____ port given: the transport's default stands ____
 *       V                                                      \
 *     [NAPTR] --> SERVICE (SRV, one transport after another) --> ADDRESS (A, AAAA of
 *                 first one with records wins                    each server in turn)
 *                                                                   |
 *                                              targets? DONE : FAILED
 *
 * NAPTR (4.1) is not asked yet.  Its place is before SERVICE: what it answers is
 * which transports SERVICE tries, in which order, and under which names; that
 * list is `services`, which locate_start now fills with the fixed one that 4.1
 * gives for a domain without NAPTR records.
 *
 * Servers stand in the order of RFC 2782 (priority, then weight by lot), and each
 * one's addresses in turn: IPv4, IPv6, IPv4, IPv6 ...
 *
 * No answer to an SRV question is taken as no service records, and the name
 * itself is asked for at once: a name in /etc/hosts works with a dead DNS.
 *
 * The struct may be copied by value at any time; it points to nothing inside
 * itself but for `ask_name`, see there. */

#ifndef LOCATE_LOCATE_H
#define LOCATE_LOCATE_H

#include "base/limits.h"
#include "base/random.h"
#include "base/record.h"
#include "sip/uri.h"

struct target {
    enum transport transport;
    struct address address;
};

enum locate_action { LOCATE_ASK, LOCATE_DONE, LOCATE_FAILED };

/* Sets given to locate_start. */
#define LOCATE_TRANSPORT(t) (1u << (t)) /* LOCATE_TRANSPORT(TRANSPORT_UDP) | ... */
enum { LOCATE_IPV4 = 1 << FAMILY_4, LOCATE_IPV6 = 1 << FAMILY_6 };

enum {
    LOCATE_TARGETS  = 16,
    LOCATE_NAME     = 256,
    LOCATE_SERVICES = 3,
    LOCATE_SERVERS  = 16,   /* SRV targets that are looked up: the best ones */
    LOCATE_NAMES    = 1024, /* bytes of their names together                 */
};

enum locate_state { LOCATE_SERVICE, LOCATE_ADDRESS, LOCATE_OVER };

/* A host to be turned into addresses: an SRV target or the URI's own host. */
struct locate_server {
    uint16_t name_at, name_len; /* in `names` */
    uint16_t port;
};

struct locate {
    struct target targets[LOCATE_TARGETS];
    unsigned      target_count;
    int           error; /* LOCATE_FAILED: -ERR_NAME, -ERR_TIMEOUT or -ERR_UNSUPPORTED */
    uint8_t       ttl;   /* ttl= of the URI for a multicast maddr (RFC 3261 18.1.1), else 0 */

    /* LOCATE_ASK: what to ask.  The name lies in this very struct: take it
     * before the struct is moved, or call locate_ask_name on the copy. */
    enum record_type ask_type;
    struct slice     ask_name;

    /* Private from here on. */
    enum locate_state    state;
    const struct random *random;
    unsigned             families;
    bool                 timed_out;                 /* some question met no answer                       */
    bool                 wrong_kind;                /* a numeric host was of a family that is off        */
    uint16_t             port;                      /* of the URI, or 0                                  */
    unsigned             refused;                   /* set of transports whose SRV said "."              */
    enum transport       fallback;                  /* if no SRV answers: the URI's, or the default one  */
    enum transport       services[LOCATE_SERVICES]; /* to be tried by SRV, in this order  */
    unsigned             service_count, service;
    enum transport       transport; /* of the servers                                     */
    struct locate_server servers[LOCATE_SERVERS];
    unsigned             server_count, server;
    unsigned             first; /* target of the current server                       */
    uint16_t             host_len, name_len, names_len;
    char                 host[LOCATE_NAME]; /* TARGET of RFC 3263 4                       */
    char                 name[LOCATE_NAME]; /* what is being asked                        */
    char                 names[LOCATE_NAMES];
};

/* Begin.  Keeps a copy of what it needs of `uri`; borrows `random` until the
 * machine is over.  `supported` is a set of LOCATE_TRANSPORT, `families` of
 * LOCATE_IPV4 and LOCATE_IPV6: leave out IPv6 and AAAA is never asked.
 *
 * Fails with -ERR_UNSUPPORTED if the scheme is neither sip nor sips, if the URI
 * names a transport we lack (sips without TLS among them), or a numeric host of
 * a family that is switched off; with -ERR_NAME if the host is no DNS name. */
enum locate_action locate_start(struct locate *l, const struct uri *uri, unsigned supported, unsigned families,
                                const struct random *random);

/* Tell what came back for the question: `error` 0, -ERR_NAME or -ERR_TIMEOUT (as
 * resolve_fn in net/world.h).  Borrows the records.  After the end it changes
 * nothing. */
enum locate_action locate_answer(struct locate *l, int error, const struct record *records, size_t count);

struct slice locate_ask_name(const struct locate *l);

#endif
