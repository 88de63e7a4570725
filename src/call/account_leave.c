/* SPDX-License-Identifier: BSD-2-Clause */
/* account_leave.c - an account is taken away, or changed, while the phone goes on. */
#include "base/error.h"
#include "call/asked.h"
#include "call/news.h"
#include "call/publication.h"
#include "call/tell.h"

#include <string.h>

/* ---- away ---- */

int phone_remove_account(struct phone *p, object_id account)
{
    struct account *a = account_find(p, account);

    if (a == NULL)
        return -ERR_NOT_FOUND;
    watches_leave(a);
    (void)presence_unpublish(p, account);
    tellers_leave(a);
    asked_leave(a);
    phone_unregister(p, account);
    a->leaving = true; /* nobody finds it by its id from now on */
    phone_wake(p);
    return 0;
}

static bool has_calls(const struct account *a)
{
    LIST_EACH (l, &a->phone->calls) {
        if (CONTAINER_OF(l, struct call, link)->account == a)
            return true;
    }
    return false;
}

static bool is_registered_nowhere(const struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (a->flows[i].registration.state != REGISTRATION_REMOVED)
            return false;
    return account_is_idle(a);
}

void accounts_sweep(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->accounts) {
        struct account *a = CONTAINER_OF(l, struct account, link);

        /* What waits to be told may name it. */
        if (!a->leaving || !is_registered_nowhere(a) || has_calls(a) || !list_empty(&p->news) || watches_use(a) ||
            announcements_use(a) || tellers_use(a) || texts_use(a) || asked_use(a))
            continue;
        account_free(a);
        p->account_count--;
    }
}

/* ---- changed ---- */

/* In memory of their own, which goes with the next change: an account may be changed for ever. */
static int change_secret(struct account *a, const struct account_config *config)
{
    struct arena       fresh;
    struct auth_secret secret = { .ha1_algorithm = config->ha1_algorithm };
    struct slice       user   = config->auth_user.len > 0 ? config->auth_user : a->secret.user;

    arena_init(&fresh, NULL, 0, ACCOUNT_SECRET_MEMORY);
    secret.user     = arena_copy(&fresh, user.len > 0 ? user : a->aor_uri.user);
    secret.password = arena_copy(&fresh, config->password);
    secret.ha1      = arena_copy(&fresh, config->ha1);
    if (!arena_ok(&fresh)) {
        arena_fini(&fresh);
        return -ERR_NO_MEMORY;
    }
    if (config->password.len == 0 && config->ha1.len == 0)
        secret.user = (struct slice){ NULL, 0 };
    if (a->secret.password.len > 0)
        explicit_bzero((char *)a->secret.password.ptr, a->secret.password.len);
    arena_fini(&a->secret_arena);
    a->secret_arena = fresh;
    a->secret       = secret;
    return 0;
}

/* What is registered, or tried to be, says so at once. */
static void register_again(struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        switch (a->flows[i].registration.state) {
        case REGISTRATION_TRYING:
        case REGISTRATION_REGISTERED:
        case REGISTRATION_WAITING:
        case REGISTRATION_REFUSED:
            account_flow_perform(&a->flows[i], registration_start(&a->flows[i].registration));
            break;
        case REGISTRATION_IDLE:
        case REGISTRATION_REMOVING:
        case REGISTRATION_REMOVED:
            break;
        }
}

/* Who watches already was let in; but nobody is nobody. */
static void change_presence(struct account *a, enum presence_viewers viewers)
{
    a->presence = viewers;
    if (viewers == PRESENCE_NOBODY)
        tellers_end(a, TELL_PRESENCE, END_REJECTED);
}

int phone_change_account(struct phone *p, object_id account, unsigned parts, const struct account_config *config)
{
    struct account *a     = account_find(p, account);
    int             error = 0;

    if (a == NULL)
        return -ERR_NOT_FOUND;
    if (parts & ACCOUNT_PART_SECRET)
        error = change_secret(a, config);
    if (error != 0)
        return error;
    if (parts & ACCOUNT_PART_PRESENCE)
        change_presence(a, config->presence);
    if (parts & ACCOUNT_PART_TRANSFER)
        a->transfer = config->transfer;
    if (parts & ACCOUNT_PART_KEEP_ALIVE)
        a->keep_alive = config->keep_alive;
    for (unsigned i = 0; i < a->flow_count && (parts & ACCOUNT_PART_EXPIRES) != 0; i++)
        registration_ask(&a->flows[i].registration, config->expires);
    if (parts & ACCOUNT_PART_WATCHERS) {
        a->watchers = config->watchers;
        if (a->watchers == WATCHERS_NONE)
            tellers_end(a, TELL_DIALOGS, END_NORESOURCE);
        phone_wake(p); /* who is told may be told more now, or less */
    }
    if (parts & (ACCOUNT_PART_SECRET | ACCOUNT_PART_KEEP_ALIVE | ACCOUNT_PART_EXPIRES))
        register_again(a);
    return 0;
}
