/* SPDX-License-Identifier: BSD-2-Clause */
/* asked.h - a request that is only asked about (route_explain.h) on its way through the server: what the
 * code that serves real ones says and does differently then.
 *
 *     passage_open, facts_decide ...      the same
 *     claim_check                         takes the caller's word: `authenticated`
 *     users who are not in RAM            `waits`; the caller waits for them and begins anew
 *     ENUM, the registrar                 said, not asked, not changed
 *     answers                             stack/rehearsal.h keeps them
 *     a branch                            its copy is written, noted here and not sent
 *
 * server->asked is NULL for a real request, and is set within one turn only. */

#ifndef SERVER_ASKED_H
#define SERVER_ASKED_H

#include "server/proxy_copy.h"
#include "stack/rehearsal.h"

enum { ASKED_BRANCHES = 64, ASKED_TEXT = 256 * 1024 };

/* One copy that would be sent; the texts are the struct asked's. */
struct asked_branch {
    struct slice uri;       /* its Request-URI                                            */
    struct slice route;     /* Route values put on top for it (a Path, a next hop), or empty */
    struct slice way;       /* stack_tell_way                                             */
    struct slice params;    /* of its Contact: what the phone says it can (RFC 3840)      */
    struct slice why, rule; /* or empty                                                   */
    unsigned     q;         /* thousandths                                                */
    unsigned     group;     /* from 0: one after the other                                */
};

struct asked {
    struct explain     *explain;       /* borrowed */
    bool                authenticated; /* the caller is who From says */
    struct slice        trunk;         /* the name of that it is taken to come from, or empty */
    bool                waits;         /* for a user from the store: nothing else counts then */
    bool                registers;     /* it ends at the registrar */
    struct rehearsal    rehearsal;
    struct slice        why, rule; /* of the answer */
    struct slice        route;     /* whom the section is for that it goes by, or empty */
    struct arena        texts;
    struct asked_branch branches[ASKED_BRANCHES];
    unsigned            count;
};

/* The steps that the code of real requests has no words for: what became of the Route and whose the
 * Request-URI is. */
void asked_tell_passage(const struct passage *p);
/* What was decided, and by which section of the configuration. */
void asked_tell_decision(struct server *s, const struct passage *p, const struct policy_decision *d);

/* Whom the caller is taken to be, in the place of claim_check. */
enum auth_result asked_caller(struct server *s, struct passage *p);

/* A reason in the place of a line in the log. */
void asked_reason(struct asked *a, const struct reason *why);

/* A branch in the place of sending it.  False if its copy cannot be written. */
bool asked_note_branch(struct server *s, const struct passage *p, const struct branch_plan *plan);

/* The same for all targets of a set, in the order of their groups; `shared` is what their plans have in
 * common.  How many there are. */
unsigned asked_note_set(struct server *s, const struct passage *p, const struct branch_plan *shared,
                        const struct target_set *set);

/* The DNS is not asked for a number: decided as if it knew nothing. */
void asked_number(struct server *s, struct passage *p);

/* It would be registered, or refused that. */
void asked_register(struct server *s, const struct passage *p);

#endif
