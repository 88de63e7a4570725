/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that the stack makes itself. */
#include "stack/server_match.h"

#include "base/error.h"

/* Seconds.  Who was refused together does not come back together. */
enum { RETRY_AFTER = 5, RETRY_SPREAD = 6 };
enum { ACK_TIME = 64 };  /* times T1: so long an ACK to a refusal may come */
enum { SIZE_STEP = 64 }; /* bytes: what differs by some digits has one size */

/* RFC 3261 18.2.2 and RFC 3581 4 for a request as it arrived.  Against 18.2.2 an
 * maddr that is not the sender's own address is not followed: it would let anyone
 * point our responses, and their repetitions, at a third party. */
struct flow reply_way(const struct message *request)
{
    struct flow    flow = request->flow;
    struct address maddr;
    bool           by_maddr;

    if (transport_is_reliable(flow.transport))
        return flow;
    by_maddr = address_parse_ip(request->via.maddr, &maddr) && address_eq_ip(&maddr, &flow.remote);
    if (by_maddr || !request->via.rport)
        flow.remote.port = request->via.port != 0 ? request->via.port : transport_default_port(flow.transport);
    return flow;
}

int stack_reply(struct stack *s, object_id server_txn, unsigned status, struct slice reason)
{
    struct message *request = stack_server_request(s, server_txn);
    struct gather   g;

    if (request == NULL)
        return -ERR_CLOSED;
    gather_init(&g);
    if (status == 100)
        write_trying(&g, request, server_txn_age(s, server_txn));
    else
        write_response_head(&g, request, status, reason, stack_server_tag(s, server_txn));
    gather_body(&g, SLICE(""), SLICE(""));
    if (!gather_ok(&g)) { /* Via and the like leave no room for any answer: an INVITE would wait for ever */
        counter_add(&s->world->counters.unanswerable, 1);
        server_txn_abandon(s, server_txn);
        return -ERR_TOO_LARGE;
    }
    return stack_respond(s, server_txn, status, &g);
}

/* RFC 3261 8.2.7: the same request always gets the same tag.  Of what finds its transaction (17.2.3), which has been
 * hashed in any case: 4 % of an OPTIONS less than of Call-ID and branch.  Again, as it is shown. */
static void stateless_tag(const struct stack *s, const struct message *request, char tag[TAG_LENGTH])
{
    uint64_t found_by = server_txn_hash(s, request);

    random_letters(siphash(&s->key, (struct slice){ (const char *)&found_by, sizeof found_by }), tag);
}

/* Whichever worker has refused, another may get the ACK once homes have changed. */
static msec refusals_until(const struct stack *s)
{
    return s->config.workers != NULL ? workers_refusals_until(s->config.workers) : s->refusals_until;
}

static void note_refusal(struct stack *s)
{
    s->refusals_until = world_now(s->world) + ACK_TIME * s->timers.t1;
    if (s->config.workers != NULL)
        workers_note_refusal(s->config.workers, s->refusals_until);
}

bool reply_was_stateless(const struct stack *s, const struct message *ack)
{
    char tag[TAG_LENGTH];

    if (ack->method != METHOD_ACK || ack->to_tag.len != TAG_LENGTH || world_now(s->world) >= refusals_until(s))
        return false;
    stateless_tag(s, ack, tag);
    return memcmp(tag, ack->to_tag.ptr, TAG_LENGTH) == 0;
}

/* The last header but for Content-Length, with so much space behind its colon (RFC 3261 25.1: HCOLON) that refusals
 * of one kind have one size, and so leave together (net/udp_group.h). */
static void put_retry_after(struct gather *g, unsigned seconds)
{
    static const char end[] = "Content-Length: 0\r\n\r\n";
    size_t            mark  = gather_mark(g);
    size_t            size  = g->total + sizeof "Retry-After: 5\r\n" - 1 + (seconds > 9) + sizeof end - 1;

    buf_put(&g->scratch, SLICE("Retry-After: "));
    for (; size % SIZE_STEP != 0; size++)
        buf_put_byte(&g->scratch, ' ');
    buf_put_number(&g->scratch, seconds);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static int send_stateless(struct stack *s, const struct message *request, unsigned status, struct slice reason,
                          struct slice headers)
{
    struct gather g;
    struct flow   flow = reply_way(request);
    char          tag[TAG_LENGTH];
    int           error;

    if (request->method == METHOD_ACK)
        return 0;
    stateless_tag(s, request, tag);
    gather_init(&g);
    write_response_head(&g, request, status, reason, (struct slice){ tag, TAG_LENGTH });
    gather_put(&g, headers);
    if (status == 503)
        put_retry_after(&g, RETRY_AFTER + (unsigned char)tag[0] % RETRY_SPREAD);
    gather_body(&g, SLICE(""), SLICE(""));
    if (request->method == METHOD_INVITE)
        note_refusal(s);
    error = transport_send_gather(s, &flow, &g);
    counter_add(&s->world->counters.responses_sent, error == 0);
    return error;
}

int stack_reply_stateless(struct stack *s, const struct message *request, unsigned status, struct slice reason)
{
    return send_stateless(s, request, status, reason, SLICE(""));
}

int stack_answer_stateless(struct stack *s, const struct message *request, unsigned status, struct slice headers)
{
    return send_stateless(s, request, status, SLICE(""), headers);
}

int stack_pass_response(struct stack *s, unsigned listener, const struct address *to, const struct gather *response)
{
    struct flow flow = { .transport = TRANSPORT_UDP, .remote = *to, .listener = STACK_LISTENERS };
    int         error;

    transport_leave_by(s, listener, &flow);
    if (flow.listener != listener)
        return -ERR_CLOSED;
    error = transport_send_gather(s, &flow, response);
    counter_add(&s->world->counters.responses_sent, error == 0);
    return error;
}
