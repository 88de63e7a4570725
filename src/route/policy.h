/* SPDX-License-Identifier: BSD-2-Clause */
/* policy.h - what the server does with a request: register, look up, forward,
 * redirect or refuse (RFC 3261 10.3, 16.5, 8.3), and why.
 *
 *                     ours?                          relay allowed?
 *   request ── yes ── REGISTER: registrar      no ── dialog of ours, or our user: static
 *                     to the server: answer          route, redirect server, DNS
 *                     user: location, 480, 404       else 407 or 403: no open relay
 *                     number: route of numbers, 404  or a trunk, for whom it may call
 *
 * Who is "ours" has proved it: credentials, if the server asks for such, or a trunk's word.  Everybody reaches our
 * users.
 *
 * A request with a flow token of ours in its Route goes by that flow (RFC 5626 5.3).  And for phones of the
 * domains in `edges`, which are somebody else's, this is an edge proxy: what they ask goes to the servers of
 * their domain, which know them and decide; it goes nowhere else.
 *
 * The decision is a calculation over the configuration and what the caller has
 * looked up; it holds nothing. */

#ifndef ROUTE_POLICY_H
#define ROUTE_POLICY_H

#include "route/explain.h"
#include "route/flow_token.h"
#include "route/number_rule.h"
#include "route/reason.h"
#include "route/route_table.h"
#include "route/trunk.h"
#include "sip/message.h"

struct policy_route {
    struct slice               domain;  /* see destination.h; "*": every other, and tel: */
    const struct table_target *targets; /* forward there: see route_table.h; or none, and then: */
    size_t                     target_count;
    struct slice               redirect;  /* ask this redirect server */
    const uint16_t            *fail_over; /* statuses that lead to the next target; 0 at its end */
    msec                       timeout;   /* of a target, for a first answer; 0: the usual */
    bool                       stateless; /* no transactions: server/pass.h */
    unsigned                   line;      /* of the configuration */
};

struct redirect_rule;

struct policy {
    const struct slice         *domains; /* ours */
    size_t                      domain_count;
    const struct policy_route  *routes;
    size_t                      route_count;
    const struct redirect_rule *redirects; /* used if `redirect` */
    size_t                      redirect_count;
    const struct slice         *edges; /* patterns as in a route; no domain of ours */
    size_t                      edge_count;
    const struct trunk         *trunks;
    size_t                      trunk_count;
    const struct number_rule   *number_rules;
    size_t                      number_rule_count;
    bool                        registrar, proxy, redirect;
    bool                        stateless;      /* a route is */
    bool                        numbers;        /* telephone numbers are looked up by ENUM */
    bool                        authentication; /* our users prove who they are */
};

struct policy_case {
    const struct message *request;
    const struct uri     *uri;        /* the Request-URI after proxy_preprocess        */
    bool                  uri_is_us;  /* its host and port are a listener of ours      */
    bool                  route_left; /* Route values remain after proxy_preprocess    */
    const struct uri     *next;       /* then: the first of them                       */
    bool                  own_route;  /* one of ours was there, its token fits         */
    bool                  own_trunk;  /* and says that one side of the dialog is a trunk   */
    enum flow_token       token;      /* or it has one of a flow, another than the request came by */
    bool                  from_is_us; /* the host of From is an address of ours: it names a user of our first domain */
    bool                  authenticated; /* a user of ours, who is in From, or acts for who is, or hides his name */
    const struct trunk   *trunk;         /* it comes from, or NULL                        */
    bool                  user_known;    /* the user of `uri` is one of ours              */
    bool                  has_bindings;  /* and registered somewhere                      */
    bool                  has_secure;    /* one of the bindings has a sips Contact        */
    bool                  is_gruu;       /* `uri` has a gr parameter: only the bindings of one phone count */
    bool                  is_no_gruu;    /* it is a GRUU of nobody                        */
    bool                  anothers_gruu; /* the Contact is a GRUU of somebody else than From */
    bool                  stateless;     /* it is asked what is passed on so: an ACK goes where its INVITE went */
    bool                  number;        /* `uri` is a telephone number that ENUM has not been asked for yet */
    struct explain       *explain;       /* who wants to know each step, or NULL          */
};

