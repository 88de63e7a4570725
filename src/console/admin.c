/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin_private.h"

#include "base/error.h"
#include "base/scan.h"

#include <stdlib.h>

struct admin_change {
    const struct admin  *admin;
    struct control_call *call;
    json_t              *result;
};

struct admin_change *admin_change_new(const struct admin *a, struct control_call *call, json_t *result)
{
    struct admin_change *c = result != NULL ? malloc(sizeof *c) : NULL;

    if (c != NULL) {
        *c = (struct admin_change){ a, call, result };
        return c;
    }
    json_decref(result);
    control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    return NULL;
}

struct control_call *admin_change_drop(struct admin_change *c)
{
    struct control_call *call = c->call;

    json_decref(c->result);
    free(c);
    return call;
}

/* Given what there is, it could not be made.  False: it was. */
static bool fail_as_it_is(struct control_call *call, int error, const json_t *result)
{
    const char *name   = json_string_value(json_object_get(result, "name"));
    const char *domain = json_string_value(json_object_get(result, "domain"));

    if (name == NULL || domain == NULL)
        return false;
    if (error == -ERR_EXISTS)
        control_fail(call, error, "there is a user %s in %s already", name, domain);
    else if (error == -ERR_NOT_FOUND)
        control_fail(call, error, "there is no user %s in %s", name, domain);
    else if (error == -ERR_LIMIT)
        control_fail(call, error, "too many changes wait for the disk; nothing was changed");
    else
        return false;
    return true;
}

void admin_change_done(void *change, int error)
{
    struct admin_change *c      = change;
    struct control_call *call   = c->call;
    json_t              *result = c->result;
    const char          *hope   = "do away with the cause and try again";

    if (c->admin->stop != NULL)
        hope = "the change is in force and will be written as soon as that is possible";
    free(c);
    if (error == 0)
        control_reply(call, result);
    else if (!fail_as_it_is(call, error, result))
        control_fail(call, error, "not written to the disk: %s; %s", error_text(error), hope);
    if (error != 0)
        json_decref(result);
}

struct slice admin_text(const json_t *params, const char *key)
{
    const json_t *value = json_object_get(params, key);

    if (!json_is_string(value))
        return SLICE("");
    return (struct slice){ json_string_value(value), json_string_length(value) };
}

struct slice admin_domain(const struct admin *a, const json_t *params)
{
    struct slice domain = admin_text(params, "domain");

    return domain.len > 0 ? domain : a->config->domains[0];
}

static struct admin_change *change_new(const struct admin *a, struct control_call *call, struct slice name,
                                       struct slice domain)
{
    return admin_change_new(a, call,
                            json_pack("{s:s%,s:s%}", "name", name.ptr, name.len, "domain", domain.ptr, domain.len));
}

/* The change was not begun. */
static void refuse(struct admin_change *c, int error)
{
    struct control_call *call = admin_change_drop(c);

    if (error == -ERR_LIMIT)
        control_fail(call, error, "too many changes wait for the disk; nothing was changed");
    else
        control_fail(call, error, "%s; nothing was changed", error_text(error));
}

struct slice admin_cell(const json_t *row, size_t column)
{
    const json_t *value = json_array_get(row, column);

    if (!json_is_string(value))
        return SLICE("");
    return (struct slice){ json_string_value(value), json_string_length(value) };
}

bool admin_check_names(const struct admin *a, struct control_call *call, struct slice name, struct slice domain)
{
    if (!user_name_is_good(name))
        control_fail(call, -ERR_SYNTAX, "a user's name has 1 to %d letters, digits or any of -_.!~*'+", USER_NAME_MAX);
    else if (!config_is_our_domain(a->config, domain))
        control_fail(call, -ERR_NOT_FOUND, "'%.*s' is not a domain of this server; see key 'domain' in ahoy.conf(5)",
                     SLICE_ARG(domain));
    else
        return true;
    return false;
}

typedef int password_fn(struct users *u, struct slice domain, struct slice name, struct slice password,
                        users_done_fn *done, void *arg);

static void put(struct admin *a, struct control_call *call, const json_t *params, password_fn *fn)
{
    struct slice         name = admin_text(params, "name"), domain = admin_domain(a, params);
    struct slice         password = admin_text(params, "password");
    struct admin_change *c;
    int                  error;

    if (!admin_check_names(a, call, name, domain))
        return;
    if (!user_password_is_good(password)) {
        control_fail(call, -ERR_SYNTAX, "a password has 1 to %d bytes and no control characters", USER_PASSWORD_MAX);
        return;
    }
    c = change_new(a, call, name, domain);
    if (c == NULL)
        return;
    error = fn(a->users, domain, name, password, admin_change_done, c);
    if (error != 0)
        refuse(c, error);
}

