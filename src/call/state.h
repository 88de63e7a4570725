/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h - what the files of call/ share: the phone, its accounts and calls.
 * Not for anybody else.
 *
 *   phone.c      the phone: its stack, who a message is for, events to the user
 *   account.h    the accounts: account*.c
 *   fork.h       a dialog of a call; why.h: why it ended; reply.h: what requests are answered
 *   call.c       what both sides of a call do: the session's actions, its end
 *   call_out.c   the caller's side until the answer: forks, challenges, redirects
 *   call_refusal.c  what the caller does with an error status: again, elsewhere, or nothing
 *   call_change.c  re-INVITEs of ours: hold and resume
 *   call_timer.c  what a call does when its time has come: refreshes, Expires, Retry-After
 *   call_refresh.c  how it refreshes its session
 *   call_why.c   why: Reason, Warning and Retry-After, heard and said
 *   call_move.c  when this host gets another address
 *   call_early.c    its early dialogs; call_branch.c: what the user may do with them
 *   call_answer.c   the callee's 2xx
 *   call_in.c    the callee's side, and requests inside of dialogs
 *   call_within.c   requests within dialogs: how they begin, ACK and BYE
 *   call_reliable.c the callee's provisional responses, and PRACKs that come
 *   call_prack.c    the caller's PRACKs
 *   call_update.c   UPDATE, ours and theirs
 *   call_exchange.c offers and answers, whatever they come in
 *   streams.h    the streams of a call: call_streams.c, _describe, _offer, _sound
 *   methods.c    what is done with each method
 *   conference.c  calls that talk together; call_port.c: where their sound is mixed; mesh.h: where it need not be
 *   asked.h      what is wanted of us outside of calls
 *   call_replace.c  INVITEs that take the place of a call, or join it
 *   outside.c    requests outside of dialogs, with their credentials
 *   text.c       MESSAGE
 *   subscription*.c  what we watch (watch.h)
 *   packages.c   event packages
 *   publication.c  what we publish
 *   call_info.c  keys by INFO
 *   tell.h       what others are told of us: teller.c, teller_in.c, presence.c, dialog_info.c
 *   xml.c, pidf.c  documents
 *   news.c       events that carry something
 *   extensions.c option tags: what is supported, what may be required
 *
 * Events are not sent from where they arise but noted in a set, and told from a
 * timer in the same order always: nothing is allocated for them, and the user may
 * call back whatever it likes. */

#ifndef CALL_STATE_H
#define CALL_STATE_H

#include "base/id.h"
#include "base/table.h"
#include "call/account.h"
#include "call/call.h"
#include "call/extensions.h"
#include "call/fork.h"
#include "call/reply.h"
#include "call/streams.h"
#include "call/why.h"
#include "dialog/elsewhere.h"
#include "dialog/session.h"
#include "dialog/session_timer.h"
#include "media/phase.h"
#include "sip/body.h"

enum {
    ROUNDS_MAX      = 8, /* INVITEs of one call: challenges, redirects       */
    DIGITS_MAX      = 16,
    CALL_MEMORY     = 64 * 1024,
    RING_LIMIT      = 180 * 1000,
    RING_AGAIN      = 60 * 1000, /* RFC 3261 13.3.1.1                         */
    CALL_AUDIO_RATE = AUDIO_RATE,
};

/* Of references from one call to another. */
enum {
    ENDED_REMEMBERED = 32,   /* dialogs that are known to have ended      */
    REFERRER_MAX     = 512,  /* bytes of the URI of who referred somebody */
    REFER_LINES      = 4096, /* what a reference adds to an INVITE        */
};

/* What a call is in a conference whose members call each other; see mesh.h. */
struct mesh_part {
    bool marked;  /* our Contact says so                                              */
    bool agreed;  /* the user wants it: whom its other side brings in may be called   */
    bool brought; /* one of the other members has brought its two sides together      */
    bool charge;  /* ours to bring together with the others                           */
};

