/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/ahead.h"

/* Whom it is about as nearly everyone writes him, which is how his key is written.  A port may be one of ours, and
 * parameters go: who writes something else is looked for then. */
static struct slice usual_key(const struct message *request)
{
    const struct uri *uri = request->method == METHOD_REGISTER ? &request->to.uri : &request->uri;

    if (uri->scheme != URI_SIP || uri->port != 0 || uri->user.len == 0)
        return SLICE("");
    return slice_between(uri->text.ptr, uri->host.ptr + uri->host.len);
}

uint64_t ahead_hash(const struct server *s, const struct message *request, struct slice key)
{
    if (request->ahead != 0 && slice_eq(key, usual_key(request)))
        return request->ahead;
    return location_hash(s->shared->location, key);
}

/* Within a dialog the Request-URI is a Contact. */
static bool is_to_user(const struct message *m)
{
    return m->is_request && (m->to_tag.len == 0 || m->method == METHOD_REGISTER);
}

static void ask_for_slot(const struct location *l, struct message *m)
{
    struct slice key = is_to_user(m) ? usual_key(m) : SLICE("");

    if (key.len == 0)
        return;
    m->ahead = location_hash(l, key);
    location_prefetch_slot(l, m->ahead);
}

void ahead_look(struct server *s, struct message *const *messages, unsigned count)
{
    const struct location *l = s->shared->location;

    if (location_aors(l) < AHEAD_FROM)
        return;
    rcu_enter(s->shared->rcu);
    for (unsigned i = 0; i < count; i++)
        ask_for_slot(l, messages[i]);
    for (unsigned i = 0; i < count; i++)
        if (messages[i]->ahead != 0)
            location_prefetch_aor(l, messages[i]->ahead);
    rcu_leave(s->shared->rcu);
}

static void on_ahead(void *server, struct message *const *messages, unsigned count)
{
    ahead_look(server, messages, count);
}

void ahead_start(struct server *s)
{
    stack_on_ahead(s->stack, on_ahead, s);
}
