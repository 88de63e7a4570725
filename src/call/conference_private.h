/* SPDX-License-Identifier: BSD-2-Clause */
/* conference_private.h - what conference.c and call_port.c share, and offer to the files of call/. */

#ifndef CALL_CONFERENCE_PRIVATE_H
#define CALL_CONFERENCE_PRIVATE_H

#include "call/conference.h"
#include "call/state.h"
#include "media/mixer.h"

/* Its members own it: the last but one to leave frees it. */
struct conference {
    struct mixer       *mixer;
    struct call_stream *members[PHONE_MEMBERS];
    size_t              count;
};

_Static_assert((int)PHONE_MEMBERS <= (int)MIXER_PORTS, "each member has a place in the mixer");

/* This stream leaves, if it is in one. */
void conference_drop(struct call_stream *s);
/* Their call is up: if its INVITE asked to join another, it does.  Where that is over by now it is a plain call. */
void conference_let_join(struct call *c);
void conference_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e);

#endif
