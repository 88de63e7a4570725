/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_server.h - a name server for tests: UDP and TCP on one loopback port, polled.
 *
 * What it answers is its user's handler, which gets each question and may send nothing,
 * something, or several things.  One that misbehaves by name is support/dns_hostile.h. */

#ifndef TEST_SUPPORT_DNS_SERVER_H
#define TEST_SUPPORT_DNS_SERVER_H

#include "support/dns_writer.h"

#include <netinet/in.h>
#include <stdbool.h>

enum { DNS_SERVER_PEERS = 8, DNS_SERVER_RECENT = 8 };

struct dns_server;

struct dns_question {
    char                    name[256]; /* in lower case, with dots */
    unsigned                type;
    uint16_t                id;
    bool                    edns; /* it has an OPT record                        */
    int                     peer; /* the TCP connection that it came by; -1: UDP */
    struct sockaddr_storage from;
    socklen_t               from_len;
};

typedef void dns_handler_fn(struct dns_server *s, const struct dns_question *q);

struct dns_server {
    dns_handler_fn     *handler;
    void               *owner;    /* of the handler */
    int                 udp, tcp; /* -1: closed */
    int                 other;    /* UDP from another port, for answers from where nothing was sent to */
    int                 peers[DNS_SERVER_PEERS];
    uint16_t            port;
    unsigned            asked;                     /* questions by UDP                                  */
    unsigned            tries;                     /* the same, each repetition counted: by a real clock */
    unsigned            asked_tcp;                 /* questions by TCP                                  */
    struct dns_question recent[DNS_SERVER_RECENT]; /* by UDP */
};

/* False if there is no port to be had. */
bool dns_server_open(struct dns_server *s, dns_handler_fn *handler, void *owner);
void dns_server_close(struct dns_server *s);

/* Wait for something to come. */
void dns_server_wait(struct dns_server *s);
/* Handle all that has come; never waits. */
void dns_server_serve(struct dns_server *s);

/* Send an answer to where the question came from; by TCP with its length in front. */
void dns_server_send(struct dns_server *s, const struct dns_question *q, const struct dns_writer *answer);
/* The same bytes by UDP from another port. */
void dns_server_send_from_other(struct dns_server *s, const struct dns_question *q, const struct dns_writer *answer);

#endif
