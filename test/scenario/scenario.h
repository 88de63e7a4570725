/* SPDX-License-Identifier: BSD-2-Clause */
/* scenario.h - one run of one .scn file with one seed: the network, its actors,
 * the journal.
 *
 *   script.h    words and blocks         wire.h     patterns for messages
 *   journal.h   what happened            net.c      verbs about the network
 *   flow.c      flow: who hears what     expect.c   expect: one thing
 *   peer.c   actors made of raw messages; stack.c: actors that are a bare stack
 *   server.c    actors that are the server core; phone.c: the phone core
 *   note.c      what was heard and is said again
 *   part.c      what a part of the file shows
 *   secure.c    certificates, and what is said by TLS and WebSockets
 *
 * A statement either acts (at the present instant) or waits for something; only
 * waiting lets time pass.  README.md has the language. */

#ifndef TEST_SCENARIO_SCENARIO_H
#define TEST_SCENARIO_SCENARIO_H

#include "scenario/journal.h"
#include "scenario/script.h"
#include "scenario/wire.h"
#include "stack/stack.h"
#include "support/lab.h"

#include <jansson.h>

struct scenario;
struct actor;

struct actor_kind {
    const char *keyword;
    /* "alice calls ...": words from the verb on. */
    bool (*act)(struct actor *a, const struct statement *st);
    /* What should be over by now and is not, in words; nothing if all is well.
     * May be NULL. */
    void (*check_settled)(struct actor *a, struct buf *left);
    /* In trouble it may have been left alone by a peer that could not say good-bye,
     * or by the script: end that.  May be NULL. */
    void (*give_up)(struct actor *a);
    /* Free what runs in the world. */
    void (*stop)(struct actor *a);
    /* Free what outlives a stop, and the actor. */
    void (*free)(struct actor *a);
};

struct actor {
    struct link              link; /* in scenario->actors */
    const struct actor_kind *kind;
    struct scenario         *scenario;
    struct host             *host;
    struct world            *world;               /* NULL: not running */
    struct world            *others[WORKERS_MAX]; /* of its other workers */
    unsigned                 other_count;
    struct budget           *memory; /* of them all: empty when they have ended; NULL: not accounted for */
    struct log               log;
    size_t                   heard, noticed; /* messages and events before these entries have been expected */
};

/* All 0: none. */
struct trouble {
    unsigned starve; /* so many allocations of what is tested, and the next fails */
    unsigned refuse; /* the same with sends of SIP messages                       */
    unsigned cut;    /* so many messages heard by streams, and the stream of the last is cut */
};

enum { PART_WAYS = 3 };

/* What statements up to the next part are about (part.c). */
struct part {
    unsigned           line;    /* 0: there is none                        */
    int                command; /* of its table                            */
    bool               way[PART_WAYS];
    const struct host *whose; /* whom the command was given; NULL: not yet */
    size_t             given; /* entries before this one were there then   */
    msec               given_at;
    bool               expected;
};

struct scenario {
    const char     *path;
    uint64_t        seed;
    unsigned        workers;      /* of each server; 0 as 1                        */
    bool            wrong_worker; /* no message comes to the worker that it is for */
    bool            moving;       /* and which one that is changes all the time */
    struct script   script;
    struct network *net;
    struct journal  journal;
    struct link     actors;
    struct path     path_default;
    size_t          flowed;   /* entries before this one have been in a flow */
    msec            settle;   /* at the end: the time in which all must be over */
    bool            troubled; /* something fails, and statements may with it */
    struct link     patterns; /* of faults: live as long as the network */
    struct link     certificates;
    struct link     notes, expanded; /* note.c */
    struct lab     *lab;             /* NULL: nobody has needed a certificate yet */
    unsigned        cut_at;          /* see struct trouble; 0: none, or done      */
    unsigned        by_streams;      /* messages heard so far                     */
    struct part     part;
    unsigned        line;
    char            problem[1024];
};

/* Run to the end; false with line and problem set when something is not as the
 * file says.
 *
 * In trouble a statement may fail, and the next one is tried; but nobody may
 * crash, and at the end nothing may be left as ever.  `*struck` (may be NULL) then
 * says whether the trouble came at all. */
struct scenario_options {
    uint64_t       seed;
    unsigned       workers; /* see struct scenario */
    bool           wrong_worker, moving;
    struct trouble trouble;
};
bool scenario_run(struct scenario *s, const char *path, const struct scenario_options *options, bool *struck);
void scenario_free(struct scenario *s);
void scenario_print(const struct scenario *s, FILE *out, bool everything);

/* ---- for the verbs ---- */

/* Always false, so that a verb can return it. */
bool scenario_fail(struct scenario *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct actor *scenario_actor(struct scenario *s, const char *name);
/* For a declaration: a host with these addresses, its world started, and `a` on
 * the list.  False (failed) if the name or an address is taken. */
bool actor_init(struct actor *a, struct scenario *s, const struct actor_kind *kind, const char *name,
                const char *const *addresses, unsigned count);
/* A world where there is none (after a restart). */
void actor_start_world(struct actor *a);
/* The world of another worker of the same process; actor_end_world ends it too. */
struct world *actor_add_world(struct actor *a);
/* The world goes; what is left in it is a failure when `must_be_empty`. */
bool actor_end_world(struct actor *a, bool must_be_empty);
void actor_event(struct actor *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Let time pass until journal entry number `n` is there or it is `limit`. */
bool scenario_await_entry(struct scenario *s, size_t n, msec limit);
void scenario_wait(struct scenario *s, msec duration);

typedef bool verb_fn(struct scenario *s, const struct statement *st);

/* What `a` speaks TLS with: its own certificate, else one of the lab with these names (NULL:
 * none, it only connects).  The caller's. */
struct tls_shared *scenario_tls(struct scenario *s, const struct actor *a, const char *const *names);
/* For the stack of `a`: what it receives by TLS and WebSockets goes to the journal. */
struct stack_trace scenario_trace(struct actor *a);
/* `a` has received a message by such a connection. */
void scenario_hear(struct actor *a, const struct address *from, const struct address *to, struct slice text);
void scenario_free_secure(struct scenario *s);
/* A packet_fn. */
void scenario_packet(void *scenario, const struct packet *p);

verb_fn verb_net, verb_name; /* net.c    */
verb_fn verb_certificate;    /* secure.c */
verb_fn verb_note;           /* note.c   */
verb_fn verb_part;           /* part.c   */
verb_fn verb_flow;           /* flow.c   */
verb_fn verb_expect;         /* expect.c */
verb_fn verb_peer;           /* peer.c   */
verb_fn verb_stack;          /* stack.c  */
verb_fn verb_server;         /* server.c */
verb_fn verb_phone;          /* phone.c  */
verb_fn expect_sound;        /* phone.c: part of expect */
void    scenario_free_patterns(struct scenario *s);

/* A phone was given this command. */
void scenario_commanded(struct actor *a, const json_t *command);
/* Is what its part was to show there?  True if there is no part. */
bool scenario_end_part(struct scenario *s);

/* The statement with what its $NAMEs stand for, until the end; NULL: too long. */
const struct statement *scenario_expand(struct scenario *s, const struct statement *st);
void                    scenario_free_notes(struct scenario *s);

#endif
