/* SPDX-License-Identifier: BSD-2-Clause */
/* channel_pair.h - two worlds on the virtual network, and channels between them.
 *
 * The client calls the server at SERVER_PORT; what either hears is kept as text:
 * "open ", the bytes, " closed:ERROR". */

#ifndef TEST_SUPPORT_CHANNEL_PAIR_H
#define TEST_SUPPORT_CHANNEL_PAIR_H

#include "net/channel.h"
#include "support/lab.h"
#include "support/test.h"
#include "support/world_fake.h"

enum { CHANNEL_ENDS = 64, CHANNEL_TEXT = 16384, SERVER_PORT = 5061 };

struct channel_end {
    struct channel_pair *pair;
    struct channel      *channel; /* NULL once it is gone      */
    unsigned             pieces;  /* calls of on_bytes         */
    unsigned             alive;   /* of on_alive               */
    bool                 close;   /* by its first on_bytes     */
    struct buf           heard;
    char                 memory[CHANNEL_TEXT];
};

struct channel_pair {
    struct network    *net;
    struct host       *client_host, *server_host;
    struct world      *client, *server;
    struct channels   *client_all, *server_all;
    struct lab        *lab;
    struct tls_shared *client_tls, *server_tls;
    struct listener   *listener;
    enum channel_kind  kind;
    struct channel_end caller, ends[CHANNEL_ENDS]; /* in the order of accepting */
    unsigned           accepted, refused;
};

/* The server is "a.example" and 192.0.2.2. */
struct channel_pair *channel_pair_new(enum channel_kind kind, const struct channel_limits *limits);
/* With certificates as wished; NULL for the client: it has none.  For CHANNEL_TCP: no TLS at all. */
struct channel_pair *channel_pair_new_with(enum channel_kind kind, const struct channel_limits *limits,
                                           const struct lab_wish *client, const struct lab_wish *server);
void                 channel_pair_free(struct channel_pair *p);

void channel_pair_live(struct channel_pair *p, msec duration);
/* The caller connects, to a server that proves to be `domain`. */
void channel_pair_dial(struct channel_pair *p, const char *domain);
/* Another one does: all zero, and to be closed before the pair is freed. */
void channel_end_dial(struct channel_end *e, struct channel_pair *p, const char *domain);
void channel_end_close(struct channel_end *e);
/* `text` by a channel of the pair; the result of channel_send. */
int channel_end_say(struct channel_end *e, const char *text);

#endif
