/* SPDX-License-Identifier: BSD-2-Clause */
/* tell.h - what the files share that tell others of us.  Not for anybody else.
 *
 *   teller.c     a subscription of somebody else: its life and its NOTIFYs
 *   teller_in.c  his SUBSCRIBEs, and whether he may
 *   presence.c   who may see whether we are there, and what he sees
 *   dialog_info.c  the document of our calls */

#ifndef CALL_TELL_H
#define CALL_TELL_H

#include "call/presence.h"
#include "call/state.h"
#include "dialog/notifier.h"

enum { TELLER_WHO = 256, TELLERS_MAX = 32, TELLERS_OF_ONE = 4 };

enum tell { TELL_DIALOGS, TELL_PRESENCE };

struct teller {
    struct link     link;
    struct account *account;
    enum tell       what;
    struct dialog  *dialog;
    struct flow     flow;
    struct auth     auth;
    struct event    event; /* copies in the dialog's arena */
    struct notifier machine;
    struct timer    timer;
    object_id       txn;
    uint32_t        version;
    uint64_t        told;    /* the hash of what was told last       */
    bool            allowed; /* he is told something at all          */
    bool            blocked; /* and it is not the truth              */
    char            who[TELLER_WHO];
    size_t          who_len; /* whom our registrar asserts him to be */
    char            contact[512];
    size_t          contact_len;
};

struct slice teller_package(const struct teller *t); /* "dialog" */
struct slice teller_type(const struct teller *t);    /* of the documents */
/* It begins: `seconds` were granted. */
void teller_begin(struct teller *t, uint32_t seconds);
/* Another SUBSCRIBE of his was accepted. */
void teller_go_on(struct teller *t, uint32_t seconds);
void teller_free(struct teller *t);
/* Those of this account that tell of that. */
void tellers_end(const struct account *a, enum tell what, enum end_reason why);
/* Those of this account that tell him. */
unsigned tellers_of(const struct account *a, const struct uri *who);
/* The user has decided on him. */
void tellers_decided(struct account *a, const struct uri *who, enum presence_answer answer);

/* presence.c */
enum presence_answer presence_answer_to(const struct account *a, const struct uri *who);
void                 presence_write(struct buf *b, const struct account *a, bool blocked);

#endif
