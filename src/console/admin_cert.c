/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/cert_json.h"
#include "net/tls_shared.h"

#include <string.h>

/* False: the call has failed, because no server runs. */
static bool has_certificates(const struct admin *a, struct control_call *call)
{
    if (a->tls != NULL)
        return true;
    control_fail(call, -ERR_UNSUPPORTED, "no server runs");
    return false;
}

/* NULL without memory. */
static json_t *entry_to_json(const struct tls_keys_entry *e, uint64_t now)
{
    struct cert_facts f;
    json_t           *one = cert_facts_init(&f, e->certificate) == 0 ? cert_facts_to_json(&f, now) : NULL;

    cert_facts_fini(&f);
    if (one == NULL)
        return NULL;
    json_object_set_new(one, "domain", json_stringn(e->domain.ptr, e->domain.len));
    json_object_set_new(one, "file",
                        e->chain_file.len > 0 ? json_stringn(e->chain_file.ptr, e->chain_file.len) : json_null());
    return one;
}

static json_t *list_to_json(struct admin *a)
{
    struct tls_keys *keys = tls_shared_keys(a->tls);
    json_t          *list = json_array();

    for (size_t i = 0; list != NULL && i < tls_keys_count(keys); i++) {
        struct tls_keys_entry e = tls_keys_entry(keys, i);

        if (json_array_append_new(list, entry_to_json(&e, world_wall(a->world) / 1000)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    tls_keys_drop(keys);
    return list;
}

void admin_cert_list(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a = user;
    json_t       *list;

    (void)params;
    if (!has_certificates(a, call))
        return;
    list = list_to_json(a);
    control_reply(call, list == NULL ? NULL : json_pack("{s:o}", "certificates", list));
}

/* The one of this domain, or NULL. */
static const json_t *find(const json_t *list, const json_t *domain)
{
    const json_t *one;
    size_t        i;

    json_array_foreach(list, i, one)
    {
        if (json_equal(json_object_get(one, "domain"), domain))
            return one;
    }
    return NULL;
}

static const char *change_of(const json_t *before, const json_t *after)
{
    static const char key[] = "fingerprint_sha256";

    if (before == NULL)
        return "new";
    return json_equal(json_object_get(before, key), json_object_get(after, key)) ? "same" : "changed";
}

/* Each of `after` gets its "change"; what is gone comes behind them. */
static void mark_changes(const json_t *before, json_t *after)
{
    json_t *one;
    size_t  i;

    json_array_foreach(after, i, one)
    {
        const char *change = change_of(find(before, json_object_get(one, "domain")), one);

        json_object_set_new(one, "change", json_string(change));
    }
    json_array_foreach(before, i, one)
    {
        if (find(after, json_object_get(one, "domain")) != NULL)
            continue;
        json_object_set_new(one, "change", json_string("gone"));
        json_array_append(after, one);
    }
}

void admin_cert_reload(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a = user;
    json_t       *before, *after;
    char          problem[1024] = "";
    int           error;

    (void)params;
    if (!has_certificates(a, call))
        return;
    before = list_to_json(a);
    error  = a->reload(a->arg, problem, sizeof problem);
    after  = error == 0 ? list_to_json(a) : NULL;
    if (before != NULL && after != NULL)
        mark_changes(before, after);
    if (error != 0)
        control_fail(call, error, "%s; the old certificates stay in use", problem);
    else
        control_reply(call, before == NULL || after == NULL ? NULL : json_pack("{s:O}", "certificates", after));
    json_decref(before);
    json_decref(after);
}
