/* SPDX-License-Identifier: BSD-2-Clause */
/* walk_text.h - the messages of server_walk.h, as its bytes will have them. */

#ifndef TEST_SUPPORT_WALK_TEXT_H
#define TEST_SUPPORT_WALK_TEXT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

struct choices {
    const uint8_t *data;
    size_t         size, at;
};

/* The next byte; 0 when there are no more. */
unsigned choose(struct choices *c);

#define CHOOSE(table, c) ((table)[choose(c) % (sizeof(table) / sizeof *(table))])

/* A request from the phone on `port` by `transport`, with branch `number`.  `contact` (may be empty) is a URI
 * that was heard, `token` the user of a Record-Route that was. */
struct walk_place {
    unsigned     port, number;
    const char  *transport;
    struct slice contact, token;
};
void walk_put_request(struct buf *b, struct choices *c, const struct walk_place *place);

/* An answer to `request`. */
void walk_put_answer(struct buf *b, struct choices *c, struct slice request);

/* The CANCEL of `request`, or its ACK to `response`: as a client makes them, or nearly so. */
void walk_put_cancel(struct buf *b, struct choices *c, struct slice request);
void walk_put_ack(struct buf *b, struct choices *c, struct slice response, const struct walk_place *place);

/* A later request of the dialog that `heard` belongs to: a response, by its caller, or a request, by who was called. */
void walk_put_later(struct buf *b, struct choices *c, struct slice heard, const struct walk_place *place);

/* Some bytes of it are others, missing or out of place. */
void walk_damage(struct buf *b, struct choices *c);

/* The value of the first such line, by its long name; empty if there is none. */
struct slice walk_value(struct slice text, const char *name);

#endif
