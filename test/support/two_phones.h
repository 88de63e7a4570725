/* SPDX-License-Identifier: BSD-2-Clause */
/* two_phones.h - a server on a virtual network, who calls, and bob@example.test, who is registered: what does the one
 * hear if the other says something?  By UDP, and without authentication. */

#ifndef TEST_SUPPORT_TWO_PHONES_H
#define TEST_SUPPORT_TWO_PHONES_H

#include "server/server.h"
#include "support/store_fake.h"
#include "support/world_fake.h"

enum { TWO_PHONES_TEXT = 2 * 65536, TWO_PHONES_CALLER = 6000, TWO_PHONES_CALLEE = 6001 };

/* It keeps what it has heard first since it began to listen, but for a 100. */
struct plain_phone {
    struct world *world;
    struct udp   *udp;
    char          text[TWO_PHONES_TEXT];
    struct slice  heard;
};

struct two_phones {
    struct network      *network;
    struct world        *at_server, *at_phones;
    const struct config *config;
    struct fake_disk    *disk;
    struct shared       *shared;
    struct server       *server;
    struct store        *store;
    struct plain_phone   caller, callee;
};

/* With more lines of configuration. */
void two_phones_open(struct two_phones *t, const char *config);
/* When all is over: nothing may be left. */
void two_phones_close(struct two_phones *t);

/* To the server, which has some time to do something about it. */
void two_phones_say(struct two_phones *t, struct plain_phone *p, struct slice text);
/* What was heard is forgotten. */
void two_phones_listen(struct two_phones *t);
void two_phones_live(struct two_phones *t, msec span);

#endif
