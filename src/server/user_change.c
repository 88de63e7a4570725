/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of users, one after the other.
 *
 *   waiting --store: what is there?--> decided --store: queue full?--> written --> told
 *      ^ the next one                     ^ tried again
 *
 * The store tells of what is committed; what is queued is pinned in the cache, and looked
 * for there first.  While the store is being asked nothing is unpinned: so what it does
 * not know yet is not forgotten before its answer has been looked at. */
#include "server/user_change.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    MANY_AHEAD = 2,       /* batches of users_put_many that are queued in the store at once */
    TRY_AGAIN  = 10,      /* ms */
    TEXT_LIMIT = 4 << 20, /* bytes of one change */
};

void user_changes_init(struct users *u)
{
    list_init(&u->waiting);
    list_init(&u->written);
}

static void go_on(struct users *u);

/* ---- the end of one ---- */

static void discard(struct user_change *c)
{
    arena_fini(&c->arena);
    free(c);
}

static void finish(struct user_change *c, int error)
{
    list_unlink(&c->link);
    c->users->change_count--;
    if (c->many != NULL)
        c->many(c->arg, error, c->outcomes, c->count);
    else
        c->done(c->arg, error);
    discard(c);
}

static struct user_change *first_of(struct link *list)
{
    return list_empty(list) ? NULL : CONTAINER_OF(list->next, struct user_change, link);
}

static void finish_written(struct users *u, uint64_t seq, int error)
{
    struct user_change *c;

    while ((c = first_of(&u->written)) != NULL && c->seq <= seq) {
        u->many_written -= c->kind == PUT_MANY;
        finish(c, error);
    }
}

static void unpin(struct users *u)
{
    if (!u->checking)
        user_cache_committed(u->cache, u->committed, world_now(u->world));
}

/* Whoever is told may ask for more: those are behind. */
void user_changes_report(struct users *u, uint64_t seq, int error)
{
    if (error == 0 && seq > u->committed) {
        u->committed = seq;
        unpin(u);
    }
    finish_written(u, seq, error);
    go_on(u);
}

void user_changes_end(struct users *u)
{
    struct user_change *c;

    if (u->world != NULL)
        world_timer_stop(u->world, &u->again);
    u->store    = NULL; /* whoever is told can begin nothing new */
    u->checking = true;
    finish_written(u, UINT64_MAX, -ERR_CLOSED);
    while ((c = first_of(&u->waiting)) != NULL)
        finish(c, -ERR_CLOSED);
}

/* ---- one after the other ---- */

static void on_time(struct timer *t, msec now)
{
    (void)now;
    go_on(CONTAINER_OF(t, struct users, again));
}

/* Many wait for room; one is told that there is none. */
static bool must_wait(struct user_change *c, int error)
{
    if (c->kind != PUT_MANY || error != -ERR_LIMIT)
        return false;
    world_timer(c->users->world, &c->users->again, on_time, world_now(c->users->world) + TRY_AGAIN);
    return true;
}

/* False: it waits. */
static bool put_away(struct user_change *c)
{
    struct users *u = c->users;
    int           error;

    if (c->kind == PUT_MANY && u->many_written >= MANY_AHEAD)
        return false; /* the next report comes back to it */
    error = user_change_write(c);
    if (error != 0 && must_wait(c, error))
        return false;
    if (error != 0 || c->seq <= u->committed) {
        finish(c, error);
        return true;
    }
    list_unlink(&c->link);
    list_append(&u->written, &c->link);
    u->many_written += c->kind == PUT_MANY;
    return true;
}

static void end_check(struct user_change *c)
{
    struct users *u = c->users;

    c->decided  = true;
    u->checking = false;
    if (c->error != 0)
        finish(c, c->error);
    else
        (void)put_away(c);
    unpin(u);
    go_on(u);
}

static void on_aliases(void *change, const struct store_answer *a)
{
    struct user_change *c = change;

    c->error = a->error != 0 ? a->error : user_change_decide_aliases(c, a);
    end_check(c);
}

static void on_checked(void *change, const struct store_answer *a)
{
    struct user_change *c = change;
    struct store_query  q = { .kind = STORE_LIST_ALIASES };

    c->error = a->error != 0 ? a->error : user_change_decide(c, a);
    if (c->error == 0 && (c->kind == REMOVE_USER || c->kind == ADD_ALIAS)) {
        q.after  = c->kind == ADD_ALIAS ? (struct store_name){ c->alias.user_domain, c->alias.user_name }
                                        : (struct store_name){ c->rows[0].domain, c->rows[0].name };
        q.count  = c->kind == ADD_ALIAS ? USER_ALIASES_MAX : STORE_ROWS_MAX; /* his come first */
        c->error = store_ask(c->users->store, &q, on_aliases, c);
        if (c->error == 0)
            return;
    }
    end_check(c);
}

/* Ask what there is of the names it is about. */
static int check(struct user_change *c)
{
    struct store_name *names = calloc(c->count + 2, sizeof *names);
    struct store_query q     = { .kind = STORE_FIND_USERS, .names = names };
    int                error;

    if (names == NULL)
        return -ERR_NO_MEMORY;
    for (size_t i = 0; i < c->count; i++)
        names[q.count++] = (struct store_name){ c->rows[i].domain, c->rows[i].name };
    if (c->kind == ADD_ALIAS || c->kind == REMOVE_ALIAS)
        names[q.count++] = (struct store_name){ c->alias.domain, c->alias.name };
    if (c->kind == ADD_ALIAS)
        names[q.count++] = (struct store_name){ c->alias.user_domain, c->alias.user_name };
    error = store_ask(c->users->store, &q, on_checked, c);
    free(names);
    return error;
}

static void go_on(struct users *u)
{
    struct user_change *c;

    while (!u->checking && (c = first_of(&u->waiting)) != NULL) {
        int error;

        if (c->decided && !put_away(c))
            return;
        if (c->decided)
            continue;
        error = check(c);
        if (error == 0)
            u->checking = true;
        else if (must_wait(c, error))
            return;
        else
            finish(c, error);
    }
}

int user_change_new(struct users *u, enum change_kind kind, struct user_change **out)
{
    struct user_change *c;

    if (u->store == NULL)
        return -ERR_CLOSED;
    if (u->change_count >= USER_CHANGES_MAX)
        return -ERR_LIMIT;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return -ERR_NO_MEMORY;
    c->users = u;
    c->kind  = kind;
    arena_init(&c->arena, NULL, 0, TEXT_LIMIT);
    *out = c;
    return 0;
}

/* Only the first of all can be looked at at once; even so its end comes in a later turn. */
int user_change_begin(struct user_change *c)
{
    struct users *u     = c->users;
    bool          first = list_empty(&u->waiting);
    int           error = arena_ok(&c->arena) ? 0 : -ERR_NO_MEMORY;

    if (error == 0 && first)
        error = check(c);
    u->checking = u->checking || (error == 0 && first);
    if (error != 0 && !must_wait(c, error)) {
        discard(c);
        return error;
    }
    list_append(&u->waiting, &c->link);
    u->change_count++;
    return 0;
}
