/* SPDX-License-Identifier: BSD-2-Clause */
/* name_servers.h - one question to the name servers, by c-ares on our loop.
 *
 * c-ares picks ids and ports, repeats, goes to the next server after silence, SERVFAIL
 * and REFUSED, to TCP after a truncated answer, and takes an answer only from where the
 * question went and if it repeats the question.  What an answer says is read elsewhere
 * (net/dns_answer.h).
 *
 *     name_servers_ask --> channel: server 1, 2, 1, 2 --> fn
 *
 * A channel is one order of servers.  When the first of several was silent and another
 * one answered, a new channel begins where that one is first, and the old one goes when
 * its last question has ended: a dead name server delays what is under way, and no more.
 * In the same way a changed /etc/resolv.conf is taken up. */

#ifndef NET_NAME_SERVERS_H
#define NET_NAME_SERVERS_H

#include "net/dns_answer.h"
#include "net/loop.h"
#include "net/world.h"

struct ares_channeldata;
struct name_servers;

struct name_reply {
    struct slice     message;  /* lives until fn returns; empty if there is none               */
    enum dns_outcome outcome;  /* DNS_ANSWERED: see the message; else why there is none        */
    unsigned         timeouts; /* tries that met silence                                       */
};

typedef void name_reply_fn(void *owner, const struct name_reply *reply);

/* Borrows `loop` and `w`.  `servers` is "127.0.0.1:5353,[::1]:53", or NULL for those of
 * /etc/resolv.conf; each is asked twice, `timeout` is that of the first try, 0 for
 * 2000 ms.  NULL without memory or if `servers` makes no sense. */
struct name_servers *name_servers_new(struct loop *loop, struct world *w, const char *servers, msec timeout);
/* Every question that is open ends in its fn. */
void name_servers_free(struct name_servers *n);

/* Ask.  `fn` may be called before this returns, and must not ask again itself. */
void name_servers_ask(struct name_servers *n, const char *name, enum record_type type, name_reply_fn *fn, void *owner);
/* Read /etc/resolv.conf again: at once, or when a former order of servers has ended; without
 * memory, with a later question. */
void name_servers_reload(struct name_servers *n);

/* The server that is asked first, for the log. */
void name_servers_first(const struct name_servers *n, struct buf *out);
/* For net/local_name.h. */
struct ares_channeldata *name_servers_channel(const struct name_servers *n);

#endif
