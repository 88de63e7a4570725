/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - one server's parts, shared by the files of this folder only. */

#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include "base/id.h"
#include "base/log_limit.h"
#include "base/table.h"
#include "route/dialog_token.h"
#include "route/forward.h"
#include "route/gruu.h"
#include "route/policy.h"
#include "route/sec_agree.h"
#include "server/authenticator.h"
#include "server/held.h"
#include "server/purse.h"
#include "server/server.h"
#include "server/standing.h"
#include "sip/date.h"

enum {
    RETRY_AFTER      = 10, /* seconds, when the store fails or is full */
    AOR_TEXT         = 512,
    CONTACT_TEXT     = 2048,
    SERVER_LISTENERS = LISTENING_PLACES,
    FLOW_TEXT        = 160,
    REQUESTS_HELD    = 1024, /* of one worker, that wait for ENUM or for users; more: 503 */
    SEC_OFFER_TEXT   = 256,
};

/* Who waits for the commit of `seq`: a REGISTER with its 200, or an administrator. */
struct store_wait {
    struct link link; /* in server->waits, lowest seq first */
    uint64_t    seq;
    void (*done)(void *arg, int error); /* or NULL: it is a REGISTER */
    void     *arg;
    object_id txn;
    size_t    size;
    char      answer[];
};

struct asked;

struct server {
    struct world          *world;
    struct shared         *shared;
    const struct snapshot *snapshot; /* held: what this turn decides by, see server_decide_by */
    const struct config   *config;   /* that of snapshot */
    struct stack          *stack;
    struct user_reader    *users;
    struct authenticator  *authenticator;
    struct store_client   *store;
    struct stack_trace     trace;
    struct flow            listeners[SERVER_LISTENERS];  /* listening.c */
    struct slice           advertised[SERVER_LISTENERS]; /* of the configuration */
    unsigned               listener_count;
    struct sec_offer       offer; /* agreement.c; empty: none */
    char                   offer_text[SEC_OFFER_TEXT];
    struct log_limit       log_limit; /* lines about what was refused */
    struct purse           purse;     /* of limits of sources          */

    struct link waits; /* registrar.c */
    size_t      wait_count, wait_limit;
    uint64_t    committed; /* every change up to this one is in the store, as far as we know */

    struct timer expiry_tick; /* registrar_store.c: bindings that have ended */
    unsigned     worker, workers;

    struct link held; /* held.c: requests that wait for a number or a user */
    size_t      held_count;
    unsigned    times_held; /* user_hold.c: of the request that is being decided on once more */

    struct explain *explain;   /* who wants to know each step of what is being decided on; NULL for a real call */
    struct asked   *asked;     /* and what it comes to: a request that is only asked about (asked.h); or NULL */
    struct link     inquiries; /* route_explain.c: those that wait for a user */

    struct hasher   *hasher; /* gruu.c */
    struct merged   *merged; /* registrar.c */
    struct date_line date;   /* registrar_answer.c */

    struct id_table contexts; /* proxy_context.c: requests being forwarded */
};

/* One request on its way through the server: what was found out so far. */
struct passage {
    struct message               *request;
    struct explain               *explain;  /* server->explain */
    const struct policy_decision *decision; /* that it is forwarded by; NULL before, and later on */
    object_id                     txn;      /* 0 for an ACK */
    struct proxy_routes           routes;
    struct proxy_way              way; /* do not move: see proxy_preprocess */
    char                          aor_text[AOR_TEXT];
    bool                          names_us;  /* way.uri: it is one of our listeners             */
    bool                          elsewhere; /* way.uri: it is certainly neither that nor in a domain of ours */
    struct slice                  aor;       /* canonical key of way.uri if it is ours, else empty */
    uint64_t                      aor_hash;  /* location_hash of it, if there is one */
    struct gruu                   gruu;      /* what way.uri is then; its key is that of whom it belongs to */
    struct slice                  instead;   /* way.uri, if it is not the request's: where a number has led   */
    char                          alias_text[AOR_TEXT];  /* way.uri, if it is the user's whose alias was asked for */
    char                          number_text[AOR_TEXT]; /* way.uri, if it is what a number rule has made */
    struct standing               standing;              /* who asks, see claim.h */
    const struct trunk           *trunk;                 /* that it comes from, or NULL */

    bool            of_our_dialog; /* our Record-Route brought it back to us (16.12), its token says */
    bool            stateless;     /* asked for pass.h                                                */
    bool            of_trunk;      /* and that the dialog has a trunk at one side                     */
    struct flow     back;          /* with it: the only way to way.uri; or TRANSPORT_NONE            */
    enum flow_token token; /* or it is that of a flow, which `back` is if GOOD; NONE if the request came by it */
    struct flow     like;  /* the listener that its last own Route names; or TRANSPORT_NONE  */

    struct identity identity; /* who asks, as far as it may be said; see identity.h */
    char            identity_text[IDENTITY_TEXT];
};

