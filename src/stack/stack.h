/* SPDX-License-Identifier: BSD-2-Clause */
/* stack.h - one worker's SIP stack: messages, transactions and name lookup
 * joined to the transports of one world (RFC 3261 17, 18; RFC 3263; RFC 6026).
 *
 *        user (server/, call/)     on_request ^   | stack_respond
 *                                  client_fn  |   v stack_request
 *   +------------------------------------------------------------+
 *   | stack: match | server transactions | client transactions   |
 *   |        locate (next target)  | connections | listeners     |
 *   +------------------------------------------------------------+
 *        world: datagrams, streams, names, timers
 *
 * The user never touches a transport and never sees a retransmission.  It names
 * transactions by id; an id whose transaction has ended finds nothing, and every
 * call with it is harmless.  Callbacks come from the loop or from within
 * stack_cancel's and stack_request's *next turn*, never from inside a call into
 * the stack, so a user may be half-way through its own change when it calls. */

#ifndef STACK_STACK_H
#define STACK_STACK_H

#include "nat/stun.h"
#include "net/channel.h"
#include "net/tls_shared.h"
#include "sip/message.h"
#include "sip/write.h"
#include "stack/bans.h"
#include "stack/workers.h"

struct stack;

struct stack_events {
    /* A request that opened a server transaction.  Borrow `request` or hold it.
     * Every one must be answered with a final response in the end.  Never an ACK,
     * never a CANCEL. */
    void (*on_request)(void *user, object_id txn, struct message *request);
    /* An ACK that belongs to no server transaction: the one for a 2xx. */
    void (*on_ack)(void *user, struct message *ack);
    /* A CANCEL.  `invite` is the INVITE server transaction it names, and the
     * CANCEL has been answered 200; or 0, and `txn` waits for an answer. */
    void (*on_cancel)(void *user, object_id invite, object_id txn, struct message *cancel);
    /* A response without client transaction: a late or repeated 2xx to INVITE. */
    void (*on_stray_response)(void *user, struct message *response);
    /* A server transaction is over: 0, -ERR_TIMEOUT if no ACK came for a final
     * response to INVITE (Timer H), or a transport error. */
    void (*on_server_end)(void *user, object_id txn, int error);
};

enum client_event {
    CLIENT_RESPONSE, /* `response` is set; borrow or hold it                            */
    CLIENT_TIMEOUT,  /* Timer B or F on the last target: treat as 408 (RFC 3261 8.1.3.1) */
    CLIENT_ERROR,    /* no target could be reached or no name found: treat as 503        */
};

/* Who hears of a client transaction.  Called once or more with CLIENT_RESPONSE
 * (each provisional, each 2xx to an INVITE, one other final), or once with one of
 * the others, `detail` an -ERR_X.  `owner` and `index` come back as given. */
struct client_user {
    void (*fn)(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
               int detail);
    void     *self;
    object_id owner;
    unsigned  index;
};

struct stack_trace {
    /* Every message that goes out (`sent`) or comes in, as its bytes on the wire. */
    void (*fn)(void *arg, bool sent, const struct flow *flow, struct slice text);
    void *arg;
};

/* Who keeps away what is too much; called with the user of the stack.  NULL: all are welcome. */
struct stack_guard {
    /* A new request, or an ACK that belongs to no transaction, before anything is made of it.  False: it
     * is over; stack_reply_stateless may have been called.  Not for a CANCEL of what is in progress. */
    bool (*admits)(void *user, const struct message *request);
    /* Something came by this flow that cannot be read. */
    void (*on_fault)(void *user, const struct flow *flow);
};

/* What RFC 3261 18.1.1 wants of udp_limit where the path is not known. */
enum { STACK_UDP_LIMIT = 1300 };

struct stack_config {
    uint32_t              max_server_txns, max_client_txns, max_connections;
    uint32_t              max_peer_connections; /* that one host may open to us, to all workers; 0: 512 */
    size_t                max_message;          /* bytes; a longer request gets 513; 0: LIMIT_MESSAGE */
    size_t                udp_limit;            /* bytes; a longer request goes by TCP; 0: never (see oversize.c) */
    msec                  t1, t2, t4;           /* 0: the RFC's 500, 4000, 5000 ms          */
    msec                  connection_idle;      /* a stream without traffic is closed; 0: 10 min */
    msec                  target_rest;          /* a server that failed is tried last for so long; 0: 30 s */
    msec                  overload_delay;       /* see base/overload.h; 0: there is no overload */
    struct bans          *bans;                 /* borrowed; NULL: everybody is listened to    */
    struct stack_guard    guard;
    struct tls_shared    *tls;        /* borrowed; NULL: neither TLS nor WSS          */
    struct channel_limits channel;    /* of handshakes and WebSockets; all 0: the usual ones */
    struct workers       *workers;    /* those this one is one of; NULL: it is alone */
    uint8_t               worker;     /* which of them                               */
    bool                  user_agent; /* all its requests are its own: a response with a second Via is not for it */
    struct stack_trace    trace;      /* fn NULL: off */
};