struct call {
    struct link       link;
    struct table_link entry; /* by Call-ID */
    struct phone     *phone;
    object_id         id;
    struct account   *account;
    struct arena      arena;
    struct timer      timer;
    bool              outgoing;
    bool              anonymous; /* we do not say who we are */
    bool              gone;      /* the session is over: freed when all is told  */
    struct session    session;
    struct slice      call_id, local_tag, peer, peer_display, contact;
    char             *credentials; /* as in our last INVITE: its ACK has the same (13.2.2.4) */
    struct fork       forks[LIMIT_BRANCHES];
    unsigned          fork_count, forks_made;
    unsigned          ringing; /* number of the fork that was told of last, 0: none */
    struct fork      *up;      /* the one we talk to: theirs from the start, ours from the first 2xx */
    struct fork      *early;   /* before that: the one that is heard, or NULL */

    struct dialog_half half; /* outgoing: what the INVITE says                            */
    struct auth        auth;
    bool               late_offer; /* our INVITE has no description                      */
    struct elsewhere   targets;
    unsigned           rounds;      /* INVITEs */
    unsigned           without;     /* extensions that a 420 has complained of                 */
    unsigned           required;    /* those that our INVITE requires of whoever is called     */
    unsigned           later;       /* how often it was placed again after a Retry-After       */
    msec               again_at;    /* it will be then; NEVER: no                              */
    msec               give_up_at;  /* what our INVITE's Expires says; NEVER: nothing          */
    object_id          invite_txn;  /* client: our INVITE or re-INVITE                    */
    uint32_t           invite_cseq; /* of it; of theirs if they sent the last one         */

    struct message        *invite; /* theirs: held until it is answered and acked                */
    object_id              server_txn;
    unsigned               refusal; /* for SESSION_SEND_REFUSAL                                  */
    msec                   ring_again_at, ring_until;
    bool                   expires;       /* ring_until is what the INVITE's Expires says              */
    struct reliable_sender reliable;      /* our provisional responses to it, ...              */
    uint32_t               reliable_cseq; /* ... whose CSeq this is                       */
    struct provisional     provisional;
    bool                   answer_waits; /* for a PRACK, or for the answer to an UPDATE   */

    struct session_timer refresh;
    bool                 same_again;     /* their re-INVITE describes what was agreed before */
    object_id            refresh_txn;    /* our UPDATE that does so, 0: none                  */
    bool                 only_refreshes; /* our re-INVITE: nothing is meant to change */

    struct negotiation *negotiation;   /* of the session; before the answer: our offer      */
    char               *sdp, *ack_sdp; /* what our INVITE or 2xx, and our ACK, carries; C strings */
    uint64_t            sdp_id;
    struct address      local;           /* where media is bound                            */
    struct address      here;            /* our end of the way to the last hop, as looked at; or none */
    enum transport      transport;       /* of our Contact                                  */
    bool                secure;          /* it is a sips URI                                */
    unsigned            move_tries;      /* re-INVITEs left to say where we are now         */
    bool                offer_in_2xx;    /* the answer comes in the ACK                     */
    bool                hold, wish_hold; /* as agreed; as the user wants it               */
    bool                describe_hold;   /* what the next description says                 */
    bool                change_waits;    /* what the user wishes is to be offered when the way is free */
    object_id           take_up;         /* the call to be resumed when this one is held, or 0 */
    struct call_stream  streams[CALL_STREAMS];
    bool                muted;
    bool                wants_none; /* the offer that was answered last has no stream      */

    object_id             replaces, joins; /* another call that its INVITE named             */
    struct slice          referred_by;     /* who sent it here, as it says                   */
    struct slice          extra;           /* header lines of our INVITE beside the usual ones */
    struct mesh_part      mesh;
    struct call_transfer *transfer;      /* that we have begun, the last one; or NULL      */
    struct call_referral *referral;      /* that the other side has asked for; or NULL     */
    object_id             referred_from; /* the call whose other side wanted this one, or 0  */
    unsigned              refer_depth;   /* how many stand before it in that way             */

    unsigned          pending; /* set of 1 << enum phone_event_kind */
    unsigned          status;
    struct reason     reason;
    char              digits[DIGITS_MAX];
    char              info_digits[DIGITS_MAX]; /* to be pressed by INFO; the first one is under way  */
    unsigned          info_count;
    object_id         info_txn;
    unsigned          digit_count;
    enum call_cause   cause;
    enum call_side    side;
    int               error;
    struct why        why;
    bool              blamed; /* cause and side are set; the first one counts */
    bool              told_ended;
    msec              started, answered_at, ended_at;
    struct call_times times;
};

struct xml_module;

