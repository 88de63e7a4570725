/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/registrar_list.h"

#include "server/way_back.h"
#include "sip/instance.h"

enum { USER_AGENT = 256 /* cut to this */ };

void registrar_list_init(struct registrar_list *l, struct server *s, const struct registering *r, const struct aor *a)
{
    l->server = s;
    l->r      = r;
    l->count = l->existing = a != NULL ? aor_count(a) : 0; /* LIMIT_LIST at most */
    l->rebuilt             = false;
    l->params              = BUF_ON(l->params_memory);
    l->value_count         = 0;
    l->change_count        = 0;
    for (unsigned i = 0; i < l->existing; i++) {
        l->items[i] = (struct list_item){ .gone = false };
        aor_binding(a, i, &l->items[i].b);
    }
}

static void tell(struct list_item *it, enum binding_event event)
{
    it->told  = true;
    it->event = event;
}

/* ---- temporary GRUUs (RFC 5627 5.1, 5.3) ---- */

static uint64_t draw_epoch(struct server *s)
{
    uint64_t epoch;

    do
        epoch = random_u64(&s->world->random) % (UINT64_C(1) << AOR_GRUU_BITS);
    while (epoch == 0);
    return epoch;
}

static bool is_of_instance(const struct registrar_list *l, const struct list_item *it, struct slice instance)
{
    return !it->gone && it->b.expires_at > world_now(l->server->world) && instance_eq(it->b.instance, instance);
}

/* That of the instance's other bindings, which get a new one too if it has ended. */
static uint64_t epoch_of(struct registrar_list *l, struct slice instance, bool ended)
{
    uint64_t epoch = 0;

    if (instance.len == 0)
        return 0;
    for (size_t i = 0; i < l->count && !ended && epoch == 0; i++)
        if (is_of_instance(l, &l->items[i], instance))
            epoch = l->items[i].b.gruu;
    if (epoch == 0)
        epoch = draw_epoch(l->server);
    for (size_t i = 0; i < l->count && ended; i++)
        if (is_of_instance(l, &l->items[i], instance)) {
            l->items[i].b.gruu = epoch;
            l->items[i].put    = true;
        }
    return epoch;
}

/* ---- one change ---- */

static struct slice user_agent_of(const struct message *m)
{
    const struct header *h = message_header(m, HEADER_USER_AGENT);

    if (h == NULL)
        return SLICE("");
    return (struct slice){ h->value.ptr, h->value.len < USER_AGENT ? h->value.len : USER_AGENT };
}

static struct slice params_of(struct registrar_list *l, const struct name_addr *contact)
{
    size_t mark = l->params.len;

    binding_write_params(&l->params, contact);
    return buf_ok(&l->params) ? (struct slice){ l->params_memory + mark, l->params.len - mark } : SLICE("");
}

/* RFC 5626 6: then it is the flow that the REGISTER came by, whatever the Contact says. */
static struct flow flow_of(const struct registrar_list *l, const struct binding_change *change)
{
    return change->reg_id != 0 ? l->r->request->flow : way_back_flow(l->r->request, &change->contact.uri);
}

static msec end_of(const struct registrar_list *l, const struct binding_change *change)
{
    return world_now(l->server->world) + (msec)change->expires * SECOND;
}

static uint64_t lease_of(const struct registrar_list *l, const struct binding *b, const struct binding_change *change)
{
    return registrar_lease(l->server, b->expires_at, (msec)change->expires * SECOND);
}

/* ---- rows ---- */

/* Is no other of this instance behind it?  Of one instance the last in the list is the one that registered last. */
static bool is_last_of(const struct registrar_list *l, const struct list_item *it, struct slice instance)
{
    size_t behind = (size_t)(it - l->items) + 1;

    while (behind < l->count && !is_of_instance(l, &l->items[behind], instance))
        behind++;
    return instance.len == 0 || behind == l->count;
}

/* Has no other of this instance a later row?  What is refreshed within its lease moves in the list alone. */
static bool has_last_row_of(const struct registrar_list *l, const struct list_item *it, struct slice instance)
{
    bool found = false;

    for (size_t i = 0; i < l->count && !found; i++)
        found = l->items[i].b.row > it->b.row && is_of_instance(l, &l->items[i], instance);
    return instance.len == 0 || !found;
}

static void delete_row(struct registrar_list *l, const struct list_item *it)
{
    l->changes[l->change_count++] = registrar_delete_change(it->b.row);
}

/* A restart reads rows in their order, which is to be that in which a phone's bindings were written. */
static uint64_t row_for(struct registrar_list *l, const struct list_item *old, struct slice instance)
{
    if (old != NULL && has_last_row_of(l, old, instance))
        return old->b.row;
    if (old != NULL)
        delete_row(l, old);
    return location_next_row(l->server->shared->location);
}

/* ---- one change, carried out ---- */

