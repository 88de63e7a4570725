/* SPDX-License-Identifier: BSD-2-Clause */
/* peer.h - an actor that knows nothing: it says what the script says.
 *
 *   peer.c          its verbs, its socket and streams
 *   peer_channel.c  its connections by TLS and WebSockets
 *   peer_flood.c    its connections by the hundred
 *   peer_message.c  the messages it makes from those that it heard */

#ifndef TEST_SCENARIO_PEER_H
#define TEST_SCENARIO_PEER_H

#include "scenario/scenario.h"

enum { PEER_MESSAGE = 65535, PEER_PORT = 5060 };

struct peer {
    struct actor       actor;
    struct udp        *udp;
    struct listener   *listener;
    struct stream     *stream; /* the latest one, of either making */
    bool               use_stream;
    struct channel    *channel; /* what it says goes by this one, if there is one */
    struct channels   *channels;
    struct tls_shared *tls;
    struct link        flood; /* of connections that only begin */
    struct address     address;
    unsigned           serial; /* of branches, tags and Call-IDs   */
    struct slice       invite; /* the last INVITE it sent          */
    struct address     invite_to;
    char               invite_memory[PEER_MESSAGE];
    char               memory[PEER_MESSAGE];
};

/* connects tls|ws|wss:TARGET [as DOMAIN]: whom the server is to prove to be. */
bool peer_connects_by(struct peer *p, enum channel_kind kind, const struct address *to, const char *domain);
void peer_disconnects_channel(struct peer *p);
void peer_channel_fini(struct peer *p);

/* So many connections, on each of which a handshake of this kind begins and does not go on; how
 * many of them are open; an end to them all. */
bool     peer_floods(struct peer *p, unsigned count, enum channel_kind kind, const struct address *to);
unsigned peer_flood_count(const struct peer *p);
void     peer_relents(struct peer *p);

/* The last message that it heard: a request with this method, or a response to
 * one (the latest with a status >= `status`).  NULL if there is none. */
const struct entry *peer_heard_request(const struct peer *p, const char *method);
const struct entry *peer_heard_response(const struct peer *p, const char *method, unsigned status);

/* The last request of this method that `from` has sent, to whomever, be it lost; NULL. */
const struct entry *peer_overheard(const struct peer *p, const struct host *from, const char *method);

/* Each builds a message into p->memory; the block's header lines replace those
 * of the same name or are added, and what stands after its empty line is the
 * body.  False (failed) if it does not fit or nothing fitting has been heard. */
bool peer_build_raw(struct peer *p, const struct statement *st, struct slice *out);
bool peer_build_request(struct peer *p, const struct statement *st, const char *method, const char *uri,
                        struct slice *out);
bool peer_build_response(struct peer *p, const struct statement *st, const struct entry *request, const char *status,
                         const char *reason, struct slice *out);
/* The last message that it heard of those that make a dialog: a 200 (then it is the caller) or a request; or NULL. */
const struct entry *peer_dialog_maker(const struct peer *p, bool *caller);

/* In the dialog of the last 2xx that it heard, or of the last INVITE, SUBSCRIBE or REFER that it
 * answered. */
bool peer_build_in_dialog(struct peer *p, const struct statement *st, const char *method, struct slice *out);
/* For the last INVITE it sent: CANCEL, or the ACK to a 300-699. */
bool peer_build_like_invite(struct peer *p, const struct statement *st, const char *method, struct slice *out);
/* What somebody else has sent, and `e` is that: said again by this peer, to `uri` or, NULL, to
 * where it was sent. */
bool peer_build_replay(struct peer *p, const struct statement *st, const struct entry *e, const char *uri,
                       struct slice *out);
/* Garbage: a message that somebody heard, damaged; or noise. */
struct slice peer_build_garbage(struct peer *p);

#endif
