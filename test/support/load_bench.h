/* SPDX-License-Identifier: BSD-2-Clause */
/* load_bench.h - the load generator (load/load.h) on the virtual network, and a server
 * that answers as it is told, and remembers what it has heard. */

#ifndef TEST_SUPPORT_LOAD_BENCH_H
#define TEST_SUPPORT_LOAD_BENCH_H

#include "load/load.h"
#include "sip/message.h"
#include "support/test.h"
#include "support/world_fake.h"

enum { LOAD_HEARD = 4096, LOAD_TEXT = 1600 };

struct load_heard {
    char text[LOAD_TEXT]; /* cut, with a NUL */
    msec at;
};

struct load_bench {
    struct network      *network;
    struct world        *world; /* of the generator */
    struct load         *load;
    struct load_plan     plan;
    struct load_settings settings;
    uint64_t             wake_at;
    unsigned             most; /* operations under way at one time */

    /* The server, 192.0.2.1:5060. */
    struct world  *server;
    struct udp    *udp;
    struct address address, peer;
    unsigned       invite, other; /* the status of its answers; 0: it says nothing */
    bool           rings;         /* 180 before that, and 100 before all           */
    bool           demands;       /* 401 to all without credentials                */
    const char    *routes;        /* Record-Route lines of 180 and 2xx to INVITE, or NULL */
    const char    *extra;         /* lines in each final response, or NULL         */
    void (*on_request)(struct load_bench *b, const struct message *m); /* instead of all that; or NULL */
    struct load_heard heard[LOAD_HEARD];
    unsigned          count;
};

/* For a cmocka setup and teardown; `b` all zero.  Ten users, nobody registers. */
int load_bench_open(struct load_bench *b);
/* 1 if the generator has left a socket or timer. */
int load_bench_close(struct load_bench *b);

void load_bench_set(struct load_bench *b, enum load_option option, const char *value);
void load_bench_start(struct load_bench *b, const char *scenario, const char *password);
/* Live until it is done, at most so long. */
void load_bench_run_for(struct load_bench *b, msec span);
/* All of it, and until what was on its way has arrived. */
void load_bench_run(struct load_bench *b, const char *scenario);

/* The server answers, or says something to whom it heard last. */
void load_bench_say(struct load_bench *b, const struct message *request, unsigned status);
void load_bench_send(struct load_bench *b, const char *text);

/* How many messages that begin so the server has heard; the last of them, or NULL. */
unsigned    load_bench_heard(const struct load_bench *b, const char *start);
const char *load_bench_last(const struct load_bench *b, const char *start);
/* The line with this name of a message, without its line end, in a buffer that the next call
 * overwrites; "" if there is none. */
const char *load_bench_line(const char *text, const char *name);

/* Do the sums of the tally hold? */
void load_bench_check(const struct load_bench *b);

#endif
