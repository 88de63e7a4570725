/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session takes when nothing happens: ten thousand phones do nothing most of the time. */
#include "net/tls.h"

#include "support/test.h"
#include "support/tls_lab.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes.  The connection around it (net/stream.c, stack/connection.c) has to fit into 20 KB as
 * well. */
enum { SESSIONS = 200, BOUND = 15 * 1024, BOUND_MUTUAL = 22 * 1024, HEAD = 16 };

/* OpenSSL's memory, counted as malloc has it: what was asked for, rounded up, and its head.  A
 * sanitizer's malloc would say something else. */
static size_t in_use;

static size_t weight(void *p)
{
    return p != NULL ? (malloc_usable_size(p) + 15) / 16 * 16 + HEAD : 0;
}

static void *count_malloc(size_t size, const char *file, int line)
{
    void *p = malloc(size);

    (void)file;
    (void)line;
    in_use += weight(p);
    return p;
}

static void *count_realloc(void *old, size_t size, const char *file, int line)
{
    size_t before = weight(old);
    void  *p      = realloc(old, size);

    (void)file;
    (void)line;
    if (p != NULL)
        in_use += weight(p) - before;
    return p;
}

static void count_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    in_use -= weight(p);
    free(p);
}

/* Server sessions that have shaken hands, and heard one message; their clients are gone. */
static void fill(struct tls_lab *lab, struct tls_context *client, struct tls **sessions)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        struct tls_two *two = tls_two_new(client, lab->server, "example.com");

        tls_two_run(two, 0);
        tls_two_write(two, &two->client, SLICE("REGISTER sip:example.com SIP/2.0\r\n\r\n"));
        tls_two_run(two, 0);
        tls_two_write(two, &two->server, SLICE("SIP/2.0 200 OK\r\n\r\n"));
        CHECK(tls_two_is_open(two));
        sessions[i]     = two->server.tls;
        two->server.tls = NULL;
        tls_two_free(two);
    }
}

static size_t measure(struct tls_lab *lab, struct tls_context *client)
{
    struct tls **sessions = calloc(SESSIONS + 1, sizeof(struct tls *));
    size_t       before, each, estimate;

    assert_non_null(sessions);
    fill(lab, client, sessions); /* whatever is made once is made now */
    for (size_t i = 0; i < SESSIONS; i++)
        tls_free(sessions[i]);
    before = in_use;
    fill(lab, client, sessions);
    each     = (in_use - before) / SESSIONS;
    estimate = tls_memory(sessions[0]);
    print_message("a session takes %zu bytes, and says %zu\n", each, estimate);
    CHECK(estimate > each && estimate < each * 3 / 2);
    for (size_t i = 0; i < SESSIONS; i++)
        tls_free(sessions[i]);
    free(sessions);
    return each;
}

TEST(an_idle_session_is_small)
{
    struct tls_lab lab;

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    tls_lab_load(&lab);
    CHECK(measure(&lab, lab.client) < BOUND);
    tls_lab_fini(&lab);
}

TEST(an_idle_session_with_a_client_that_has_shown_its_certificate_is_small)
{
    struct tls_lab         lab;
    struct tls_setup       setup;
    struct cert_wish       wish;
    struct cert_pair       pair;
    struct tls_certificate one = { .domain = "" };

    tls_lab_init(&lab);
    tls_lab_add(&lab, "example.com");
    lab.setup.clients = TLS_CLIENTS_REQUIRED;
    tls_lab_load(&lab);
    wish                    = tls_lab_wish(&lab, "biloxi.example");
    pair                    = tls_lab_issue(&lab, &wish);
    setup                   = tls_lab_client_setup(&lab);
    one.chain_text          = pair.certificate;
    one.key_text            = pair.key;
    setup.certificates      = &one;
    setup.certificate_count = 1;
    tls_shared_set(lab.client_shared, tls_lab_keys(&lab, &setup));
    CHECK(measure(&lab, lab.client) < BOUND_MUTUAL);
    cert_pair_free(&pair);
    tls_lab_fini(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_session_is_small),
        cmocka_unit_test(an_idle_session_with_a_client_that_has_shown_its_certificate_is_small),
    };

    assert_int_equal(1, CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