/* server.c: decide by `snapshot`, borrowed, until the next call; returns what was decided by
 * before.  What a request sets off later is done with the snapshot of its decision: between two
 * calls of this, the second with what the first has returned. */
const struct snapshot *server_decide_by(struct server *s, const struct snapshot *snapshot);

/* server.c: `snapshot` instead of the one in force, from the next message on; what it says of listeners is for
 * listening.c. */
void server_take(struct server *s, const struct snapshot *snapshot);

/* decide.c: where every request goes. */
void decide_request(struct server *s, object_id txn, struct message *request);
void decide_ack(struct server *s, struct message *ack);
/* The last steps again, for a passage whose standing is known. */
void decide_passage(struct server *s, struct passage *p);

/* passage.c */
/* Another URI in the place of the Request-URI; it lives as long as `p`. */
void passage_redirect(struct server *s, struct passage *p, struct slice uri);
/* Fill in `p` from the request; false if an answer has been given (or, for an
 * ACK, nothing can be done). */
bool passage_open(struct server *s, object_id txn, struct message *request, struct passage *p);
/* The canonical key of a URI in one of our domains (an address of our own stands
 * for the first domain); empty if it is not ours or does not fit. */
struct slice aor_of(struct server *s, const struct uri *uri, char memory[AOR_TEXT]);
struct slice aor_domain(struct server *s, const struct uri *uri);
/* aor_of, for whose URI it is known which of our domains it is in; empty: in none. */
struct slice aor_in(const struct uri *uri, struct slice domain, char memory[AOR_TEXT]);
/* Who is registered as p->aor; see location_find. */
const struct aor *passage_find(const struct server *s, const struct passage *p);
/* Is it a request within a dialog that we have set up, to somebody elsewhere?  That it is so is all that has to be
 * known. */
bool passage_is_on_its_way(const struct passage *p);
/* Is it one of our listeners? */
bool passage_names_us(struct server *s, const struct uri *uri);

/* registrar.c */
void registrar_request(struct server *s, object_id txn, struct message *request);
/* Is who sends this, which requires nothing and shows no credentials, but to be asked for some? */
bool registrar_asks(struct server *s, const struct message *request);
void registrar_report(struct server *s, uint64_t seq, int error);
void registrar_stop(struct server *s);
void registrar_start(struct server *s);

/* proxy.c */
void proxy_start(struct server *s, struct passage *p, const struct policy_decision *decision);
/* `cancel` is whose Reason goes on, or NULL. */
void proxy_cancel(struct server *s, object_id invite, const struct message *cancel);
void proxy_ack(struct server *s, struct passage *p, const struct policy_decision *decision);
void proxy_cancel_all(struct server *s);
/* proxy_context.c */
void proxy_free_all(struct server *s);

/* number.c: telephone numbers (RFC 6116). */
void number_request(struct server *s, const struct passage *p);

/* answer.c: what the server says itself. */
/* A response in the making: false if its transaction is over.  Then it is sent. */
bool answer_begin(struct server *s, object_id txn, struct gather *g, unsigned status, struct slice reason);
void answer_end(struct server *s, object_id txn, struct gather *g, unsigned status);
void answer_end_with(struct server *s, object_id txn, struct gather *g, unsigned status, struct slice type,
                     struct slice body);
void answer_log_at(struct server *s, enum log_level level, const struct message *request, unsigned status,
                   const struct reason *why);
void answer_log(struct server *s, const struct message *request, unsigned status, const struct reason *why);
void answer(struct server *s, object_id txn, unsigned status, const struct reason *why);
/* What the policy answers, with its Warning, and a 405 with Allow. */
void answer_policy(struct server *s, object_id txn, const struct policy_decision *d);
void answer_retry_later(struct server *s, object_id txn, unsigned status, struct slice reason);
void answer_retry_after(struct server *s, object_id txn, unsigned status, struct slice reason, unsigned seconds,
                        const struct reason *why);
/* prove.c: who asks, and is it for this that he has proved it?  `target` is where the
 * request goes; NULL: this registrar. */
enum auth_result prove(struct server *s, const struct message *request, enum header_id header, struct slice domain,
                       const struct uri *target, struct auth_proof *proof);

/* answer_auth.c: 401 or 407 to whom has proved nothing yet; and what else is to be
 * said to a proof that was no AUTH_OK. */
void answer_challenge(struct server *s, object_id txn, unsigned status);
/* Tell log and counters of one. */
void answer_note_challenge(struct server *s, const struct message *request, unsigned status, enum auth_result result,
                           const struct auth_proof *proof);
void answer_unproved(struct server *s, object_id txn, unsigned status, enum auth_result result,
                     const struct auth_proof *proof);
void answer_options(struct server *s, object_id txn);
/* Is all known that Require demands?  False: it has been answered. */
bool answer_understood(struct server *s, object_id txn, const struct message *request);
void answer_unsupported(struct server *s, object_id txn, struct slice headers);

/* redirect.c: by a rule, or to the phones of p->aor, as the caller prefers. */
void answer_redirect(struct server *s, const struct passage *p, const struct policy_decision *decision);

#endif
