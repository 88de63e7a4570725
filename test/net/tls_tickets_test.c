/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_tickets.h"

#include "support/test.h"

#include <string.h>

static bool are_same(const struct tls_ticket_key *a, const struct tls_ticket_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

TEST(keys_serve_for_one_period_and_open_for_another)
{
    struct tls_tickets    t;
    struct tls_ticket_key first, second;

    CHECK(tls_tickets_init(&t, 5));
    first = t.seals;
    CHECK(tls_tickets_find(&t, first.name) == &t.seals);
    CHECK(tls_tickets_are_current(&t, TLS_TICKET_PERIOD - 1));
    CHECK(!tls_tickets_are_current(&t, TLS_TICKET_PERIOD));

    CHECK(tls_tickets_turn(&t, TLS_TICKET_PERIOD));
    second = t.seals;
    CHECK(!are_same(&first, &second));
    CHECK(tls_tickets_find(&t, first.name) == &t.opens);
    CHECK(are_same(&first, &t.opens));

    CHECK(tls_tickets_turn(&t, 2ULL * TLS_TICKET_PERIOD));
    assert_null(tls_tickets_find(&t, first.name));
    CHECK(tls_tickets_find(&t, second.name) == &t.opens);
}

TEST(a_turn_within_the_period_changes_nothing)
{
    struct tls_tickets t, before;

    CHECK(tls_tickets_init(&t, 0));
    before = t;
    CHECK(tls_tickets_turn(&t, TLS_TICKET_PERIOD - 1));
    assert_memory_equal(&before, &t, sizeof t);
}

/* A process that slept for a day does not open what was sealed before. */
TEST(after_a_silence_of_two_periods_no_old_key_is_left)
{
    struct tls_tickets    t;
    struct tls_ticket_key first, zero = { { 0 }, { 0 }, { 0 } };

    CHECK(tls_tickets_init(&t, 0));
    first = t.seals;
    CHECK(tls_tickets_turn(&t, 2ULL * TLS_TICKET_PERIOD));
    assert_null(tls_tickets_find(&t, first.name));
    CHECK(are_same(&zero, &t.opens));
    CHECK(tls_tickets_find(&t, zero.name) == NULL);
}

TEST(keys_that_are_wiped_are_gone)
{
    struct tls_tickets t, zero;

    memset(&zero, 0, sizeof zero);
    CHECK(tls_tickets_init(&t, 0));
    tls_tickets_wipe(&t);
    assert_memory_equal(&zero, &t, sizeof t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_serve_for_one_period_and_open_for_another),
        cmocka_unit_test(a_turn_within_the_period_changes_nothing),
        cmocka_unit_test(after_a_silence_of_two_periods_no_old_key_is_left),
        cmocka_unit_test(keys_that_are_wiped_are_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
