/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_state.h - what the parts of a phone actor share: what it notes of its events (phone_note.c), its verbs
 * (phone_acts.c), how its account is written in a script (phone_account.c), its life and what is expected of it
 * (phone.c). */

#ifndef SCENARIO_PHONE_STATE_H
#define SCENARIO_PHONE_STATE_H

#include "call/call.h"
#include "call/phone.h"
#include "scenario/desk.h"
#include "scenario/scenario.h"

enum { PHONE_CALLS = 8, PHONE_ACCOUNTS = 4 };

struct phone_actor {
    struct actor          actor;
    struct phone         *phone; /* NULL: not running */
    struct phone_desk    *desk;
    struct desk_lines     lines;
    struct account_config account_configs[PHONE_ACCOUNTS];
    object_id             accounts[PHONE_ACCOUNTS];
    unsigned              account_count;
    object_id             account;            /* that the verbs are about */
    object_id             subscription;       /* the latest */
    object_id             call;               /* the latest: what the verbs are about */
    object_id             calls[PHONE_CALLS]; /* the latest ones, in no order */
    unsigned              call_count;
    bool                  tcp, secure;    /* secure: it can TLS and WebSockets */
    unsigned              session, least; /* its session timer, and the least it takes */
    bool                  roams;          /* its host's address may change     */
    const char           *also;           /* a second address of its host, or NULL */
    struct tls_shared    *tls;
    enum phone_reliable   reliable;
    unsigned              voices;
    struct track *said[PHONE_STREAMS], *heard[PHONE_STREAMS];     /* of each stream of its calls, once it was there */
    struct track *own_said[PHONE_CALLS], *own_heard[PHONE_CALLS]; /* of the first sounds that it has opened */
};

/* ---- life ---- */

bool phone_begin(struct phone_actor *a);
void phone_end(struct phone_actor *a);
/* The verbs are about this call from now on. */
void phone_set_call(struct phone_actor *a, object_id call);

/* ---- its parts ---- */

/* An event, as `expect` finds it. */
void phone_note(struct phone_actor *a, const struct phone_event *e);

/* AOR PASSWORD and what may follow them, one account more: NULL if it is none, or one too many. */
struct account_config *phone_parse_account(struct phone_actor *a, const char *const *word);

bool phone_act(struct phone_actor *a, const struct statement *st);

#endif