/* A new binding, at the end of the list. */
static void put_binding(struct registrar_list *l, const struct binding_change *change, struct list_item *replaces)
{
    struct slice   params = params_of(l, &change->contact);
    struct binding b      = {
             .contact    = change->contact.uri.text,
             .params     = params,
             .call_id    = l->r->request->call_id,
             .cseq       = l->r->request->cseq.number,
             .q          = change->q,
             .expires_at = end_of(l, change),
             .user_agent = user_agent_of(l->r->request),
             .path       = l->r->terms.path,
             .flow       = flow_of(l, change),
             .instance   = instance_of(params),
             .reg_id     = change->reg_id,
             .outbound   = change->reg_id != 0,
    };

    b.row         = row_for(l, replaces, b.instance);
    b.gruu        = epoch_of(l, b.instance, change->new_gruus);
    b.lease_until = lease_of(l, &b, change);
    if (replaces != NULL)
        replaces->gone = true;
    if (replaces != NULL && change->moved)
        tell(replaces, BINDING_UNREGISTERED);
    l->rebuilt         = true;
    l->items[l->count] = (struct list_item){ .b = b, .put = true };
    tell(&l->items[l->count++], change->event);
}

/* Was there anything that the Contact does not show?  By way of a Path it does not matter
 * which connection the last proxy took. */
static bool came_another_way(const struct registrar_list *l, const struct binding *b,
                             const struct binding_change *change)
{
    struct flow  flow = flow_of(l, change);
    struct slice path = l->r->terms.path;

    if (b->path.len > 0 || path.len > 0)
        return !slice_eq(b->path, path);
    return b->flow.transport != flow.transport || b->flow.connection != flow.connection ||
           !address_eq(&b->flow.remote, &flow.remote);
}

/* To the end with it, if another of its instance is behind it. */
static struct list_item *move_to_end(struct registrar_list *l, struct list_item *it)
{
    if (is_last_of(l, it, it->b.instance))
        return it;
    l->items[l->count] = *it;
    it->gone           = true;
    l->rebuilt         = true;
    return &l->items[l->count++];
}

/* A refresh within the row's lease is RAM's business alone: after a restart the
 * binding is served up to its lease, so nothing acknowledged is lost. */
static void refresh_binding(struct registrar_list *l, const struct binding_change *change, struct list_item *it)
{
    struct list_item *at;

    if (came_another_way(l, &it->b, change)) {
        put_binding(l, change, it);
        return;
    }
    at               = move_to_end(l, it);
    at->refreshed    = true;
    at->b.cseq       = l->r->request->cseq.number;
    at->b.expires_at = end_of(l, change);
    tell(at, change->event);
    if (registrar_wall_at(l->server, at->b.expires_at) <= at->b.lease_until)
        return;
    at->b.lease_until = lease_of(l, &at->b, change);
    at->b.row         = row_for(l, at, at->b.instance);
    at->put           = true;
}

static void remove_binding(struct registrar_list *l, struct list_item *it, enum binding_event event)
{
    delete_row(l, it);
    it->gone   = true;
    l->rebuilt = true;
    tell(it, event);
}

static void remove_all(struct registrar_list *l)
{
    msec now = world_now(l->server->world);

    for (size_t i = 0; i < l->existing; i++)
        if (l->items[i].b.expires_at > now) /* else: registrar_list_finish */
            remove_binding(l, &l->items[i], BINDING_UNREGISTERED);
}

void registrar_list_apply(struct registrar_list *l, const struct binding_change *change)
{
    switch (change->kind) {
    case BINDING_ADD:
        put_binding(l, change, NULL);
        break;
    case BINDING_REFRESH:
        refresh_binding(l, change, &l->items[change->index]);
        break;
    case BINDING_REPLACE:
        put_binding(l, change, &l->items[change->index]);
        break;
    case BINDING_REMOVE:
        remove_binding(l, &l->items[change->index], change->event);
        break;
    case BINDING_REMOVE_ALL:
        remove_all(l);
        break;
    }
}

/* ---- the end ---- */

static void note_put(struct registrar_list *l, const struct binding *b)
{
    struct buf flow = buf_on(l->flows[l->change_count], FLOW_TEXT);

    l->changes[l->change_count] = registrar_put_change(l->server, l->r->key, b, &flow);
    l->change_count++;
}

/* What has ended leaves with the next change of any kind. */
void registrar_list_finish(struct registrar_list *l)
{
    msec now = world_now(l->server->world);

    for (size_t i = 0; i < l->count; i++) {
        struct list_item *it = &l->items[i];

        if (l->rebuilt && !it->gone && it->b.expires_at <= now)
            remove_binding(l, it, BINDING_EXPIRED);
        if (it->gone)
            continue;
        if (it->put)
            note_put(l, &it->b);
        l->values[l->value_count++] = it->b;
    }
}

void registrar_list_tell(const struct registrar_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].told)
            registrar_tell(l->server, l->r->request, l->r->key, &l->items[i].b, l->items[i].event);
}
