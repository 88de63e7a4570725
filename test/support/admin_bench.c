/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/admin_bench.h"

#include "support/post_world.h"
#include "support/store_fake.h"
#include "support/test.h"

#include <stdlib.h>

/* A call made from here rather than through a socket. */
struct local_call {
    struct control_call call;
    json_t             *outcome;
};

static void finish(struct control_call *call, json_t *outcome)
{
    CONTAINER_OF(call, struct local_call, call)->outcome = outcome;
}

static void on_report(void *owner, uint64_t seq, int error)
{
    users_report(((struct admin_bench *)owner)->admin.users, seq, error);
}

static void on_stop(void *arg)
{
    ((struct admin_bench *)arg)->stops++;
}

void admin_bench_init(struct admin_bench *b)
{
    *b       = (struct admin_bench){ .post = post_world_new(), .disk = fake_disk_new() };
    b->admin = (struct admin){ .stop = on_stop, .arg = b };
    CHECK_INT(0, config_parse(SLICE("domain = {a.test, b.test}"), "t", NULL, NULL, &b->config));
    b->admin.config = b->config;
    b->admin.users  = users_new(post_world_of(b->post), NULL, 100);
    b->store        = store_fake_open(b->disk, 100);
    CHECK_INT(0, store_client_open(b->store, post_world_of(b->post), on_report, b, &b->client));
    CHECK_INT(0, users_start(b->admin.users, b->client, SLICE("a.test")));
    post_world_drain(b->post);
}

void admin_bench_fini(struct admin_bench *b)
{
    store_client_close(b->client);
    store_close(b->store);
    users_free(b->admin.users);
    config_free(b->config);
    post_world_free(b->post);
    fake_disk_free(b->disk);
}

json_t *admin_bench_call(struct admin_bench *b, const char *method, json_t *params)
{
    struct local_call            l = { .call = { finish } };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    control_dispatch(methods, count, &b->admin, &l.call, method, params);
    json_decref(params);
    post_world_drain(b->post);
    CHECK(l.outcome != NULL);
    return l.outcome;
}

void admin_bench_good(struct admin_bench *b, const char *method, json_t *params, const char *want)
{
    json_t     *outcome = admin_bench_call(b, method, params), *result = NULL;
    const char *message = "";
    char       *text;

    CHECK_INT(0, control_outcome_read(outcome, &result, &message));
    text = json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS);
    CHECK_SLICE(want, slice_from(text));
    free(text);
    json_decref(outcome);
}

void admin_bench_bad(struct admin_bench *b, const char *method, json_t *params, int error, const char *part)
{
    json_t     *outcome = admin_bench_call(b, method, params), *result = NULL;
    const char *message = "";

    CHECK_INT(error, control_outcome_read(outcome, &result, &message));
    if (strstr(message, part) == NULL)
        CHECK_SLICE(part, slice_from(message));
    json_decref(outcome);
}
