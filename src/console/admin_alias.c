/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/text_json.h"

#include <stdlib.h>

enum { LIST_ALIASES = 1000, CURSOR = 2 * (USER_NAME_MAX + 1 + USER_DOMAIN_MAX) + 1 };

static json_t *alias_to_json(const struct stored_alias *a)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "alias", text_to_json(a->name), "domain", text_to_json(a->domain), "user",
                     text_to_json(a->user_name), "user_domain", text_to_json(a->user_domain));
}

/* ---- changes ---- */

/* What is wrong is the user's or the alias's. */
struct change {
    struct control_call *call;
    json_t              *result;
    bool                 removed;
};

static void fail(struct control_call *call, int error, const struct change *c)
{
    const char *alias = json_string_value(json_object_get(c->result, "alias"));
    const char *user  = json_string_value(json_object_get(c->result, "user"));

    if (error == -ERR_EXISTS)
        control_fail(call, error, "there is a user or an alias %s already", alias);
    else if (error == -ERR_NOT_FOUND && c->removed)
        control_fail(call, error, "there is no alias %s", alias);
    else if (error == -ERR_NOT_FOUND)
        control_fail(call, error, "there is no user %s", user);
    else if (error == -ERR_LIMIT && !c->removed)
        control_fail(call, error,
                     "a user has at most %d aliases, or too many changes wait for the disk; nothing was "
                     "changed",
                     USER_ALIASES_MAX);
    else
        control_fail(call, error, "not written to the disk: %s", error_text(error));
}

static void on_done(void *change, int error)
{
    struct change c = *(struct change *)change;

    free(change);
    if (error == 0) {
        control_reply(c.call, c.result);
        return;
    }
    fail(c.call, error, &c);
    json_decref(c.result);
}

/* False: the call has failed. */
static bool read_alias(const struct admin *a, struct control_call *call, const json_t *params, struct slice domain,
                       char number[USER_NUMBER_MAX], struct stored_alias *alias)
{
    if (!user_alias_of_text(admin_text(params, "alias"), domain, number, &alias->domain, &alias->name))
        control_fail(call, -ERR_SYNTAX, "an alias is NAME, NAME@DOMAIN or a telephone number, +4930123");
    else if (alias->domain.len > 0 && !config_is_our_domain(a->config, alias->domain))
        control_fail(call, -ERR_NOT_FOUND, "'%.*s' is not a domain of this server; see key 'domain' in ahoy.conf(5)",
                     SLICE_ARG(alias->domain));
    else
        return true;
    return false;
}

static struct change *change_new(struct control_call *call, const struct stored_alias *alias, bool removed)
{
    struct change *c = malloc(sizeof *c);

    if (c != NULL)
        *c = (struct change){ call, alias_to_json(alias), removed };
    if (c != NULL && c->result != NULL)
        return c;
    free(c);
    control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    return NULL;
}

static void begun(struct change *c, int error)
{
    if (error != 0)
        on_done(c, error);
}

void admin_alias_add(void *user, struct control_call *call, const json_t *params)
{
    const struct admin *a     = user;
    struct stored_alias alias = { .user_name = admin_text(params, "user"), .user_domain = admin_domain(a, params) };
    char                number[USER_NUMBER_MAX];
    struct change      *c;

    if (!admin_check_names(a, call, alias.user_name, alias.user_domain) ||
        !read_alias(a, call, params, alias.user_domain, number, &alias))
        return;
    c = change_new(call, &alias, false);
    if (c != NULL)
        begun(c, users_add_alias(a->users, &alias, on_done, c));
}

/* No check of the domain: an alias of one that is no longer ours can be removed. */
void admin_alias_remove(void *user, struct control_call *call, const json_t *params)
{
    const struct admin *a     = user;
    struct stored_alias alias = { .name = SLICE("") };
    char                number[USER_NUMBER_MAX];
    struct change      *c;

    if (!user_alias_of_text(admin_text(params, "alias"), admin_domain(a, params), number, &alias.domain, &alias.name)) {
        control_fail(call, -ERR_SYNTAX, "an alias is NAME, NAME@DOMAIN or a telephone number, +4930123");
        return;
    }
    c = change_new(call, &alias, true);
    if (c != NULL)
        begun(c, users_remove_alias(a->users, alias.domain, alias.name, on_done, c));
}

/* ---- the list, page by page ---- */