/* Keeps `events` and `user`, and joins `config->workers`.  NULL without memory. */
struct stack *stack_new(struct world *w, const struct stack_config *config, const struct stack_events *events,
                        void *user);
/* Other limits and times for what begins from now on; of `config` the workers, the keys and whose requests they
 * are stay as they were. */
void stack_configure(struct stack *s, const struct stack_config *config);
/* It had no keys: from now on it opens connections by TLS and WSS.  Borrows `tls`.  0, -ERR_EXISTS (it had) or
 * -ERR_NO_MEMORY. */
int stack_use_tls(struct stack *s, struct tls_shared *tls);
/* Closes everything; transactions end without a word. */
void stack_free(struct stack *s);

/* Listen.  `advertise` (may be empty) is the "host" or "host:port" that Via,
 * Contact and Record-Route use instead of the local address.  Port 0: any free
 * one.  Errors as world_udp_open.  `*index` names it from then on. */
int stack_listen(struct stack *s, enum transport transport, const struct address *local, struct slice advertise,
                 unsigned *index);
/* The same in a place below STACK_PLACES that is free, or where that very address is closing, which it
 * then does no longer: so that the listeners of all workers have the same indexes. */
enum { STACK_PLACES = 16 };
int stack_listen_at(struct stack *s, unsigned index, enum transport transport, const struct address *local,
                    struct slice advertise);
/* Another name for it from now on. */
void stack_listener_advertise(struct stack *s, unsigned index, struct slice advertise);
/* Listen there no longer.  Connections that are open stay; so does a socket for datagrams until no transaction
 * needs it, and until then requests within dialogs are still taken. */
void stack_unlisten(struct stack *s, unsigned index);
/* A listener is about to close: may it?  `needed`: a transaction needs its socket, so it does not yet in any case,
 * but it is asked nevertheless.  Then it is asked again every second.  From inside stack_unlisten, or from the loop.
 * After a yes to one that is not needed its place is free. */
typedef bool stack_closing_fn(void *user, unsigned index, bool needed);
void         stack_on_closing(struct stack *s, stack_closing_fn *fn, void *user);
/* What those who connect to it have to show of a certificate, beyond what the keys demand of
 * all. */
void             stack_listener_clients(struct stack *s, unsigned index, enum tls_clients clients);
enum transport   stack_listener_transport(const struct stack *s, unsigned index);
enum tls_clients stack_listener_demands(const struct stack *s, unsigned index);
/* The bound address; and the sent-by that goes into Via for a message that
 * leaves from `flow` ("192.0.2.1:5060"). */
struct address stack_listener_address(const struct stack *s, unsigned index);
void           stack_write_sent_by(const struct stack *s, struct buf *b, const struct flow *flow);
/* "df7jal23ls0d.invalid": what a client that nobody can connect to calls itself, over
 * WebSockets (RFC 7118 5).  The same for the life of the stack. */
struct slice stack_nobody(const struct stack *s);
/* Does `host`:`port` (0: the default) name one of our listeners? */
bool stack_is_local(const struct stack *s, struct slice host, uint16_t port);
/* Does one of them have this port? */
bool stack_has_port(const struct stack *s, uint16_t port);
/* The same for one transport (TRANSPORT_NONE: any); `*like` gets its listener. */
bool stack_find_local(const struct stack *s, struct slice host, uint16_t port, enum transport transport,
                      struct flow *like);

/* Let the first worker serve all, and hear of all datagrams, while it is not busy (base/spreading.h); for it to call,
 * once, when all of them listen.  Where the kernel does not let it they stay spread. */
void stack_gather(struct stack *s);
/* What is divided among the workers is divided anew from time to time, so that a busy one may take what others leave:
 * `fn` is told in this worker's turn. */
typedef void stack_limits_fn(void *user);
void         stack_on_limits(struct stack *s, stack_limits_fn *fn, void *user);
/* Server transactions that it may have now. */
uint32_t stack_server_limit(const struct stack *s);

