/* SPDX-License-Identifier: BSD-2-Clause */
/* register_answer.h - what the 2xx to a REGISTER says, beyond that it went well:
 *
 *     Contact: <sip:alice@192.0.2.1>;expires=600;pub-gruu="..."   ours among those of others
 *     Service-Route: <sip:edge.example.test;lr>                   RFC 3608
 *     Require: outbound                                           RFC 5626 6: it is a flow
 *     Flow-Timer: 120                                             RFC 5626 4.4
 *
 * Whoever answers may say anything: what cannot be used is left out. */

#ifndef DIALOG_REGISTER_ANSWER_H
#define DIALOG_REGISTER_ANSWER_H

#include "base/arena.h"
#include "sip/message.h"

enum {
    SERVICE_ROUTES_MAX = 8,     /* a longer one is not followed at all: half a way leads nowhere */
    FLOW_TIMER_MAX     = 86400, /* seconds; a longer one says nothing                            */
};

struct register_answer {
    uint32_t     expires;                    /* seconds that our contact is kept                       */
    bool         outbound;                   /* reg-id was taken for what it is                        */
    uint32_t     flow_timer;                 /* seconds, 0: none was named                             */
    struct slice pub_gruu, temp_gruu;        /* URIs, or empty                                         */
    struct slice routes[SERVICE_ROUTES_MAX]; /* name-addrs with their <>                        */
    unsigned     route_count;
};

/* Whose contact it is: the one that was sent, or that of our instance and flow. */
struct registrant {
    struct slice contact;  /* URI                                    */
    struct slice instance; /* "<urn:uuid:...>", or empty: has none   */
    uint32_t     reg_id;   /* 0: none                                */
    uint32_t     asked;    /* seconds                                */
};

/* Copies what it keeps to `arena`; without memory the texts are empty and no route is there. */
void register_answer_read(struct register_answer *a, const struct message *response, const struct registrant *who,
                          struct arena *arena);

#endif
