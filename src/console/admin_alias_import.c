/* SPDX-License-Identifier: BSD-2-Clause */
/* Many aliases in one call.
 *
 *   the store: whose are they now? --> those that are new, WINDOW at once --> the answer
 */
#include "base/arena.h"
#include "base/error.h"
#include "console/admin_private.h"

#include <stdlib.h>

enum { ALIAS, USER, DOMAIN, COLUMNS };

enum {
    WINDOW     = 32, /* so many under way: others want to make changes too */
    TEXT_LIMIT = 4 << 20,
};

enum outcome { PENDING, ADDED, UNCHANGED, REFUSED, MISSING, FULL };

static const char *const outcome_names[] = { "pending", "added", "unchanged", "refused", "missing", "limit" };

struct batch;

struct row {
    struct batch       *batch;
    struct stored_alias alias;
    enum outcome        outcome;
};

struct batch {
    struct control_call *call;
    const struct admin  *admin;
    bool                 check;
    struct row          *rows;
    size_t               count, next, under_way;
    int                  error;
    struct arena         arena;
};

static void batch_free(struct batch *b)
{
    arena_fini(&b->arena);
    free(b);
}

static void answer(struct batch *b)
{
    json_t *list;

    if (b->error != 0) {
        control_fail(b->call, b->error, "not written to the disk: %s", error_text(b->error));
        batch_free(b);
        return;
    }
    list = json_array();
    for (size_t i = 0; i < b->count; i++)
        json_array_append_new(list, json_string(outcome_names[b->rows[i].outcome]));
    control_reply(b->call, json_pack("{s:o}", "outcomes", list));
    batch_free(b);
}

/* ---- one after the other ---- */

static void go_on(struct batch *b);

/* False: it is an error of the disk or of memory, and the rest would fare no better. */
static bool outcome_of(int error, enum outcome *outcome)
{
    if (error == 0)
        *outcome = ADDED;
    else if (error == -ERR_EXISTS)
        *outcome = REFUSED;
    else if (error == -ERR_NOT_FOUND)
        *outcome = MISSING;
    else if (error == -ERR_LIMIT)
        *outcome = FULL;
    else
        return false;
    return true;
}

static void on_done(void *row, int error)
{
    struct row   *r = row;
    struct batch *b = r->batch;

    b->under_way--;
    if (!outcome_of(error, &r->outcome))
        b->error = error;
    go_on(b);
}

/* True while more may be begun. */
static bool begin_next(struct batch *b)
{
    struct row *r = &b->rows[b->next];
    int         error;

    if (r->outcome != PENDING) {
        b->next++;
        return true;
    }
    error = users_add_alias(b->admin->users, &r->alias, on_done, r);
    if (error == -ERR_LIMIT && b->under_way > 0)
        return false; /* too many changes wait: when one of ours is done */
    b->next++;
    if (error == 0)
        b->under_way++;
    else
        b->error = error;
    return error == 0;
}

static void go_on(struct batch *b)
{
    while (b->error == 0 && b->next < b->count && b->under_way < WINDOW && begin_next(b))
        ;
    if (b->under_way == 0 && (b->error != 0 || b->next == b->count))
        answer(b);
}

/* ---- whose they are now ---- */

static void note_user(struct batch *b, const struct stored_user *u)
{
    for (size_t i = 0; i < b->count; i++)
        if (slice_eq(b->rows[i].alias.name, u->name) && slice_eq(b->rows[i].alias.domain, u->domain))
            b->rows[i].outcome = REFUSED;
}

static void note_alias(struct batch *b, const struct stored_alias *a)
{
    for (size_t i = 0; i < b->count; i++) {
        struct stored_alias *want = &b->rows[i].alias;

        if (!slice_eq(want->name, a->name) || !slice_eq(want->domain, a->domain))
            continue;
        b->rows[i].outcome = slice_eq(want->user_name, a->user_name) && slice_eq(want->user_domain, a->user_domain)
                                 ? UNCHANGED
                                 : REFUSED;
    }
}

