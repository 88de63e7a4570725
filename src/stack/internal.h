/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - the parts of one stack, shared by the files of this folder only.
 *
 * Who owns what:
 *   struct stack       owns listeners, connections and both kinds of transaction
 *   server_index       finds a server transaction by what its request carries, awake or asleep
 *                      (asleep.h): the places of both in server_ids
 *   client_ids         finds a client transaction by the id inside its branch
 *   peers              lists the client transactions an ICMP error may belong to
 *   connection->users  the client transactions that die with a connection; those of
 *                      other workers are remembered by their ids                   */

#ifndef STACK_INTERNAL_H
#define STACK_INTERNAL_H

#include "base/expect.h"
#include "base/hash_index.h"
#include "base/log_limit.h"
#include "base/table.h"
#include "net/channel.h"
#include "sip/framer.h"
#include "stack/asleep.h"
#include "stack/log_lines.h"
#include "stack/lookup.h"
#include "stack/oversize_peers.h"
#include "stack/peer_load.h"
#include "stack/rested.h"
#include "stack/spread.h"
#include "stack/stack.h"
#include "txn/invite_client.h"
#include "txn/invite_server.h"
#include "txn/non_invite_client.h"
#include "txn/non_invite_server.h"

enum {
    STACK_LISTENERS  = 16,
    SENT_BY_TEXT     = 280,
    BRANCH_MAX       = 96,
    BRANCH_RANDOM    = 8,              /* letters at its end */
    TAG_LENGTH       = RANDOM_LETTERS, /* 60 bits of one draw; 19.3 wants 32 */
    NOBODY_TOKEN     = 12,
    SOURCE_CACHE     = 64,
    RECEIVE_AHEAD    = 64, /* more than net/udp.c delivers at once */
    GONE_ADDRESSES   = 4,
    SOURCE_CACHE_AGE = 10000,  /* ms that a looked-up source address is believed */
    TARGETS_TIME     = 180000, /* ms in which all targets of one request are begun */
    PEER_LISTS       = 512,    /* a power of two */
    SENT_BYS         = 4,      /* addresses of ours whose text a listener keeps: a power of two */
    CONNECTION_KEPT  = 4,
    ALIASES          = 4,  /* ports that one connection may stand for, RFC 5923 */
    STRANGERS        = 64, /* transactions of other workers that a connection remembers */
    /* What the tables that find an object take for it: a slot of ids, a bucket when half of
     * them are empty.  It is accounted for with the object. */
    INDEX_ENTRY  = sizeof(struct id_slot) + 2 * sizeof(struct table_link *),
    SERVER_ENTRY = sizeof(struct id_slot) + 3 * sizeof(uint64_t), /* a hash_index that grows is a third full at least */
};

enum socket_state {
    SOCKET_FREE,
    SOCKET_OPEN,
    SOCKET_CLOSING, /* nothing new by it; a UDP socket, until no transaction needs it */
};

/* What Via and Record-Route call us. */
struct sent_by {
    struct slice text; /* of host and port */
    size_t       host_len;
    uint32_t     port; /* 0: none */
    uint32_t     mark; /* a hash of it, however its letters are written */
};

/* What it is for messages that leave from one address: made once, not for each of them. */
struct sent_by_entry {
    struct address local; /* FAMILY_NONE: free */
    struct sent_by sent_by;
    char           text[ADDRESS_TEXT];
};

struct socket_entry {
    struct stack        *stack;
    enum socket_state    state;
    struct address       requested; /* may differ from `local` in the port */
    enum transport       transport;
    struct address       local;
    bool                 wildcard;
    uint8_t              host_len; /* of `host`: `local` as nearly everyone writes it, or 0 */
    char                 host[ADDRESS_TEXT];
    char                 advertise[SENT_BY_TEXT];
    size_t               advertise_len;
    struct sent_by       advertised;      /* if that is not 0 */
    struct sent_by_entry names[SENT_BYS]; /* else */
    enum tls_clients     clients;
    struct udp          *udp; /* one of the two */
    struct listener     *listener;
};

