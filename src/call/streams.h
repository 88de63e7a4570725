/* SPDX-License-Identifier: BSD-2-Clause */
/* streams.h - the streams of a call, and what is said of them.  As state.h: for the files of call/
 * alone.
 *
 *   call_streams.c   their life, what was agreed of each, what the user may do with them
 *   call_describe.c  offers and answers: what is said of them
 *   call_offer.c     what can be had of an offer, and why nothing can
 *   call_sound.c     the kind "audio"
 *   call_port.c      between its media and its user, where a conference comes in
 *
 * Each stream has three states (decision 64): what is agreed, what the user wishes, and what the
 * description says that is made next, or was last.  Offers say the wish, answers what is agreed. */

#ifndef CALL_STREAMS_H
#define CALL_STREAMS_H

#include "call/event.h"
#include "sdp/offer_answer.h"

struct call;
struct message;
struct phone;

enum {
    CALL_STREAMS     = NEGOTIATION_STREAMS_MAX,
    AUDIO_STREAMS    = 2,   /* that a peer may have in one call, unless told otherwise */
    WARNING_MAX      = 512, /* the words of a Warning of ours                          */
    CAPABILITIES_MAX = 2048,
};

/* How a stream stands in a description: not at all (port 0), or in this direction, hold
 * left aside. */
struct stream_terms {
    bool               on;
    enum sdp_direction direction;
};

struct stream_kind;
struct conference;

/* Between a media session and the sound of a stream; see conference.h. */
struct call_port {
    struct audio_source  source; /* for the session */
    struct audio_sink    sink;
    struct audio_source *inner_source; /* the user's, or NULL */
    struct audio_sink   *inner_sink;
    struct conference   *conference; /* NULL: it is in none */
    int                  place;      /* in its mixer        */
};

/* One stream of a call. */
struct call_stream {
    struct call              *call;
    unsigned                  index; /* in the call and in its negotiation            */
    const struct stream_kind *kind;  /* NULL: it never was                            */
    struct stream_terms       now;   /* as agreed                                     */
    struct stream_terms       wish;  /* as the user wants it: for our next offer      */
    struct stream_terms       said;  /* in the description that is made next, or was last */
    struct address            at;    /* the address of ours that it is heard at       */
    bool                      open;  /* it has ports: `media`                         */
    bool                      sound_open;
    struct media_session     *media;
    struct audio_source      *source;
    struct audio_sink        *sink;
    struct call_port          port;
    struct media_stream       stream;    /* as started last                           */
    struct slice              codec;     /* of it: static text; empty: never started  */
    bool                      has_stats; /* closed after it was started               */
    struct media_stats        stats;
};

/* What carries the streams of one kind of m= line.  A kind that has none is refused. */
struct stream_kind {
    struct slice name, protocol; /* as the m= line has them */
    /* What we can do, best first: returns how many. */
    size_t (*codecs)(struct sdp_codec *codecs, size_t max);
    int (*open)(struct call_stream *s);
    void (*close)(struct call_stream *s); /* the figures stay */
    struct address (*local)(const struct call_stream *s);
    int (*start)(struct call_stream *s, const struct sdp_agreed *agreed);
    void (*pause)(struct call_stream *s);
    int (*move)(struct call_stream *s, const struct address *local); /* to other ports, on this address */
};

/* call_streams.c */
struct call_stream *call_free_stream(struct call *c); /* one that is not open, or NULL */
int                 call_open_stream(struct call *c, unsigned index, const struct stream_kind *kind,
                                     const struct address *at); /* on this address of ours */
void                call_close_stream(struct call_stream *s);   /* the figures stay */
/* Make ready for a description: ports and sound.  Nothing to do if there is an offer to
 * be answered: the answer opens what was offered. */
void call_hear_digit(struct call *c, char digit);
int  call_send_rtp_digits(struct call *c, struct slice digits);
int  call_sound_open(struct call *c);
void call_sound_close(struct call *c);
/* Our offer was refused: all stays as it is agreed. */
void call_forget_wishes(struct call *c);
/* Media as agreed; -ERR_UNSUPPORTED if nothing is, though something was offered. */
int call_sound_start(struct call *c, struct negotiation *n);
/* Send nothing until the next call_sound_start: whom we spoke to has no part in it now. */
void call_sound_pause(struct call *c);
/* This host has another address.  An error: not all have moved; ask again. */
int call_sound_move(struct call *c, const struct address *local);
/* The first one that runs, or ran; what is told of "the" sound of a call is told of it. */
const struct call_stream *call_main_stream(const struct call *c);
void                      call_fill_streams(const struct call *c, struct phone_event *e);

/* call_offer.c */
const struct stream_kind *call_kind_named(struct slice name); /* or NULL */
/* Between whom something is offered. */
struct offer_ends {
    const struct phone *phone;
    struct address      local; /* of ours: where its SIP came to                */
    struct address      peer;  /* of his Contact; FAMILY_NONE: it is a name     */
};

struct offer_ends call_ends_of_message(const struct phone *p, const struct message *request);
struct offer_ends call_ends(const struct call *c);
/* The peer has addresses of our family, by which he speaks SIP: he can send us sound from there, and we answer where
 * it comes from, whatever his description says. */
bool call_is_heard_anyway(const struct offer_ends *e);
/* The address of ours at which we hear what this line offers: where its SIP came to; or, if that is of the other
 * family and we are at home at all addresses of this host, one that leads to the peer's (decision 76).  FAMILY_NONE:
 * none does. */
struct address call_place_for(const struct offer_ends *e, const struct sdp_media *m);
/* The kind that can take what this line offers, or NULL. */
const struct stream_kind *call_kind_for(const struct offer_ends *e, const struct sdp_media *m);
/* Why nothing of this offer can be had: a warn-code (RFC 3261 20.43) and words.  0: something can, or
 * nothing was asked for. */
unsigned call_offer_fault(const struct offer_ends *e, struct slice sdp_text, struct buf *why);
bool     call_can_talk(const struct offer_ends *e, struct slice sdp_text); /* no fault */

/* call_describe.c */
/* The next description says what the user wishes; else what is agreed already. */
void call_describe(struct call *c, bool wish);
/* A negotiation that has offered just what c->sdp offers; NULL without memory. */
struct negotiation *call_new_negotiation(struct call *c);
int                 call_make_offer(struct call *c, struct negotiation *n, struct slice *text);
int                 call_make_answer(struct call *c, struct negotiation *n, struct slice *text);
/* What could be had, as a description (RFC 3264 9). */
void call_write_capabilities(struct phone *p, const struct address *local, struct buf *b);

/* call_sound.c */
extern const struct stream_kind call_sound;

/* call_port.c */
/* Between the sound of the stream and its media session. */
void call_port_init(struct call_stream *s);
/* Whoever is in a conference is muted there: he hears the others, and they each other. */
void call_port_mute(struct call_stream *s);

#endif
