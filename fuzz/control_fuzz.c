/* SPDX-License-Identifier: BSD-2-Clause */
/* Any lines at the control socket of a server: each answer is one line of JSON-RPC 2.0,
 * and what can be changed has changed only if the answer is a result. */

#include "base/error.h"
#include "console/admin.h"
#include "console/control_rpc.h"
#include "store/question.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a world and a store that always have room ---- */

enum { USERS = 32 }; /* what is put beyond that is forgotten */

struct bench {
    struct world        world;
    uint64_t            random;
    struct store_client client;
    uint64_t            written; /* changes */
    struct stored_user  users[USERS];
    size_t              user_count;
    struct link         questions; /* struct question */
    struct log_levels   levels;
    struct admin        admin;
    unsigned            stops, resets;
    json_t             *outcome; /* of the call under way */
};

static void fill(void *state, void *out, size_t len)
{
    uint64_t *at = state;

    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)(*at = *at * 6364136223846793005u + 1442695040888963407u);
}

static uint64_t wall(struct world *w)
{
    return 1700000000000 + w->now;
}

static const struct world_ops world_ops = { .wall_msec = wall };

static bool has_room(struct store_client *c, size_t count)
{
    (void)c, (void)count;
    return true;
}

static struct slice keep(struct slice text)
{
    char *memory = malloc(text.len + 1);

    if (memory == NULL)
        abort();
    memcpy(memory, text.ptr, text.len);
    return (struct slice){ memory, text.len };
}

static void forget(struct stored_user *u)
{
    free((char *)u->domain.ptr);
    free((char *)u->name.ptr);
}

static void write_user(struct bench *b, const struct store_change *c)
{
    for (size_t i = 0; i < b->user_count; i++) {
        if (!slice_eq(b->users[i].name, c->user.name) || !slice_eq(b->users[i].domain, c->user.domain))
            continue;
        forget(&b->users[i]);
        b->users[i] = b->users[--b->user_count];
        break;
    }
    if (c->kind == STORE_PUT_USER && b->user_count < USERS)
        b->users[b->user_count++] = (struct stored_user){ .domain = keep(c->user.domain), .name = keep(c->user.name) };
}

static int write_changes(struct store_client *c, const struct store_change *changes, size_t count, uint64_t *seq)
{
    struct bench *b = CONTAINER_OF(c, struct bench, client);

    for (size_t i = 0; i < count; i++)
        if (changes[i].kind == STORE_PUT_USER || changes[i].kind == STORE_DELETE_USER)
            write_user(b, &changes[i]);
    *seq = ++b->written;
    return 0;
}

static int ask(struct store_client *c, const struct store_query *query, store_answer_fn *fn, void *owner)
{
    struct bench    *b = CONTAINER_OF(c, struct bench, client);
    struct question *q = query->count <= STORE_ROWS_MAX ? question_new(query, fn, owner) : NULL;

    if (q == NULL)
        return -ERR_LIMIT;
    list_append(&b->questions, &q->link);
    return 0;
}

static bool is_wanted(const struct store_query *q, const struct stored_user *u)
{
    for (size_t i = 0; q->kind == STORE_FIND_USERS && i < q->count; i++)
        if (slice_eq(q->names[i].name, u->name) && slice_eq(q->names[i].domain, u->domain))
            return true;
    return q->kind == STORE_LIST_USERS;
}

/* In no order. */
static void answer_all(struct bench *b)
{
    for (struct link *l; (l = list_shift(&b->questions)) != NULL;) {
        struct question *q = CONTAINER_OF(l, struct question, link);

        for (size_t i = 0; i < b->user_count; i++)
            if (is_wanted(&q->query, &b->users[i]))
                (void)question_add_user(q, &b->users[i]);
        q->fn(q->owner, &q->answer);
        question_free(q);
    }
}

static const struct store_ops store_ops = { .has_room = has_room, .write = write_changes, .ask = ask };

static void sum(void *arg, struct counters_sum *out)
{
    counters_sum_add(out, &((struct bench *)arg)->world.counters);
}

static void sample(void *arg, struct counters *shared)
{
    (void)arg, (void)shared;
}

static void on_stop(void *arg)
{
    ((struct bench *)arg)->stops++;
}

static void on_reset(void *arg)
{
    ((struct bench *)arg)->resets++;
}

static void add_status(void *arg, json_t *status)
{
    (void)arg, (void)status;
}

