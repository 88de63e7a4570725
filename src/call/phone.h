/* SPDX-License-Identifier: BSD-2-Clause */
/* phone.h - a user agent: accounts that register, calls that come and go
 * (RFC 3261 8, 10, 11, 13-15).
 *
 *     phone_new --> phone_add_account --> phone_register
 *                                    \--> call_place (call.h)
 *     on_event(PHONE_INCOMING) -------> call_ring, call_answer, call_reject
 *
 * A phone owns its stack and everything on it; accounts and calls are named by
 * ids, and an id whose object is gone is harmless.  Events come from the loop,
 * never from inside a call of this header.  Nothing blocks. */

#ifndef CALL_PHONE_H
#define CALL_PHONE_H

#include "base/hash.h"
#include "call/event.h"
#include "stack/stack.h"

struct phone;

/* Where the sound of a call comes from and goes to. */
struct phone_media {
    /* Give source and sink for a stream of a call, 0 the first (either may stay NULL:
     * silence, discard).  Returns 0 or -ERR_X, and then the call fails, or the stream if the
     * call has another.  They are given back with `close` when the stream is over. */
    int (*open)(void *arg, object_id call, unsigned stream, struct audio_source **source, struct audio_sink **sink);
    void (*close)(void *arg, object_id call, unsigned stream, struct audio_source *source, struct audio_sink *sink);
    void *arg;
};

/* When provisional responses are sent so that they arrive (RFC 3262). */
enum phone_reliable {
    PHONE_RELIABLE_NEEDED,   /* if the caller requires it, or they have a description           */
    PHONE_RELIABLE_ALWAYS,   /* whenever the caller supports it                                 */
    PHONE_RELIABLE_REQUIRED, /* and no calls with those who do not: 421, Require in ours        */
    PHONE_RELIABLE_OFF,      /* never, nor understood                                           */
};

struct phone_config {
    struct stack_config stack;
    struct address      address;     /* one of this host's that peers reach: in Contact and SDP; its port: 0 any */
    bool                any_address; /* listen on all addresses: calls that come in use the one they hit */
    bool                tcp;         /* listen for TCP on the same port too                       */
    bool                no_udp;      /* do not listen for UDP: then for TCP, or TLS                */
    bool                tls;         /* listen for TLS: on the next port, on this one if there is no other; stack.tls */
    struct slice        user_agent;  /* lives as long as the phone                             */
    bool                accept_any;  /* requests for any user, not only for those of our accounts */
    unsigned            max_calls;   /* at once; one more is answered 486                      */
    unsigned            max_streams; /* of sound that a peer may have in one call; 0: 2        */
    /* Seconds after which a call ends unless one side has shown that it is still there, by a refresh
     * at half of it (RFC 4028).  The phone asks for session_expires, 0: for nothing; it refuses less
     * than min_se (0, and less than 90: 90). */
    uint32_t            session_expires, min_se;
    msec                ring_limit; /* an incoming call is refused with 480 then; 0: 180 s      */
    enum phone_reliable reliable;
    uint16_t            media_port_first, media_port_last; /* 0: media's own                  */
    msec                no_media_after;                    /* 0: never told                   */
    bool                latch; /* send where a peer behind a NAT sends from, media/session.h    */
    bool                joins; /* its user can mix: calls may ask to join others (RFC 3911)    */
    struct phone_media  media; /* functions may be NULL: silence                              */
    phone_event_fn     *on_event;
    void               *user;
};

/* What becomes of a REFER that comes within a call, or of an INVITE that wants to take a call's
 * place (RFC 3515, RFC 3891). */
enum transfer_policy {
    TRANSFER_ASK,    /* the user is asked (PHONE_REFERRED); who takes a call's place is let in */
    TRANSFER_ALLOW,  /* it is followed                                                        */
    TRANSFER_REFUSE, /* neither                                                               */
};

/* Who may watch the account's calls by the dialog package (RFC 4235).  The domain: whom our registrar asserts to be of
 * it (RFC 3325). */
enum call_watchers {
    WATCHERS_STATE,   /* the domain: that there is a call, in which state and direction */
    WATCHERS_DETAILS, /* the domain: with whom, too, and its Call-ID and tags           */
    WATCHERS_NONE,
};

/* Who may see whether the account's user is there (call/presence.h).  Nobody ever whom our registrar does not assert.
 */
enum presence_viewers {
    PRESENCE_ASKS,   /* whom the user allows: he is asked                 */
    PRESENCE_DOMAIN, /* whoever is of its domain; he is asked for others  */
    PRESENCE_NOBODY,
};