static void on_found(void *batch, const struct store_answer *a)
{
    struct batch *b = batch;

    b->error = a->error;
    for (size_t i = 0; a->error == 0 && i < a->user_count; i++)
        note_user(b, &a->users[i]);
    for (size_t i = 0; a->error == 0 && i < a->alias_count; i++)
        note_alias(b, &a->aliases[i]);
    for (size_t i = 0; b->check && i < b->count; i++)
        if (b->rows[i].outcome == PENDING)
            b->rows[i].outcome = ADDED;
    go_on(b);
}

static int ask(struct batch *b)
{
    struct store_name *names = calloc(b->count + 1, sizeof *names);
    struct store_query q     = { .kind = STORE_FIND_USERS, .names = names, .count = b->count };
    int                error;

    if (names == NULL)
        return -ERR_NO_MEMORY;
    for (size_t i = 0; i < b->count; i++)
        names[i] = (struct store_name){ b->rows[i].alias.domain, b->rows[i].alias.name };
    error = users_ask(b->admin->users, &q, on_found, b);
    free(names);
    return error;
}

/* ---- what is asked for ---- */

static struct slice copy_lower(struct arena *a, struct slice text)
{
    struct slice copy = arena_copy(a, text);

    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = ascii_lower(copy.ptr[i]);
    return copy;
}

static bool take_row(struct batch *b, const json_t *list, size_t i)
{
    const json_t *row  = json_array_get(list, i);
    struct slice  user = admin_cell(row, USER), domain = admin_cell(row, DOMAIN), alias, alias_domain;
    char          number[USER_NUMBER_MAX];

    if (!admin_check_names(b->admin, b->call, user, domain))
        return false;
    if (json_array_size(row) != COLUMNS ||
        !user_alias_of_text(admin_cell(row, ALIAS), domain, number, &alias_domain, &alias) ||
        (alias_domain.len > 0 && !config_is_our_domain(b->admin->config, alias_domain))) {
        control_fail(b->call, -ERR_SYNTAX,
                     "an alias is [alias, user, domain of the user], the alias a telephone "
                     "number, a name, or a name with a domain of this server");
        return false;
    }
    b->rows[i] = (struct row){ .batch = b,
                               .alias = { .domain      = copy_lower(&b->arena, alias_domain),
                                          .name        = arena_copy(&b->arena, alias),
                                          .user_domain = copy_lower(&b->arena, domain),
                                          .user_name   = arena_copy(&b->arena, user) } };
    return true;
}

/* False: the call has failed. */
static bool take_rows(struct batch *b, const json_t *list)
{
    if (b->count > STORE_ROWS_MAX) {
        control_fail(b->call, -ERR_LIMIT, "%d aliases at most in one call", STORE_ROWS_MAX);
        return false;
    }
    b->rows = arena_alloc(&b->arena, (b->count + 1) * sizeof *b->rows);
    for (size_t i = 0; b->rows != NULL && i < b->count; i++)
        if (!take_row(b, list, i))
            return false;
    if (arena_ok(&b->arena))
        return true;
    control_fail(b->call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    return false;
}

void admin_alias_import(void *user, struct control_call *call, const json_t *params)
{
    const json_t *list = json_object_get(params, "aliases");
    struct batch *b    = calloc(1, sizeof *b);
    int           error;

    if (b == NULL) {
        control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
        return;
    }
    b->call  = call;
    b->admin = user;
    b->check = json_is_true(json_object_get(params, "check"));
    b->count = json_array_size(list);
    arena_init(&b->arena, NULL, 0, TEXT_LIMIT);
    if (!take_rows(b, list)) {
        batch_free(b);
        return;
    }
    error = ask(b);
    if (error == 0)
        return;
    admin_fail_to_read(call, "aliases", error);
    batch_free(b);
}
