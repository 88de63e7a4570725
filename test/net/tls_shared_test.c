/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_shared.h"

#include "support/alloc.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <pthread.h>
#include <string.h>

TEST(the_generation_grows_with_each_change)
{
    struct tls_lab     lab;
    struct tls_shared *s;
    struct tls_keys   *keys;
    uint64_t           first;

    tls_lab_init(&lab);
    s     = tls_shared_new(tls_lab_keys(&lab, &lab.setup));
    first = tls_shared_generation(s);
    CHECK(!tls_shared_can_accept(s));
    tls_lab_add(&lab, "example.com");
    keys = tls_lab_keys(&lab, &lab.setup);
    tls_shared_set(s, keys);
    CHECK_INT(first + 1, tls_shared_generation(s));
    CHECK(tls_shared_can_accept(s));
    CHECK(tls_shared_keys(s) == keys);
    tls_keys_drop(keys);
    tls_shared_free(s);
    tls_lab_fini(&lab);
}

TEST(all_get_the_same_ticket_keys_of_a_period)
{
    struct tls_lab     lab;
    struct tls_shared *s;
    struct tls_tickets a, b;

    tls_lab_init(&lab);
    s = tls_shared_new(tls_lab_keys(&lab, &lab.setup));
    tls_shared_tickets(s, 1000, &a);
    tls_shared_tickets(s, 2000, &b);
    assert_memory_equal(&a, &b, sizeof a);
    tls_shared_tickets(s, TLS_TICKET_PERIOD + 1, &b);
    assert_memory_not_equal(&a.seals, &b.seals, sizeof a.seals);
    assert_memory_equal(&a.seals, &b.opens, sizeof a.seals);
    /* One whose clock is read a moment before the others' is not given older ones. */
    tls_shared_tickets(s, TLS_TICKET_PERIOD - 1, &a);
    assert_memory_equal(&a, &b, sizeof a);
    tls_shared_free(s);
    tls_lab_fini(&lab);
}

TEST(without_memory_there_is_none_and_the_keys_are_dropped)
{
    struct tls_lab   lab;
    struct tls_keys *keys;

    tls_lab_init(&lab);
    keys = tls_lab_keys(&lab, &lab.setup);
    alloc_fail_at(1);
    assert_null(tls_shared_new(keys));
    alloc_fail_at(0);
    tls_shared_free(NULL);
    tls_lab_fini(&lab);
}

/* ---- threads: certificates change while workers shake hands ---- */

struct worker {
    struct tls_lab    *lab;
    struct tls_shared *shared, *client_shared;
    pthread_t          thread;
    unsigned           opened;
};

static void *work(void *arg)
{
    struct worker      *w       = arg;
    struct network     *network = network_new(2);
    struct world       *world   = world_fake_new(network_host(network, "worker"));
    struct tls_context *server = tls_context_new(world, w->shared), *client = tls_context_new(world, w->client_shared);

    for (unsigned i = 0; i < 60; i++) {
        struct tls_two *two = tls_two_new(client, server, "example.com");

        tls_two_run(two, 0);
        w->opened += tls_two_is_open(two);
        tls_two_free(two);
    }
    tls_context_free(client);
    tls_context_free(server);
    world_fake_free(world);
    network_free(network);
    return NULL;
}

TEST(workers_shake_hands_while_certificates_change)
{
    enum { WORKERS = 2, CHANGES = 30 };
    struct tls_lab     lab;
    struct tls_setup   client;
    struct worker      workers[WORKERS];
    struct tls_shared *shared, *client_shared;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    client        = tls_lab_client_setup(&lab);
    shared        = tls_shared_new(tls_lab_keys(&lab, &lab.setup));
    client_shared = tls_shared_new(tls_lab_keys(&lab, &client));
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){ .lab = &lab, .shared = shared, .client_shared = client_shared };
        CHECK_INT(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
    }
    for (unsigned i = 0; i < CHANGES; i++)
        tls_shared_set(shared, tls_lab_keys(&lab, &lab.setup));
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        CHECK_INT(60, workers[i].opened);
    }
    tls_shared_free(shared);
    tls_shared_free(client_shared);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generation_grows_with_each_change),
        cmocka_unit_test(all_get_the_same_ticket_keys_of_a_period),
        cmocka_unit_test(without_memory_there_is_none_and_the_keys_are_dropped),
        cmocka_unit_test(workers_shake_hands_while_certificates_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
