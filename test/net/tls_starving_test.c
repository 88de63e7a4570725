/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory fails, OpenSSL's or ours, at one place after the other: the session ends with a fault
 * or goes on, nothing is lost, and the next one is well. */
#include "net/tls.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/channel_pair.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP = 31 }; /* each of thousands would take minutes */

static struct {
    unsigned long count, fail_at; /* 0: none fails */
} openssl;

/* Past support/alloc.h, which is about our own. */
void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);

static void *starve_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++openssl.count == openssl.fail_at ? NULL : __real_malloc(size);
}

static void *starve_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++openssl.count == openssl.fail_at ? NULL : __real_realloc(old, size);
}

static void starve_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* Like tls_two_new, but may fail. */
static struct tls_two *try_new(const struct tls_lab *lab)
{
    struct tls_two *two = alloc_new(sizeof *two);

    two->server.tls = tls_accept(lab->server, TLS_CLIENTS_NONE);
    two->client.tls = tls_connect(lab->client, SLICE("example.com"));
    if (two->client.tls != NULL && two->server.tls != NULL) {
        tls_two_collect(two, &two->client);
        return two;
    }
    if (two->client.tls != NULL)
        (void)tls_output(two->client.tls);
    tls_two_free(two);
    return NULL;
}

static void live(const struct tls_lab *lab)
{
    struct tls_two *two  = try_new(lab);
    struct slice    text = SLICE("INVITE");

    if (two == NULL)
        return;
    tls_two_run(two, 0);
    if (tls_is_open(two->client.tls) && tls_write(two->client.tls, &text, 1) == 0)
        tls_two_collect(two, &two->client);
    tls_two_run(two, 0);
    if (two->client.last == TLS_FAULT)
        CHECK(tls_fault(two->client.tls)->text[0] != '\0');
    if (two->server.last == TLS_FAULT)
        CHECK(tls_fault(two->server.tls)->text[0] != '\0');
    tls_two_free(two);
}

static void check_well(const struct tls_lab *lab)
{
    struct tls_two *two = tls_two_new(lab->client, lab->server, "example.com");

    tls_two_run(two, 0);
    CHECK(tls_two_is_open(two));
    tls_two_free(two);
}

TEST(a_session_survives_that_openssl_has_no_memory)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    check_well(&lab);
    for (unsigned long n = 1;; n += STEP) {
        openssl.count   = 0;
        openssl.fail_at = n;
        live(&lab);
        openssl.fail_at = 0;
        if (openssl.count < n)
            break;
        check_well(&lab);
    }
    tls_lab_fini(&lab);
}

TEST(a_session_survives_that_we_have_no_memory)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    for (unsigned n = 1;; n++) {
        alloc_fail_at(n);
        live(&lab);
        if (!alloc_failed())
            break;
        alloc_fail_at(0);
        check_well(&lab);
    }
    alloc_fail_at(0);
    tls_lab_fini(&lab);
}

/* Some of its records are made, and nobody shall send them for it. */
TEST(a_message_that_finds_no_memory_half_way_ends_its_channel_alone)
{
    static const struct channel_limits no_limits;
    char                               text[40000];
    unsigned                           failed = 0;

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (unsigned long n = 1; n < 12; n++) {
        struct channel_pair *p     = channel_pair_new(CHANNEL_TLS, &no_limits);
        struct channel_end  *other = alloc_new(sizeof *other);

        channel_pair_dial(p, "a.example");
        channel_end_dial(other, p, "a.example");
        channel_pair_live(p, 500);
        openssl.count   = 0;
        openssl.fail_at = n;
        if (channel_end_say(&p->caller, text) == -ERR_NO_MEMORY)
            failed++;
        openssl.fail_at = 0;
        CHECK_INT(0, channel_end_say(other, "hello"));
        channel_pair_live(p, 500);
        CHECK_SLICE("open ", buf_slice(&other->heard));
        CHECK(openssl.count < n || p->caller.channel == NULL);
        channel_end_close(other);
        free(other);
        channel_pair_free(p);
    }
    CHECK(failed >= 2);
}

TEST(new_keys_that_find_no_memory_leave_the_old_ones)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    for (unsigned long n = 1;; n += STEP) {
        struct tls *t;

        tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
        openssl.count   = 0;
        openssl.fail_at = n;
        t               = tls_accept(lab.server, TLS_CLIENTS_NONE);
        openssl.fail_at = 0;
        if (t != NULL)
            (void)tls_output(t);
        tls_free(t);
        network_run_until(lab.network, network_now(lab.network) + 2000);
        check_well(&lab);
        if (openssl.count < n)
            break;
        if (n > 4000)
            break; /* from there on it is the session's */
    }
    tls_lab_fini(&lab);
}

TEST(keys_that_find_no_memory_are_not_loaded)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    for (unsigned long n = 1;; n += STEP) {
        struct tls_problem problem;
        struct tls_keys   *keys;
        int                error;

        openssl.count   = 0;
        openssl.fail_at = n;
        error           = tls_keys_load(&lab.setup, &keys, &problem);
        openssl.fail_at = 0;
        CHECK_INT(error != 0, keys == NULL);
        tls_keys_drop(keys);
        if (openssl.count < n)
            break;
    }
    for (unsigned n = 1;; n++) {
        struct tls_problem problem;
        struct tls_keys   *keys;

        alloc_fail_at(n);
        (void)tls_keys_load(&lab.setup, &keys, &problem);
        tls_keys_drop(keys);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_survives_that_openssl_has_no_memory),
        cmocka_unit_test(a_session_survives_that_we_have_no_memory),
        cmocka_unit_test(a_message_that_finds_no_memory_half_way_ends_its_channel_alone),
        cmocka_unit_test(new_keys_that_find_no_memory_leave_the_old_ones),
        cmocka_unit_test(keys_that_find_no_memory_are_not_loaded),
    };

    assert_int_equal(1, CRYPTO_set_mem_functions(starve_malloc, starve_realloc, starve_free));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
