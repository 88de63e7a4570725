/* SPDX-License-Identifier: BSD-2-Clause */
/* The registrar (RFC 3261 10.3): route/binding decides, RAM changes at once, and
 * the 200 waits for the commit that holds what it acknowledges.  This file asks who
 * it is and answers; registrar_update.c changes RAM, registrar_store.c the store. */
#include "server/registrar.h"

/* ---- the answer ---- */

static void put_contact(struct server *s, struct gather *g, const struct binding *b)
{
    struct binding_now now  = { .contact = b->contact, .params = b->params, .q = b->q, .expires_at = b->expires_at };
    size_t             mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Contact: "));
    binding_write_contact(&g->scratch, &now, world_now(s->world));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

bool registrar_write_ok(struct server *s, object_id txn, const struct binding *bindings, size_t count,
                        struct gather *answer)
{
    gather_init(answer);
    write_response_head(answer, stack_server_request(s->stack, txn), 200, SLICE(""), stack_server_tag(s->stack, txn));
    for (size_t i = 0; i < count; i++)
        if (bindings[i].expires_at > world_now(s->world))
            put_contact(s, answer, &bindings[i]);
    gather_body(answer, SLICE(""), SLICE(""));
    return gather_ok(answer);
}

void registrar_answer_verdict(struct server *s, object_id txn, const struct binding_verdict *v)
{
    struct message *request = stack_server_request(s->stack, txn);
    struct gather   g;

    answer_log(s, request, v->status, &v->why);
    gather_init(&g);
    write_response_head(&g, request, v->status, slice_from(v->why.text), stack_server_tag(s->stack, txn));
    if (v->status == 423)
        gather_header_number(&g, HEADER_MIN_EXPIRES, v->min_expires);
    gather_body(&g, SLICE(""), SLICE(""));
    stack_respond(s->stack, txn, v->status, &g);
}

/* ---- who asks ---- */

/* 10.3 steps 3 and 4.  True: go on; false: answered. */
static bool is_allowed(struct server *s, object_id txn, const struct message *request)
{
    static const struct reason other = { "users may change only their own bindings", "RFC 3261 10.3 step 4" };
    char                       text[AOR_TEXT];
    struct buf                 user = BUF_ON(text);
    struct auth_proof          proof;
    enum auth_result           result;

    if (!s->config->authentication)
        return true;
    result =
        authenticator_check(s->authenticator, request, HEADER_AUTHORIZATION, aor_domain(s, &request->to.uri), &proof);
    uri_write_unescaped(&user, request->to.uri.user);
    if (result == AUTH_OK && buf_ok(&user) && slice_eq(proof.user, buf_slice(&user)))
        return true;
    if (result == AUTH_OK)
        answer(s, txn, 403, &other);
    else
        answer_unproved(s, txn, 401, result, &proof);
    return false;
}

/* 10.3 step 2: no extension is known here, so each that is required is named, as
 * far as whole lines fit.  False if none is required. */
static bool requires_what_is_unknown(const struct message *request, struct buf *lines)
{
    struct header_values v        = message_values(request, HEADER_REQUIRE);
    bool                 required = false;
    struct slice         token;

    while (values_next_token(&v, &token)) {
        size_t whole = lines->len;

        required = true;
        buf_put(lines, SLICE("Unsupported: "));
        buf_put(lines, token);
        buf_put(lines, SLICE("\r\n"));
        if (!buf_ok(lines))
            lines->len = whole;
    }
    return required;
}

void registrar_request(struct server *s, object_id txn, struct message *request)
{
    static const struct reason foreign = { "To is not of our domains", "RFC 3261 10.3 step 5" };
    char                       memory[AOR_TEXT], lines[1024];
    struct slice               key         = aor_of(s, &request->to.uri, memory);
    struct buf                 unsupported = BUF_ON(lines);

    counter_add(&s->world->counters.registers, 1);
    if (requires_what_is_unknown(request, &unsupported)) {
        answer_unsupported(s, txn, buf_slice(&unsupported));
        return;
    }
    if (!is_allowed(s, txn, request))
        return;
    if (key.len == 0 || request->to.uri.user.len == 0)
        answer(s, txn, 404, &foreign);
    else
        registrar_update(s, txn, request, key, false);
}
