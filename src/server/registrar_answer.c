/* SPDX-License-Identifier: BSD-2-Clause */
/* What the registrar answers: the 200 with all that goes with a registration, and refusals. */
#include "server/registrar.h"

#include "server/gruu.h"

/* Only what has an instance has any (RFC 5627 5.1), and few have one. */
static bool wants_gruus(const struct registering *r, const struct binding *bindings, size_t count)
{
    size_t i = 0;

    while (i < count && bindings[i].instance.len == 0)
        i++;
    return i < count && message_lists(r->request, HEADER_SUPPORTED, SLICE("gruu"));
}

static void put_contact(struct server *s, struct gather *g, const struct registering *r, const struct binding *b,
                        bool gruus)
{
    struct binding_now now  = { .contact = b->contact, .params = b->params, .q = b->q, .expires_at = b->expires_at };
    size_t             mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Contact: "));
    binding_write_contact(&g->scratch, &now, world_now(s->world));
    if (gruus)
        gruu_put_params(s, &g->scratch, r->key, b);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

/* RFC 3608 6.3: the same in each 200, so that who asks learns it, too. */
static void put_service_route(struct gather *g, const struct config_list *route)
{
    for (size_t i = 0; i < route->count; i++) {
        size_t mark = gather_mark(g);

        buf_put(&g->scratch, SLICE("Service-Route: <"));
        buf_put(&g->scratch, route->texts[i]);
        buf_put(&g->scratch, SLICE(">\r\n"));
        gather_written(g, mark);
    }
}

/* RFC 5626 6.  Datagrams have no Flow-Timer: the phone's own 24 to 29 s are what address translators
 * need, and nothing here would notice their absence. */
bool registrar_tells_flow_timer(const struct server *s, const struct registering *r)
{
    return r->terms.outbound && r->terms.direct && transport_is_reliable(r->request->flow.transport) &&
           s->config->flow_timer > 0;
}

static void put_outbound(struct server *s, struct gather *g, const struct registering *r)
{
    if (!r->terms.outbound)
        return;
    gather_header(g, HEADER_REQUIRE, SLICE("outbound"));
    if (registrar_tells_flow_timer(s, r))
        gather_header_number(g, HEADER_FLOW_TIMER, s->config->flow_timer / SECOND);
}

static void put_date(struct server *s, struct gather *g)
{
    gather_put(g, SLICE("Date: "));
    gather_put(g, date_text(&s->date, world_wall(s->world) / SECOND));
    gather_put(g, SLICE("\r\n"));
}

/* The next nonce is good until the phone has registered again, whatever is granted. */
static void put_info(struct server *s, struct gather *g, const struct registering *r)
{
    msec last = world_now(s->world) + (msec)r->rules->limits.max_expires * SECOND;

    if (r->proved)
        authenticator_info(s->authenticator, &r->proof, last, SLICE(""), g);
}

void registrar_begin_ok(struct server *s, const struct registering *r, struct gather *answer)
{
    gather_init(answer);
    write_response_head(answer, r->request, 200, SLICE(""), stack_server_tag(s->stack, r->txn));
    gather_copy(answer, r->request, HEADER_PATH); /* RFC 3327 5.3 */
    put_service_route(answer, &r->rules->service_route);
    put_outbound(s, answer, r);
    put_date(s, answer);
    put_info(s, answer, r);
}

bool registrar_end_ok(struct server *s, const struct registering *r, const struct binding *bindings, size_t count,
                      struct gather *answer)
{
    bool gruus = wants_gruus(r, bindings, count);

    for (size_t i = 0; i < count; i++)
        if (bindings[i].expires_at > world_now(s->world))
            put_contact(s, answer, r, &bindings[i], gruus);
    gather_body(answer, SLICE(""), SLICE(""));
    return gather_ok(answer);
}

void registrar_answer_verdict(struct server *s, object_id txn, const struct binding_verdict *v)
{
    struct gather g;

    if (!answer_begin(s, txn, &g, v->status, slice_from(v->why.text)))
        return;
    answer_log(s, stack_server_request(s->stack, txn), v->status, &v->why);
    counter_add(&s->world->counters.requests_refused, 1);
    if (v->status == 423)
        gather_header_number(&g, HEADER_MIN_EXPIRES, v->min_expires);
    answer_end(s, txn, &g, v->status);
}

void registrar_answer_terms(struct server *s, const struct registering *r)
{
    unsigned      status = r->terms.status;
    struct gather g;

    if (!answer_begin(s, r->txn, &g, status, status == 400 ? slice_from(r->terms.why.text) : SLICE("")))
        return;
    answer_log(s, r->request, status, &r->terms.why);
    counter_add(&s->world->counters.requests_refused, 1);
    if (status == 415) /* no type at all is acceptable (RFC 3261 20.1, 21.4.13) */
        gather_header(&g, HEADER_ACCEPT, SLICE(""));
    if (status == 415 && message_header(r->request, HEADER_CONTENT_ENCODING) != NULL) /* 8.2.3 */
        gather_header(&g, HEADER_ACCEPT_ENCODING, SLICE("identity"));
    if (status == 420)
        gather_header(&g, HEADER_UNSUPPORTED, SLICE("path"));
    answer_end(s, r->txn, &g, status);
}
