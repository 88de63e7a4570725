/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"

#include <stdlib.h>

enum { NAME, DOMAIN, MD5, SHA256, SHA512_256, COLUMNS };

void admin_user_realm(void *user, struct control_call *call, const json_t *params)
{
    const struct admin *a     = user;
    struct slice        realm = users_realm(a->users);

    (void)params;
    control_reply(call, json_pack("{s:s%}", "realm", realm.ptr, realm.len));
}

static struct stored_user user_of(const json_t *row)
{
    return (struct stored_user){ .name           = admin_cell(row, NAME),
                                 .domain         = admin_cell(row, DOMAIN),
                                 .ha1_md5        = admin_cell(row, MD5),
                                 .ha1_sha256     = admin_cell(row, SHA256),
                                 .ha1_sha512_256 = admin_cell(row, SHA512_256) };
}

static bool has_good_hashes(const struct stored_user *u)
{
    return u->ha1_md5.len + u->ha1_sha256.len + u->ha1_sha512_256.len > 0 && user_ha1_is_good(u->ha1_md5, HASH_MD5) &&
           user_ha1_is_good(u->ha1_sha256, HASH_SHA256) && user_ha1_is_good(u->ha1_sha512_256, HASH_SHA512_256);
}

static bool take_row(const struct admin *a, struct control_call *call, const json_t *row, struct stored_user *u)
{
    *u = user_of(row);
    if (!admin_check_names(a, call, u->name, u->domain))
        return false;
    if (json_array_size(row) == COLUMNS && has_good_hashes(u))
        return true;
    control_fail(call, -ERR_SYNTAX,
                 "a user is [name, domain, MD5, SHA-256, SHA-512-256], of the hashes at least one, in hex");
    return false;
}

/* Borrows the texts of `list`.  NULL, and the call has failed: there are too many, one is
 * not good, or there is no memory. */
static struct stored_user *read_users(const struct admin *a, struct control_call *call, const json_t *list)
{
    size_t              count = json_array_size(list);
    struct stored_user *users = count <= STORE_ROWS_MAX ? calloc(count + 1, sizeof *users) : NULL;

    if (count > STORE_ROWS_MAX)
        control_fail(call, -ERR_LIMIT, "%d users at most in one call", STORE_ROWS_MAX);
    else if (users == NULL)
        control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    for (size_t i = 0; users != NULL && i < count; i++)
        if (!take_row(a, call, json_array_get(list, i), &users[i])) {
            free(users);
            return NULL;
        }
    return users;
}

static const char *outcome_name(enum user_outcome outcome)
{
    switch (outcome) {
    case USER_ADDED:
        return "added";
    case USER_CHANGED:
        return "changed";
    case USER_UNCHANGED:
        return "unchanged";
    case USER_REFUSED:
        return "refused";
    case USER_BAD:
        break;
    }
    return "bad";
}

static void on_put(void *arg, int error, const enum user_outcome *outcomes, size_t count)
{
    struct control_call *call = arg;
    json_t              *list;

    if (error != 0) {
        control_fail(call, error, "not written to the disk: %s", error_text(error));
        return;
    }
    list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(outcome_name(outcomes[i])));
    control_reply(call, json_pack("{s:o}", "outcomes", list));
}

/* Hashes that were made with another realm would let nobody in. */
static bool check_realm(const struct admin *a, struct control_call *call, struct slice realm)
{
    struct slice ours = users_realm(a->users);

    if (slice_eq(realm, ours))
        return true;
    control_fail(call, -ERR_SYNTAX, "these hashes were made with the realm '%.*s', this server's is '%.*s'",
                 SLICE_ARG(realm), SLICE_ARG(ours));
    return false;
}

static bool read_how(struct control_call *call, struct slice text, enum user_put *how)
{
    *how = USER_PUT_NEW;
    if (slice_eq(text, SLICE("replace")))
        *how = USER_PUT_REPLACE;
    else if (slice_eq(text, SLICE("check")))
        *how = USER_PUT_CHECK;
    else if (!slice_eq(text, SLICE("new"))) {
        control_fail(call, -ERR_SYNTAX, "'how' is new, replace or check");
        return false;
    }
    return true;
}

void admin_user_import(void *user, struct control_call *call, const json_t *params)
{
    const struct admin *a    = user;
    const json_t       *list = json_object_get(params, "users");
    struct stored_user *users;
    enum user_put       how;
    int                 error;

    if (!check_realm(a, call, admin_text(params, "realm")) || !read_how(call, admin_text(params, "how"), &how))
        return;
    users = read_users(a, call, list);
    if (users == NULL)
        return;
    error = users_put_many(a->users, users, json_array_size(list), how, on_put, call);
    free(users);
    if (error != 0)
        control_fail(call, error, "%s; nothing was changed", error_text(error));
}
