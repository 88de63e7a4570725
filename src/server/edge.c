/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/edge.h"

#include "stack/stack.h"

enum { LONGEST = 24 * 60 * 60 }; /* seconds that a connection is kept for one response */

/* ---- tokens ---- */

static bool came_by(const struct message *request, const struct flow *flow)
{
    return request->flow.transport == flow->transport && request->flow.connection == flow->connection &&
           address_eq(&request->flow.remote, &flow->remote);
}

/* 5.3: who sends by the flow of the token goes out, and only came by his own Route. */
void edge_read_token(struct passage *p, const struct token_key *key)
{
    struct flow flow;

    if (p->request->method == METHOD_REGISTER)
        return;
    p->token = flow_token_read(p->way.own.user, key, &flow);
    if (p->token != FLOW_TOKEN_GOOD)
        return;
    if (came_by(p->request, &flow))
        p->token = FLOW_TOKEN_NONE;
    else
        p->back = flow;
}

struct slice edge_write_token(struct server *s, const struct message *request, char memory[FLOW_TOKEN])
{
    struct token_key key = shared_token_key(s->shared);
    struct buf       b   = buf_on(memory, FLOW_TOKEN);

    return flow_token_write(&b, &request->flow, &key) ? buf_slice(&b) : SLICE("");
}

/* ---- REGISTER ---- */

bool edge_wants_path(const struct message *request)
{
    return request->method == METHOD_REGISTER && message_is_direct(request);
}

/* RFC 3327 5.2: whom nobody would find otherwise is told what he has to know. */
static void answer_needs_path(struct server *s, object_id txn)
{
    static const struct reason why = { "the phone does not know Path", "RFC 3327 5.2" };
    struct gather              g;

    if (!answer_begin(s, txn, &g, 421, SLICE("")))
        return;
    gather_header(&g, HEADER_REQUIRE, SLICE("path"));
    answer_log(s, stack_server_request(s->stack, txn), 421, &why);
    answer_end(s, txn, &g, 421);
}

bool edge_admits(struct server *s, const struct passage *p)
{
    static const struct reason nameless = { "this flow has no token: a link-local address", "RFC 5626 5.1" };
    char                       memory[FLOW_TOKEN];

    if (!edge_wants_path(p->request))
        return true;
    if (!message_lists(p->request, HEADER_SUPPORTED, SLICE("path"))) {
        answer_needs_path(s, p->txn);
        return false;
    }
    if (edge_write_token(s, p->request, memory).len == 0) {
        answer(s, p->txn, 403, &nameless);
        return false;
    }
    return true;
}

/* The longest that the response grants. */
static uint32_t longest_of(const struct message *response)
{
    struct header_values v       = message_values(response, HEADER_CONTACT);
    uint32_t             longest = 0, expires;
    struct name_addr     contact;
    struct slice         text;

    while (values_next_name_addr(&v, &contact)) {
        struct scan s;

        if (!name_addr_param(&contact, SLICE("expires"), &text))
            continue;
        s = scan_from(text);
        if (scan_number(&s, UINT32_MAX, &expires) && expires > longest)
            longest = expires;
    }
    return longest < LONGEST ? longest : LONGEST;
}

void edge_registered(struct server *s, const struct message *request, const struct message *response)
{
    uint64_t key   = siphash(&s->shared->loop_key, request->call_id);
    msec     until = world_now(s->world) + (msec)longest_of(response) * 1000;

    if (edge_wants_path(request) && transport_is_reliable(request->flow.transport))
        stack_keep_connection(s->stack, &request->flow, key, until);
}