/* Requests to this address may go by the connection (RFC 5923). */
struct alias {
    struct table_link  link; /* in stack->aliases */
    struct connection *connection;
    struct address     address;
};

/* Who is to be reached by a connection, and how long. */
struct kept {
    uint64_t key;
    msec     until;
};

struct connection {
    struct stack     *stack;
    object_id         id;
    struct table_link by_flow; /* in stack->connections_by_remote */
    struct channel   *channel; /* NULL once it has ended */
    struct flow       flow;
    bool              accepted; /* opened by the peer, and counted for it */
    char             *domain;   /* opened by us, not TCP: whose it was to be; else NULL */
    struct alias     *aliases;  /* ALIASES of them; NULL: none yet */
    unsigned          alias_count;
    struct framer     framer;
    struct timer      idle;
    struct kept       kept[CONNECTION_KEPT]; /* phones are to be reached by it: the first of them, ... */
    msec              keep_until;            /* ... and the longest of those for whom there was no room */
    msec              heard_at;              /* when something whole came last                          */
    msec              touched_at;            /* when there was traffic last                                */
    msec              silence;               /* closed after so long without, whatever else; 0: no      */
    bool              asked;                 /* by stack_keep_alive, and nothing was heard since */
    bool              answers_asking;        /* it has done so before; not everybody does        */
    bool              open;                  /* it can take what is sent           */
    unsigned          bans_seen;             /* which state of the bans its peer is not in */
    struct link       users;                 /* client_txn.on_connection       */
    struct link       answers;               /* server_txn.on_connection, until it is open */
    object_id        *strangers;             /* the latest STRANGERS client transactions of other workers that
                                              * sent by it, from strangers[0] on; NULL: none yet            */
    unsigned stranger_count;
    size_t   accounted; /* bytes */
};

/* What RFC 3261 17.2.3 compares, copied so that the request itself may go.  One that has slept knows of its branch only
 * the hash, and of its host only what a stream needs. */
struct server_key {
    struct slice branch, host; /* of the top Via; both point behind the server_txn */
    uint16_t     port;
    enum method  method;
    bool         legacy; /* no magic cookie: compared with the request itself */
};

struct server_txn {
    struct stack     *stack;
    object_id         id;
    uint64_t          hash; /* of the key: see stack->server_index */
    struct server_key key;
    struct message   *request; /* NULL once a 2xx to an INVITE was sent */
    object_id         owner;   /* see stack_server_set_owner          */
    struct peer_cells load;    /* where it counts for its source      */
    uint32_t          cell;    /* of its call: see homes.h            */
    msec              arrived;
    struct flow       reply;  /* where responses go (18.2.2) */
    struct address    source; /* whence the request came, once its connection is gone */
    bool              source_tried;
    uint8_t           targets_tried; /* of those that the DNS says of sent-by */
    struct lookup    *way;           /* see response_way.c; NULL: not needed so far */
    struct link       on_connection; /* in connection->answers                      */
    struct timer      timer;
    bool              is_invite;
    bool              abandoned;    /* stack_abandon: ends in the next turn */
    bool              answered;     /* a final response has gone, or none will */
    bool              woken;        /* it has slept                            */
    bool              lost;         /* a response with its connection: in the next turn another way is tried */
    int               failed;       /* a send failed: told to the user in the next turn */
    msec              linger_until; /* the response is kept, though nothing waits for it */
    union {
        struct ist  ist;
        struct nist nist;
    } machine;
    char  *response; /* the latest one's bytes, for retransmissions */
    size_t response_len, response_room;
    char  *call_id;         /* see log_keep_call_id */
    size_t accounted;       /* bytes */
    char   tag[TAG_LENGTH]; /* empty until it is asked for: see server_tag */
    char   memory[];        /* what key points to */
};

enum client_kind { CLIENT_INVITE, CLIENT_OTHER, CLIENT_STATELESS };

