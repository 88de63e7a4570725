/* SPDX-License-Identifier: BSD-2-Clause */
/* event.h - what a phone tells its user. */

#ifndef CALL_EVENT_H
#define CALL_EVENT_H

#include "base/id.h"
#include "media/session.h"
#include "sdp/attribute.h"
#include "sip/message_summary.h"

/* Events of one call that fall into one turn come in this order. */
enum phone_event_kind {
    PHONE_REGISTERED,      /* account, flow, expires; the first time or after a failure    */
    PHONE_REFRESHED,       /* account, flow, expires                                       */
    PHONE_REGISTER_FAILED, /* account, flow, status, reason; retry_in, NEVER: not again    */
    PHONE_UNREGISTERED,    /* account, status: by all its flows; expires: the registrar has not agreed, and
                            * keeps one for so long; 0: it has                              */
    PHONE_INCOMING,        /* peer: ring, answer or reject it; replaces: it is answered; joins  */
    PHONE_RINGING,         /* status, reason: each 101-199 for a call of ours              */
    PHONE_EARLY_MEDIA,     /* sound may come before the answer                             */
    PHONE_ANSWERED,        /* ours: the 2xx is here; theirs: the ACK is here               */
    PHONE_CHANGED,         /* a re-INVITE of either side: held, held_by_peer               */
    PHONE_UNCHANGED,       /* our re-INVITE was refused: status                            */
    PHONE_MEDIA,           /* the first packet was heard                                   */
    PHONE_NO_MEDIA,        /* nothing was heard for the configured time                    */
    PHONE_SOURCE_ENDED,    /* the sound to play is at its end                              */
    PHONE_DIGIT,           /* digit: the peer pressed a key                                */
    PHONE_REFERRED,        /* the peer wants us to call somebody: target, referred_by; asking, or placed */
    PHONE_TRANSFER,        /* ours: status, reason: what whoever is called by the peer says    */
    PHONE_TRANSFERRED,     /* ours is done: status; the call ends                              */
    PHONE_TRANSFER_FAILED, /* ours came to nothing: status, reason; the call goes on           */
    PHONE_CONFERENCE,      /* members: whom this call talks together with now; none: it has left  */
    PHONE_ENDED,           /* the last one of a call: cause, side, status, stats           */
    /* The following come in the order in which they happen, before those above. */
    PHONE_MESSAGE,            /* peer says something: content_type, body; call, if within one  */
    PHONE_MESSAGE_SENT,       /* subject, status: it has arrived, or is stored for later (202)  */
    PHONE_MESSAGE_FAILED,     /* subject, status, reason, error                                */
    PHONE_SUBSCRIBED,         /* subject, package, state: "pending" or "active"; expires                  */
    PHONE_NOTIFIED,           /* subject, package, state, content_type, body (may be empty)               */
    PHONE_WAITING,            /* package, summary: messages in a mailbox; subject, if it was subscribed   */
    PHONE_SUBSCRIPTION_ENDED, /* subject, package, status or reason; retry_in, NEVER: it is over          */
    PHONE_ENGAGED,            /* subject, busy: has he a call? dialogs, full (package dialog)             */
    PHONE_FREE,               /* subject: who was waited for has no call any more                         */
    PHONE_PRESENCE,           /* subject, open, note, contact: is he there?                               */
    PHONE_PUBLISHED,          /* account, open, note, expires: others see that                            */
    PHONE_UNPUBLISHED,        /* account: they see nothing of it any more                                 */
    PHONE_PUBLISH_FAILED,     /* account, status, reason; retry_in, NEVER: not tried again                */
    PHONE_WATCHER,            /* account, peer: wants to see whether its user is there; asking: presence_decide  */
    PHONE_MESH,               /* call, with: two members of a mesh; direct: they reach each other; else why not */
    PHONE_ASKED,              /* subject: peer, outside of any call, wants us to call target; referred_by     */
    PHONE_REFER,              /* subject, status, reason: what becomes of the call that peer was asked for    */
    PHONE_EVENT_COUNT
};

enum call_cause {
    CALL_NORMAL,      /* was answered and hung up                                    */
    CALL_CANCELLED,   /* hung up before it was answered                              */
    CALL_REFUSED,     /* a final response of 300 or more: see status                 */
    CALL_TIMED_OUT,   /* no final response came at all                               */
    CALL_UNREACHABLE, /* the name does not resolve, or nothing can be sent there     */
    CALL_NO_ACK,      /* our answer was never acknowledged                           */
    CALL_ELSEWHERE,   /* cancelled since another phone has answered (RFC 3326 3.1)   */
    CALL_EXPIRED,     /* nobody has refreshed the session in time (RFC 4028 10)      */
    CALL_LOST,        /* the peer knows the call no more (481, 408 in the dialog)    */
    CALL_BAD_SDP,     /* no sound was agreed, or a description could not be read     */
    CALL_REPLACED,    /* another call has taken its place (RFC 3891)                 */
    CALL_TRANSFERRED, /* was handed on: the other side talks to somebody else        */
    CALL_LOCAL_FAULT, /* sound device, ports, memory                                 */
};

enum call_side { SIDE_LOCAL, SIDE_REMOTE, SIDE_NETWORK };

