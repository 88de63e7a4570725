/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/local_name.h"

#include "base/error.h"
#include "support/test.h"

#include <ares.h>

static ares_channel      channel;
static struct arena      arena;
static struct dns_answer answer;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0, DNS_ARENA);
    return ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || ares_init(&channel) != ARES_SUCCESS;
}

static int teardown(void **state)
{
    (void)state;
    ares_destroy(channel);
    ares_library_cleanup();
    arena_fini(&arena);
    return 0;
}

static bool is_local(const char *name, enum record_type type)
{
    return local_name_answer(channel, name, type, &arena, &answer);
}

/* How many records a local name has. */
static long count_of(const char *name, enum record_type type)
{
    CHECK(is_local(name, type));
    CHECK_INT(0, answer.error);
    for (size_t i = 0; i < answer.count; i++)
        CHECK_INT(type, answer.records[i].type);
    return (long)answer.count;
}

TEST(a_literal_address_has_itself_and_nothing_else)
{
    CHECK_INT(1, count_of("192.0.2.1", RECORD_A));
    CHECK_INT(0, count_of("192.0.2.1", RECORD_AAAA));
    CHECK_INT(1, count_of("2001:db8::1", RECORD_AAAA));
    CHECK_INT(1, count_of("[2001:db8::1]", RECORD_AAAA));
    CHECK_INT(0, count_of("[2001:db8::1]", RECORD_A));
    CHECK_INT(0, count_of("192.0.2.1", RECORD_SRV));
    CHECK_INT(0, answer.ttl); /* there is nothing to keep */
}

/* RFC 6761 6.3. */
TEST(localhost_is_the_loopback_and_has_no_services)
{
    CHECK(count_of("localhost", RECORD_A) >= 1);
    CHECK(address_is_loopback(&answer.records[0].address));
    CHECK_INT(1, count_of("pbx.LocalHost", RECORD_A));
    CHECK(address_is_loopback(&answer.records[0].address));
    CHECK_INT(1, count_of("pbx.localhost", RECORD_AAAA));
    CHECK(address_is_loopback(&answer.records[0].address));
    CHECK_INT(0, count_of("_sip._udp.localhost", RECORD_SRV));
    CHECK_INT(0, count_of("_sip._udp.pbx.localhost", RECORD_SRV));
    CHECK_INT(0, count_of("localhost", RECORD_NAPTR));
}

/* RFC 6761 6.4. */
TEST(invalid_does_not_exist)
{
    CHECK(is_local("invalid", RECORD_A) && answer.error == -ERR_NAME);
    CHECK(is_local("anonymous.invalid", RECORD_SRV) && answer.error == -ERR_NAME);
}

TEST(other_names_are_for_the_dns)
{
    static const char *const names[] = { "example.com", "mylocalhost", "localhost.example", "notinvalid", "a" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(!is_local(names[i], RECORD_A));
        CHECK(!is_local(names[i], RECORD_SRV));
    }
    CHECK(!is_local("_sip._udp.example.com", RECORD_SRV));
    CHECK(!is_local("_sip._udp", RECORD_SRV));
}

TEST(without_memory_a_local_name_is_a_timeout)
{
    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 0);
    CHECK(is_local("192.0.2.1", RECORD_A));
    CHECK_INT(-ERR_TIMEOUT, answer.error);
    CHECK_INT(0, answer.count);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_literal_address_has_itself_and_nothing_else),
        LIVE_TEST(localhost_is_the_loopback_and_has_no_services),
        LIVE_TEST(invalid_does_not_exist),
        LIVE_TEST(other_names_are_for_the_dns),
        LIVE_TEST(without_memory_a_local_name_is_a_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