struct client_txn {
    struct stack      *stack;
    object_id          id;
    enum client_kind   kind;
    struct client_user user; /* fn NULL: forgotten */
    enum method        method;
    struct timer       timer;
    struct link        on_connection;
    struct link        on_peer;  /* in stack->peers until the first response */
    bool               started;  /* the machine runs: a first target was found     */
    bool               answered; /* any response has come                          */
    bool               provisional, final;
    bool               by_flow_only; /* sent by the flow that was given; its destination is untried */
    int                failed;       /* a send failed: acted upon in the next turn     */
    union {
        struct ict  ict;
        struct nict nict;
    } machine;

    struct flow    flow;       /* of the current target                          */
    struct lookup *lookup;     /* while the DNS is asked, or other targets remain */
    bool           by_name;    /* the current target is one of a lookup: it may rest */
    msec           last_start; /* no further target is begun after this       */

    object_id cancel;  /* the CANCEL's own transaction, or that of ...   */
    object_id cancels; /* ... the INVITE this one cancels                */
    bool      cancel_wanted;
    msec      cancel_end_at;   /* RFC 3261 9.1: give up on the INVITE            */
    msec      cancel_retry_at; /* a CANCEL could not be made: not before this    */
    char     *cancel_extra;    /* header lines for the CANCEL, malloc'ed or NULL */
    size_t    cancel_extra_len;

    bool     secure;        /* only by TLS (RFC 3261 26.2.2)               */
    bool     by_given_flow; /* by no other, whatever the size              */
    bool     moved;         /* it went by TCP for its size, instead of ... */
    bool     by_datagram;   /* ... `datagram`: and came back to it         */
    unsigned listener;      /* to leave by, or STACK_LISTENERS            */
    bool     record_route, path, sips_route;
    uint32_t sent_by;                 /* a hash of what the Via says, see transport_sent_by */
    uint16_t sent_by_at, sent_by_len; /* where that stands in the head of the wire */
    size_t   branch_len, mark_len;
    bool     whole; /* the mark is the branch */
    /* See client_wire.c.  What the request is made of is borrowed while client_begin runs; from then on it is in
     * the wire, made once for a first target that is known at once. */
    const struct outgoing *out;
    char                  *wire; /* NULL: nothing was sent, or nothing of it is needed any more */
    size_t                 start_len, head_len, wire_len, wire_room;
    uint16_t               user_up_len, user_down_len, user_located_len;
    char                  *call_id;   /* see log_keep_call_id */
    size_t                 accounted; /* bytes */

    struct flow upstream; /* TRANSPORT_NONE: not known */

    /* The last: what is not written is not cleared. */
    struct flow datagram;
    char        branch[BRANCH_MAX];
};

struct source_entry {
    struct address remote, local;
    msec           until;
};

struct stack {
    struct world              *world;
    struct stack_config        config;
    struct txn_timers          timers;
    const struct stack_events *events;
    void                      *user;
    struct hash_key            key;

    struct channels    *channels;
    char                nobody[NOBODY_TOKEN + sizeof ".invalid"]; /* see stack_nobody */
    struct socket_entry sockets[STACK_LISTENERS];
    unsigned            socket_count;  /* up to the last one that is not free */
    struct timer        closing_timer; /* listen.c */
    stack_closing_fn   *on_closing;    /* NULL: it may always close */
    void               *closing_user;

    struct message *ahead[RECEIVE_AHEAD]; /* parsed and not yet acted on: see receive_ahead */
    unsigned        ahead_count, ahead_next;

    uint32_t        cell;                   /* of the request in hand, if there are other workers */
    struct message *refused[RECEIVE_AHEAD]; /* of the same batch, to be answered at its end: admission_refuse */
    unsigned        refused_count;

    struct hash_index  server_index;
    struct table       connections_by_remote, aliases;
    struct asleep_line server_line, client_line, client_short_line;
    struct link        peers[PEER_LISTS]; /* see peer.c */
    struct id_table    server_ids, client_ids, connection_ids;

