/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/who.h"

static struct slice name_of(const struct uri *uri, char memory[USER_NAME_MAX])
{
    struct buf name = buf_on(memory, USER_NAME_MAX);

    uri_write_unescaped(&name, uri->user);
    return buf_ok(&name) ? buf_slice(&name) : SLICE("");
}

/* A domain of ours is in lower case in the configuration. */
static void set_literal(struct user_id *id, struct slice domain, struct slice name)
{
    struct buf b = BUF_ON(id->memory);

    id->by_alias = false;
    buf_put(&b, domain);
    buf_put(&b, name);
    id->domain = buf_ok(&b) ? (struct slice){ id->memory, domain.len } : SLICE("");
    id->name   = buf_ok(&b) ? (struct slice){ id->memory + domain.len, name.len } : SLICE("");
}

static bool is_sip(const struct uri *uri)
{
    return uri->scheme == URI_SIP || uri->scheme == URI_SIPS;
}

bool who_may_be(struct server *s, const struct uri *uri)
{
    char memory[USER_NUMBER_MAX];

    return is_sip(uri) ? aor_domain(s, uri).len > 0 : user_number(uri, memory).len > 0;
}

enum user_state who_is(struct server *s, const struct uri *uri, struct user_id *id)
{
    return who_is_in(s, uri, is_sip(uri) ? aor_domain(s, uri) : SLICE(""), id);
}

enum user_state who_is_in(struct server *s, const struct uri *uri, struct slice domain, struct user_id *id)
{
    char            name_memory[USER_NAME_MAX], number_memory[USER_NUMBER_MAX];
    struct slice    name   = domain.len > 0 ? name_of(uri, name_memory) : SLICE("");
    struct slice    number = SLICE("");
    enum user_state state  = USER_UNKNOWN;

    if (name.len > 0)
        state = user_reader_resolve(s->users, domain, name, id);
    if (state == USER_UNKNOWN && (domain.len > 0 || uri->scheme == URI_TEL))
        number = user_number(uri, number_memory);
    if (number.len > 0)
        state = user_reader_resolve(s->users, SLICE(""), number, id);
    if (state == USER_UNKNOWN)
        set_literal(id, domain, name);
    return state;
}

void who_is_called(const struct uri *uri, struct slice domain, struct user_id *id)
{
    char memory[USER_NAME_MAX];

    set_literal(id, domain, domain.len > 0 ? name_of(uri, memory) : SLICE(""));
}

struct slice who_key(struct server *s, const struct user_id *id, char memory[AOR_TEXT])
{
    struct uri uri = { .scheme = URI_SIP, .user = id->name, .has_user = true, .host = id->domain };

    return id->name.len > 0 ? aor_of(s, &uri, memory) : SLICE("");
}
