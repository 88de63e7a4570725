/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/users_bench.h"

#include "base/error.h"

struct users_bench ub;

enum { TURNS = 40 };

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner;
    users_report(ub.users, seq, error);
}

static void on_setting(void *arg, struct slice name, struct slice value)
{
    users_on_setting(arg, name, value);
}

static void on_sizes(void *arg, const struct store_sizes *sizes)
{
    users_on_sizes(arg, sizes);
}

static void start(size_t cache, size_t queue, struct slice realm)
{
    struct store_loader loader = { .on_setting = on_setting, .on_sizes = on_sizes };

    ub.users = users_new(post_world_of(ub.post), NULL, cache);
    CHECK(ub.users != NULL);
    loader.arg = ub.users;
    ub.store   = store_fake_open(ub.disk, queue);
    CHECK_INT(0, store_load(ub.store, 0, &loader));
    CHECK_INT(0, store_client_open(ub.store, post_world_of(ub.post), on_report, &ub, &ub.client));
    CHECK_INT(0, users_start(ub.users, ub.client, realm));
    ub.reader = user_reader_new(ub.users, post_world_of(ub.post), ub.client);
    CHECK(ub.reader != NULL);
    users_bench_turn();
}

static void stop(void)
{
    store_client_close(ub.client);
    user_reader_free(ub.reader);
    store_close(ub.store);
    users_free(ub.users);
}

void users_bench_open(size_t cache, size_t queue)
{
    ub = (struct users_bench){ .post = post_world_new(), .disk = fake_disk_new() };
    start(cache, queue, DOMAIN);
}

void users_bench_close(void)
{
    stop();
    post_world_free(ub.post);
    fake_disk_free(ub.disk);
}

void users_bench_restart(struct slice realm)
{
    stop();
    start(100, 100, realm);
}

void users_bench_turn(void)
{
    for (int i = 0; i < TURNS; i++) {
        post_world_drain(ub.post);
        post_world_of(ub.post)->now++;
        wheel_advance(&post_world_of(ub.post)->wheel, world_now(post_world_of(ub.post)));
    }
}

void users_bench_done(void *bench, int error)
{
    (void)bench;
    ub.calls++;
    ub.error = error;
}

static int outcome(int error)
{
    int calls = ub.calls;

    if (error != 0)
        return error;
    users_bench_turn();
    CHECK_INT(calls + 1, ub.calls);
    return ub.error;
}

int users_bench_add(const char *name, const char *password)
{
    return outcome(users_add(ub.users, DOMAIN, slice_from(name), slice_from(password), users_bench_done, &ub));
}

int users_bench_remove(const char *name)
{
    return outcome(users_remove(ub.users, DOMAIN, slice_from(name), users_bench_done, &ub));
}

int users_bench_alias(const char *domain, const char *name, const char *user)
{
    const struct stored_alias alias = { slice_from(domain), slice_from(name), DOMAIN, slice_from(user) };

    return outcome(users_add_alias(ub.users, &alias, users_bench_done, &ub));
}

static const char *const words[] = {
    [USER_FOUND] = "found", [USER_UNKNOWN] = "unknown", [USER_WAIT] = "wait", [USER_FAILED] = "failed"
};

const char *users_bench_look(const char *name)
{
    char         memory[USER_HA1_MAX];
    struct slice ha1;

    return words[user_reader_ha1(ub.reader, DOMAIN, slice_from(name), HASH_MD5, memory, &ha1)];
}

const char *users_bench_ha1(const char *name)
{
    static char     text[USER_HA1_MAX + 1];
    char            memory[USER_HA1_MAX];
    struct slice    ha1;
    struct buf      b = BUF_ON(text);
    enum user_state state;

    for (int i = 0; i < TURNS; i++) {
        state = user_reader_ha1(ub.reader, DOMAIN, slice_from(name), HASH_MD5, memory, &ha1);
        if (state != USER_WAIT)
            break;
        users_bench_turn();
    }
    buf_put(&b, ha1);
    return state == USER_FOUND ? buf_cstr(&b) : words[state];
}

const char *users_bench_resolve(const char *domain, const char *name)
{
    static char     text[USER_NAME_MAX + USER_DOMAIN_MAX + 2];
    struct user_id  id;
    struct buf      b = BUF_ON(text);
    enum user_state state;

    for (int i = 0; i < TURNS; i++) {
        state = user_reader_resolve(ub.reader, slice_from(domain), slice_from(name), &id);
        if (state != USER_WAIT)
            break;
        users_bench_turn();
    }
    if (state != USER_FOUND)
        return words[state];
    buf_put(&b, id.name);
    buf_put_byte(&b, '@');
    buf_put(&b, id.domain);
    return buf_cstr(&b);
}