enum { PRESENCE_NOTE = 256 };

struct account_config {
    struct slice        aor;       /* "sip:alice@example.test"                                  */
    struct slice        display;   /* "Alice", or empty                                         */
    struct slice        auth_user; /* empty: the user of the aor                                */
    struct slice        password, ha1;
    enum hash_algorithm ha1_algorithm;
    struct slice        registrar; /* URI; empty: the domain of the aor                         */
    struct slice        proxy;     /* outbound proxy URI, or empty                              */
    bool                strict;    /* the proxy is a strict router (RFC 2543): no lr is added to it */
    /* "urn:uuid:..." (RFC 5626 4.1): of this phone and account, the same for ever, no other phone's; or empty.
     * With it the registrar may keep the flow, and give a GRUU (RFC 5627) for the Contact of calls. */
    struct slice instance;
    struct slice second_proxy; /* a flow of its own by this one: the account is reached while either lives;
                                * needs an instance; or empty */
    uint32_t expires;          /* seconds to ask for; 0: 3600                               */
    /* Seconds between signs of life on the way to the registrar, and looks at whether it
     * still begins at the same address of ours; 0: never. */
    uint32_t keep_alive;

    enum transfer_policy  transfer;
    enum call_watchers    watchers;
    enum presence_viewers presence;
};

/* Opens its listeners.  Returns 0, -ERR_NO_MEMORY, or as world_udp_open. */
int phone_new(struct world *w, const struct phone_config *config, struct phone **out);

/* Nothing is said to anybody: hang up, unregister and wait for phone_is_idle first. */
void phone_free(struct phone *p);

/* No call is up and no request of ours is waiting for an answer. */
bool          phone_is_idle(const struct phone *p);
struct stack *phone_stack(const struct phone *p);
/* What goes into Contact and SDP, with the bound port. */
struct address phone_address(const struct phone *p);

/* Keeps copies.  Two accounts may have the same user at different domains: their Contacts
 * differ.  Returns 0, -ERR_SYNTAX (a URI or the instance cannot be read, a second proxy
 * without instance), -ERR_LIMIT or -ERR_NO_MEMORY. */
int phone_add_account(struct phone *p, const struct account_config *config, object_id *account);

/* Take it away: its id names nothing from now on, and nobody is taken for it.  What it watches and publishes ends, who
 * watches it is told so, it is unregistered (PHONE_UNREGISTERED follows); its calls and texts go on to their end, which
 * is the user's or the other side's to bring about.  A new account may have the same address at once.
 * -ERR_NOT_FOUND. */
int phone_remove_account(struct phone *p, object_id account);

/* What may be changed while it is in use; the rest makes another account of it. */
enum account_part {
    ACCOUNT_PART_SECRET     = 1 << 0, /* password or ha1 (none: there is none any more); auth_user: empty: as it was */
    ACCOUNT_PART_TRANSFER   = 1 << 1,
    ACCOUNT_PART_WATCHERS   = 1 << 2,
    ACCOUNT_PART_KEEP_ALIVE = 1 << 3,
    ACCOUNT_PART_EXPIRES    = 1 << 4,
    ACCOUNT_PART_PRESENCE   = 1 << 5, /* of who asks from now on; nobody: of all */
};

/* `parts`, a set of enum account_part, become what `config` has.  If it is registered, or tries to be, it is registered
 * anew with that.  -ERR_NOT_FOUND, or -ERR_NO_MEMORY: then nothing has changed. */
int phone_change_account(struct phone *p, object_id account, unsigned parts, const struct account_config *config);

/* PHONE_REGISTERED or PHONE_REGISTER_FAILED follow, as often as things change.
 *
 * Behind a NAT, which the registrar's answer shows, the account is registered once more
 * with the address that the NAT gave us.  With keep_alive that address stays ours, and
 * a lost connection, or with any_address a new address of this host, is followed by a
 * registration at once. */
void phone_register(struct phone *p, object_id account);
/* PHONE_UNREGISTERED follows: it says, too, if the registrar has not agreed. */
void phone_unregister(struct phone *p, object_id account);
/* Who watches our calls or our presence is told, as before the end, that nobody is there, and to ask again later (RFC
 * 6665 4.1.3, probation). */
void phone_dismiss_watchers(struct phone *p);
/* All accounts, as before the end: phone_is_idle says when it is done. */
void phone_unregister_all(struct phone *p);
/* Whoever has not answered by now will not be waited for: PHONE_UNREGISTERED follows for all that are being taken back.
 */
void phone_stop_waiting(struct phone *p);

#endif
