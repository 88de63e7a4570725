/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/user_batch.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "console/text_json.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ROWS       = 500,
    BYTES      = 56 * 1024, /* of JSON in one call: CONTROL_REQUEST_MAX less the rest of it */
    ROW_FRAME  = 20,        /* quotes, commas and brackets of a row */
    ALIAS_ROWS = 200,
};

struct item {
    size_t   line;
    uint64_t key;
    json_t  *row;     /* as of user.import: name and domain come first */
    json_t  *aliases; /* texts, or NULL */
    bool     alias_only;
};

struct batch {
    struct item items[ROWS];
    size_t      count, bytes;
    bool        under_way;
};

struct user_batches {
    struct endpoint *endpoint;
    const char      *realm, *how;
    user_event_fn   *fn;
    void            *arg;
    unsigned         filling; /* lane, and batch */
    struct batch     batches[ENDPOINT_LANES];
};

struct user_batches *user_batches_new(struct endpoint *e, const char *realm, const char *how, user_event_fn *fn,
                                      void *arg)
{
    struct user_batches *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->endpoint = e;
    b->realm    = realm;
    b->how      = how;
    b->fn       = fn;
    b->arg      = arg;
    return b;
}

static void empty(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        json_decref(batch->items[i].row);
        json_decref(batch->items[i].aliases);
    }
    batch->count = batch->bytes = 0;
    batch->under_way            = false;
}

void user_batches_free(struct user_batches *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < ENDPOINT_LANES; i++)
        empty(&b->batches[i]);
    free(b);
}

static int no_memory(void)
{
    fprintf(stderr, "ahoy user import: %s\n", error_text(ERR_NO_MEMORY));
    return EXIT_ERROR;
}

/* ---- what became of them ---- */

static void tell(struct user_batches *b, const struct item *item, enum user_event event)
{
    char who[USER_NAME_MAX + USER_DOMAIN_MAX + 2];

    snprintf(who, sizeof who, "%s@%s", json_string_value(json_array_get(item->row, 0)),
             json_string_value(json_array_get(item->row, 1)));
    b->fn(b->arg, item->line, who, event);
}

static enum user_event event_of(const char *outcome)
{
    if (strcmp(outcome, "added") == 0)
        return USER_EVENT_ADDED;
    if (strcmp(outcome, "changed") == 0)
        return USER_EVENT_CHANGED;
    return strcmp(outcome, "unchanged") == 0 ? USER_EVENT_UNCHANGED : USER_EVENT_EXISTS;
}

static const char *outcome_of(const json_t *result, size_t i)
{
    const char *text = json_string_value(json_array_get(json_object_get(result, "outcomes"), i));

    return text == NULL ? "" : text;
}

/* Those who are not there get no aliases. */
static void take_outcomes(struct user_batches *b, struct batch *batch, const json_t *result)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->count; i++) {
        struct item    *item = &batch->items[i];
        enum user_event event;

        if (item->alias_only)
            continue;
        event = event_of(outcome_of(result, n++));
        tell(b, item, event);
        if (event != USER_EVENT_EXISTS)
            continue;
        json_decref(item->aliases);
        item->aliases = NULL;
    }
}

/* ---- aliases ---- */

struct alias_call {
    json_t            *list;
    const struct item *items[ALIAS_ROWS]; /* whose each of them is */
    size_t             bytes;
};

static void tell_alias(struct user_batches *b, const struct item *item, const char *alias, const char *outcome)
{
    if (strcmp(outcome, "added") == 0)
        b->fn(b->arg, item->line, alias, USER_EVENT_ALIAS);
    else if (strcmp(outcome, "refused") == 0)
        b->fn(b->arg, item->line, alias, USER_EVENT_ALIAS_EXISTS);
    else if (strcmp(outcome, "missing") == 0)
        tell(b, item, USER_EVENT_MISSING);
    else if (strcmp(outcome, "limit") == 0)
        b->fn(b->arg, item->line, alias, USER_EVENT_ALIAS_LIMIT);
}

static int send_aliases(struct user_batches *b, unsigned lane, struct alias_call *c)
{
    json_t *params = json_pack("{s:O,s:b}", "aliases", c->list, "check", strcmp(b->how, "check") == 0);
    json_t *result = NULL;
    int     code   = params == NULL ? no_memory() : endpoint_send(b->endpoint, lane, "alias.import", params);

    if (code == EXIT_OK)
        code = endpoint_wait(b->endpoint, lane, &result);
    for (size_t i = 0; code == EXIT_OK && i < json_array_size(c->list); i++)
        tell_alias(b, c->items[i], json_string_value(json_array_get(json_array_get(c->list, i), 0)),
                   outcome_of(result, i));
    json_decref(result);
    json_array_clear(c->list);
    c->bytes = 0;
    return code;
}

static int add_alias(struct user_batches *b, unsigned lane, struct alias_call *c, const struct item *item,
                     json_t *alias)
{
    json_t *name = json_array_get(item->row, 0), *domain = json_array_get(item->row, 1);
    size_t  bytes = json_string_length(alias) + json_string_length(name) + json_string_length(domain) + ROW_FRAME;
    int     code  = EXIT_OK;

    if (json_array_size(c->list) == ALIAS_ROWS || c->bytes + bytes > BYTES)
        code = send_aliases(b, lane, c);
    if (code != EXIT_OK)
        return code;
    c->items[json_array_size(c->list)] = item;
    c->bytes += bytes;
    return json_array_append_new(c->list, json_pack("[O,O,O]", alias, name, domain)) == 0 ? EXIT_OK : no_memory();
}

