/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"

static void on_done(void *call, json_t *answer)
{
    control_reply(call, answer);
}

void admin_config_reload(void *user, struct control_call *call, const json_t *params)
{
    struct admin                *a     = user;
    const struct reloading_order order = {
        .dry_run = json_is_true(json_object_get(params, "dry_run")),
        .undo    = json_is_true(json_object_get(params, "undo")),
        .path    = json_string_value(json_object_get(params, "file")),
    };

    if (a->order == NULL)
        control_fail(call, -ERR_UNSUPPORTED, "no server runs");
    else if (order.undo && order.path != NULL)
        control_fail(call, -ERR_SYNTAX, "undo takes no file");
    else
        a->order(a->arg, &order, on_done, call);
}