static void bench_init(struct bench *b, const struct config *config)
{
    *b              = (struct bench){ .world = { .ops = &world_ops }, .client = { &store_ops } };
    b->world.random = (struct random){ fill, &b->random };
    list_init(&b->questions);
    wheel_init(&b->world.wheel, 0);
    log_levels_init(&b->levels, LOG_INFO);
    b->admin = (struct admin){
        .config      = config,
        .users       = users_new(&b->world, NULL, 100),
        .world       = &b->world,
        .levels      = &b->levels,
        .forget_high = on_reset,
        .add_status  = add_status,
        .stop        = on_stop,
        .arg         = b,
        .workers     = 1,
    };
    b->admin.numbers = numbers_new(&b->world, &(struct numbers_source){ sum, sample, b });
    if (b->admin.users == NULL || b->admin.numbers == NULL ||
        users_start(b->admin.users, &b->client, SLICE("a.test")) != 0)
        abort();
    answer_all(b);
    users_report(b->admin.users, b->written, 0);
}

/* ---- what may change ---- */

static uint64_t state_of(const struct bench *b)
{
    uint64_t state = b->written * 31 + users_count(b->admin.users);

    for (int part = 0; part < LOG_PARTS; part++)
        state = state * 31 + (uint64_t)log_levels_get(&b->levels, (enum log_part)part);
    return (state * 31 + b->stops) * 31 + b->resets;
}

struct local_call {
    struct control_call call;
    struct bench       *bench;
};

static void finish(struct control_call *call, json_t *outcome)
{
    struct local_call *l = CONTAINER_OF(call, struct local_call, call);

    if (l->bench->outcome != NULL)
        abort(); /* finished twice */
    l->bench->outcome = outcome;
}

static void perform(struct bench *b, struct rpc_exchange *x, const json_t *request)
{
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    struct local_call            l       = { .call = { finish }, .bench = b };
    uint64_t                     before  = state_of(b);

    b->outcome = NULL;
    control_dispatch(methods, count, &b->admin, &l.call, json_string_value(json_object_get(request, "method")),
                     json_object_get(request, "params"));
    answer_all(b);
    users_report(b->admin.users, b->written, 0);
    if (b->outcome == NULL)
        abort();
    if (json_object_get(b->outcome, "result") == NULL && state_of(b) != before)
        abort();
    rpc_finish(x, json_object_get(request, "id"), b->outcome);
}

static void check_answer(const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error"), *version = json_object_get(answer, "jsonrpc");

    if (!json_is_string(version) || json_object_get(answer, "id") == NULL || json_object_size(answer) != 3 ||
        (error == NULL) == (json_object_get(answer, "result") == NULL))
        abort();
    if (error != NULL &&
        (!json_is_integer(json_object_get(error, "code")) || !json_is_string(json_object_get(error, "message"))))
        abort();
}

static void check_text(const char *text, size_t len)
{
    json_t *answer = json_loadb(text, len, 0, NULL), *one;
    size_t  i;

    if (memchr(text, '\n', len) != text + len - 1 || answer == NULL)
        abort();
    if (json_is_array(answer)) {
        json_array_foreach(answer, i, one) check_answer(one);
    } else {
        check_answer(answer);
    }
    json_decref(answer);
}

static void one_line(struct bench *b, const char *line, size_t len)
{
    struct rpc_exchange x;
    uint64_t            before   = state_of(b);
    json_t             *requests = rpc_read(&x, line, len), *one;
    size_t              i, out_len;
    char               *text;

    if (requests == NULL || state_of(b) != before)
        abort();
    json_array_foreach(requests, i, one) perform(b, &x, one);
    json_decref(requests);
    text = rpc_write(&x, &out_len);
    if (text == NULL)
        abort();
    if (out_len > 0)
        check_text(text, out_len);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config *config;
    struct bench         b;
    const char          *at = (const char *)data, *end = at + size;

    if (config_parse(SLICE("domain = {a.test, b.test}"), "fuzz", NULL, NULL, &config) != 0)
        abort();
    bench_init(&b, config);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t      len  = (size_t)((stop == NULL ? end : stop) - at);

        if (len > 0)
            one_line(&b, at, len);
        at += len + (stop != NULL);
    }
    numbers_free(b.admin.numbers);
    users_free(b.admin.users);
    while (b.user_count > 0)
        forget(&b.users[--b.user_count]);
    config_free(config);
    return 0;
}