struct outgoing {
    struct slice         start_line; /* with its CRLF                                     */
    const struct gather *rest;       /* all headers but the top Via, empty line, body     */
    enum method          method;
    const struct uri *destination;  /* topmost Route or the Request-URI: RFC 3263 finds targets; by TLS alone if that or
                                       the Request-URI is sips */
    const struct flow *flow;        /* or, if set, this very flow; if it is gone, `destination` ...  */
    bool               flow_only;   /* ... but then it has failed (RFC 5626 7)                       */
    struct slice       branch_mark; /* put into the branch after the cookie (loop detection), may be empty */
    bool               branch_whole; /* that is all of the branch (RFC 3261 16.11): for stack_send            */
    const struct flow *like;         /* or NULL: among listeners of one kind prefer that of this flow */

    /* Add Record-Route <sip:USER@sent-by;lr> above the others: one, or two if its sides differ
     * in transport, family, sent-by or USER (see client_wire.c). */
    bool               record_route;
    bool               sips_route; /* with scheme sips                                     */
    const struct flow *upstream;   /* what the request came by, or NULL: as where it goes  */
    struct slice       user_up;    /* the USER for either side, at most ROUTE_USER bytes;  */
    struct slice       user_down;  /* may be empty                                         */
    bool               path;       /* instead, Path <sip:USER_DOWN@sent-by;lr;ob>: the first hop of a REGISTER
                                    * (RFC 3327 5.2, RFC 5626 5.1)                     */
    struct slice user_located;     /* user_down's place when it does not go by `flow`; empty: there is no other */
};

enum { ROUTE_USER = 200 };

/* Send a request in a client transaction: look up, connect, retransmit, fail over
 * to the next target.  Copies all of `out`.  Returns 0 at the limit or without
 * memory (then nobody is called), else the transaction's id. */
object_id stack_request(struct stack *s, const struct outgoing *out, const struct client_user *user);

/* Send without transaction: the ACK to a 2xx (13.2.2.4), a proxied ACK, what is passed on. */
int stack_send(struct stack *s, const struct outgoing *out);

/* Who passes messages on without a transaction (16.11) is asked about a request, an ACK or a CANCEL before it gets one,
 * if it belongs to none, and about a response that has none.  True: that was it. */
typedef bool stack_pass_fn(void *user, struct message *m);
void         stack_on_pass(struct stack *s, stack_pass_fn *fn, void *user);
/* Several have come at once, and are going to be acted on one after the other: the time to have memory fetch what that
 * will want.  Nothing is decided here, as some may be turned away, or be another worker's; what was found out may be
 * left in a message's `ahead`. */
typedef void stack_ahead_fn(void *user, struct message *const *messages, unsigned count);
void         stack_on_ahead(struct stack *s, stack_ahead_fn *fn, void *user);
/* To the sender of such a request, by UDP from the listener that it came to; -ERR_CLOSED if that is no more. */
int stack_pass_response(struct stack *s, unsigned listener, const struct address *to, const struct gather *response);

/* CANCEL an INVITE client transaction as soon as a provisional has come (9.1);
 * nothing if a final response has.  `extra_headers` (e.g. a Reason line) may be
 * empty. */
void stack_cancel(struct stack *s, object_id client_txn, struct slice extra_headers);

/* From now on `user` hears of it in the place of who did. */
void stack_retell(struct stack *s, object_id client_txn, const struct client_user *user);

/* Nobody will be called for this client transaction any more; it ends in its time.
 * An INVITE without a final response is cancelled: nobody could use its 2xx. */
void stack_forget(struct stack *s, object_id client_txn);

/* Send a response in its server transaction; `response` is complete (see
 * write_response_head).  A second final response is dropped, but for a 2xx to an
 * INVITE (RFC 6026 7.1). */
int stack_respond(struct stack *s, object_id server_txn, unsigned status, const struct gather *response);
/* The same with no extra headers and no body; `reason` may be empty. */
int stack_reply(struct stack *s, object_id server_txn, unsigned status, struct slice reason);
/* Give up a request that is not INVITE without a response: too late for any
 * (RFC 4320 4.2).  Its transaction ends in the next turn. */
void stack_abandon(struct stack *s, object_id server_txn);
/* `status` to every request that still waits for its final response. */
void stack_refuse_all(struct stack *s, unsigned status);
/* Answer without transaction (the To tag is a hash, so repetitions agree). */
int stack_reply_stateless(struct stack *s, const struct message *request, unsigned status, struct slice reason);
/* Likewise with whole header lines, borrowed for the call: for what costs nothing to be asked twice. */
int stack_answer_stateless(struct stack *s, const struct message *request, unsigned status, struct slice headers);
/* The request of a server transaction; NULL if it is over or was answered, but for
 * an INVITE that was refused. */