struct phone {
    struct world            *world;
    struct stack            *stack;
    struct hasher           *hasher;
    struct phone_config      config;
    struct address           address;
    struct link              accounts, calls, texts, watches, announcements, tellers, news, asked;
    unsigned                 call_count, account_count; /* calls that have not ended          */
    unsigned                 teller_count;
    unsigned                 news_count;
    struct id_table          account_ids, call_ids, text_ids, watch_ids, asked_ids;
    struct table             call_table;
    struct hash_key          key;
    uint64_t                 ended[ENDED_REMEMBERED]; /* names of dialogs, hashed                     */
    unsigned                 ended_next;
    unsigned                 extensions; /* set of EXTENSION_BIT(x): what is understood  */
    struct timer             events;     /* tells what is pending */
    struct timer             look;       /* while there are calls: where are we? */
    const struct xml_module *xml;        /* once something has had to be read */
    struct gather            gather;     /* one message is written at a time */
    struct phases            phases;     /* of the sound of all calls */
};

/* phone.c */
void         phone_wake(struct phone *p); /* something is pending */
struct call *phone_find_call(const struct phone *p, object_id id);
void         phone_token(struct phone *p, char *text, size_t len);
void         phone_call_id(struct phone *p, char *text, size_t len);

/* news.c */
/* What a name-addr calls it, without quotes. */
struct slice display_name(struct arena *arena, const struct name_addr *who);

/* subscription.c, subscription_in.c */
enum { WATCHES_MAX = 256 };
void watches_free(struct phone *p);
bool watches_are_idle(const struct phone *p);
void watches_leave(const struct account *a); /* those of this account end */
bool watches_use(const struct account *a);
/* Did it come from where this account is registered? */
bool account_is_from_registrar(const struct account *a, const struct message *m);
void notify_outside(struct phone *p, struct account *a, object_id txn, struct message *m);
void notify_within(struct call *c, struct fork *f, object_id txn, struct message *m);
void notify_alone(struct phone *p, object_id txn, struct message *m);

/* teller.c, teller_in.c */
void subscribe_outside(struct phone *p, struct account *a, object_id txn, struct message *m);
void subscribe_alone(struct phone *p, object_id txn, struct message *m);
/* Whose calls have changed is told of. */
void tellers_look(struct phone *p);
bool tellers_are_idle(const struct phone *p);
void tellers_leave(const struct account *a); /* whoever watches it is told that there is nothing to watch any more */
bool tellers_use(const struct account *a);
void tellers_free(struct phone *p);

/* call_info.c */
void info_within(struct call *c, struct fork *f, object_id txn, struct message *m);

/* publication.c */
bool announcements_are_idle(const struct phone *p);
bool announcements_use(const struct account *a);
void announcements_free(struct phone *p);

/* text.c */
#define TEXT_TYPES "text/plain, text/html, application/im-iscomposing+xml"
enum { TEXTS_MAX = 64 };
void text_outside(struct phone *p, struct account *a, object_id txn, struct message *m);
void text_within(struct call *c, struct fork *f, object_id txn, struct message *m);
void texts_free(struct phone *p);
bool texts_use(const struct account *a);

/* call.c */
/* `local` and `transport` are how peers reach us.  Keeps copies.  0, -ERR_LIMIT or -ERR_NO_MEMORY. */
int  call_new(struct account *a, bool outgoing, struct slice call_id, struct slice local_tag,
              const struct address *local, enum transport transport, bool secure, struct call **out);
void call_free(struct call *c);
void call_tell(struct call *c, enum phone_event_kind kind);
/* Why and by whom the call ends: the first one said counts. */
void call_blame(struct call *c, enum call_cause cause, enum call_side side, unsigned status, struct slice reason);
void call_fail(struct call *c, enum call_cause cause, int error);
/* One of c->times: now, if it has not happened before. */
void call_note_time(struct call *c, msec *time);
/* For a response of 100 to 199 that was received or sent. */
void call_note_provisional(struct call *c, unsigned status);
void call_fill_event(struct call *c, enum phone_event_kind kind, struct phone_event *e);
bool call_is_held_by_peer(const struct call *c);
/* Display name without quotes, URI. */
void call_set_peer(struct call *c, const struct name_addr *peer);

