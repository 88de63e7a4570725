/* SPDX-License-Identifier: BSD-2-Clause */
/* register_model.h - what a registrar has to serve, in the plainest words: a model of one
 * address-of-record to compare the real one with (RFC 3261 10.3, RFC 5626 6, RFC 5627 5.1).
 *
 * Nothing here knows of the server's code.  A request is numbers that stand for its texts; the list
 * is copied, changed Contact by Contact, and put in place if all went well. */

#ifndef TEST_SUPPORT_REGISTER_MODEL_H
#define TEST_SUPPORT_REGISTER_MODEL_H

#include "base/msec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_CONTACTS = 6, /* of one request */
    MODEL_BINDINGS = 16,
    MODEL_URIS     = 13,
    MODEL_ABSENT   = -1, /* of a time or a q */
    MODEL_BROKEN   = -2,
    MODEL_MOST     = 4, /* bindings of an AOR, seconds: as the server is told */
    MODEL_MIN      = 60,
    MODEL_DEFAULT  = 1800,
    MODEL_MAX      = 7200,
};

struct model_contact {
    unsigned uri;      /* of model_uri() */
    unsigned instance; /* 0: none        */
    int      reg_id;   /* MODEL_ABSENT; 0 is not allowed */
    int      expires;  /* seconds, MODEL_ABSENT or MODEL_BROKEN */
    int      q;        /* thousandths, MODEL_ABSENT or MODEL_BROKEN */
};

struct model_request {
    unsigned             call_id, cseq;
    unsigned             phone; /* who sends it: where its flow leads */
    bool                 outbound, star;
    int                  expires; /* of the header */
    size_t               count;
    struct model_contact contacts[MODEL_CONTACTS];
};

struct model_binding {
    struct model_contact contact; /* as it came */
    bool                 is_flow;
    unsigned             call_id, cseq, phone;
    uint64_t             row, epoch; /* epoch: of the GRUUs of its instance, 0 without */
    msec                 ends, lease;
};

struct model {
    size_t               count;
    struct model_binding bindings[MODEL_BINDINGS]; /* in the order they registered, at least of one instance */
    size_t               stored;
    struct model_binding rows[MODEL_BINDINGS]; /* what a power cut leaves */
    uint64_t             last_row, last_epoch;
};

/* The text of a URI; and which are one by RFC 3261 19.1.4 and RFC 3966 4. */
const char *model_uri(unsigned uri);
bool        model_uri_eq(unsigned a, unsigned b);

/* What the answer is, and with 200 what is bound then. */
unsigned model_register(struct model *m, const struct model_request *r, msec now);

/* What has ended by now is gone. */
void model_expire(struct model *m, msec now);

/* The server starts again: what it has been told is served up to its lease. */
void model_restart(struct model *m, msec now);

#endif
