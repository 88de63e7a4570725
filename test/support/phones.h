/* SPDX-License-Identifier: BSD-2-Clause */
/* phones.h - phones on a virtual network, what they told their users, and a
 * peer that is played by the test, message by message. */

#ifndef TEST_SUPPORT_PHONES_H
#define TEST_SUPPORT_PHONES_H

#include "call/call.h"
#include "support/test.h"
#include "support/world_fake.h"

enum { HEARD_MAX = 64, PEER_HEARD_MAX = 64 };

struct told {
    struct phone_event event; /* its slices are void; see the copies */
    msec               at;
    char               reason[128], codec[16], peer[128], display[64];
    char               warning[128], reason_protocol[16], reason_text[128], referred_by[128];
};

struct user {
    struct network *network;
    struct world   *world;
    struct phone   *phone;
    object_id       account;
    object_id       call; /* the last one placed or heard of */
    struct told     heard[HEARD_MAX];
    size_t          heard_count;
    bool            ring, answer; /* what to do with an incoming call */
    unsigned        reject;       /* or refuse it with this, unless 0 */
    unsigned        open_sounds;
    int             sound_error; /* opening sound fails so, unless 0 */
};

/* A phone at `ip`:5060 with the account sip:NAME@example.test and the password
 * "secret"; requests go by `proxy` unless it is NULL. */
void user_init(struct user *u, struct network *n, const char *name, const char *ip, const char *proxy);
/* The same, with a session timer to ask for, and a least one, in seconds (phone_config). */
void user_init_timed(struct user *u, struct network *n, const char *name, const char *ip, uint32_t session_expires,
                     uint32_t min_se);
/* The same, for calls to any user (phone_config). */
void user_init_open(struct user *u, struct network *n, const char *name, const char *ip);
/* The same, at home at all addresses of its host (phone_config); another one is added to it. */
void user_init_everywhere(struct user *u, struct network *n, const char *name, const char *ip, const char *second);
/* The same, that answers sound where it comes from (phone_config). */
void user_init_latching(struct user *u, struct network *n, const char *name, const char *ip);
/* Checks that nothing is left in its world. */
void user_fini(struct user *u);

/* Call `target`; the call is u->call from then on. */
void user_call(struct user *u, const char *target);
void user_call_late(struct user *u, const char *target); /* without offer */

/* How often it was told so; and the last telling, or NULL. */
unsigned           user_heard(const struct user *u, enum phone_event_kind kind);
const struct told *user_last(const struct user *u, enum phone_event_kind kind);

void run_for(struct network *n, msec time);

/* Somebody at `ip`:5060 who says what the test says. */
struct peer {
    struct network *network;
    struct world   *world;
    struct udp     *udp;
    struct message *heard[PEER_HEARD_MAX];
    size_t          heard_count;
    unsigned        cseq;
};

void peer_init(struct peer *p, struct network *n, const char *name, const char *ip);
void peer_fini(struct peer *p);

/* The last request of that method, or response with that status, or NULL; and how many. */
struct message *peer_last(const struct peer *p, const char *method);
struct message *peer_last_status(const struct peer *p, unsigned status);
unsigned        peer_heard(const struct peer *p, const char *method);

/* Answer `request`: status line "200 OK", tag for To (NULL: none), further header
 * lines (each with LF only), and an SDP body if `sdp` is not NULL. */
void peer_respond(struct peer *p, const struct message *request, const char *status, const char *to_tag,
                  const char *headers, const char *sdp);
/* Send these lines (LF only; a body after an empty line) to `ip`:5060. */
void peer_send(struct peer *p, const char *ip, const char *lines);

/* A play for most tests of calls: alice's phone at 10.0.0.1, and at 10.0.0.2 and .3 bob and carol (who may be NULL). */
struct network *play_begin(struct user *alice, struct peer *bob, struct peer *carol);
/* All that goes on has had time to end, and has. */
void play_end(struct network *n, struct user *alice, struct peer *bob, struct peer *carol);
/* The same for a phone whose world goes on. */
void user_check_quiet(const struct user *u);

/* A description for audio in PCMU at `ip`:`port`. */
const char *sdp_at(const char *ip, unsigned port);

#endif
