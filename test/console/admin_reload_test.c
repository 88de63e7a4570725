/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin.h"
#include "support/test.h"

#include <stdio.h>

static struct reloading_order ordered;
static char                   path[64];
static json_t                *outcome;

static void finish(struct control_call *call, json_t *value)
{
    (void)call;
    outcome = value;
}

static void on_order(void *arg, const struct reloading_order *order, reloading_done_fn *done, void *done_arg)
{
    (void)arg;
    ordered = *order;
    snprintf(path, sizeof path, "%s", order->path != NULL ? order->path : "");
    done(done_arg, json_pack("{s:b}", "taken", 1));
}

/* 0 and an answer, or the error. */
static int call(struct admin *admin, json_t *params)
{
    struct control_call          c = { finish };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *result;
    const char                  *message;
    int                          error;

    outcome = NULL;
    control_dispatch(methods, count, admin, &c, "config.reload", params);
    json_decref(params);
    error = control_outcome_read(outcome, &result, &message);
    CHECK(error != 0 || json_is_true(json_object_get(result, "taken")));
    json_decref(outcome);
    return error;
}

TEST(an_order_is_given_as_it_was_said)
{
    struct admin admin = { .order = on_order };

    CHECK_INT(0, call(&admin, NULL));
    CHECK(!ordered.dry_run && !ordered.undo && ordered.path == NULL);
    CHECK_INT(0, call(&admin, json_pack("{s:b}", "undo", 1)));
    CHECK(ordered.undo);
    CHECK_INT(0, call(&admin, json_pack("{s:b,s:s}", "dry_run", 1, "file", "/tmp/x.conf")));
    CHECK(ordered.dry_run);
    assert_string_equal("/tmp/x.conf", path);
}

TEST(what_makes_no_sense_is_refused)
{
    struct admin admin = { .order = on_order }, nobody = { .order = NULL };

    CHECK_INT(-ERR_SYNTAX, call(&admin, json_pack("{s:b,s:s}", "undo", 1, "file", "/tmp/x.conf")));
    CHECK_INT(-ERR_SYNTAX, call(&admin, json_pack("{s:s}", "dry_run", "yes")));
    CHECK_INT(-ERR_UNSUPPORTED, call(&nobody, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_given_as_it_was_said),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
