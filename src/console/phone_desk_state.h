/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_desk_state.h - what the files of the desk share:
 *
 *   phone_desk.c           commands in, events out, the end
 *   phone_desk_calls.c     its calls: which one is meant, what becomes of one that comes in, statistics
 *   phone_desk_sound.c     what is played and recorded
 *   phone_verbs_call.c     commands about calls
 *   phone_verbs_account.c  commands about accounts
 *   phone_verbs_book.c     commands about contacts and past calls
 *   phone_verbs_text.c     commands about texts
 *   phone_verbs_watch.c    commands about what others tell, and what they see of us
 *   phone_verbs_conference.c  commands about conferences
 *
 * Not for anybody else. */

#ifndef CONSOLE_PHONE_DESK_STATE_H
#define CONSOLE_PHONE_DESK_STATE_H

#include "base/list.h"
#include "console/phone_book.h"
#include "console/phone_desk.h"
#include "console/phone_verbs.h"

struct desk_account {
    struct link        link;
    object_id          id;
    bool               registered, has_policy;
    bool               leaving; /* it was told to take its registration back, at the end */
    struct desk_policy policy;
    char               name[DESK_TEXT], address[DESK_TEXT];
};

struct phone_desk {
    struct world            *world;
    struct phone            *phone; /* NULL: not begun */
    struct phone_desk_config config;
    struct link              calls, accounts, sounds;
    unsigned                 call_count;
    object_id                current;
    struct phone_book       *book;
    struct timer             stats, leaving, played;
    bool                     quitting, given_up;
    bool                     book_failed;
    bool                     here; /* the command under way means the current call, unless it names one */
    msec                     give_up_at;
    char                     text[DESK_LINE];
};

/* phone_desk.c */
struct buf desk_begin_line(struct phone_desk *d);
/* Tell it, if it fits. */
void desk_end_line(struct phone_desk *d, struct json_line *j);
/* -ERR_X with a reason. */
int desk_refuse(struct phone_answer *a, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* phone_desk_calls.c */
struct desk_call *desk_call_find(const struct phone_desk *d, object_id id);
/* A call that begins.  NULL without memory. */
struct desk_call *desk_call_add(struct phone_desk *d, object_id id, bool outgoing, struct slice peer);
void              desk_call_free(struct desk_call *c);
void              desk_calls_event(struct phone_desk *d, const struct phone_event *e);
/* The call that the order names, or the only one that fits its command. */
int  desk_call_of(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, object_id *call);
void desk_calls_start_stats(struct phone_desk *d);

/* phone_desk_sound.c */
struct phone_media desk_sound_media(struct phone_desk *d);
void               desk_sound_free_all(struct phone_desk *d);
/* `path` NULL: stop.  -ERR_NOT_FOUND: the call has no sound (yet). */
int desk_sound_play(struct phone_desk *d, object_id call, const char *path, bool loop, struct phone_answer *a);
int desk_sound_record(struct phone_desk *d, object_id call, const char *path, struct phone_answer *a);
/* All members of the conference of this call, and what is said here. */
int desk_sound_record_conference(struct phone_desk *d, object_id call, const char *path, struct phone_answer *a);
/* False if there is no sound. */
bool desk_sound_levels(struct phone_desk *d, object_id call, double *out, double *in);

/* phone_verbs_watch.c */
/* Somebody asks who stands among the contacts: he is allowed to see. */
bool desk_knows_watcher(struct phone_desk *d, const struct phone_event *e);

/* phone_verbs_account.c */
struct desk_account *desk_account_find(const struct phone_desk *d, object_id id);
/* The account that the order names, or the first one. */
int desk_account_of(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                    struct desk_account **account);
/* "bob", "bob@example.test" or a URI, as a URI; false if it does not fit or is none. */
bool desk_address(const struct phone_desk *d, const struct desk_account *account, struct slice text, struct buf *uri);
/* A URI that goes by TLS may be used from now on, or -ERR_X with a reason; empty and others: 0.  `file`: the name of an
 * account of the user's file that it is of, or NULL. */
int desk_want_tls(struct phone_desk *d, struct slice uri, const char *file, struct phone_answer *a);
/* As desk_address, for somebody who is about to be asked: 0, or -ERR_X with a reason; TLS is made possible, if that is
 * how he is reached. */
int  desk_target(struct phone_desk *d, const struct desk_account *account, struct slice text, struct buf *uri,
                 struct phone_answer *a);
int  desk_complain_address(struct phone_answer *a, struct slice text);
void desk_account_names(const struct phone_desk *d, void (*fn)(void *arg, struct slice name), void *arg);
/* What becomes of calls for this account (0: nobody's). */
const struct desk_policy *desk_policy_of(const struct phone_desk *d, object_id account);

#endif
