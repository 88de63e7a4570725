/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_limit.h"

#include "support/test.h"

static struct log_limit limit;
static struct log_debt  debt;

static void begin(void)
{
    log_limit_init(&limit, &(struct hash_key){ 1, 2 });
}

static bool pass(uint8_t host, uint16_t port, msec now)
{
    struct address a = address_v4(192, 0, 2, host, port);

    return log_limit_pass(&limit, &a, now, &debt);
}

static unsigned pass_many(uint8_t host, unsigned count, msec now)
{
    unsigned passed = 0;

    for (unsigned i = 0; i < count; i++)
        passed += pass(host, (uint16_t)(1000 + i), now);
    return passed;
}

TEST(one_source_has_so_many_lines_a_second_whatever_its_port)
{
    begin();
    CHECK_INT(LOG_LINES_PER_SOURCE, pass_many(1, 100, 5));
    CHECK_INT(0, pass_many(1, 100, 999));
    CHECK_INT(LOG_LINES_PER_SOURCE, pass_many(1, 100, 1000));
}

TEST(who_floods_takes_no_line_from_others)
{
    begin();
    pass_many(1, 100000, 0);
    CHECK(pass(2, 5060, 0));
    CHECK_INT(0, debt.own);
}

TEST(the_next_line_says_how_many_were_kept_back)
{
    begin();
    pass_many(1, LOG_LINES_PER_SOURCE + 7, 0);
    CHECK(pass(1, 5060, 1000));
    CHECK_INT(7, debt.own);
    CHECK(pass(1, 5060, 1000));
    CHECK_INT(0, debt.own + debt.others);
}

TEST(many_sources_together_have_a_bound_too)
{
    unsigned passed = 0;

    begin();
    for (unsigned i = 0; i < 10000; i++) {
        struct address a = address_v4(10, 1, (uint8_t)(i >> 8), (uint8_t)i, 5060);

        passed += log_limit_pass(&limit, &a, 0, &debt);
    }
    CHECK_INT(LOG_LINES_OF_STRANGERS, passed);
}

/* Each flooder is over its limit; those that had to make room are not forgotten. */
TEST(lines_kept_back_from_a_source_that_made_room_are_told_too)
{
    uint64_t kept_back = 0, told = 0;

    begin();
    for (unsigned i = 0; i < 5000; i++) {
        struct address a   = address_v4(10, 2, (uint8_t)(i >> 8), (uint8_t)i, 5060);
        msec           now = (msec)i * 1000;

        for (unsigned n = 0; n < LOG_LINES_PER_SOURCE + 1; n++) {
            if (log_limit_pass(&limit, &a, now, &debt))
                told += debt.own + debt.others;
            else
                kept_back++;
        }
    }
    CHECK_INT(5000, kept_back);
    CHECK(told >= kept_back - LOG_LIMIT_SETS * LOG_LIMIT_WAYS && told <= kept_back);
}

TEST(the_hosts_of_one_ipv6_network_are_one_source)
{
    struct address a      = { .ip = { 0x20, 0x01, 0x0d, 0xb8 }, .family = FAMILY_6 };
    unsigned       passed = 0;

    begin();
    for (unsigned i = 0; i < 100; i++) {
        a.ip[15] = (uint8_t)i;
        passed += log_limit_pass(&limit, &a, 0, &debt);
    }
    CHECK_INT(LOG_LINES_PER_SOURCE, passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_has_so_many_lines_a_second_whatever_its_port),
        cmocka_unit_test(who_floods_takes_no_line_from_others),
        cmocka_unit_test(the_next_line_says_how_many_were_kept_back),
        cmocka_unit_test(many_sources_together_have_a_bound_too),
        cmocka_unit_test(lines_kept_back_from_a_source_that_made_room_are_told_too),
        cmocka_unit_test(the_hosts_of_one_ipv6_network_are_one_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
