/* SPDX-License-Identifier: BSD-2-Clause */
/* locate.h - from a URI, or the sent-by of a Via, to the transport addresses to try, in
 * order (RFC 3263 sections 4 and 5, RFC 2782, RFC 7984).
 *
 * A machine: it says what to ask the DNS, is told the answers, and in the end
 * holds the targets.  It asks nothing itself.
 *
 *     action = locate_start(&l, &uri, supported, families, &random);
 *     while (action == LOCATE_ASK) {
 *         while (locate_next(&l, &number))
 *             ... ask for locate_question(&l, number) ...
 *         ... an answer has come, to any of the questions ...
 *         action = locate_answer(&l, number, ...what the DNS said...);
 *     }
 *     LOCATE_DONE: l.targets.list[0 .. l.targets.count - 1];  LOCATE_FAILED: l.error
 *
 *   start --- numeric host ------------------------------------------------> DONE
 *     | \____ port given: the transport's default stands _____
 *     |  \___ transport given, no NAPTR ____                  \
 *     V                                     V                  V
 *   NAPTR: which services, --------> SERVICE: SRV, --------> ADDRESS: A and AAAA of
 *     by the domain's wish; none       one after another;      each server, all at
 *     known: udp, tcp (sips: tls)      first with records      once
 *                                      wins; none: the host
 *
 * Questions about different servers, and about the two families of one, are open
 * together; their answers may come in any order and the targets are the same.
 *
 * Servers stand in the order of RFC 2782, the addresses of one as targets.h says.
 *
 * No answer to an SRV question is taken as no service records, and the name
 * itself is asked for at once.
 *
 * A zone cannot make us ask more than LOCATE_QUESTIONS, whatever it says.
 *
 * The struct may be copied by value at any time: it points to nothing inside
 * itself. */

#ifndef LOCATE_LOCATE_H
#define LOCATE_LOCATE_H

#include "base/limits.h"
#include "base/random.h"
#include "base/record.h"
#include "locate/targets.h"
#include "sip/uri.h"

enum locate_action { LOCATE_ASK, LOCATE_DONE, LOCATE_FAILED };

/* Sets given to locate_start. */
#define LOCATE_TRANSPORT(t) (1u << (t)) /* LOCATE_TRANSPORT(TRANSPORT_UDP) | ... */
enum { LOCATE_IPV4 = 1 << FAMILY_4, LOCATE_IPV6 = 1 << FAMILY_6 };

enum {
    LOCATE_NAME      = 256,
    LOCATE_SERVICES  = 4,
    LOCATE_SERVERS   = 16,   /* SRV targets that are looked up: the best ones */
    LOCATE_NAMES     = 1024, /* bytes of their names together                 */
    LOCATE_OPEN      = 8,    /* questions open at once                        */
    LOCATE_QUESTIONS = 32,   /* of one lookup                                 */
};

struct locate_question {
    enum record_type type;
    struct slice     name; /* lies in the struct locate it was asked of */
};

/* Why a target is one: what `ahoy resolve` tells. */
struct locate_why {
    struct slice server;       /* the name whose address it is, or the address as the URI has it;
                                * lies in the struct locate */
    uint16_t priority, weight; /* of its SRV record, else 0 */
};

enum locate_state { LOCATE_NAPTR, LOCATE_SERVICE, LOCATE_ADDRESS, LOCATE_OVER };

/* A host to be turned into addresses: an SRV target or the URI's own host. */
struct locate_server {
    uint16_t name_at, name_len; /* in `names` */
    uint16_t port, priority, weight;
};

/* SRV records to be asked for: of `name`, or if that is empty of the host. */
struct locate_service {
    enum transport transport;
    uint16_t       name_at, name_len; /* in `names` */
};

enum locate_slot_state { LOCATE_FREE, LOCATE_WANTED, LOCATE_ASKED };

struct locate_slot {
    uint8_t state;  /* enum locate_slot_state */
    uint8_t type;   /* enum record_type       */
    uint8_t server; /* A, AAAA: whose         */
};

struct locate {
    struct targets targets;
    int            error; /* LOCATE_FAILED: -ERR_NAME, -ERR_TIMEOUT, -ERR_UNSUPPORTED, or the first
                           * other one that locate_answer was told */
    uint8_t ttl;          /* ttl= of the URI for a multicast maddr (RFC 3261 18.1.1), else 0 */

    /* Private from here on. */
    enum locate_state     state;
    const struct random  *random;
    unsigned              supported, families;
    bool                  secure;     /* sips                                     */
    bool                  wrong_kind; /* a numeric host was of a family that is off */
    int                   trouble;    /* the first error that is not "no such name" */
    uint16_t              port;       /* of the URI, or 0                         */
    unsigned              refused;    /* set of transports whose SRV said "."     */
    unsigned              asked;      /* questions so far                         */
    enum transport        fallback;   /* if no SRV answers: the URI's, or the default one */
    unsigned              service_count, service, server_count, server;
    enum transport        transport; /* of the servers */
    struct locate_slot    slots[LOCATE_OPEN];
    uint16_t              host_len, name_len, names_len;
    struct locate_service services[LOCATE_SERVICES]; /* to be tried by SRV, in this order */
    struct locate_server  servers[LOCATE_SERVERS];
    char                  host[LOCATE_NAME]; /* TARGET of RFC 3263 4       */
    char                  name[LOCATE_NAME]; /* the service being asked for */
    char                  names[LOCATE_NAMES];
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

/* The one target of a URI whose host is an address, which is nearly all that is asked for where phones
 * register: what locate_start would find, without the machine.  False: only that can tell. */
bool locate_numeric(const struct uri *uri, unsigned supported, unsigned families, struct target *target);

/* As locate_start for a response that could not be sent the way its request came (section 5):
 * `host` and `port` (0: none) are the sent-by, `transport` that of the top Via. */
enum locate_action locate_start_response(struct locate *l, enum transport transport, struct slice host, uint16_t port,
                                         unsigned families, const struct random *random);

/* Take the next question to be asked; false if only answers are wanted now.  `*number`,
 * below LOCATE_OPEN, names it until it is answered. */
bool                   locate_next(struct locate *l, unsigned *number);
struct locate_question locate_question(const struct locate *l, unsigned number);

/* Tell what came back for a question that was taken: `error` 0, -ERR_NAME or -ERR_TIMEOUT
 * (as resolve_fn in net/world.h), or whatever kept it from being asked.  Borrows the
 * records.  After the end, or for a number nobody has taken, it changes nothing. */
enum locate_action locate_answer(struct locate *l, unsigned number, int error, const struct record *records,
                                 size_t count);

/* The domain to be contacted: maddr or the host of the URI, before any SRV.  What a server
 * must prove to be by its certificate (RFC 5922 4).  Lies in `l`. */
struct slice      locate_domain(const struct locate *l);
struct locate_why locate_why(const struct locate *l, unsigned target);

#endif
