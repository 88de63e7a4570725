/* SPDX-License-Identifier: BSD-2-Clause */
/* conference_private.h - what conference.c and call_port.c share, and offer to the files of call/. */

#ifndef CALL_CONFERENCE_PRIVATE_H
#define CALL_CONFERENCE_PRIVATE_H

#include "call/conference.h"
#include "call/state.h"
#include "media/mixer.h"

/* Of two members: who brings their sound together. */
enum pair_state {
    PAIR_MIXED,  /* we do                                                    */
    PAIR_WANTED, /* we do, and one of them is to be asked to call the other  */
    PAIR_ASKED,  /* he has been, and we do until he has                      */
    PAIR_DIRECT, /* they do without us                                       */
};

struct pair {
    enum pair_state state;
    unsigned        tries; /* how often one was asked */
};

/* Its members own it: the last but one to leave frees it. */
struct conference {
    struct phone       *phone;
    struct mixer       *mixer;
    struct call_stream *members[PHONE_MEMBERS]; /* in the order in which they came */
    size_t              count;
    bool                mesh;
    struct pair         pairs[MIXER_PORTS][MIXER_PORTS]; /* by their places, the lower one first */
    struct timer        mesh_timer;
};

_Static_assert((int)PHONE_MEMBERS <= (int)MIXER_PORTS, "each member has a place in the mixer");

/* The stream of the call that is in one, or NULL. */
struct call_stream *conference_stream(struct call *c);
/* Not one more could come in. */
bool conference_is_full(struct call *c);
/* This stream leaves, if it is in one. */
void conference_drop(struct call_stream *s);
/* Their call is up: if its INVITE asked to join another, it does.  Where that is over by now it is a plain call. */
void conference_let_join(struct call *c);
void conference_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e);

#endif
