/* SPDX-License-Identifier: BSD-2-Clause */
/* binding.h - what a REGISTER does to the bindings of one address-of-record
 * (RFC 3261 10.3 steps 6-8).
 *
 *     bindings now + REGISTER + limits + now  ->  status, changes, reason
 *
 * All or nothing: with any status but 200 there is no change.  Steps 1-5 (whose
 * domain, who asks, which AOR) come before, in policy.h and the server. */

#ifndef ROUTE_BINDING_H
#define ROUTE_BINDING_H

#include "base/limits.h"
#include "base/msec.h"
#include "route/reason.h"
#include "sip/message.h"

/* An existing binding.  The caller keeps the order of its array: of the bindings of one
 * instance, the last is the one that registered last. */
struct binding_now {
    struct slice contact; /* the URI as registered                      */
    struct slice params;  /* as binding_write_params made them          */
    struct slice call_id;
    uint32_t     cseq;
    unsigned     q; /* thousandths */
    msec         expires_at;
    struct slice instance; /* of its params, or empty                    */
    uint32_t     reg_id;   /* 0: RFC 5626 is not in use                  */
};

struct binding_limits {
    uint32_t min_expires, default_expires, max_expires; /* seconds */
    unsigned max_contacts;                              /* of one AOR */
};

/* A REGISTER, and what of it the caller knows better. */
struct binding_request {
    const struct message *message;
    bool                  outbound; /* RFC 5626 may be used: the phone and its first hop both can */
    msec                  now;
};

enum binding_change_kind {
    BINDING_ADD,        /* `contact` is new                                                          */
    BINDING_REFRESH,    /* existing[index] lives longer: nothing of its Contact or Call-ID differs.
                         * (Whether Path, User-Agent or the flow do is for the caller to see.)       */
    BINDING_REPLACE,    /* `contact` takes the place of existing[index]                              */
    BINDING_REMOVE,     /* existing[index]                                                           */
    BINDING_REMOVE_ALL, /* Contact: *                                                                */
};

/* What happened to a contact, in the words of RFC 3680 5.1. */
enum binding_event {
    BINDING_REGISTERED,
    BINDING_REFRESHED,
    BINDING_EXPIRED,
    BINDING_UNREGISTERED,
    BINDING_REJECTED,
};

struct binding_change {
    enum binding_change_kind kind;
    enum binding_event       event;     /* of `contact`; of all, with REMOVE_ALL         */
    bool                     moved;     /* REPLACE by another URI: the old one is UNREGISTERED */
    unsigned                 index;     /* of the existing binding                       */
    struct name_addr         contact;   /* borrows from the REGISTER                     */
    unsigned                 q;         /* thousandths                                   */
    uint32_t                 expires;   /* seconds granted; expires_at = now + this      */
    struct slice             instance;  /* of the Contact, or empty                     */
    uint32_t                 reg_id;    /* 0: RFC 5626 is not in use                    */
    bool                     new_gruus; /* the temporary GRUUs of `instance` end (RFC 5627 5.1) */
};

struct binding_verdict {
    unsigned              status;      /* 200, 400, 403, 423 or 500              */
    struct reason         why;         /* its text serves as the reason phrase   */
    uint32_t              min_expires; /* with 423: for the Min-Expires header   */
    unsigned              count;
    struct binding_change changes[LIMIT_LIST]; /* to be made in this order       */
};

/* Decide.  Borrows all; `existing` entries whose time is up count as absent.
 * A REGISTER without Contact is a question: 200 and no change.
 *
 * Each Contact is compared with the bindings as the Contacts before it have left them,
 * and no existing binding is named by two changes. */
void binding_decide(const struct binding_now *existing, size_t count, const struct binding_request *request,
                    const struct binding_limits *limits, struct binding_verdict *out);

/* "registered" and so on. */
const char *binding_event_name(enum binding_event event);

/* What a registrar reads in a Contact's header parameters: of each name the first. */
struct binding_params {
    struct slice expires, q, instance;
    bool         has_expires, has_q, has_reg_id;
    bool         keeps; /* binding_write_params writes something */
};
/* `readable`: up to where may be looked at, as in a struct scan. */
void binding_read_params(const struct name_addr *contact, const char *readable, struct binding_params *out);

/* The Contact's header parameters but for expires, q and GRUUs: what is kept and given
 * back (";+sip.instance=..."). */
void binding_write_params(struct buf *b, const struct name_addr *contact);

/* A value for the Contact of the 200 (step 8): <URI>;params;q=0.5;expires=3600.
 * q is left out if it is 1000. */
void binding_write_contact(struct buf *b, const struct binding_now *binding, msec now);

#endif