    stack_pass_fn     *on_pass; /* NULL: nothing is passed on without a transaction */
    void              *pass_user;
    stack_ahead_fn    *on_ahead; /* NULL: nobody wants to know */
    void              *ahead_user;
    stack_stun_fn     *on_stun; /* answers to what we ask; NULL: we ask nothing */
    void              *stun_user;
    stack_flow_end_fn *on_flow_end; /* flow_end.c; NULL: nobody wants to know */
    void              *flow_end_user;
    struct link        ended_flows; /* those that are still to be told of     */
    struct timer       ended_timer;

    struct rested         *rested;          /* of all workers, or if alone its own */
    struct oversize_peers *oversize;        /* the same */
    struct peer_load      *peer_load;       /* requests being answered, by who has sent them */
    struct homes          *homes;           /* of all workers; NULL: it is alone */
    struct peer_count     *peer_count;      /* of all workers, or if alone its own */
    size_t                 rings_accounted; /* bytes of the rings from other workers */
    struct source_entry    sources[SOURCE_CACHE];
    struct address         gone[GONE_ADDRESSES]; /* where this host is no longer, stack_moved; the latest ones */
    unsigned               gone_count;           /* ever                                                        */
    unsigned               bans_seen;            /* see stack_close_banned */
    struct log_limit       log_limit;            /* lines about malformed input */
    struct overload        overload;
    struct timer           overload_timer; /* while there is one */
    msec                   refusals_until; /* an ACK to what was refused without a transaction may come */

    struct spread     spread;
    struct rehearsal *rehearsal; /* a request that is only asked about; or NULL */
};

/* rehearsal.c: of the transaction REHEARSED.  NULL, -ERR_CLOSED: it is not that, or there is none. */
struct message *rehearsal_request(const struct stack *s, object_id server_txn);
int rehearsal_respond(struct stack *s, object_id server_txn, unsigned status, const struct gather *response);

/* transport.c */
int transport_send(struct stack *s, const struct flow *flow, const struct slice *parts, size_t count);
/* The same for a transaction, which hears later of what goes wrong with a connection of
 * another worker. */
int transport_send_for(struct stack *s, object_id txn, const struct flow *flow, const struct slice *parts,
                       size_t count);
/* The same for what was just written and is kept nowhere; traced, and counted if it fails. */
int transport_send_gather(struct stack *s, const struct flow *flow, const struct gather *g);
/* `domain`: of the URI, before any SRV: what a peer by TLS has to prove to be (RFC 5922). */
int transport_open(struct stack *s, const struct target *target, struct slice domain, struct flow *flow);
/* The listener that `flow` is of, STACK_LISTENERS if there is none; and let a datagram leave by it, if
 * it is of that kind. */
unsigned transport_listener(const struct stack *s, const struct flow *flow);
/* The same, of a flow that has a transport; NULL: there is none. */
const struct socket_entry *transport_entry(const struct stack *s, const struct flow *flow);
/* The address of ours that leads to `remote`; `*local` stays if none does. */
void transport_source(const struct stack *s, const struct address *remote, struct address *local);
void transport_leave_by(struct stack *s, unsigned listener, struct flow *flow);
bool transport_can(const struct stack *s, enum transport transport);
/* May the peer send us requests by the connection of this flow, as if it had opened one to
 * our sent-by (RFC 5923 8.1)? */
bool     transport_takes_alias(const struct stack *s, const struct flow *flow);
unsigned transport_set(const struct stack *s); /* bits 1 << enum transport */
unsigned transport_families(const struct stack *s);
/* Is anybody looking: a trace, or the log at debug level? */
static inline bool transport_is_traced(const struct stack *s)
{
    return s->config.trace.fn != NULL || log_wants(s->world->log, LOG_DEBUG, LOG_PART_TRANSPORT);
}

void transport_show(struct stack *s, bool sent, const struct flow *flow, struct slice text);

/* Asked for each message, and mostly answered by no: here, so that it costs no call. */
static inline void transport_trace(struct stack *s, bool sent, const struct flow *flow, struct slice text)
{
    if (__builtin_expect(transport_is_traced(s), 0))
        transport_show(s, sent, flow, text);
}

uint64_t address_hash(const struct stack *s, enum transport transport, const struct address *a);

/* sent_by.c: what messages by this flow call us.  Its text lives until the listener is advertised anew, or in
 * `memory`; mostly it is there already.  sent_by_of: of a text, under the stack's key. */
