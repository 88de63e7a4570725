/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin_private.h"

#include "base/error.h"

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

void admin_change_done(void *change, int error)
{
    struct admin_change *c      = change;
    struct control_call *call   = c->call;
    json_t              *result = c->result;
    const char          *hope   = "do away with the cause and try again";

    if (c->admin->stop != NULL)
        hope = "the change is in force and will be written as soon as that is possible";
    free(c);
    if (error == 0) {
        control_reply(call, result);
        return;
    }
    json_decref(result);
    control_fail(call, error, "not written to the disk: %s; %s", error_text(error), hope);
}

struct slice admin_text(const json_t *params, const char *key)
{
    const json_t *value = json_object_get(params, key);

    if (!json_is_string(value))
        return SLICE("");
    return (struct slice){ json_string_value(value), json_string_length(value) };
}

static struct slice domain_of(const struct admin *a, const json_t *params)
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
static void refuse(struct admin_change *c, int error, struct slice name, struct slice domain)
{
    struct control_call *call = admin_change_drop(c);

    if (error == -ERR_EXISTS)
        control_fail(call, error, "there is a user %.*s in %.*s already", SLICE_ARG(name), SLICE_ARG(domain));
    else if (error == -ERR_NOT_FOUND)
        control_fail(call, error, "there is no user %.*s in %.*s", SLICE_ARG(name), SLICE_ARG(domain));
    else if (error == -ERR_LIMIT)
        control_fail(call, error, "too many changes wait for the disk; nothing was changed");
    else
        control_fail(call, error, "%s; nothing was changed", error_text(error));
}

/* False: the call has failed, with a text that says what would be right. */
static bool check_names(const struct admin *a, struct control_call *call, struct slice name, struct slice domain)
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
    struct slice         name = admin_text(params, "name"), domain = domain_of(a, params);
    struct slice         password = admin_text(params, "password");
    struct admin_change *c;
    int                  error;

    if (!check_names(a, call, name, domain))
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
        refuse(c, error, name, domain);
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
    struct slice         name = admin_text(params, "name"), domain = domain_of(a, params);
    struct admin_change *c     = change_new(a, call, name, domain);
    int                  error = c != NULL ? users_remove(a->users, domain, name, admin_change_done, c) : 0;

    if (error != 0)
        refuse(c, error, name, domain);
}

struct list {
    struct slice        domain; /* empty: all */
    const struct user **users;
    size_t              count;
};

static void collect(const struct user *user, void *arg)
{
    struct list *l = arg;

    if (l->domain.len == 0 || slice_eq_nocase(l->domain, user->domain))
        l->users[l->count++] = user;
}

static int compare_slices(struct slice a, struct slice b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *left, const void *right)
{
    const struct user *a = *(const struct user *const *)left, *b = *(const struct user *const *)right;
    int                order = compare_slices(a->domain, b->domain);

    return order != 0 ? order : compare_slices(a->name, b->name);
}

void admin_user_list(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a     = user;
    struct list   list  = { .domain = admin_text(params, "domain") };
    json_t       *array = json_array();

    list.users = calloc(users_count(a->users) + 1, sizeof *list.users);
    if (list.users == NULL || array == NULL) {
        free(list.users);
        json_decref(array);
        control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
        return;
    }
    users_each(a->users, collect, &list);
    qsort(list.users, list.count, sizeof *list.users, compare);
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, json_pack("{s:s%,s:s%}", "name", list.users[i]->name.ptr, list.users[i]->name.len,
                                               "domain", list.users[i]->domain.ptr, list.users[i]->domain.len));
    free(list.users);
    control_reply(call, json_pack("{s:o}", "users", array));
}
