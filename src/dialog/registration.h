/* SPDX-License-Identifier: BSD-2-Clause */
/* registration.h - a client's registration of one contact (RFC 3261 10.2).
 *
 *            start            2xx                    refresh time
 *   IDLE ----------> TRYING ------> REGISTERED <------------------> TRYING
 *                    |  ^ | 4xx for good
 *            failure |  | +-------> REFUSED       remove          2xx, failure
 *                    v  | back-off  (from any) ----------> REMOVING --------> REMOVED
 *                   WAITING
 *
 * One Call-ID, rising CSeqs, never two REGISTERs under way at once.  The contact may
 * change: the REGISTER that adds the new one takes back the one that was acknowledged
 * last.  Challenges are answered (auth.h), 423 raises the interval, 3xx are followed, 439 is
 * answered without a reg-id; other failures wait as RFC 5626 4.5 says: 30 s (90 s beside
 * another flow that lives) doubled each time up to half an hour, the upper half of it by
 * chance, and as long as Retry-After wants.  At most ROUNDS_MAX answers make an attempt.
 *
 * With an instance the registrar may give GRUUs (RFC 5627); with a reg-id the registration
 * is one flow of several (RFC 5626), if `answer.outbound` says that it was taken for one.
 *
 * The machine sends nothing: its calls return a set of enum registration_action,
 * to be performed in the order of the enum. */

#ifndef DIALOG_REGISTRATION_H
#define DIALOG_REGISTRATION_H

#include "base/arena.h"
#include "base/msec.h"
#include "dialog/auth.h"
#include "dialog/elsewhere.h"
#include "dialog/register_answer.h"
#include "dialog/request.h"

enum registration_state {
    REGISTRATION_IDLE,
    REGISTRATION_TRYING,
    REGISTRATION_REGISTERED,
    REGISTRATION_WAITING,
    REGISTRATION_REFUSED,
    REGISTRATION_REMOVING,
    REGISTRATION_REMOVED,
};

enum registration_action {
    REGISTRATION_SEND            = 1 << 0, /* registration_write, in a new transaction       */
    REGISTRATION_TELL_REGISTERED = 1 << 1, /* the first time, and after a failure            */
    REGISTRATION_TELL_REFRESHED  = 1 << 2,
    REGISTRATION_TELL_FAILED     = 1 << 3, /* see `status`; will be tried again if WAITING   */
    REGISTRATION_TELL_REMOVED    = 1 << 4, /* `status` says whether the registrar agreed     */
};

struct registration_config {
    struct slice aor;       /* name-addr for To and From: <sip:alice@example.test>      */
    struct slice registrar; /* Request-URI: sip:example.test (no user, 10.2)            */
    struct slice route;     /* outbound proxy as a name-addr, or empty                  */
    struct slice contact;   /* URI                                                      */
    struct slice call_id, from_tag;
    uint32_t     first_cseq;
    uint32_t     expires;  /* seconds that we ask for, 1 or more                       */
    struct slice instance; /* "<urn:uuid:...>", or empty                               */
    uint32_t     reg_id;   /* of this flow, which needs an instance; 0: none           */
};

struct registration {
    enum registration_state state;
    unsigned                status;     /* of the last final response; 408, 503 for none       */
    uint32_t                granted;    /* seconds, of the last 2xx                            */
    msec                    expires_at; /* the binding lives until then; NEVER: there is none  */
    msec                    at;         /* refresh or next try, or NEVER                       */
    msec kept_until; /* REMOVED: so long the registrar keeps what it has not agreed to remove; NEVER: it has */
    bool impostor;   /* the last 2xx pretended to know the password         */
    bool backed_up;  /* set by the user: another flow of the account lives  */
    struct register_answer answer; /* the last 2xx; all 0 once we are refused or removed  */
    /* private */
    struct registration_config config; /* copies in the arena */
    struct auth                auth;
    uint32_t                   cseq, asked;
    unsigned                   failures, rounds;
    bool                       open;   /* a REGISTER is under way                             */
    bool                       remove; /* as soon as it is not                                */
    struct slice               sent;   /* the contact of the last REGISTER, in `contacts`     */
    struct slice               known;  /* the one the registrar has, likewise; empty: none    */
    struct slice               target; /* Request-URI: the registrar, or whom a 3xx has named */
    struct elsewhere           targets;
    bool                       plain; /* the first hop knows no outbound (439): no reg-id    */
    struct arena               arena, contacts, said, found;
};

/* Keeps copies.  Returns 0 or -ERR_NO_MEMORY (then there is nothing to fini). */
int  registration_init(struct registration *r, const struct registration_config *config);
void registration_fini(struct registration *r);

/* Register now: also from WAITING and REFUSED, when a user asks again. */
unsigned registration_start(struct registration *r);
/* Remove the binding; waits for a REGISTER under way (10.2: one at a time). */
unsigned registration_remove(struct registration *r);

/* Whoever is asked to remove it will not be waited for: REMOVED with 408, if that was wanted. */
unsigned registration_give_up(struct registration *r);

/* So many seconds are asked for from now on: 1 or more. */
void registration_ask(struct registration *r, uint32_t expires);

/* We are reached by another contact from now on: registration_start tells the registrar.
 * Keeps a copy.  Returns 0 or -ERR_NO_MEMORY, and then nothing has changed. */
int registration_move(struct registration *r, struct slice contact);

/* A final response to the REGISTER.  `random` spreads refreshes and retries.  A 2xx whose
 * rspauth is wrong is a failure: whoever gave it is not the registrar. */
unsigned registration_on_response(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                                  const struct message *response, uint32_t random, msec now);
/* None came: 408 after a timeout, 503 after a transport error (8.1.3.1). */
unsigned registration_on_silence(struct registration *r, unsigned status, uint32_t random, msec now);

/* Does the registrar keep a binding of ours? */
bool registration_is_alive(const struct registration *r, msec now);

unsigned registration_on_timer(struct registration *r, msec now);
msec     registration_deadline(const struct registration *r);

/* Begin the REGISTER that REGISTRATION_SEND asked for, with a CSeq of its own: the
 * caller may add headers and ends it with gather_body.  Errors as request_begin. */
int registration_write(struct registration *r, const struct auth_secret *secret, struct hasher *hasher,
                       const struct random *random, struct gather *g, struct request_start *out);

#endif
