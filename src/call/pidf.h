/* SPDX-License-Identifier: BSD-2-Clause */
/* pidf.h - presence as a document: application/pidf+xml (RFC 3863).  Not for anybody but call/. */

#ifndef CALL_PIDF_H
#define CALL_PIDF_H

#include "base/buf.h"
#include "call/xml.h"

enum { PIDF_TUPLES = 8 };

struct pidf_tuple {
    struct slice id, contact, note, timestamp;
    bool         has_basic, open;
};

struct pidf {
    struct slice      entity;  /* whose it is: "pres:alice@example.com" or a SIP URI */
    struct slice      note;    /* of the whole; or of the first open tuple           */
    struct slice      contact; /* of the first open tuple                           */
    bool              open;    /* at least one tuple says so                         */
    struct pidf_tuple tuples[PIDF_TUPLES];
    unsigned          tuple_count; /* what there is more is passed over              */
};

/* False: this is no presence document.  Borrows from the tree. */
bool pidf_read(const struct xml_node *root, struct pidf *out);

/* A document with one tuple; `note` and `contact` may be empty. */
void pidf_write(struct buf *b, struct slice entity, bool open, struct slice note, struct slice contact);

#endif
