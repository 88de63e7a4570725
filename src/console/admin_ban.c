/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/text_json.h"
#include "server/ban_list.h"

enum { LIST_BANS = 1000, SECOND_MS = 1000 };

/* False: the call has failed. */
static bool take_network(const struct admin *a, struct control_call *call, const json_t *params, struct prefix *out)
{
    struct slice text = admin_text(params, "network");

    if (a->server == NULL)
        control_fail(call, -ERR_UNSUPPORTED, "no server is there to ban anybody");
    else if (!prefix_parse(text, out))
        control_fail(call, -ERR_SYNTAX, "'%.*s' is no address and no network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32",
                     SLICE_ARG(text));
    else
        return true;
    return false;
}

static json_t *network_to_json(const struct prefix *network)
{
    char       text[PREFIX_TEXT];
    struct buf b = BUF_ON(text);

    prefix_write(&b, network);
    return json_string(buf_cstr(&b));
}

static void refuse(struct admin_change *c, int error, const json_t *params)
{
    struct control_call *call    = admin_change_drop(c);
    struct slice         network = admin_text(params, "network");

    if (error == -ERR_NOT_FOUND)
        control_fail(call, error, "'%.*s' is not banned; ahoy ban list tells who is", SLICE_ARG(network));
    else if (error == -ERR_EXISTS)
        control_fail(call, error, "'%.*s' may not be banned: it is in key 'allow' of the configuration",
                     SLICE_ARG(network));
    else if (error == -ERR_LIMIT)
        control_fail(call, error, "there are %d bans, or too many changes wait for the disk", BANS_MAX);
    else
        control_fail(call, error, "it could not be stored: %s", error_text(error));
}

void admin_ban_add(void *user, struct control_call *call, const json_t *params)
{
    struct admin        *a    = user;
    const json_t        *span = json_object_get(params, "for");
    struct prefix        network;
    struct admin_change *c;
    int                  error;

    if (!take_network(a, call, params, &network))
        return;
    c = admin_change_new(a, call, json_pack("{s:o,s:O?}", "network", network_to_json(&network), "for", (json_t *)span));
    if (c == NULL)
        return;
    error = ban_list_add(a->server, &network, span != NULL ? (msec)json_integer_value(span) * SECOND_MS : 0,
                         admin_text(params, "reason"), admin_change_done, c);
    if (error != 0)
        refuse(c, error, params);
}

void admin_ban_remove(void *user, struct control_call *call, const json_t *params)
{
    struct admin        *a = user;
    struct prefix        network;
    struct admin_change *c;
    int                  error;

    if (!take_network(a, call, params, &network))
        return;
    c = admin_change_new(a, call, json_pack("{s:o}", "network", network_to_json(&network)));
    if (c == NULL)
        return;
    error = ban_list_remove(a->server, &network, admin_change_done, c);
    if (error != 0)
        refuse(c, error, params);
}

/* ---- the list ---- */

struct listing {
    json_t       *bans;
    uint64_t      wall;
    size_t        limit;
    struct prefix after, last;
    bool          from_the_start, failed;
};

/* Null: for ever. */
static json_t *left_to_json(const struct ban *b, uint64_t wall)
{
    return b->until == BAN_FOR_EVER ? json_null() : json_integer((json_int_t)((b->until - wall) / SECOND_MS));
}

static void add_ban(void *listing, const struct ban *b)
{
    struct listing *l = listing;
    json_t         *one;

    if ((!l->from_the_start && prefix_compare(&b->network, &l->after) <= 0) || json_array_size(l->bans) >= l->limit)
        return;
    one = json_pack("{s:o,s:o,s:I,s:s,s:i,s:o,s:I}", "network", network_to_json(&b->network), "expires",
                    left_to_json(b, l->wall), "since", (json_int_t)(b->since / SECOND_MS), "what",
                    b->datagrams_only ? "datagrams" : "everything", "strikes", (int)b->strikes, "reason",
                    text_to_json(b->reason), "hits", (json_int_t)b->hits);
    if (json_array_append_new(l->bans, one) != 0)
        l->failed = true;
    l->last = b->network;
}

void admin_ban_list(void *user, struct control_call *call, const json_t *params)
{
    struct admin  *a      = user;
    const json_t  *limit  = json_object_get(params, "limit");
    struct slice   cursor = admin_text(params, "cursor");
    struct listing l      = { .limit          = limit != NULL ? (size_t)json_integer_value(limit) : LIST_BANS,
                              .from_the_start = cursor.len == 0 };

    if (a->server == NULL) {
        control_fail(call, -ERR_UNSUPPORTED, "no server is there to ban anybody");
        return;
    }
    if (cursor.len > 0 && !prefix_parse(cursor, &l.after)) {
        control_fail(call, -ERR_SYNTAX, "a cursor is what the last answer had");
        return;
    }
    l.wall   = ban_list_wall(a->server);
    l.bans   = json_array();
    l.failed = l.bans == NULL;
    if (!l.failed)
        ban_list_each(a->server, l.wall, add_ban, &l);
    if (!l.failed) {
        control_reply(call, json_pack("{s:o,s:o}", "bans", l.bans, "cursor",
                                      json_array_size(l.bans) < l.limit ? json_null() : network_to_json(&l.last)));
        return;
    }
    json_decref(l.bans);
    control_reply(call, NULL);
}
