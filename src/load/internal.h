/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the files of load/ know of each other.
 *
 *   load.c      phases and pace: which operation begins when
 *   attempt.c   one operation: its requests and what is answered, by the machines of txn/
 *   request.c   the bytes of its requests
 *   callee.c    what comes to our users: REGISTERed callees that answer
 *   media.c     RTP of both sides
 *   way.c       a socket or connection, and the messages that come by it */

#ifndef LOAD_INTERNAL_H
#define LOAD_INTERNAL_H

#include "base/list.h"
#include "base/table.h"
#include "dialog/auth.h"
#include "load/glance.h"
#include "load/load.h"
#include "net/channel.h"
#include "rtp/session.h"
#include "sip/framer.h"
#include "sip/write.h"
#include "txn/invite_client.h"
#include "txn/non_invite_client.h"

enum { LOAD_TAG = 8, LOAD_SENT_BY = ADDRESS_TEXT, LOAD_REQUEST_ROOM = 4096 };

/* A socket, or a connection, of callers or of callees. */
struct way {
    struct load    *load;
    unsigned        index;
    bool            callee, open;
    struct udp     *udp;
    struct channel *channel;
    struct framer   framer;
    struct address  local;
    char            sent_by[LOAD_SENT_BY];
    struct slice    host; /* of sent_by, its address in it */
    struct link     attempts;
    struct timer    again; /* a connection that was lost is opened once more */
};

int  way_open(struct way *way);
void way_close(struct way *way);
/* To `to` if it is a socket, else to whom it is connected.  0 or -ERR_X: nothing was sent. */
int way_send(struct way *way, const struct address *to, const struct slice *parts, size_t count);

/* ---- one side of a call's sound, media.c ---- */

struct media {
    struct load       *load;
    struct udp        *udp;
    struct address     remote; /* family NONE: not known yet */
    struct rtp_session rtp;
    struct timer       timer;
    msec               next_at;
    uint32_t           timestamp;
    uint8_t            payload_type;
    bool               running;
};

/* Bind a port; it stays for the next call.  0 or what world_udp_open says. */
int media_ready(struct load *load, struct media **media);
/* The description that `local` of `media` (NULL: none is sent) is offered or answered with. */
void media_describe(const struct way *way, const struct media *media, struct buf *out);
/* False if the description has no G.711 that goes both ways. */
bool media_begin(struct media *media, struct slice description);
void media_end(struct media *media); /* NULL is fine */
void media_free(struct media *media);

/* ---- one operation, attempt.c ---- */

enum attempt_step {
    STEP_IDLE,
    STEP_WAITING, /* for load_start_attempt's failure to be told, not inside of it */
    STEP_REQUEST, /* REGISTER, OPTIONS, MESSAGE: `nict` runs */
    STEP_INVITE,  /* `ict` runs */
    STEP_CANCEL,  /* INVITE has been given up: `nict` runs for CANCEL, then its 487 is waited for */
    STEP_HOLD,    /* the call is up */
    STEP_BYE,     /* `nict` runs */
};

enum attempt_purpose { FOR_PROBE, FOR_PREPARE, FOR_RUN, FOR_CLEAN };

struct attempt {
    struct load         *load;
    struct link          member; /* way->attempts, or load->idle */
    struct way          *way;
    uint32_t             index;
    enum attempt_step    step;
    enum attempt_purpose purpose;
    bool                 counted; /* began while counting was on */
    bool                 rang, dropped;
    enum load_failure    failure; /* STEP_WAITING: what to tell; STEP_CANCEL: why */
    enum method          method;
    uint64_t             call;          /* numbers it: its Call-ID and tag */
    uint64_t             branch;        /* of the request under way */
    uint64_t             invite_branch; /* of the INVITE            */
    uint32_t             from, to;      /* users */
    uint32_t             cseq;
    uint64_t             intended; /* us */
    uint64_t             bye_at;   /* us */
    struct ict           ict;
    struct nict          nict;
    msec                 give_up_at; /* from ringing to the answer, of a CANCEL to the end */
    struct timer         timer;
    struct auth         *auth;   /* NULL: never challenged */
    struct message      *answer; /* the 2xx that made the dialog, held; NULL: none */
    char                *request;
    size_t               request_len;
    struct address       remote; /* where it goes, if that is a datagram */
    struct media        *media;
};

