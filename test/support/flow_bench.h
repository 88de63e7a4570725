/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_bench.h - a stack that is asked for nothing, and a peer to which it has a flow: a
 * connection or datagrams.  One bench at a time. */

#ifndef TEST_SUPPORT_FLOW_BENCH_H
#define TEST_SUPPORT_FLOW_BENCH_H

#include "stack/stack.h"
#include "support/server_bench.h"

struct flow_bench {
    struct bench     b; /* for its phones and network; its server listens elsewhere */
    struct world    *world;
    struct stack    *stack;
    struct raw_phone peer;
    struct flow      flow; /* by which the last message went */
};

extern struct flow_bench fb;

/* For cmocka; the stack is at 192.0.2.11. */
int flow_bench_setup(void **state);
int flow_bench_teardown(void **state);

/* OPTIONS to the peer at 192.0.2.9, by whatever the URI says: the flow is there from then on. */
void flow_bench_ask(const char *uri);
/* The same over TCP, and what came is forgotten. */
void flow_bench_open_stream(void);

#endif