struct sent_by transport_sent_by(const struct stack *s, const struct flow *flow, char memory[ADDRESS_TEXT]);
struct sent_by sent_by_of(const struct stack *s, struct slice text);
/* The hash of what somebody else says that we are called. */
uint32_t sent_by_mark(const struct stack *s, struct slice host, uint32_t port);

/* listen.c */
/* What came by this flow would begin something new where nothing begins any more. */
bool listen_is_closing(const struct stack *s, const struct flow *flow);
void listen_close_all(struct stack *s);

/* flow_end.c: it is about to be freed; and those that nobody has been told of are forgotten. */
void flow_end_note(struct connection *c);
void flow_end_forget(struct stack *s);
/* Closed when its peer is silent for so long. */
void connection_expect(struct connection *c, msec silence);

/* stun_answer.c: a datagram that begins as one of STUN. */
void stun_answer(struct stack *s, const struct flow *flow, struct slice bytes);

/* connection.c */
const struct stream_events *connection_accept(void *owner, struct listener *l, struct stream *stream, void **out);
extern const struct channel_events connection_events;
/* NULL at the limit, and without memory. */
struct connection *connection_new(struct stack *s, enum transport transport, const struct address *remote);
/* Its channel is gone: whoever used it hears `error`. */
void connection_free(struct connection *c, int error);
void connection_recount(struct connection *c);
void connection_touch(struct connection *c);
/* The same, for a sign of life of the peer. */
void connection_heard(struct connection *c);
int  connection_send(struct connection *c, const struct slice *parts, size_t count);
void connection_close(struct connection *c);
/* Is there one to that address, of whatever worker? */
bool connection_is_known(struct stack *s, const struct target *target);
/* Remember a transaction of another worker. */
void connection_note_stranger(struct connection *c, object_id txn);
void connection_keep(struct connection *c, uint64_t key, msec until);
void connection_touch(struct connection *c); /* there was traffic: it is not idle */

/* banned.c: is the sender of a datagram, or who wants to connect, banned?  Then it is counted. */
bool banned_datagram(struct stack *s, const struct address *from, struct slice bytes);
bool banned_caller(struct stack *s, const struct address *from);
/* Has the peer of this connection been banned since it was asked last?  Then it is to be closed. */
bool banned_since(struct connection *c);

/* connection_reuse.c */
enum channel_kind connection_kind(enum transport transport);
/* One that leads there, to a peer that is `domain` if that has to be proved (see transport_open);
 * opened if there is none.  0, or as channel_connect. */
int connection_find(struct stack *s, const struct target *target, struct slice domain, struct flow *flow);
/* The top Via of a request says alias. */
void connection_take_alias(struct stack *s, const struct message *request);
void connection_list_accepted(struct connection *c);
/* The other workers may ask whom its peer has proved to be (stack_peer_is). */
void connection_list_proof(struct connection *c);
/* Nobody finds it any more. */
void connection_unlist(struct connection *c);

/* handover.c: what goes to other workers and comes from them */
void handover_join(struct stack *s);
void handover_leave(struct stack *s);
/* True: the message belongs to another worker and has been taken. */
bool handover_message(struct stack *s, struct message *m);
/* Is the connection of `flow` another worker's? */
bool handover_is_foreign(const struct stack *s, const struct flow *flow);
int  handover_bytes(struct stack *s, object_id txn, object_id connection, const struct slice *parts, size_t count);
void handover_keep(struct stack *s, object_id connection, uint64_t key, msec until);
void handover_expect(struct stack *s, object_id connection, msec silence);
/* What `txn` of another worker sent by `connection` is lost; `txn` may be 0. */
void handover_failure(struct stack *s, object_id connection, object_id txn, int error);
void handover_icmp(struct stack *s, const struct address *remote, int error);

/* A message is about to be acted on: now and then that is the time to look around. */
static inline void spread_note(struct stack *s)
{
    if (s->spread.looks_seen != s->world->backlog.looks)
        spread_look(s);
}