struct message *stack_server_request(const struct stack *s, object_id server_txn);
/* Is it there, if only to wait for its end? */
bool stack_server_lives(const struct stack *s, object_id server_txn);
/* The To tag that stack_reply uses in this transaction: make dialogs with it.  Empty if it only waits for its end. */
struct slice stack_server_tag(const struct stack *s, object_id server_txn);
/* What the user serves this request by, to be found again when it is cancelled.  0: none was set, or the transaction
 * only waits for its end. */
void      stack_server_set_owner(struct stack *s, object_id server_txn, object_id owner);
object_id stack_server_owner(const struct stack *s, object_id server_txn);
/* Is this request the same as one that is being served, come another way
 * (RFC 3261 8.2.2.2)? */
bool stack_is_merged(const struct stack *s, object_id server_txn);

/* Write a new Call-ID: one whose home this worker is, so that nothing of the call needs
 * to be handed over; if homes do not change. */
void stack_write_call_id(struct stack *s, struct buf *b, size_t length);

/* Has the peer of this flow, whoever has opened it, proved by a certificate that it is this SIP domain (RFC 5922)?  Of
 * another worker's connection, too.  False for what is not by TLS, and when it has closed. */
bool stack_peer_is(struct stack *s, const struct flow *flow, struct slice domain);

/* Do not close the connection of `flow` as idle before `until` (a time in the past: no longer), for the
 * sake of `key`: each of several has its own time.  Nothing if it is gone. */
void stack_keep_connection(struct stack *s, const struct flow *flow, uint64_t key, msec until);

/* A connection that was kept for the sake of `key` has ended, whoever closed it: from the loop, once for each
 * key whose time had not come.  Of a connection with many keys it is only the first few, and without memory
 * none: what goes by that flow later fails.  Not when stack_free closes all. */
typedef void stack_flow_end_fn(void *user, const struct flow *flow, uint64_t key);
void         stack_on_flow_end(struct stack *s, stack_flow_end_fn *fn, void *user);

/* The peer of this flow has been told to say something at least every `interval` (RFC 5626 4.4.1, 5.4,
 * Flow-Timer), if it be CRLFCRLF: when nothing has come for a quarter longer, and ten seconds at least, its
 * connection is closed.  0: no longer.  Nothing for datagrams, and for WebSockets, which have pings of their own. */
void stack_expect_signs(struct stack *s, const struct flow *flow, msec interval);

/* Say on this flow what asks for nothing, CRLFCRLF, so that what stands between does not
 * forget it (RFC 5626 3.5.1, 4.4).  A stream whose peer has answered such by a CRLF before, and
 * has said nothing at all since the last time, is closed; those who never answer are not
 * outbound's servers, and TCP has to notice that they are gone.  Returns 0, or
 * -ERR_CLOSED: the flow is gone; or another error of sending. */
int stack_keep_alive(struct stack *s, const struct flow *flow);

/* Ask the peer of this flow, over UDP, by STUN from where it sees us (RFC 5626 4.4.2); the caller makes the
 * transaction id and asks again if no answer comes.  What may be an answer is told as it came, whoever sent it. */
int          stack_ask_stun(struct stack *s, const struct flow *flow, const char transaction[STUN_TRANSACTION]);
typedef void stack_stun_fn(void *user, const struct flow *flow, struct slice bytes);
void         stack_on_stun(struct stack *s, stack_stun_fn *fn, void *user);

/* This host is no longer at flow->local: its connection is closed, for each peer it is asked anew
 * which address leads there, and datagrams that were to leave from there leave from that. */
void stack_moved(struct stack *s, const struct flow *flow);

/* About how many requests of this host are being answered, by all workers; less than `least` if this one answers less
 * than that. */
uint32_t stack_peer_load(const struct stack *s, const struct address *peer, uint32_t least);

/* Close the connections of those who have been banned since the last call; one who says something is found
 * out at once.  Not from within a callback of the stack. */
void stack_close_banned(struct stack *s);

/* Transactions, connections and lookups that are alive: 0 when all is quiet. */
size_t stack_alive(const struct stack *s);
/* Requests that wait for their final response.  Any thread may ask. */
size_t        stack_unanswered(const struct stack *s);
struct world *stack_world(const struct stack *s);

#endif