static int add_aliases(struct user_batches *b, unsigned lane, struct alias_call *c, const struct item *item)
{
    json_t *alias;
    size_t  i;
    int     code = EXIT_OK;

    json_array_foreach(item->aliases, i, alias)
    {
        code = add_alias(b, lane, c, item, alias);
        if (code != EXIT_OK)
            break;
    }
    return code;
}

static int put_aliases(struct user_batches *b, unsigned lane)
{
    struct batch     *batch = &b->batches[lane];
    struct alias_call c     = { .list = json_array() };
    int               code  = c.list != NULL ? EXIT_OK : no_memory();

    for (size_t i = 0; code == EXIT_OK && i < batch->count; i++)
        code = add_aliases(b, lane, &c, &batch->items[i]);
    if (code == EXIT_OK && json_array_size(c.list) > 0)
        code = send_aliases(b, lane, &c);
    json_decref(c.list);
    return code;
}

/* ---- lanes ---- */

static int finish(struct user_batches *b, unsigned lane)
{
    struct batch *batch  = &b->batches[lane];
    json_t       *result = NULL;
    int           code   = batch->under_way ? endpoint_wait(b->endpoint, lane, &result) : EXIT_OK;

    if (batch->under_way && code == EXIT_OK)
        take_outcomes(b, batch, result);
    if (code == EXIT_OK)
        code = put_aliases(b, lane);
    json_decref(result);
    empty(batch);
    return code;
}

static json_t *users_of(const struct batch *batch)
{
    json_t *users = json_array();

    for (size_t i = 0; i < batch->count; i++)
        if (!batch->items[i].alias_only)
            json_array_append(users, batch->items[i].row);
    return users;
}

/* Send the batch that is filled; another is filled then, when it is free. */
static int go_on(struct user_batches *b)
{
    unsigned      lane  = b->filling;
    struct batch *batch = &b->batches[lane];
    json_t       *users = users_of(batch);
    int           code  = EXIT_OK;

    if (json_array_size(users) > 0) {
        code             = endpoint_send(b->endpoint, lane, "user.import",
                                         json_pack("{s:O,s:s,s:s}", "users", users, "realm", b->realm, "how", b->how));
        batch->under_way = code == EXIT_OK;
    }
    json_decref(users);
    b->filling = (lane + 1) % ENDPOINT_LANES;
    return code == EXIT_OK ? finish(b, b->filling) : code;
}

int user_batches_end(struct user_batches *b)
{
    int code = go_on(b);

    for (unsigned i = 1; i < ENDPOINT_LANES && code == EXIT_OK; i++) {
        b->filling = (b->filling + 1) % ENDPOINT_LANES;
        code       = finish(b, b->filling);
    }
    return code;
}

/* ---- one more ---- */

/* FNV-1a; two names with one key only make a batch end early. */
static uint64_t key_of(const struct user_row *row)
{
    uint64_t key = 0xcbf29ce484222325;

    for (size_t i = 0; i < row->name.len; i++)
        key = (key ^ (unsigned char)row->name.ptr[i]) * 0x100000001b3;
    key = (key ^ '@') * 0x100000001b3;
    for (size_t i = 0; i < row->domain.len; i++)
        key = (key ^ (unsigned char)ascii_lower(row->domain.ptr[i])) * 0x100000001b3;
    return key;
}

static bool is_there(const struct user_batches *b, uint64_t key)
{
    for (size_t lane = 0; lane < ENDPOINT_LANES; lane++)
        for (size_t i = 0; i < b->batches[lane].count; i++)
            if (b->batches[lane].items[i].key == key)
                return true;
    return false;
}

static json_t *row_to_json(const struct user_row *row)
{
    return json_pack("[o,o,o,o,o]", text_to_json(row->name), text_to_json(row->domain),
                     text_to_json(row->ha1[HASH_MD5]), text_to_json(row->ha1[HASH_SHA256]),
                     text_to_json(row->ha1[HASH_SHA512_256]));
}

static json_t *aliases_to_json(struct slice texts)
{
    json_t      *list = texts.len > 0 ? json_array() : NULL;
    struct slice alias;

    while (list != NULL && user_row_next_alias(&texts, &alias))
        json_array_append_new(list, text_to_json(alias));
    return list;
}

static size_t bytes_of(const struct user_row *row)
{
    return row->name.len + row->domain.len + row->ha1[HASH_MD5].len + row->ha1[HASH_SHA256].len +
           row->ha1[HASH_SHA512_256].len + ROW_FRAME;
}

int user_batches_add(struct user_batches *b, size_t line, const struct user_row *row)
{
    struct item   item = { line, key_of(row), NULL, NULL, row->alias_only };
    struct batch *batch;
    int           code = EXIT_OK;

    if (is_there(b, item.key))
        code = user_batches_end(b);
    batch = &b->batches[b->filling];
    if (code == EXIT_OK && (batch->count == ROWS || batch->bytes + bytes_of(row) > BYTES))
        code = go_on(b);
    if (code != EXIT_OK)
        return code;
    item.row     = row_to_json(row);
    item.aliases = aliases_to_json(row->aliases);
    if (item.row == NULL || (item.aliases == NULL && row->aliases.len > 0)) {
        json_decref(item.row);
        return no_memory();
    }
    batch = &b->batches[b->filling];
    batch->bytes += bytes_of(row);
    batch->items[batch->count++] = item;
    return EXIT_OK;
}
