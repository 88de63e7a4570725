/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers ask for more users than there is room for in RAM, while the one that serves the
 * administrator changes them. */
#include "server/user_reader.h"

#include "base/error.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

#define DOMAIN SLICE("example.test")

enum { READERS = 2, PEOPLE = 60, CACHE = 16, STEPS = 400, LOOKS = 2000 };

/* Whoever asks: in a thread, with a world, of his own. */
struct asker {
    struct stress       *stress;
    struct post_world   *post;
    struct store_client *client;
    struct user_reader  *reader;
    struct user_wait     wait;
    bool                 answered;
    pthread_t            thread;
};

struct stress {
    struct temp_folder   folder;
    char                 path[128];
    struct rcu          *rcu;
    struct users        *users;
    struct store        *store;
    struct store_client *client; /* of the users, in the changer's world */
    struct asker         changer, readers[READERS];
    atomic_bool          stop;
    atomic_uint          wrong, looks;
    bool                 done;
    int                  error;
};

static struct stress s;

static void on_users_report(void *users, uint64_t seq, int error)
{
    users_report(users, seq, error);
}

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner, (void)seq, (void)error;
}

static void on_done(void *stress, int error)
{
    ((struct stress *)stress)->error = error;
    ((struct stress *)stress)->done  = true;
}

/* "user<n>" of which 0 stays for ever, and all others come and go. */
static struct slice name_of(char text[16], unsigned n)
{
    snprintf(text, 16, "user%u", n);
    return slice_from(text);
}

static void on_answer(struct user_wait *w, int error)
{
    struct asker *a = CONTAINER_OF(w, struct asker, wait);

    s.wrong += error != 0;
    a->answered = true;
}

/* His HA1, waited for. */
static struct slice ha1_of(struct asker *a, unsigned n, char memory[USER_HA1_MAX])
{
    char         name[16];
    struct slice ha1;

    while (user_reader_ha1(a->reader, DOMAIN, name_of(name, n), HASH_MD5, memory, &ha1) == USER_WAIT) {
        a->answered = false;
        user_reader_wait(a->reader, &a->wait, on_answer);
        if (!post_world_run_until(a->post, &a->answered)) {
            s.wrong++;
            user_wait_stop(&a->wait);
            break;
        }
    }
    return ha1;
}

static void *reader(void *arg)
{
    struct asker *a = arg;

    rcu_join(s.rcu);
    for (unsigned n = 0; !s.stop; n++) {
        char         memory[USER_HA1_MAX];
        struct slice ha1 = ha1_of(a, n % 7 == 0 ? 0 : n % PEOPLE, memory);

        s.wrong += ha1.len != 32 && (n % 7 == 0 || ha1.len != 0);
        s.looks++;
    }
    store_client_close(a->client);
    rcu_quit(s.rcu);
    return NULL;
}

static void ack(int error)
{
    CHECK_INT(0, error);
    CHECK(post_world_run_until(s.changer.post, &s.done));
    CHECK_INT(0, s.error);
}

/* What has been acknowledged is what there is. */
static void change(unsigned step, bool *there)
{
    unsigned     n = step * 7 % PEOPLE;
    char         name[16], memory[USER_HA1_MAX];
    struct slice ha1;
    bool         goes = n != 0 && there[n] && step % 3 != 0;

    name_of(name, n);
    s.done = false;
    if (!there[n])
        ack(users_add(s.users, DOMAIN, slice_from(name), SLICE("secret"), on_done, &s));
    else if (goes)
        ack(users_remove(s.users, DOMAIN, slice_from(name), on_done, &s));
    else
        ack(users_set_password(s.users, DOMAIN, slice_from(name), SLICE("other"), on_done, &s));
    there[n] = !goes;
    ha1      = ha1_of(&s.changer, n, memory);
    CHECK_INT(goes ? 0 : 32, ha1.len);
}

static void open_asker(struct asker *a)
{
    a->post = a->post != NULL ? a->post : post_world_new();
    CHECK_INT(0, store_client_open(s.store, post_world_of(a->post), on_report, a, &a->client));
    a->reader = user_reader_new(s.users, post_world_of(a->post), a->client);
    assert_non_null(a->reader);
}

static void close_asker(struct asker *a)
{
    user_reader_free(a->reader);
    post_world_free(a->post);
}

static void setup(void)
{
    char problem[256];

    s = (struct stress){ .rcu = rcu_threads_new() };
    temp_folder_init(&s.folder);
    temp_folder_file(&s.folder, "ahoy.db", s.path);
    rcu_join(s.rcu);
    s.changer.post = post_world_new();
    s.users        = users_new(post_world_of(s.changer.post), s.rcu, CACHE);
    CHECK_INT(0, store_sqlite_open(s.path, 100, STORE_QUEUE_AGE, &s.store, problem, sizeof problem));
    CHECK_INT(0, store_client_open(s.store, post_world_of(s.changer.post), on_users_report, s.users, &s.client));
    CHECK_INT(0, users_start(s.users, s.client, DOMAIN));
    open_asker(&s.changer);
    for (int i = 0; i < READERS; i++)
        open_asker(&s.readers[i]);
}

static void teardown(void)
{
    store_client_close(s.changer.client);
    store_client_close(s.client);
    for (int i = 0; i < READERS; i++)
        close_asker(&s.readers[i]);
    store_close(s.store);
    rcu_barrier(s.rcu);
    users_free(s.users);
    close_asker(&s.changer);
    rcu_quit(s.rcu);
    rcu_free(s.rcu);
    temp_folder_fini(&s.folder);
}

TEST(what_was_acknowledged_is_found_by_all_while_users_come_and_go)
{
    bool there[PEOPLE] = { false };

    setup();
    change(0, there);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(0, pthread_create(&s.readers[i].thread, NULL, reader, &s.readers[i]));
    for (unsigned step = 1; step < STEPS || s.looks < LOOKS; step++)
        change(step, there);
    s.stop = true;
    for (int i = 0; i < READERS; i++)
        pthread_join(s.readers[i].thread, NULL);
    CHECK_INT(0, s.wrong);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_found_by_all_while_users_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