/* When it happened for the first time, in ms after the (first) INVITE; NEVER: it did not. */
struct call_times {
    msec trying;   /* 100                                              */
    msec ringing;  /* 180                                              */
    msec progress; /* 183 or another one of 181-199                    */
    msec answered; /* 2xx                                              */
    msec acked;    /* its ACK: ours was sent, or theirs has come       */
    msec media;    /* the first packet was heard                       */
};

const char *phone_event_name(enum phone_event_kind kind); /* "registered" ...  */
const char *call_cause_name(enum call_cause cause);       /* "normal" ...      */
const char *call_side_name(enum call_side side);          /* "local" ...       */

enum { PHONE_STREAMS = 4, PHONE_MEMBERS = 16 };

/* One stream of a call. */
struct phone_stream {
    unsigned           index;     /* as call_add_stream gave it; 0: the first one               */
    bool               on;        /* it is agreed                                               */
    struct slice       kind;      /* "audio"                                                    */
    struct slice       codec;     /* "PCMU"; empty: it never began                              */
    enum sdp_direction direction; /* what is done now, seen from here                           */
    bool               has_stats; /* ENDED, and what has been removed                           */
    struct media_stats stats;
};

/* A call of somebody who is watched, as he says (RFC 4235 4.1): whatever is not told is empty. */
enum { PHONE_DIALOGS = 16, PHONE_DIALOG_TEXT = 255 };

struct phone_dialog {
    struct slice id;                             /* the same in each document that tells of it                        */
    struct slice state;                          /* "trying", "proceeding", "early", "confirmed", "terminated"        */
    struct slice direction;                      /* seen from there: "initiator", "recipient"                         */
    struct slice call_id, local_tag, remote_tag; /* local: his                                   */
    struct slice remote, remote_display;         /* URI of who is at the other end               */
};

struct phone_event {
    enum phone_event_kind kind;
    object_id             account, call; /* 0: not about one                       */
    object_id             subject;       /* what message_send, subscribe gave */
    bool                  outgoing;
    unsigned              branch; /* RINGING, EARLY_MEDIA: whose, of those that the call has forked to; 0: not said */
    unsigned              status; /* SIP status, 0 if there is none               */
    struct slice          reason;
    struct slice          peer, peer_display; /* URI; display name without quotes */
    struct slice          local;              /* the account's address             */
    struct slice          call_id;
    object_id             replaces, joins; /* INCOMING: the call in whose place it comes, or that it wants to join; 0 */
    struct slice          referred_by; /* INCOMING: URI of who sent the caller here; he says so, nobody has proved it */
    struct slice          content_type, body; /* "text/plain"; in UTF-8 (NOTIFIED: as it came) */
    struct slice          package, state;
    bool                  busy, open;
    const struct phone_dialog *dialogs; /* ENGAGED: what this document tells ...                  */
    size_t                     dialog_count;
    bool                       full; /* ... and is it all that he has?                            */
    struct slice               note, contact;
    struct message_summary     summary;
    struct slice               target; /* REFERRED: URI of whom to call ...                                 */
    object_id                  placed; /* ... and the call to it, 0: none was made                          */
    bool            asking; /* ... call_follow_refer or call_refuse_refer is waited for; WATCHER: presence_decide is */
    uint32_t        expires;
    msec            retry_in;
    unsigned        flow, flows;     /* of which of its flows it is (1, 2); how many of them live now    */
    bool            outbound;        /* the registrar keeps the flow (RFC 5626)                          */
    struct slice    gruu, temp_gruu; /* what leads to this very phone from anywhere (RFC 5627), or empty */
    bool            has_retry_after; /* ENDED, UNCHANGED: the refusal says when to try again ...   */
    uint32_t        retry_after;     /* ... in so many seconds */
    unsigned        warning_code;    /* likewise, from its Warning; 0: none                                     */
    struct slice    warning;         /* its text                                                                */
    struct slice    reason_protocol; /* ENDED: from the Reason of the BYE or CANCEL: "SIP", "Q.850"; or empty   */
    unsigned        reason_cause;    /* 0: none                                                                 */
    struct slice    reason_text;
    char            digit;
    bool            held, held_by_peer;
    enum call_cause cause;
    enum call_side  side;
    int             error;     /* -ERR_X behind UNREACHABLE and LOCAL_FAULT */
    msec            setup;     /* ENDED: INVITE to answer, NEVER: not answered */
    msec            duration;  /* ENDED: answer to end                      */
    struct call_times   times; /* so far                                    */
    struct slice        codec; /* ENDED, ANSWERED: "PCMU", or empty         */
    bool                has_stats;
    struct media_stats  stats;                  /* of the first stream that was                 */
    struct phone_stream streams[PHONE_STREAMS]; /* ANSWERED, CHANGED, ENDED    */
    size_t              stream_count;
    object_id           members[PHONE_MEMBERS]; /* CONFERENCE: calls, this one among them; or none */
    size_t              member_count;
    object_id           with; /* MESH: another call ...                                                         */
    bool direct; /* ... whose other side reaches that of this one by itself; no: this phone mixes for the two   */
};

/* Slices live until it returns.  May call anything of phone.h and call.h but
 * phone_free. */
typedef void phone_event_fn(void *user, const struct phone_event *event);

#endif