/* What the actions of a session refer to. */
struct occasion {
    struct fork *fork; /* for ACK and BYE; NULL: c->up           */
    uint32_t     cseq; /* of the INVITE that the ACK belongs to  */
    object_id    txn;  /* the request to be answered             */
};
void call_perform(struct call *c, unsigned actions, const struct occasion *o);

void call_free_fork(struct call *c, struct fork *f);

/* call_within.c */
/* Headers that every dialog-making message of ours has. */
void call_put_headers(struct call *c, struct gather *g);
/* Begin a request in the dialog, with a CSeq of its own and credentials for `body`.  As request_begin. */
int call_begin_within(struct call *c, struct fork *f, enum method method, struct slice body,
                      struct request_start *start);
/* Send what has been written in phone->gather; false at a limit. */
object_id call_send(struct call *c, enum method method, const struct request_start *start,
                    const struct client_user *user);
object_id call_send_within(struct call *c, struct fork *f, enum method method, const struct request_start *start,
                           const struct client_user *user);
bool      call_set_sdp(char **where, struct slice text);
void      call_send_ack(struct call *c, struct fork *f, uint32_t cseq);
/* Of an early dialog too: its branch ends (RFC 3261 15). */
void call_start_bye(struct call *c, struct fork *f);

/* call_reliable.c */
/* A 101-199 to their INVITE; `media`: with the answer, and sound begins.  While another waits for its PRACK it follows
 * behind.  0, or as call_describe; -ERR_UNSUPPORTED too if early media cannot be opened as they offered nothing. */
int  call_send_provisional(struct call *c, unsigned status, bool media);
void call_reliable_timer(struct call *c, msec now);
void call_on_prack(struct call *c, struct fork *f, object_id txn, struct message *prack);

/* call_prack.c */
/* Is it to be acknowledged (RFC 3262 4)? */
bool call_is_reliable(const struct call *c, const struct message *response, uint32_t *rseq);
/* Acknowledge it, with the answer to its offer unless that is empty. */
void call_acknowledge(struct call *c, struct fork *f, const struct message *response, uint32_t rseq,
                      struct slice answer);

/* call_update.c */
bool call_may_update(const struct call *c, const struct fork *f);
/* Offer what the user wishes in each dialog that takes it now, before the answer perhaps several; `again`: where it
 * has been agreed already, too.  How many that are. */
unsigned call_send_updates(struct call *c, bool again);
void     call_update_timer(struct call *c, msec now);
msec     call_update_deadline(const struct call *c);
void     call_on_update(struct call *c, struct fork *f, object_id txn, struct message *update);

/* call_exchange.c */
/* That of a branch; NULL: it has said nothing yet. */
struct negotiation    *call_negotiation(const struct call *c, const struct fork *f);
enum negotiation_state call_offer_state(const struct call *c, const struct fork *f);
/* An offer of theirs that may be one, in PRACK or UPDATE: write the answer, and sound is as agreed.  `*text` lives
 * until the next offer or answer.  As negotiation_receive_offer, negotiation_answer and media_start; then all is as it
 * was. */
int call_answer_offer(struct call *c, struct fork *f, struct slice offer, enum offer_message message,
                      struct slice *text);
/* One of ours in PRACK or UPDATE: what the user wishes.  As negotiation_offer. */
int call_offer_again(struct call *c, struct fork *f, enum offer_message message, struct slice *text);
/* The answer to it, which has to be in this message.  As negotiation_receive_answer and media_start. */
int  call_take_answer(struct call *c, struct fork *f, const struct message *m, enum offer_message message);
void call_note_allow(struct fork *f, const struct message *m);
bool call_peer_allows(const struct fork *f, enum method method);

/* call_branch.c */
/* A branch that was hung up has answered in that moment: all is over. */
void call_end_dropped(struct call *c);

/* call_out.c */
/* Place it, or place it again, with a CSeq of its own.  0, -ERR_LIMIT, or as request_begin. */
int  call_send_invite(struct call *c);
void call_write_credentials(struct call *c, enum method method, struct slice uri, struct slice body, struct gather *g);
/* RFC 7616 3.5: what a 2xx to our request with this URI says of the nonce for the next one. */
void call_take_next_nonce(struct call *c, struct slice uri, const struct message *response);
/* The dialog of a response to our INVITE: found or made.  NULL: too many, unreadable, no memory. */
struct fork *call_fork_of(struct call *c, const struct message *response, int *error);
void         call_on_stray_2xx(struct call *c, struct message *response);

