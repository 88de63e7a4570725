/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_sessions.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct tls_sessions *sessions_new(void)
{
    struct tls_sessions *s = calloc(1, sizeof *s);

    assert_non_null(s);
    return s;
}

static SSL_SESSION *add(struct tls_sessions *s, const char *domain)
{
    SSL_SESSION *session = SSL_SESSION_new();

    CHECK(tls_sessions_add(s, slice_from(domain), session));
    return session;
}

static void check_takes(struct tls_sessions *s, const char *domain, const SSL_SESSION *session)
{
    SSL_SESSION *taken = tls_sessions_take(s, slice_from(domain), 1000);

    CHECK(taken == session);
    SSL_SESSION_free(taken);
}

TEST(the_latest_session_with_a_domain_is_taken_and_each_once)
{
    struct tls_sessions *s     = sessions_new();
    SSL_SESSION         *first = add(s, "a.example"), *second = add(s, "A.example");

    check_takes(s, "b.example", NULL);
    check_takes(s, "a.EXAMPLE", second);
    check_takes(s, "a.example", first);
    check_takes(s, "a.example", NULL);
    free(s);
}

TEST(of_one_domain_a_few_are_kept)
{
    struct tls_sessions *s = sessions_new();
    SSL_SESSION         *last[3];

    for (unsigned i = 0; i < 3; i++)
        last[i] = add(s, "a.example");
    check_takes(s, "a.example", last[2]);
    check_takes(s, "a.example", last[1]);
    check_takes(s, "a.example", NULL);
    free(s);
}

TEST(the_oldest_goes_when_there_is_no_room)
{
    struct tls_sessions *s      = sessions_new();
    SSL_SESSION         *second = NULL;
    char                 name[32];

    for (unsigned i = 0; i < TLS_SESSIONS + 1; i++) {
        SSL_SESSION *session;

        snprintf(name, sizeof name, "%u.example", i);
        session = add(s, name);
        second  = i == 1 ? session : second;
    }
    check_takes(s, "0.example", NULL);
    check_takes(s, "1.example", second);
    tls_sessions_clear(s);
    check_takes(s, "2.example", NULL);
    free(s);
}

TEST(a_session_that_cannot_be_kept_is_still_the_callers)
{
    struct tls_sessions *s       = sessions_new();
    SSL_SESSION         *session = SSL_SESSION_new();

    alloc_fail_at(1);
    CHECK(!tls_sessions_add(s, SLICE("a.example"), session));
    alloc_fail_at(0);
    SSL_SESSION_free(session);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latest_session_with_a_domain_is_taken_and_each_once),
        cmocka_unit_test(of_one_domain_a_few_are_kept),
        cmocka_unit_test(the_oldest_goes_when_there_is_no_room),
        cmocka_unit_test(a_session_that_cannot_be_kept_is_still_the_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
