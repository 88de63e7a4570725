/* SPDX-License-Identifier: BSD-2-Clause */
/* route_explain.h - where a request would go, and why, without sending anything: `ahoy route`, `ahoy config
 * test`.
 *
 *     question --> a message as it might have come --> passage_open, decide, ... --> steps, targets, answer
 *
 * It is the very code that serves real requests, with server->asked set (asked.h): there is no second
 * decision that could differ from the first. */

#ifndef SERVER_ROUTE_EXPLAIN_H
#define SERVER_ROUTE_EXPLAIN_H

#include "server/asked.h"

/* Empty or 0: the usual one. */
struct route_question {
    struct slice   method, uri;
    struct slice   from;          /* a URI; empty: anonymous (RFC 3261 8.1.1.3)     */
    struct slice   headers;       /* whole lines, each with its CRLF: other than the usual ones, or in their place */
    enum transport transport;     /* that it came by: udp, but for sips tls       */
    struct address source;        /* that it came from: 203.0.113.1:5060          */
    struct slice   trunk;         /* that it comes from, whatever the source is   */
    bool           authenticated; /* whoever From says has proved it              */
};

struct route_explanation {
    const struct message      *request; /* as it was made up */
    const struct explain      *explain;
    const struct asked_branch *targets; /* in the order of their groups; none: it is answered, or registers */
    unsigned                   target_count;
    bool                       registers;
    struct slice               route;  /* the section of the configuration that it goes by, or empty */
    unsigned                   status; /* of the answer, or 0 */
    struct slice               answer; /* all of it           */
    struct slice               why, rule;
};

/* `e` lives until it returns; with an error (-ERR_X: users cannot be read, the server ends) it is NULL. */
typedef void route_explain_fn(void *arg, int error, const struct route_explanation *e);

enum { ROUTE_REQUEST_TEXT = 8192 };

/* Ask; `fn` is called once, perhaps before this returns, unless it returns an error: -ERR_SYNTAX (no such
 * request can be made; `problem` says what is wrong with it), -ERR_NO_MEMORY. */
int route_explain(struct server *s, const struct route_question *q, route_explain_fn *fn, void *arg, char *problem,
                  size_t problem_size);

/* Who waits for a user is told -ERR_CLOSED. */
void route_explain_stop(struct server *s);

#endif