/* call_early.c */
void call_on_provisional(struct call *c, const struct message *response);
/* The first 2xx: what its branch has answered holds from now on.  As media_start; -ERR_NOT_FOUND: it has described
 * nothing, ever. */
int call_settle(struct call *c, struct fork *f, const struct message *response);

/* call_refusal.c */
/* True: the INVITE has been, or will be, placed again, somewhere. */
bool call_try_again(struct call *c, const struct message *response);
bool call_try_next_target(struct call *c);

/* call_timer.c */
msec call_due(const struct call *c);
void call_on_due(struct call *c, msec now);
/* Expires, if the INVITE of ours shall have one. */
void call_put_expires(struct call *c, struct gather *g);
void call_cancel(struct call *c);
/* Which description of the peer's holds, by its o=; and is it still that one (RFC 4028 7.4)? */
struct reason call_described(const struct call *c);
bool          call_describes_same(const struct call *c, const struct reason *before);

/* call_refresh.c */
void call_refresh(struct call *c);
/* Our re-INVITE or UPDATE came to nothing. */
void call_refresh_failed(struct call *c);

/* call_why.c */
void call_note_why(struct call *c, const struct message *m);
void call_fill_why(const struct call *c, struct phone_event *e);
/* What its Retry-After says, or NEVER. */
msec call_retry_after(const struct message *response);
enum { REASON_LINE = 96 };
/* Reason, a line for the BYE that ends this branch, or (`f` is NULL) for the CANCEL; nothing if there is none to name
 * (RFC 3326). */
void call_write_reason(const struct call *c, const struct fork *f, struct buf *b);

/* Cancel our INVITE and send it anew, from where we are now. */
void call_invite_anew(struct call *c);

/* call_move.c */
/* Whoever sends an INVITE of the same Call-ID and tag anew has given up the one before, though its CANCEL has not come.
 */
void call_supersede(struct phone *p, const struct message *invite);
/* Is this host, right now, not where the other side knows it to be? */
bool call_is_moving(const struct call *c);
/* There is a call: see that it follows this host to another address. */
void call_watch(struct phone *p);

/* call_change.c */
void call_send_reinvite(struct call *c);
/* Can a re-INVITE of ours begin now? */
bool call_may_offer(const struct call *c);
/* Has the user anything to wish?  0, -ERR_NOT_FOUND (c is NULL or over), -ERR_UNSUPPORTED (not answered yet). */
int call_may_wish(const struct call *c);
/* Offer what the user wishes by now, after call_may_wish; while another exchange is under way, when that is through:
 * there is one wanted state, and the last wish wins. */
void call_change(struct call *c);
/* Is there such a wish, and the way free?  Then begin. */
bool call_change_is_due(const struct call *c);
void call_change_waiting(struct call *c);
/* A change that the user wished has been made, or was refused: a swap goes on, or not, unless another change is still
 * to come.  To be called when all is sent; and with `changed` at the end of a call. */
void call_changed(struct call *c, bool changed);
/* The answer is here: what the user wished before, and nobody has been told, is told now. */
void call_keep_wish(struct call *c);

/* call_in.c */
void           call_incoming(struct phone *p, struct account *a, object_id txn, struct message *invite);
void           call_on_reinvite(struct call *c, struct fork *f, object_id txn, struct message *invite);
void           call_on_bye(struct call *c, struct fork *f, object_id txn, struct message *bye);
void           call_on_ack(struct call *c, struct message *ack);
void           call_on_cancel(struct call *c, const struct message *cancel);
void           call_send_2xx(struct call *c);
struct gather *call_begin_response(struct call *c, unsigned status);
/* c->sdp becomes the answer to the INVITE's offer, or an offer if it had none.  As negotiation_answer. */
int call_write_description(struct call *c);
/* An answer that had to wait goes out if it may; true if it did, or failed. */
bool call_resume_answer(struct call *c);
/* The call ends because of this fault of ours, or because nothing was agreed. */
void         call_refuse_for(struct call *c, int error);
struct call *call_find_ringing(struct phone *p, object_id id, int *error);
void         call_ring_timer(struct call *c, msec now);

#endif
