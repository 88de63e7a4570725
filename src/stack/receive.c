/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/server_match.h"

#include "base/error.h"

/* RFC 3261 21.4.1: the reason phrase of a 400 should say what is wrong. */
static void answer_fault(struct stack *s, const struct message *request, const struct parse_fault *fault)
{
    char       text[160];
    struct buf reason = BUF_ON(text);

    buf_put(&reason, status_reason(fault->status));
    buf_printf(&reason, ": expected %s at byte %zu", fault->expected, fault->offset);
    stack_reply_stateless(s, request, fault->status, buf_ok(&reason) ? buf_slice(&reason) : SLICE(""));
}

void receive_fault(struct stack *s, const struct flow *flow, struct slice bytes, struct parse_fault *fault)
{
    struct parse_fault first = *fault;
    struct message    *request;
    bool               answer;

    if (fault->expected == NULL) {
        counter_add(&s->world->counters.no_memory, 1);
        return;
    }
    transport_trace(s, false, flow, bytes);
    request = fault->answerable ? message_parse_broken(bytes, fault) : NULL;
    answer  = request != NULL && request->is_request && request->method != METHOD_ACK;
    if (answer) {
        request->flow = *flow;
        answer_fault(s, request, &first);
        counter_add(&s->world->counters.malformed_answered, 1);
    } else {
        counter_add(&s->world->counters.malformed_dropped, 1);
    }
    log_fault(s, flow, &first, bytes, answer);
    message_drop(request);
    if (s->config.guard.on_fault != NULL)
        s->config.guard.on_fault(s->user, flow);
}

/* Who takes back what he has asked for makes less work. */
static bool is_welcome(struct stack *s, const struct message *request)
{
    const struct stack_guard *guard = &s->config.guard;

    return guard->admits == NULL || (request->method == METHOD_CANCEL && server_txn_has_invite(s, request)) ||
           guard->admits(s->user, request);
}

/* A CANCEL is passed on if its INVITE was. */
static bool is_passed(struct stack *s, struct message *request)
{
    if (s->on_pass == NULL || (request->method == METHOD_CANCEL && server_txn_has_invite(s, request)))
        return false;
    return s->on_pass(s->pass_user, request);
}

static void on_request(struct stack *s, struct message *request)
{
    uint64_t hash = server_txn_hash(s, request);

    request->found_by = hash; /* who answers without a transaction wants it, too */
    counter_add(&s->world->counters.requests_received, 1);
    if (reply_was_stateless(s, request)) /* first: it costs no look into a large table */
        return;
    if (server_txn_match(s, request, hash))
        return;
    if (!admission_request(s, request) || !is_welcome(s, request))
        return;
    if (request->to_tag.len == 0 && request->method != METHOD_CANCEL && listen_is_closing(s, &request->flow)) {
        counter_add(&s->world->counters.requests_at_closed, 1);
        return;
    }
    if (!admission_in_time(s, request) || is_passed(s, request))
        return;
    if (request->method != METHOD_ACK) {
        server_txn_open(s, request, hash);
        return;
    }
    counter_add(&s->world->counters.stray_acks, 1);
    s->events->on_ack(s->user, request);
}

/* RFC 3261 8.1.3.3: nobody has put his Via into a request before we did. */
static bool is_of_anothers_request(const struct stack *s, const struct message *response)
{
    struct header_values v = message_values(response, HEADER_VIA);
    struct via           via;

    return s->config.user_agent && values_next_via(&v, &via) && values_next_via(&v, &via);
}

static void on_response(struct stack *s, struct message *response)
{
    counter_add(&s->world->counters.responses_received, 1);
    if (is_of_anothers_request(s, response)) {
        counter_add(&s->world->counters.stray_responses, 1);
        return;
    }
    if (client_txn_match(s, response) || (s->on_pass != NULL && s->on_pass(s->pass_user, response)))
        return;
    counter_add(&s->world->counters.stray_responses, 1);
    if (response->method == METHOD_INVITE && response->status >= 200 && response->status < 300)
        s->events->on_stray_response(s->user, response);
}

void stack_on_pass(struct stack *s, stack_pass_fn *fn, void *user)
{
    s->on_pass   = fn;
    s->pass_user = user;
}