/* admission.c: what passes when memory or time is scarce */
/* May the request be served?  If not it has been answered 503. */
bool admission_request(struct stack *s, const struct message *request);
/* Is there time for it?  If not it is held, to be answered by admission_refuse, or has been; asked last, so that who
 * sends too much takes nobody's part of it. */
bool admission_in_time(struct stack *s, struct message *request);
/* The end of a batch: who has to be refused is, all at once. */
void admission_refuse(struct stack *s);
/* Is there memory to account for this message at all?  If not it is to be dropped; it has
 * been counted.  Else it is accounted for. */
bool admission_message(struct stack *s, struct message *m);
/* May a connection be accepted? */
bool admission_connection(struct stack *s);
void admission_end(struct stack *s);

/* receive.c */
void receive_bytes(struct stack *s, const struct flow *flow, struct slice bytes);
/* The same for datagrams that come together: each is parsed at once, and all are acted on, in their order,
 * when receive_ahead_end says that there are no more, or RECEIVE_AHEAD wait. */
void receive_ahead(struct stack *s, const struct flow *flow, struct slice bytes);
void receive_ahead_end(struct stack *s);
/* What cannot be parsed: answered if it can be, counted and logged. */
void receive_fault(struct stack *s, const struct flow *flow, struct slice bytes, struct parse_fault *fault);
/* A message that belongs here: to its transaction or the user. */
void receive_message(struct stack *s, struct message *m);

/* server_txn.c */
/* `hash` is server_txn_hash of the request (server_match.h), made once for both. */
bool server_txn_match(struct stack *s, struct message *request, uint64_t hash); /* true: absorbed */
void server_txn_open(struct stack *s, struct message *request, uint64_t hash);
void server_txn_free(struct server_txn *t);
/* As long as it lives its call stays with this worker. */
static inline void server_txn_enters(struct stack *s, uint32_t cell)
{
    if (s->homes != NULL)
        homes_enter(s->homes, s->config.worker, cell);
}
static inline void server_txn_leaves(struct stack *s, uint32_t cell)
{
    if (s->homes != NULL)
        homes_leave(s->homes, s->config.worker, cell);
}
/* Its machine has ended; it may yet wait for whether its response can be sent. */
bool server_txn_is_terminated(const struct server_txn *t);
/* How long ago its request came, in milliseconds. */
uint32_t server_txn_age(const struct stack *s, object_id server_txn);
/* End it in the next turn without a response: there is none that could be made. */
void server_txn_abandon(struct stack *s, object_id server_txn);
/* A response could not be sent the way that was tried; in the next turn another is. */
void server_txn_lost(struct server_txn *t);
/* What it waited for has come: its connection is open, or its response on the way.  It may
 * sleep then. */
void server_txn_taken(struct server_txn *t);
/* There is none. */
void server_txn_failed(struct server_txn *t, int error);
/* NULL for one that sleeps (asleep.h), too. */
struct server_txn *server_txn_of(const struct stack *s, object_id id);
/* The To tag of its responses, drawn when the first of ours needs one: what a proxy passes on has another's. */
struct slice server_tag(const struct stack *s, char tag[TAG_LENGTH]);
/* For server_asleep.c: a block with room for such a key, of no id and in no table; a copy of a
 * response; the timer of its machine; and the block, with all that it has, goes. */
struct server_txn *server_txn_block(struct stack *s, size_t branch_len, size_t host_len);
bool               server_txn_keep_response(struct server_txn *t, const struct gather *response);
void               server_txn_rearm(struct server_txn *t);
void               server_txn_dispose(struct server_txn *t);

/* response_way.c: the latest response goes another way, its connection being gone.  Returns
 * 0 if it is under way, or why there is none. */
int response_way_next(struct server_txn *t);
/* Is it waiting for a connection, or for the DNS? */
bool response_way_is_sought(const struct server_txn *t);

/* reply.c */
/* An ACK to a refusal that was sent without a transaction: that was it. */
bool        reply_was_stateless(const struct stack *s, const struct message *ack);
struct flow reply_way(const struct message *request); /* where its responses go */