/* RFC 5630 8: "SIPS Not Allowed", "SIPS Required". */
enum { WARNING_SIPS_NOT_ALLOWED = 380, WARNING_SIPS_REQUIRED = 381 };

enum policy_kind {
    POLICY_ANSWER,            /* `status`: a refusal.  An ACK is dropped instead          */
    POLICY_CHALLENGE,         /* 407 with challenges (401 for REGISTER is the registrar's) */
    POLICY_SELF,              /* OPTIONS for the server itself: answer 200 (11.2)         */
    POLICY_REGISTER,          /* the registrar's                                          */
    POLICY_LOCATION,          /* fork to the bindings of the user                         */
    POLICY_FORWARD,           /* to the topmost Route or the Request-URI as it is         */
    POLICY_ROUTE,             /* forward by way of one of route->targets                  */
    POLICY_HOME,              /* forward by way of the servers of `home`                  */
    POLICY_FLOW,              /* forward by the flow of its token                         */
    POLICY_ASK,               /* send it to route->redirect and follow the 3xx            */
    POLICY_NUMBER,            /* ask ENUM for the number, then decide on what it says     */
    POLICY_REDIRECT,          /* answer as the rule says                                  */
    POLICY_REDIRECT_BINDINGS, /* answer 302 with the user's contacts                      */
};

struct policy_decision {
    enum policy_kind            kind;
    unsigned                    status;  /* ANSWER, CHALLENGE */
    unsigned                    warning; /* ANSWER: a warn-code that goes with it (RFC 3261 20.43), or 0 */
    const struct policy_route  *route;   /* ROUTE, ASK        */
    bool                        number;  /* ROUTE: it is for a number: targets without ;lr get it as a user of theirs */
    const struct redirect_rule *redirect; /* REDIRECT          */
    struct slice                home;     /* HOME: a domain    */
    bool                        edge;     /* of a phone whose edge proxy we are: it is reached by way of us */
    struct reason               why;
};

/* The one of our domains that `host` is, in any case and with or without a dot at its end; empty if it
 * is none. */
struct slice policy_domain(const struct policy *p, struct slice host);
bool         policy_is_ours(const struct policy *p, struct slice host);

/* Is it one whose phones we are an edge proxy for? */
bool policy_is_edge(const struct policy *p, struct slice host);

/* The route for this host, or this number, that fits best; NULL: there is none. */
const struct policy_route *policy_route_for(const struct policy *p, struct slice host);
const struct policy_route *policy_route_for_number(const struct policy *p, struct slice number);

/* Is it the host of a trunk?  Routes, and rules of numbers before them, say who calls what by one, for it takes all
 * that comes from us. */
bool policy_is_trunks(const struct policy *p, const struct uri *uri);

/* Does From claim to be one of ours?  Does it hide who it is (RFC 3323), or name a telephone only: then anybody may be
 * behind it, and one of ours too, if he proves it? */
bool policy_claims_ours(const struct policy *p, const struct policy_case *c);
bool policy_is_nameless(const struct uri *from);

/* Does the decision depend on whether the user of the Request-URI is known?  Only then he has to be
 * looked for.  `user_known` and what is known of bindings need not be right. */
bool policy_asks_for_user(const struct policy *p, const struct policy_case *c);

/* What policy_decide decides of what is on the way of a dialog set up through us, not to a user of ours: of the case
 * only `request`, `uri`, `own_trunk` and what is left of the Route matter. */
struct policy_decision policy_decide_in_dialog(const struct policy *p, const struct policy_case *c);

/* Decide.  Borrows all. */
struct policy_decision policy_decide(const struct policy *p, const struct policy_case *c);

#endif
