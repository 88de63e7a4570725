/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/flow_failure.h"

#include "base/error.h"
#include "sip/peek.h"
#include "stack/stack.h"

static void log_lost(struct server *s, struct slice key, const struct binding *b)
{
    struct log_line line;

    counter_add(&s->world->counters.flows_lost, 1);
    if (!log_begin(&line, s->world->log, LOG_INFO, LOG_PART_REGISTRAR, "flow_lost"))
        return;
    log_slice(&line, "call", b->call_id);
    log_slice(&line, "aor", key);
    peek_log_masked(&line, "contact", b->contact);
    log_address(&line, "remote", &b->flow.remote);
    log_end(&line);
}

/* The bindings as they are, but for that flow; how many have lost it.  The store knows of no connection, and after
 * a restart the flow of a datagram may be tried again: so it is not told. */
static unsigned without_flow(struct server *s, const struct location_guard *g, const struct flow *flow,
                             struct binding list[LIMIT_LIST])
{
    unsigned lost = 0;

    for (unsigned i = 0; g->aor != NULL && i < aor_count(g->aor); i++) {
        aor_binding(g->aor, i, &list[i]);
        if (!binding_has_flow(&list[i], flow))
            continue;
        log_lost(s, g->key, &list[i]);
        list[i].flow = (struct flow){ .transport = TRANSPORT_NONE };
        lost++;
    }
    return lost;
}

/* Without memory it stays, and shows at the next request.  False then. */
static bool take_out_of_service(struct server *s, struct slice key, const struct flow *flow)
{
    struct location_guard g;
    struct binding        list[LIMIT_LIST];
    bool                  done = false;

    location_lock(s->shared->location, key, &g);
    if (without_flow(s, &g, flow, list) > 0 && location_prepare(&g, list, aor_count(g.aor), true) == 0) {
        location_publish(&g);
        done = true;
    }
    location_unlock(&g);
    return done;
}

/* The key of an AOR that is reached by this connection, copied. */
static struct slice find_key(struct server *s, uint64_t hash, const struct flow *flow, char memory[AOR_TEXT])
{
    struct buf        b = buf_on(memory, AOR_TEXT);
    const struct aor *a;

    rcu_enter(s->shared->rcu);
    a = location_find_flow(s->shared->location, hash, flow);
    if (a != NULL)
        buf_put(&b, aor_key(a));
    rcu_leave(s->shared->rcu);
    return buf_ok(&b) ? buf_slice(&b) : SLICE("");
}

/* RFC 5626 7: a TCP socket that is closed.  `hash` is what registrar_update kept the connection for. */
static void on_flow_end(void *server, const struct flow *flow, uint64_t hash)
{
    struct server *s = server;
    char           memory[AOR_TEXT];
    struct slice   key = find_key(s, hash, flow, memory);

    while (key.len > 0 && take_out_of_service(s, key, flow))
        key = find_key(s, hash, flow, memory);
}

void flow_failure_watch(struct server *s)
{
    stack_on_flow_end(s->stack, on_flow_end, s);
}

/* A host that cannot be reached just now may be in a moment; a port that nobody has is nobody's flow.  Trouble
 * of our own says nothing. */
static bool is_final(enum transport transport, int error)
{
    if (transport_is_reliable(transport))
        return error == -ERR_CLOSED || error == -ERR_RESET || error == -ERR_REFUSED || error == -ERR_TIMEOUT;
    return error == -ERR_REFUSED;
}

void flow_failure_note(struct server *s, struct slice key, const struct flow *flow, int error)
{
    if (is_final(flow->transport, error))
        (void)take_out_of_service(s, key, flow);
}
