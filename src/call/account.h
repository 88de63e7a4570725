/* SPDX-License-Identifier: BSD-2-Clause */
/* account.h - accounts: who they are, whom a request is for, where requests go, and their registrations.  As
 * state.h: for the files of call/ alone.
 *
 *   account.c    accounts: who they are, whom a request is for, where requests go
 *   account_contact.c  what they write into Contact
 *   account_flow.c  their registrations, one for each flow to the registrar
 *   account_path.c  where a flow reaches us: through a NAT, after a change of address
 *   account_probe.c  whether a flow over UDP is still alive
 *   account_leave.c  how they are taken away, or changed, while the phone goes on */

#ifndef CALL_ACCOUNT_H
#define CALL_ACCOUNT_H

#include "base/arena.h"
#include "base/id.h"
#include "base/list.h"
#include "base/wheel.h"
#include "call/phone.h"
#include "call/why.h"
#include "dialog/auth.h"
#include "dialog/registration.h"

enum {
    ACCOUNTS_MAX          = 64,
    ACCOUNT_SECRET_MEMORY = 4096,
    ACCOUNT_FLOWS         = 2, /* RFC 5626 4.2: two are what a phone should have   */
    ACCOUNT_ROUTES        = SERVICE_ROUTES_MAX + 1,
};

/* A question by STUN on its way; see account_probe.c. */
struct probe {
    struct timer timer; /* runs while there is one */
    char         transaction[STUN_TRANSACTION];
    unsigned     sent;
};

/* One way to the registrar and its registration: all that an account has, or one of the flows of
 * RFC 5626, each by an outbound proxy of its own, of which one is enough to be reached. */
struct account_flow {
    struct account     *account;
    struct slice        proxy;     /* name-addr of the outbound proxy, or empty         */
    enum transport      transport; /* to the first hop, if the URI says so              */
    struct registration registration;
    struct timer        timer;
    struct flow         path;     /* by which the registrar answered; transport NONE: it has not */
    struct address      outside;  /* where a NAT lets us be reached; family NONE: there is none  */
    msec                moved_at; /* outside changed last                                        */
    bool                cut_off;  /* at the last beat no way led there                           */
    struct timer        beat;
    struct probe        probe;
    bool                dead;    /* its other end was silent, since it was registered last */
    object_id           txn;     /* the REGISTER under way           */
    unsigned            pending; /* set of 1 << enum phone_event_kind */
    struct reason       reason;
    int                 error; /* why nobody could be asked, or 0 */
};

/* What the user has said of himself last. */
struct presence_state {
    bool   set, open;
    char   note[PRESENCE_NOTE];
    size_t note_len;
};

struct decisions;

struct account {
    struct link           link;
    struct phone         *phone;
    object_id             id;
    struct arena          arena, secret_arena;
    bool                  leaving;      /* it was taken away: freed when nothing needs it any more            */
    struct slice          aor, party;   /* party: "Alice" <sip:alice@...>                         */
    struct slice          contact_user; /* of our Contacts: no other account of the phone has it  */
    enum call_watchers    watchers;
    enum presence_viewers presence;
    struct presence_state said;      /* by presence_publish */
    struct decisions     *decisions; /* presence.c; or NULL */
    struct uri            aor_uri;
    struct auth_secret    secret;     /* in the secret_arena */
    uint32_t              keep_alive; /* seconds, 0: never                                        */
    struct account_flow   flows[ACCOUNT_FLOWS];
    unsigned              flow_count; /* 1 or more                                                */

    enum transfer_policy transfer;
};

/* outside.c */
/* What a request to this URI goes by, as far as we know; and must the Contact in it be a sips URI (RFC 3261 8.1.1.8)?
 */
enum transport account_transport_out(const struct account *a, const struct uri *target);
bool           account_goes_by_sips(const struct account *a, const struct uri *target);

/* account_contact.c */
/* <sip:alice@192.0.2.1:5062>, with transport=tcp if peers should use that; `secure`: sips.
 * `at` is the address of ours that they reach; where a NAT stands before it, its own is
 * named. */
struct slice account_contact(const struct account_flow *f, struct arena *arena, const struct address *at,
                             enum transport transport, bool secure);
/* The same for what begins a dialog: the GRUU, if there is one; else with `ob` where the registrar
 * keeps our flow (RFC 5626 4.3).  `anonymous`: one that does not say who we are. */
struct slice account_dialog_contact(const struct account *a, struct arena *arena, const struct address *at,
                                    enum transport transport, bool secure, bool anonymous);

/* account.c */
/* NULL: there is none such, or it is leaving. */
struct account *account_find(const struct phone *p, object_id id);
/* The same, even if it is leaving: its registration is still to be taken back. */
struct account *account_by_id(const struct phone *p, object_id id);
/* Whom a request to this URI is for, or NULL. */
struct account *account_of_uri(const struct phone *p, const struct uri *uri);
void            account_free(struct account *a);

/* account_leave.c */
/* Those that are leaving, and that nothing needs any more, are freed. */
void accounts_sweep(struct phone *p);

/* The way that requests of this account go: the first flow that lives, else the first. */
const struct account_flow *account_way(const struct account *a);
/* The routes of requests outside of dialogs: the outbound proxy, then the Service-Route (RFC 3608).
 * They live until the loop goes on.  Returns how many. */
unsigned account_routes(const struct account *a, struct slice routes[ACCOUNT_ROUTES]);
/* The very flow that such requests go by (RFC 5626 4.3), or NULL: where the routes lead. */
const struct flow *account_flow_out(const struct account *a);

/* account_flow.c */
/* Carry out what the registration machine asked for. */
void account_flow_perform(struct account_flow *f, unsigned actions);
bool account_flow_lives(const struct account_flow *f);
void account_flow_stop(struct account_flow *f); /* its timers */
/* Its other end is silent: it is registered anew, and what is sent goes by another meanwhile. */
void account_flow_fail(struct account_flow *f);
/* Nobody has answered by the way that requests go.  Is there now another, by a flow that lives? */
bool account_lost_way(struct account *a);
/* Nothing is under way or to be told. */
bool account_is_idle(const struct account *a);
/* The next thing to tell, taken out; false if there is none. */
bool account_next_event(struct account *a, struct phone_event *e);

/* account_path.c */
/* The address of ours that its side of the network reaches: the one that the registrar was reached from, once that is
 * known, if we listen there. */
struct address account_local(const struct account_flow *f);
/* The registrar has answered 2xx: this is the way there. */
void account_path_found(struct account_flow *f, const struct message *response);
/* From here its other end sees us (FAMILY_NONE nowhere else than where we are). */
void account_path_seen(struct account_flow *f, const struct address *mapped);
/* It is no longer registered by that. */
void account_path_end(struct account_flow *f);
void account_on_flow_end(void *user, const struct flow *flow, uint64_t key); /* for stack_on_flow_end */
/* Does this host still have the address that it is registered with?  If not, register anew. */
void account_look(struct account *a);

/* account_probe.c */
void account_probe(struct account_flow *f);
void account_probe_stop(struct account_flow *f);
void account_on_stun(void *user, const struct flow *flow, struct slice bytes); /* for stack_on_stun */

#endif
