/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_desk.h - a phone under command: commands in, lines of JSON out.
 *
 *     d = phone_desk_new(world, &config);
 *     phone_desk_hook(d, &phone_config);             its ears, and the sound
 *     phone_new(world, &phone_config, &phone);
 *     phone_desk_begin(d, phone);                    "ready"
 *     phone_desk_add_account(d, ...);
 *     phone_desk_command(d, {"command":"call",...})  as often as wanted: a "result" or an "error" each
 *     ... events, until config.ended has been called, after the command quit or phone_desk_quit
 *     phone_free(phone);
 *     phone_desk_free(d);
 *
 * `ahoy phone`, whether a person or a script is in front of it, is this and a way for
 * lines to come and go.  Nothing here blocks or knows of a terminal. */

#ifndef CONSOLE_PHONE_DESK_H
#define CONSOLE_PHONE_DESK_H

#include "call/call.h"
#include "console/phone_command.h"
#include "console/phone_report.h"

enum {
    DESK_TEXT     = 256,
    DESK_LINE     = 128 * 1024, /* the longest line of JSON */
    DESK_PATIENCE = 4000,       /* ms that good-byes may take */
};

/* What becomes of a call that comes in. */
enum desk_incoming { INCOMING_TELL, INCOMING_RING, INCOMING_ANSWER, INCOMING_REJECT };

struct desk_policy {
    enum desk_incoming mode;
    msec               after;  /* ANSWER: so long after ringing; 0: at once */
    unsigned           status; /* REJECT */
};

struct phone_desk_config {
    /* One object with its LF; lives until it returns.  Borrows nothing, must not call back. */
    void (*line)(void *arg, struct slice line);
    /* An event of the phone, after its line; may be NULL. */
    void (*event)(void *arg, const struct phone_event *e);
    /* The quit is over: nothing follows. */
    void (*ended)(void *arg);
    /* An account of the user's file, whose texts live until the next call; -ERR_NOT_FOUND.  May be NULL. */
    int (*find_account)(void *arg, const char *name, struct account_config *out);
    /* Something is about to go by TLS: see that the phone can.  `account`: the name of one of the user's file, or NULL.
     * 0, or -ERR_X with the reason, and then it does not go.  May be NULL: it can, or not. */
    int (*want_tls)(void *arg, const char *account, char *reason, size_t size);
    void              *arg;
    const char        *contacts, *calls; /* files of phone_book.h, or NULL */
    struct phone_media media;            /* the sound of calls: what is said when nothing is played */
    msec               stats_every;      /* of calls that are up; 0: never */
    struct desk_policy incoming;         /* for accounts that have none of their own */
};

struct phone_desk;

/* Copies `config`.  NULL without memory. */
struct phone_desk *phone_desk_new(struct world *w, const struct phone_desk_config *config);
/* After phone_free.  NULL is allowed. */
void phone_desk_free(struct phone_desk *d);

void phone_desk_hook(struct phone_desk *d, struct phone_config *config);
void phone_desk_begin(struct phone_desk *d, struct phone *p);

/* Copies `name` (the address if it is empty).  As phone_add_account; -ERR_EXISTS if there is one of that name. */
int phone_desk_add_account(struct phone_desk *d, struct slice name, const struct account_config *config, object_id *id);
/* Every one there is. */
void phone_desk_register_all(struct phone_desk *d);

/* One line of JSON, without its LF. */
void phone_desk_command(struct phone_desk *d, struct slice line);
/* A command that was read already.  Borrows it.  `_here`: as a person means it: a call that is not
 * named is the current one. */
void phone_desk_order(struct phone_desk *d, const json_t *object);
void phone_desk_order_here(struct phone_desk *d, const json_t *object);
/* A line was too long to be read; it was typed, and cannot be understood; so many lines of the
 * desk were not taken by whoever reads them: tell that. */
void phone_desk_too_long(struct phone_desk *d);
void phone_desk_fault(struct phone_desk *d, const struct phone_fault *fault);
void phone_desk_dropped(struct phone_desk *d, unsigned long count);

/* Hang up, unregister, and be done in DESK_PATIENCE at most. */
void phone_desk_quit(struct phone_desk *d);

/* ---- what a person's screen wants to know ---- */

struct desk_call {
    struct link        link;
    struct phone_desk *desk;
    object_id          id, account; /* account: known from its first event on */
    bool               outgoing, rang, answered, held, held_by_peer, muted;
    msec               started, answered_at;
    char               peer[DESK_TEXT];
    struct timer       timer; /* until it is answered by itself */
    double             level_out, level_in;
};

/* The call that a person means who does not say which: the latest that was placed, answered,
 * held or resumed; NULL: there is none. */
struct desk_call *phone_desk_current(const struct phone_desk *d);
unsigned          phone_desk_calls(const struct phone_desk *d);

/* "registered: home, work" ... */
void phone_desk_registrations(const struct phone_desk *d, struct buf *b);
/* The names that an argument of this type may have now: accounts, calls. */
void phone_desk_names(const struct phone_desk *d, enum phone_argument_type type,
                      void (*fn)(void *arg, struct slice name), void      *arg);

/* The command that this key stands for, with this call at hand; NULL: none. */
const struct phone_command *phone_command_of_key(char key, const struct desk_call *call);

bool desk_call_waits(const struct desk_call *c);    /* came in, not answered yet */
bool desk_call_talks(const struct desk_call *c);    /* up, not held by us        */
bool desk_call_is_held(const struct desk_call *c);  /* up, held by us            */
bool desk_call_is_heard(const struct desk_call *c); /* up, not muted             */
bool desk_call_is_muted(const struct desk_call *c); /* up, muted                 */

/* What a verb answers.  `line` takes members of the result; with an error `reason` may say
 * why, else the error's text does. */
struct phone_answer {
    struct json_line *line;
    char              reason[DESK_TEXT];
};

#endif
