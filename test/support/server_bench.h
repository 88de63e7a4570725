/* SPDX-License-Identifier: BSD-2-Clause */
/* server_bench.h - a server on a virtual network and raw phones around it.
 *
 * A raw phone is a socket that says the bytes it is told to and keeps what it
 * hears: it can be as hostile as the test likes.  All phones live on the host
 * 192.0.2.9, the server on 192.0.2.1:5060, UDP and TCP, domain example.test.
 * Texts are looked at as texts, so nothing here allocates while a test lets
 * allocations fail. */

#ifndef TEST_SUPPORT_SERVER_BENCH_H
#define TEST_SUPPORT_SERVER_BENCH_H

#include "server/server.h"
#include "support/lab.h"
#include "support/store_fake.h"
#include "support/world_fake.h"

enum { RAW_KEPT = 32, RAW_TEXT = 20480 };

struct raw_phone {
    struct world    *world;
    struct udp      *udp;    /* one of the two */
    struct stream   *stream; /* NULL again once it is closed */
    struct listener *listener;
    uint16_t         port;
    bool             closed;
    unsigned         count;                     /* all it has heard since raw_forget */
    char             heard[RAW_KEPT][RAW_TEXT]; /* the last RAW_KEPT of them; a stream: all in the first */
};

struct bench {
    struct network      *network;
    struct budget        memory;       /* what the server accounts for */
    uint64_t             memory_limit; /* bytes of it                  */
    struct host         *phones_host;
    struct world        *at_server, *at_phones;
    const struct config *config;
    struct lab          *lab; /* who vouches for the server, if it listens by TLS; else NULL */
    struct fake_disk    *disk;
    struct shared       *shared;
    struct server       *server;
    struct store        *store;
    struct store        *real_store; /* taken by bench_start in place of a fake one, closed by bench_kill */
    size_t               store_queue;
    void (*on_world)(struct world *at_server); /* NULL: nobody wants to see it */
    struct raw_phone alice, bob, carol;        /* ports 6000, 6001, 6002 */
};

/* Start it all; `more` are further lines of configuration: a "listen = ..." there
 * takes the place of the usual one, and without a word on authentication it is
 * off. */
void bench_open(struct bench *b, const char *more);
/* The same, with so many bytes of memory. */
void bench_open_small(struct bench *b, const char *more, uint64_t memory_limit);
/* The same; `on_world` sees each world of the server's before it starts there. */
void bench_open_with(struct bench *b, const char *more, void (*on_world)(struct world *at_server));
/* Live a while longer, see that no transaction is left, and end it all: then nothing may
 * be accounted for any more. */
void bench_close(struct bench *b);
/* End it all at once, whatever is under way; nothing may be accounted for afterwards. */
void bench_abandon(struct bench *b);
/* The server dies as in a power cut and starts again on the same disk; or only the
 * first half of it. */
void bench_kill(struct bench *b);
void bench_start(struct bench *b);
/* It dies, and another one starts that knows nothing: on an empty disk. */
void bench_renew(struct bench *b);
void bench_add_user(struct bench *b, const char *name, const char *password);
void bench_live(struct bench *b, msec span);

void raw_open(struct raw_phone *p, struct world *w, uint16_t port);
void raw_open_at(struct raw_phone *p, struct world *w, const struct address *local);
/* Streams: to the server; or waiting for the server's, to answer the first one. */
void raw_connect(struct raw_phone *p, struct world *w);
void raw_listen(struct raw_phone *p, struct world *w, uint16_t port);
void raw_listen_at(struct raw_phone *p, struct world *w, const struct address *local);
void raw_close(struct raw_phone *p);
void raw_forget(struct raw_phone *p);
void raw_say(struct raw_phone *p, const char *text);

/* One request of the usual form; members left out have a default. */
struct request_form {
    const char *method;  /* "REGISTER" */
    const char *uri;     /* "sip:example.test" */
    const char *via;     /* "SIP/2.0/UDP 192.0.2.9:<port>", parameters but the branch included */
    const char *branch;  /* "<method>-<cseq>-<port>" */
    const char *from;    /* "<sip:bob@example.test>;tag=1" */
    const char *to;      /* "<sip:bob@example.test>" */
    const char *call_id; /* "call-<port>" */
    unsigned    cseq;    /* 1 */
    const char *more;    /* whole lines; "" */
};
void raw_ask(struct raw_phone *p, const struct request_form *form);
/* REGISTER bob at the phone's own address; `more` may be NULL. */
void raw_register(struct raw_phone *p, unsigned cseq, const char *more);
/* Answer the `back`-th message heard, counted from the end (0 the last), with its
 * own Via, From, To, Call-ID, CSeq and Record-Route; `status` is "200 OK". */
void raw_answer(struct raw_phone *p, unsigned back, const char *status, const char *to_tag);

/* The `back`-th last message heard, "" if there is none. */
const char *raw_heard(const struct raw_phone *p, unsigned back);
/* Does the last one begin so? */
bool raw_last_is(const struct raw_phone *p, const char *start);
/* How many of what is kept begin so? */
unsigned raw_heard_count(const struct raw_phone *p, const char *start);
/* The value of the first header line with this name in `text`, copied; "". */
const char *header_of(const char *text, const char *name, char *value, size_t size);

#endif
