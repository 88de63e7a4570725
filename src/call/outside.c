/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/outside.h"

#include "base/error.h"
#include "dialog/refusal.h"

enum {
    OUTSIDE_MEMORY = 16 * 1024,
    CALL_ID_LEN    = 26,
    TAG_LEN        = 10,
    OUTSIDE_ROUNDS = 8,
    VIA_ROOM       = 200, /* bytes: what the stack puts in front */
};

static struct slice bracketed(struct arena *arena, struct slice uri)
{
    char *text = arena_alloc(arena, uri.len + 2);

    if (text == NULL)
        return (struct slice){ NULL, 0 };
    text[0] = '<';
    memcpy(text + 1, uri.ptr, uri.len);
    text[uri.len + 1] = '>';
    return (struct slice){ text, uri.len + 2 };
}

/* RFC 3261 8.1.1.8: must the Contact be a sips URI? */
bool account_goes_by_sips(const struct account *a, const struct uri *target)
{
    struct slice     routes[ACCOUNT_ROUTES];
    unsigned         count = account_routes(a, routes);
    struct scan      route = scan_from(count > 0 ? routes[0] : SLICE(""));
    struct name_addr first;

    return target->scheme == URI_SIPS || (count > 0 && name_addr_scan(&route, &first) && first.uri.scheme == URI_SIPS);
}

/* What peers will see that we came by, as far as it can be told beforehand. */
enum transport account_transport_out(const struct account *a, const struct uri *target)
{
    const struct account_flow *f = account_way(a);

    return f->transport != TRANSPORT_NONE || f->proxy.len > 0 ? f->transport : uri_transport(target);
}

int outside_renew(struct outside *o)
{
    char id[CALL_ID_LEN], tag[TAG_LEN];

    phone_call_id(o->account->phone, id, sizeof id);
    phone_token(o->account->phone, tag, sizeof tag);
    if (o->call_id.len == sizeof id) { /* in the place of the old ones */
        memcpy((char *)o->call_id.ptr, id, sizeof id);
        memcpy((char *)o->tag.ptr, tag, sizeof tag);
    } else {
        o->call_id = arena_copy(&o->arena, (struct slice){ id, sizeof id });
        o->tag     = arena_copy(&o->arena, (struct slice){ tag, sizeof tag });
    }
    o->cseq = 0;
    return arena_ok(&o->arena) ? 0 : -ERR_NO_MEMORY;
}

void outside_home(struct outside *o)
{
    elsewhere_restart(&o->targets);
    elsewhere_next(&o->targets, &o->target);
    arena_fini(&o->found); /* what is watched for days and always sent on stays small */
    arena_init(&o->found, NULL, 0, OUTSIDE_MEMORY);
}

int outside_init(struct outside *o, struct account *a, enum method method, struct slice target)
{
    struct uri uri;

    if (!uri_parse(target, &uri))
        return -ERR_SYNTAX;
    if (uri.scheme != URI_SIP && uri.scheme != URI_SIPS)
        return -ERR_UNSUPPORTED;
    *o = (struct outside){ .account = a, .method = method };
    arena_init(&o->arena, NULL, 0, OUTSIDE_MEMORY);
    arena_init(&o->found, NULL, 0, OUTSIDE_MEMORY);
    auth_init(&o->auth);
    elsewhere_add(&o->targets, &o->arena, &uri);
    if (elsewhere_next(&o->targets, &o->target))
        o->to = bracketed(&o->arena, o->target);
    if (outside_renew(o) == 0)
        return 0;
    outside_fini(o);
    return -ERR_NO_MEMORY;
}

void outside_fini(struct outside *o)
{
    if (o->txn != 0)
        stack_forget(o->account->phone->stack, o->txn);
    auth_fini(&o->auth);
    arena_fini(&o->found);
    arena_fini(&o->arena);
}

void outside_next(struct outside *o)
{
    auth_begin(&o->auth);
    o->rounds = 0;
}

struct gather *outside_begin(struct outside *o, struct request_start *start, int *error)
{
    struct account     *a = o->account;
    struct phone       *p = a->phone;
    struct slice        routes[ACCOUNT_ROUTES];
    struct request_head head = {
        .method      = o->method,
        .target      = o->target,
        .from        = a->party,
        .to          = o->to,
        .from_tag    = o->tag,
        .call_id     = o->call_id,
        .cseq        = ++o->cseq,
        .routes      = routes,
        .route_count = account_routes(a, routes),
    };

    *error = request_begin(&p->gather, &head, start);
    if (*error != 0)
        return NULL;
    if (p->config.user_agent.len > 0)
        gather_header(&p->gather, HEADER_USER_AGENT, p->config.user_agent);
    return &p->gather;
}

int outside_send(struct outside *o, const struct request_start *start, struct slice type, struct slice body,
                 const struct client_user *user)
{
    struct phone   *p   = o->account->phone;
    struct gather  *g   = &p->gather;
    struct outgoing out = {
        .start_line  = start->start_line,
        .rest        = g,
        .method      = o->method,
        .destination = &start->destination,
        .flow        = account_flow_out(o->account),
    };

    auth_write(&o->auth, &o->account->secret, p->hasher, &p->world->random, o->method, o->target, body, g);
    gather_body(g, type, body);
    if (!gather_ok(g) || (o->limit != 0 && start->start_line.len + g->total + VIA_ROOM > o->limit))
        return -ERR_TOO_LARGE;
    o->txn = stack_request(p->stack, &out, user);
    return o->txn == 0 ? -ERR_LIMIT : 0;
}

bool outside_challenged(struct outside *o, const struct message *response)
{
    return (response->status == 401 || response->status == 407) && o->rounds++ < OUTSIDE_ROUNDS &&
           auth_challenged(&o->auth, &o->account->secret, response) == AUTH_RETRY;
}

bool outside_elsewhere(struct outside *o, const struct message *response)
{
    enum refusal_outside what = response == NULL ? OUTSIDE_END : refusal_of(response->status)->outside;

    if (what == OUTSIDE_LAST)
        return false;
    if (what == OUTSIDE_FOLLOW)
        elsewhere_follow(&o->targets, &o->found, response);
    if (o->rounds >= OUTSIDE_ROUNDS || !elsewhere_next(&o->targets, &o->target))
        return false;
    o->rounds++;
    auth_begin(&o->auth);
    return true;
}

void put_contact_to(const struct account *a, struct slice target, struct gather *g)
{
    char           memory[1024];
    size_t         mark  = gather_mark(g);
    struct address local = account_local(account_way(a));
    struct uri     uri;
    struct arena   arena;

    if (!uri_parse(target, &uri))
        return;
    arena_init(&arena, memory, sizeof memory, sizeof memory);
    buf_put(&g->scratch, SLICE("Contact: "));
    buf_put(&g->scratch, account_dialog_contact(a, &arena, &local, account_transport_out(a, &uri),
                                                account_goes_by_sips(a, &uri), false));
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
    arena_fini(&arena);
}

const struct flow *flow_kept(const struct flow *f)
{
    return f->transport == TRANSPORT_NONE || f->transport == TRANSPORT_UDP || f->transport == TRANSPORT_TCP ? NULL : f;
}
