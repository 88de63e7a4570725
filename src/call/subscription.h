/* SPDX-License-Identifier: BSD-2-Clause */
/* subscription.h - watch what others tell: presence, waiting messages, calls, or any other event package
 * (RFC 6665).
 *
 *     subscribe --> PHONE_SUBSCRIBED (pending, active) --> PHONE_NOTIFIED ... --> PHONE_SUBSCRIPTION_ENDED
 *
 * A subscription is refreshed until unsubscribe ends it.  If it ends by itself and it makes sense to try again, that
 * is done in time, and PHONE_SUBSCRIPTION_ENDED says in how long; without (`retry_in` is NEVER) it is over and its id
 * names nothing any more.  A SUBSCRIBE that forks has up to four dialogs, whose NOTIFYs are told alike. */

#ifndef CALL_SUBSCRIPTION_H
#define CALL_SUBSCRIPTION_H

#include "call/phone.h"

struct subscribe_options {
    object_id    account;
    struct slice target;     /* URI                                                          */
    struct slice package;    /* "presence"; any token                                        */
    struct slice accept;     /* content types; empty: those of the package                   */
    uint32_t     expires;    /* seconds; 0: as the package has it                             */
    bool         fetch;      /* the state once (RFC 6665 4.4.3)                              */
    bool         once;       /* not tried again once it has ended                            */
    bool         until_free; /* of package dialog: as call_when_free                      */
    msec         limit;      /* ended after so long; 0: never                             */
    struct slice refer_to;   /* of package refer: it is a REFER with this that begins it, as phone_refer     */
};

/* Keeps copies.  Returns 0 and an id.  -ERR_NOT_FOUND (account), -ERR_SYNTAX (target, package or accept),
 * -ERR_UNSUPPORTED (the target's scheme), -ERR_LIMIT (256 at once), -ERR_NO_MEMORY. */
int subscribe(struct phone *p, const struct subscribe_options *options, object_id *id);

/* End it: PHONE_SUBSCRIPTION_ENDED follows when its notifier knows.  -ERR_NOT_FOUND. */
int unsubscribe(struct phone *p, object_id id);
/* The same with each of them. */
void unsubscribe_all(struct phone *p);

/* Completion on busy: PHONE_FREE tells when somebody has no call any more, by the dialog package (RFC 4235); before
 * that PHONE_ENGAGED tells each time whether he has one.  Then, and after `limit` (0: half an hour), the subscription
 * ends with PHONE_SUBSCRIPTION_ENDED; so it does if he does not tell of his calls: 403, 489.  Errors as subscribe. */
int call_when_free(struct phone *p, object_id account, struct slice target, msec limit, object_id *id);

/* Have the phone of `whom` call `target`, outside of any call (RFC 3515, RFC 7647): click to dial.  PHONE_REFER tells
 * what it says of that, if it says anything, and PHONE_SUBSCRIPTION_ENDED that it has no more to say, or why it will
 * not (status). Errors as subscribe. */
int phone_refer(struct phone *p, object_id account, struct slice whom, struct slice target, object_id *id);

#endif