struct list {
    struct control_call *call;
    size_t               limit;
    struct slice         user, domain; /* only his; empty: all */
    char                 memory[USER_NAME_MAX + USER_DOMAIN_MAX];
};

static bool is_wanted(const struct list *l, const struct stored_alias *a)
{
    return l->user.len == 0 || (slice_eq(l->user, a->user_name) && slice_eq(l->domain, a->user_domain));
}

/* "USER@DOMAIN ALIAS@DOMAIN" of the last one; null if there is nothing behind it. */
static json_t *cursor_to_json(const struct list *l, const struct store_answer *a)
{
    const struct stored_alias *last = a->alias_count > 0 ? &a->aliases[a->alias_count - 1] : NULL;
    char                       text[CURSOR + 1];
    struct buf                 b = BUF_ON(text);

    if (last == NULL || a->alias_count < l->limit || !is_wanted(l, last))
        return json_null();
    buf_put(&b, last->user_name);
    buf_put_byte(&b, '@');
    buf_put(&b, last->user_domain);
    buf_put_byte(&b, ' ');
    buf_put(&b, last->name);
    buf_put_byte(&b, '@');
    buf_put(&b, last->domain);
    return buf_ok(&b) ? json_string(buf_cstr(&b)) : json_null(); /* no name of ours is so long */
}

static void on_list(void *list, const struct store_answer *a)
{
    struct list *l       = list;
    json_t      *aliases = a->error == 0 ? json_array() : NULL;

    if (aliases == NULL)
        admin_fail_to_read(l->call, "aliases", a->error != 0 ? a->error : -ERR_NO_MEMORY);
    for (size_t i = 0; aliases != NULL && i < a->alias_count && is_wanted(l, &a->aliases[i]); i++)
        json_array_append_new(aliases, alias_to_json(&a->aliases[i]));
    if (aliases != NULL)
        control_reply(l->call, json_pack("{s:o,s:o}", "aliases", aliases, "cursor", cursor_to_json(l, a)));
    free(l);
}

static bool read_cursor(struct slice text, struct store_query *q)
{
    const char *space = text.len > 0 ? memchr(text.ptr, ' ', text.len) : NULL;

    if (text.len == 0)
        return true;
    if (space == NULL)
        return false;
    q->after       = admin_address(slice_between(text.ptr, space));
    q->after_alias = admin_address(slice_between(space + 1, text.ptr + text.len));
    return q->after.domain.len > 0 && q->after_alias.name.len > 0;
}

/* Only of one user: copied, since the answer comes when the call's texts are gone. */
static void want_only(struct list *l, struct slice name, struct slice domain)
{
    if (name.len > USER_NAME_MAX || domain.len > USER_DOMAIN_MAX)
        return;
    l->user   = (struct slice){ l->memory, name.len };
    l->domain = (struct slice){ l->memory + name.len, domain.len };
    memcpy(l->memory, name.ptr, name.len);
    for (size_t i = 0; i < domain.len; i++)
        l->memory[name.len + i] = ascii_lower(domain.ptr[i]);
}

static struct list *list_new(const struct admin *a, struct control_call *call, const json_t *params)
{
    const json_t *limit = json_object_get(params, "limit");
    struct list  *l     = calloc(1, sizeof *l);

    if (l == NULL) {
        admin_fail_to_read(call, "aliases", -ERR_NO_MEMORY);
        return NULL;
    }
    l->call  = call;
    l->limit = limit != NULL ? (size_t)json_integer_value(limit) : LIST_ALIASES;
    if (admin_text(params, "user").len > 0)
        want_only(l, admin_text(params, "user"), admin_domain(a, params));
    return l;
}

void admin_alias_list(void *user, struct control_call *call, const json_t *params)
{
    const struct admin *a = user;
    struct list        *l = list_new(a, call, params);
    struct store_query  q = { .kind = STORE_LIST_ALIASES };
    int                 error;

    if (l == NULL)
        return;
    q.count = l->limit;
    q.after = (struct store_name){ l->domain, l->user };
    if (!read_cursor(admin_text(params, "cursor"), &q)) {
        control_fail(call, -ERR_SYNTAX, "a cursor is what the last answer had");
        free(l);
        return;
    }
    error = users_ask(a->users, &q, on_list, l);
    if (error == 0)
        return;
    free(l);
    admin_fail_to_read(call, "aliases", error);
}
