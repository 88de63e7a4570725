/* SPDX-License-Identifier: BSD-2-Clause */
/* response_model.h - RFC 3261 16.7 read once more, for tests: what a proxy does with what happens on the
 * branches of one request.
 *
 * It shares no code with route/response_context.c, and goes about it in another way: it keeps what has happened
 * and works out from that, after each event, what a proxy has to do.  It knows of time only what a test says. */

#ifndef TEST_SUPPORT_RESPONSE_MODEL_H
#define TEST_SUPPORT_RESPONSE_MODEL_H

#include <stdbool.h>

enum { MODEL_BRANCHES = 8, MODEL_DEEDS = 2 * MODEL_BRANCHES };

enum model_kind { MODEL_PLAIN, MODEL_REDIRECT, MODEL_PHONE }; /* as RC_TARGET, RC_REDIRECT, RC_INSTANCE */

struct model_branch {
    enum model_kind kind;
    bool            open;      /* its client transaction has not ended                       */
    bool            heard;     /* some provisional response, or none                          */
    bool            rang;      /* one other than 100                                          */
    bool            cancelled; /* a CANCEL was made                                           */
    bool            timer_c;   /* runs                                                        */
    bool            asks;      /* it has ended, and whoever takes its place is being looked for */
    bool            out;       /* somebody has                                                */
    unsigned        final;     /* response, or what stands for one                            */
    bool            own;       /* it only stands for one                                      */
};

enum deed_kind { DEED_FORWARD, DEED_CANCEL, DEED_ANSWER, DEED_SILENCE, DEED_FOLLOW, DEED_NEXT, DEED_MORE };

struct deed {
    enum deed_kind kind;
    unsigned       branch, status;
    bool           retry; /* what this branch says of when to ask again, goes up */
};

struct response_model {
    bool                invite, recurse;
    struct model_branch branch[MODEL_BRANCHES];
    unsigned            count;
    bool                more, alone; /* a group waits; and for the end of all branches */
    bool                hurried;     /* its time has come                              */
    bool                cancelled;   /* by the client                                  */
    bool                refused;     /* there was a 6xx                                */
    unsigned            finals;      /* other than 2xx that went up, or silence        */
    unsigned            successes;   /* 2xx that went up                               */

    struct deed deeds[MODEL_DEEDS]; /* of the last event */
    unsigned    deed_count;
};

void model_add(struct response_model *m, enum model_kind kind);
void model_group(struct response_model *m, bool more, bool alone);

/* What happens; the deeds are those of it. */
void model_response(struct response_model *m, unsigned branch, unsigned status);
void model_timeout(struct response_model *m, unsigned branch);
void model_error(struct response_model *m, unsigned branch);
void model_taken(struct response_model *m, unsigned branch, bool any);
void model_cancel(struct response_model *m);
void model_group_time(struct response_model *m);
void model_timer_c(struct response_model *m);

/* May there be new branches? */
bool model_is_over(const struct response_model *m);

#endif