void stack_on_ahead(struct stack *s, stack_ahead_fn *fn, void *user)
{
    s->on_ahead   = fn;
    s->ahead_user = user;
}

static bool is_keepalive(struct slice bytes)
{
    return (bytes.len == 0 || *bytes.ptr <= ' ') && slice_trim(bytes).len == 0;
}

static void refuse_length(struct stack *s, const struct message *m)
{
    counter_add(&s->world->counters.oversize_refused, 1);
    if (m->is_request)
        stack_reply_stateless(s, m, 513, SLICE(""));
}

static void act_at_home(struct stack *s, struct message *m)
{
    if (m->text.len > s->config.max_message)
        refuse_length(s, m);
    else if (m->is_request)
        on_request(s, m);
    else
        on_response(s, m);
}

void receive_message(struct stack *s, struct message *m)
{
    in_hand_set(&s->world->in_hand, m->call_id);
    act_at_home(s, m);
    in_hand_set(&s->world->in_hand, SLICE(""));
}

/* NULL: it was none, and whatever is to be done about that has been done. */
static struct message *parse(struct stack *s, const struct flow *flow, struct slice bytes)
{
    struct parse_fault fault = { 0 };
    struct message    *m;

    if (is_keepalive(bytes)) {
        counter_add(&s->world->counters.keepalives, 1);
        return NULL;
    }
    m = message_parse_in(&s->world->pool, bytes, &fault);
    if (m == NULL)
        receive_fault(s, flow, bytes, &fault);
    else
        m->flow = *flow;
    return m;
}

static void act_on(struct stack *s, struct message *m)
{
    const struct flow *flow = &m->flow;
    bool               mine = true;

    in_hand_set(&s->world->in_hand, m->call_id);
    spread_note(s);
    transport_trace(s, false, flow, m->text);
    if (m->is_request && m->via.alias && flow->transport == TRANSPORT_TLS)
        connection_take_alias(s, m);
    if (admission_message(s, m)) {
        mine = !handover_message(s, m); /* else its bytes may be gone: nothing is sent before they are let go of */
        if (mine)
            act_at_home(s, m);
    }
    in_hand_set(&s->world->in_hand, SLICE(""));
    if (mine)
        message_drop(m);
}

void receive_bytes(struct stack *s, const struct flow *flow, struct slice bytes)
{
    struct message *m = parse(s, flow, bytes);

    if (m != NULL)
        act_on(s, m);
}

/* What is done for one message is more code than a processor keeps at hand, so for each message it is fetched anew. The
 * parser is a third of it; run over a batch it is fetched once: 4 to 8 % of the server's CPU for a call, 64 at once. */
void receive_ahead(struct stack *s, const struct flow *flow, struct slice bytes)
{
    struct message *m = parse(s, flow, bytes);

    if (m == NULL)
        return;
    if (s->ahead_count == RECEIVE_AHEAD)
        receive_ahead_end(s);
    s->ahead[s->ahead_count++] = m;
}

/* Whom one message has cost his connection, he is not heard any further. */
static bool is_cut_off(const struct stack *s, const struct message *m)
{
    return m->flow.connection != 0 && id_find(&s->connection_ids, m->flow.connection) == NULL;
}

/* What a request is looked for in is larger than the caches: 1.5 to 3.9 % of the server's CPU for a call, 64 at once.
 */
static void look_ahead(struct stack *s)
{
    struct message **messages = s->ahead + s->ahead_next;
    unsigned         count    = s->ahead_count - s->ahead_next;

    if (count < 2)
        return;
    for (unsigned i = 0; i < count; i++)
        if (messages[i]->is_request)
            server_txn_prefetch(s, messages[i]);
    if (s->on_ahead != NULL)
        s->on_ahead(s->ahead_user, messages, count);
}

/* Where acting on one comes here again, the rest is acted on there. */
void receive_ahead_end(struct stack *s)
{
    look_ahead(s);
    while (s->ahead_next < s->ahead_count) {
        struct message *m = s->ahead[s->ahead_next++];

        if (is_cut_off(s, m))
            message_drop(m);
        else
            act_on(s, m);
    }
    s->ahead_next = s->ahead_count = 0;
    admission_refuse(s);
}
