/* SPDX-License-Identifier: BSD-2-Clause */
/* refusal.h - what each error status means to a call (RFC 3261 8.1.3, 14.1, 21).
 *
 * One table, refusal.def.  docs/phone.md shows it to users, with the exit code of each; whoever
 * gets a status looks here. */

#ifndef DIALOG_REFUSAL_H
#define DIALOG_REFUSAL_H

enum {
    REFUSAL_LATER_SECONDS = 10, /* LATER: a longer Retry-After is the user's to wait for */
    REFUSAL_LATER_TIMES   = 2,  /* in one call                                          */
};

/* To an INVITE that was to begin a call. */
enum refusal_outside {
    OUTSIDE_END,               /* on to the next address that a 3xx has named, or the end       */
    OUTSIDE_LAST,              /* the end                                                       */
    OUTSIDE_FOLLOW,            /* to the addresses in Contact, best first                       */
    OUTSIDE_PROVE,             /* again with credentials                                        */
    OUTSIDE_WITHOUT_BODY,      /* again without a description: it comes in the 2xx              */
    OUTSIDE_BY_ACCEPT,         /* likewise, if Accept says that this is possible                */
    OUTSIDE_WITH_EXTENSION,    /* again requiring what Require lists                            */
    OUTSIDE_WITHOUT_EXTENSION, /* again without what Unsupported lists                          */
    OUTSIDE_LONGER,            /* again with a session interval of Min-SE                       */
    OUTSIDE_LATER,             /* again after a Retry-After that is short                       */
};

/* To a request that would change or refresh a call that is up. */
enum refusal_within {
    WITHIN_KEEP,   /* nothing has changed                                           */
    WITHIN_LOST,   /* the peer has no such call: it ends                            */
    WITHIN_PROVE,  /* again with credentials                                        */
    WITHIN_LONGER, /* again with a session interval of Min-SE                       */
    WITHIN_AGAIN,  /* again after the pause of 14.1                                 */
    WITHIN_LATER,  /* again after a Retry-After that is short                       */
};

struct refusal {
    unsigned             status;
    enum refusal_outside outside;
    enum refusal_within  within;
};

/* 300-699; an unknown one is as good as the x00 of its class (8.1.3.2). */
const struct refusal *refusal_of(unsigned status);
/* The n-th of the table, from 0; NULL past the last. */
const struct refusal *refusal_at(unsigned n);

/* For a user, static texts. */
const char *refusal_outside_text(enum refusal_outside outside);
const char *refusal_within_text(enum refusal_within within);

#endif