/* Begin; `intended` is the time that it is measured from. */
void attempt_start(struct attempt *a, enum method method, enum attempt_purpose purpose, uint64_t intended);
/* One of which no more need be known; false: it must be parsed. */
bool attempt_glance(struct load *l, const struct glance *g);
void attempt_response(struct load *l, struct way *way, struct message *m);
/* The peer has ended the call of this attempt. */
void attempt_hung_up(struct attempt *a);
/* The way under it is gone. */
void attempt_lost(struct attempt *a);
/* It has ended, as `ok` says. */
void attempt_end(struct attempt *a, bool ok, enum load_failure failure);
/* If its call is up: hang up now. */
void attempt_hurry(struct attempt *a);
void attempt_free(struct attempt *a);

/* load.c: the books, and what begins next. */
void load_ended(struct attempt *a, bool ok, enum load_failure failure);
void load_way_opened(struct load *l);
void load_way_failed(struct load *l, int error);
/* NULL: there is none with that number. */
struct attempt *load_attempt(struct load *l, uint32_t index);

/* ---- the bytes of requests, request.c: 0, -ERR_SYNTAX or -ERR_TOO_LARGE ---- */

/* A new request, or the BYE of a call; into a->request. */
int request_write(struct attempt *a);
/* CANCEL of the INVITE that is in a->request, instead of it. */
int request_write_cancel(struct attempt *a);
/* ACK to a final response; made of nothing but that, so that one that comes late or twice
 * is acknowledged, too.  `to` is where it goes. */
int request_write_ack(struct load *l, const struct way *way, const struct message *response, struct buf *out,
                      struct address *to);

/* What a branch or tag of ours says.  False: it is not of this run. */
struct load_mark {
    uint32_t index;
    uint64_t number;
};
void load_write_mark(const struct load *l, struct buf *b, uint32_t index, uint64_t number);
bool load_read_mark(const struct load *l, struct slice text, struct load_mark *mark);

/* ---- who answers, callee.c ---- */

struct answered;

int  callee_init(struct load *l);
void callee_fini(struct load *l);
void callee_request(struct way *way, const struct address *from, struct message *m);

struct load {
    struct world           *world;
    const struct load_plan *plan;
    struct load_setup       setup;
    struct load_host        host;
    struct channels        *channels;
    struct hasher          *hasher;
    struct tally            tally;
    struct gather           gather;
    char                    tag[64];       /* of the response in `gather` */
    char                   *text;          /* of a MESSAGE: plan->size bytes */
    char                    run[LOAD_TAG]; /* of this run: in each branch, tag and Call-ID */
    enum load_phase         phase;
    int                     error;
    bool                    stopped;

    struct way *ways; /* plan->connections of callers, then as many of callees */
    uint32_t    way_count, ways_open;

    struct attempt **attempts; /* all there are; at most the window and PREPARE's */
    uint32_t         attempt_count, attempt_room, in_progress;
    struct link      idle;
    uint64_t         next_call, next_branch;

    uint64_t     started_at; /* us: of the run */
    uint64_t     begun;      /* operations of the run, or registrations of PREPARE and CLEAN */
    uint32_t     to_clean;   /* users that may be registered      */
    bool         counting, filling;
    struct timer timer; /* the next change of phase */

    struct table      calls; /* that our callees have: by the branch of the INVITE */
    struct hash_key   key;
    struct answered **answered;
    uint32_t          answered_count, answered_room;
    struct link       answered_idle;
};

#endif
