/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers check passwords while the one that serves the administrator changes users. */
#include "server/users.h"

#include "support/post_world.h"
#include "support/store_fake.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

#define DOMAIN SLICE("example.test")

enum { READERS = 2, PEOPLE = 50, STEPS = 3000 };

struct stress {
    struct rcu   *rcu;
    struct users *users;
    atomic_bool   stop;
    atomic_uint   wrong, looks;
};

static void on_report(void *users, uint64_t seq, int error)
{
    users_report(users, seq, error);
}

static void on_done(void *arg, int error)
{
    (void)arg;
    CHECK_INT(0, error);
}

static void on_user(void *arg, const struct stored_user *u)
{
    users_on_user(arg, u);
}

/* "user<n>" of which 0 stays for ever, and all others come and go. */
static struct slice name_of(char text[16], unsigned n)
{
    snprintf(text, 16, "user%u", n);
    return slice_from(text);
}

static void count(const struct user *user, void *arg)
{
    *(unsigned *)arg += user->name.len > 0;
}

static void look(struct stress *s, unsigned n)
{
    char         name[16], memory[USER_HA1_MAX];
    struct slice ha1    = users_ha1(s->users, DOMAIN, name_of(name, n), HASH_MD5, memory);
    unsigned     people = 0;

    s->wrong += ha1.len != 32 && (n == 0 || ha1.len != 0);
    s->wrong += n == 0 && !users_has(s->users, DOMAIN, SLICE("user0"));
    if (s->looks++ % 256 == 0) {
        users_each(s->users, count, &people);
        s->wrong += people == 0 || people > PEOPLE;
    }
}

static void *reader(void *arg)
{
    struct stress *s = arg;

    rcu_join(s->rcu);
    for (unsigned n = 0; !s->stop; n++)
        look(s, n % PEOPLE);
    rcu_quit(s->rcu);
    return NULL;
}

static void change_some(struct stress *s, struct post_world *post)
{
    char name[16];

    for (unsigned step = 0; step < STEPS || s->looks < 1000; step++) {
        unsigned n = step * 7 % PEOPLE;

        if (!users_has(s->users, DOMAIN, name_of(name, n)))
            CHECK_INT(0, users_add(s->users, DOMAIN, slice_from(name), SLICE("secret"), on_done, NULL));
        else if (n == 0 || step % 3 == 0)
            CHECK_INT(0, users_set_password(s->users, DOMAIN, slice_from(name), SLICE("other"), on_done, NULL));
        else
            CHECK_INT(0, users_remove(s->users, DOMAIN, slice_from(name), on_done, NULL));
        post_world_drain(post);
    }
}

TEST(passwords_are_read_whole_while_users_change)
{
    static struct stress s;
    struct post_world   *post  = post_world_new();
    struct fake_disk    *disk  = fake_disk_new();
    struct store        *store = store_fake_open(disk, 10);
    struct store_client *client;
    struct store_loader  loader = { .on_user = on_user };
    pthread_t            threads[READERS];

    s.rcu = rcu_threads_new();
    rcu_join(s.rcu);
    s.users    = users_new(post_world_of(post), s.rcu);
    loader.arg = s.users;
    CHECK_INT(0, store_load(store, 0, &loader));
    CHECK_INT(0, store_client_open(store, post_world_of(post), on_report, s.users, &client));
    CHECK_INT(0, users_start(s.users, client, DOMAIN));
    post_world_drain(post);
    CHECK_INT(0, users_add(s.users, DOMAIN, SLICE("user0"), SLICE("secret"), on_done, NULL));
    post_world_drain(post);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, reader, &s));
    change_some(&s, post);
    s.stop = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(0, s.wrong);
    store_client_close(client);
    store_close(store);
    rcu_barrier(s.rcu);
    users_free(s.users);
    rcu_quit(s.rcu);
    rcu_free(s.rcu);
    post_world_free(post);
    fake_disk_free(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_read_whole_while_users_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