/* peer.c */
void peers_init(struct stack *s);
void peer_watch(struct client_txn *t);
void peer_unwatch(struct client_txn *t);
void peer_error(struct stack *s, const struct address *remote, int error);

/* client_txn.c */
struct client_txn *client_txn_new(struct stack *s, const struct outgoing *out, enum client_kind kind);
void               client_txn_free(struct client_txn *t);
void               client_txn_rearm(struct client_txn *t);
bool               client_txn_match(struct stack *s, struct message *response);
/* The id that our branch in it carries, 0 if it is not one of ours; whose transaction
 * that is remains to be seen. */
object_id client_txn_named_by(const struct message *response);
/* NULL for one that sleeps, too. */
struct client_txn *client_txn_of(const struct stack *s, object_id id);
/* For client_asleep.c: the block, with all that it has, goes; its id stays. */
void client_txn_dispose(struct client_txn *t);
void client_txn_transport_error(struct client_txn *t, int error);

/* target.c: what is learnt of the servers that a lookup found (stack/rested.h) */
/* It could not be reached, or timed out. */
void target_failed(struct stack *s, const struct target *target, int error);
/* A response came from it: it lives, unless that is a 503 that asks to be left alone. */
void target_answered(struct stack *s, const struct target *target, const struct message *response);

/* invariant.c: does an object contradict itself, and whom is it about (base/expect.h)? */
bool           server_txn_is_sound(const struct server_txn *t);
struct suspect server_txn_suspect(const struct server_txn *t);
bool           client_txn_is_sound(const struct client_txn *t);
struct suspect client_txn_suspect(const struct client_txn *t);
bool           connection_is_sound(const struct connection *c, const struct channel *channel);
struct suspect connection_suspect(const struct connection *c);

/* client_wire.c */
/* Make t->wire for t->flow: start line, Via with a new branch, Record-Route, the rest.  0,
 * -ERR_NO_MEMORY or -ERR_TOO_LARGE; then it is as it was. */
int client_make_wire(struct client_txn *t);
/* The same without a Via of ours: what t->out says is copied, until a target is known.  0 or -ERR_NO_MEMORY. */
int  client_keep_request(struct client_txn *t);
void client_drop_wire(struct client_txn *t);
/* Is this the sent-by of the request's Via?  A response has it, however its sender writes the
 * address, or is not for us (RFC 3261 18.1.2). */
bool client_has_sent_by(const struct client_txn *t, const struct via *via);
/* The same of what left by `flow`; `mark`: t->sent_by. */
bool client_is_sent_by(const struct stack *s, uint32_t mark, const struct flow *flow, const struct via *via);

/* oversize.c: requests that are too large for a datagram (RFC 3261 18.1.1) */
/* Let t->flow and t->wire be those of TCP, if they must and can.  0, or -ERR_X: it cannot be
 * sent at all. */
int oversize_check(struct client_txn *t);
/* May `error`, from where t->flow leads, be about this request?  One that says "too large" is
 * not about a small one. */
bool oversize_concerns(const struct client_txn *t, int error);
/* Its send has failed: true if it is under way by the other transport now. */
bool oversize_fall_back(struct client_txn *t, int error);

/* client_send.c */
void client_detach(struct client_txn *t);
int  client_send_first(struct client_txn *t); /* by t->flow, as a transaction of its own */
/* Find the first target and send.  0, an error, or of a transaction without an id CLIENT_MUST_ASK: the DNS has
 * to be asked, and nobody would be there to hear the answer. */
enum { CLIENT_MUST_ASK = 1 };
int  client_begin(struct client_txn *t, const struct outgoing *out);
bool client_next_target(struct client_txn *t); /* true: another one is being tried */
/* The flow that was given took the request and failed later: where RFC 3263 would send
 * it is tried then, as if the flow had failed at once.  True: it is under way. */
bool      client_fall_back(struct client_txn *t);
int       client_send_wire(struct client_txn *t);
void      client_send_ack(struct client_txn *t, const struct message *response);
object_id client_send_cancel(struct client_txn *invite);

#endif