void admin_user_add(void *user, struct control_call *call, const json_t *params)
{
    put(user, call, params, users_add);
}

void admin_user_passwd(void *user, struct control_call *call, const json_t *params)
{
    put(user, call, params, users_set_password);
}

/* No check of the domain: a user of one that is no longer ours can be removed. */
void admin_user_remove(void *user, struct control_call *call, const json_t *params)
{
    struct admin        *a    = user;
    struct slice         name = admin_text(params, "name"), domain = admin_domain(a, params);
    struct admin_change *c     = change_new(a, call, name, domain);
    int                  error = c != NULL ? users_remove(a->users, domain, name, admin_change_done, c) : 0;

    if (error != 0)
        refuse(c, error);
}

/* ---- the list, page by page ---- */

enum { LIST_USERS = 1000, CURSOR = USER_NAME_MAX + 1 + USER_DOMAIN_MAX };

struct list {
    struct control_call *call;
    size_t               limit;
};

static json_t *hashes_to_json(const struct stored_user *u)
{
    json_t *names = json_array();

    if (u->ha1_md5.len > 0)
        json_array_append_new(names, json_string("MD5"));
    if (u->ha1_sha256.len > 0)
        json_array_append_new(names, json_string("SHA-256"));
    if (u->ha1_sha512_256.len > 0)
        json_array_append_new(names, json_string("SHA-512-256"));
    return names;
}

static json_t *user_to_json(const struct stored_user *u)
{
    return json_pack("{s:s%,s:s%,s:o}", "name", u->name.ptr, u->name.len, "domain", u->domain.ptr, u->domain.len,
                     "hashes", hashes_to_json(u));
}

/* "NAME@DOMAIN" of the last one; null if there is nobody behind him. */
static json_t *cursor_to_json(const struct store_answer *a, size_t limit)
{
    const struct stored_user *last;
    char                      text[CURSOR + 1];
    struct buf                b = BUF_ON(text);

    if (a->user_count < limit)
        return json_null();
    last = &a->users[a->user_count - 1];
    buf_put(&b, last->name);
    buf_put_byte(&b, '@');
    buf_put(&b, last->domain);
    return buf_ok(&b) ? json_string(buf_cstr(&b)) : json_null(); /* no name of ours is so long */
}

void admin_fail_to_read(struct control_call *call, const char *what, int error)
{
    control_fail(call, error, "%s cannot be read: %s", what, error_text(error));
}

static void on_list(void *list, const struct store_answer *a)
{
    struct list l     = *(struct list *)list;
    json_t     *users = a->error == 0 ? json_array() : NULL;

    free(list);
    if (users == NULL) {
        admin_fail_to_read(l.call, "users", a->error != 0 ? a->error : -ERR_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < a->user_count; i++)
        json_array_append_new(users, user_to_json(&a->users[i]));
    control_reply(l.call, json_pack("{s:o,s:o}", "users", users, "cursor", cursor_to_json(a, l.limit)));
}

struct slice admin_lower(struct slice text, char memory[USER_DOMAIN_MAX])
{
    size_t len = text.len < USER_DOMAIN_MAX ? text.len : USER_DOMAIN_MAX;

    for (size_t i = 0; i < len; i++)
        memory[i] = ascii_lower(text.ptr[i]);
    return (struct slice){ memory, len };
}

struct store_name admin_address(struct slice text)
{
    struct scan       s = scan_from(text);
    struct store_name n = { SLICE(""), SLICE("") };

    if (!scan_until(&s, "@", &n.name))
        n.name = SLICE("");
    if (scan_byte(&s, '@'))
        n.domain = scan_rest(&s);
    return n;
}

void admin_user_list(void *user, struct control_call *call, const json_t *params)
{
    struct admin      *a     = user;
    const json_t      *limit = json_object_get(params, "limit");
    char               memory[USER_DOMAIN_MAX];
    struct store_query q      = { .kind   = STORE_LIST_USERS,
                                  .count  = limit != NULL ? (size_t)json_integer_value(limit) : LIST_USERS,
                                  .domain = admin_lower(admin_text(params, "domain"), memory) };
    struct slice       cursor = admin_text(params, "cursor");
    struct list       *l;
    int                error;

    q.after = admin_address(cursor);
    if (cursor.len > 0 && (q.after.name.len == 0 || q.after.domain.len == 0)) {
        control_fail(call, -ERR_SYNTAX, "a cursor is what the last answer had");
        return;
    }
    l = malloc(sizeof *l);
    if (l != NULL)
        *l = (struct list){ call, q.count };
    error = l != NULL ? users_ask(a->users, &q, on_list, l) : -ERR_NO_MEMORY;
    if (error == 0)
        return;
    free(l);
    admin_fail_to_read(call, "users", error);
}
