/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/plan.h"

#include "support/test.h"

#include <stdlib.h>

static struct load_settings s;
static struct load_plan     p;
static char                 reason[512];
static struct buf           why;

static int setup(void **state)
{
    (void)state;
    why = BUF_ON(reason);
    return load_settings_aim(&s, "invite", "example.test");
}

static int teardown(void **state)
{
    (void)state;
    load_settings_fini(&s);
    return 0;
}

static void set(enum load_option option, const char *value)
{
    assert_int_equal(0, load_settings_set(&s, option, value));
}

static bool make(void)
{
    why.len = 0;
    return load_plan_make(&p, &s, &why);
}

static void check_refused(enum load_option option, const char *value)
{
    set(option, value);
    if (make())
        fail_msg("--%s %s was taken", load_option_table()[option].name, value);
    assert_true(why.len > 0);
}

TEST(what_is_not_said_has_its_usual_value)
{
    CHECK(make());
    CHECK_INT(LOAD_OF_INVITE, p.scenario);
    assert_string_equal("example.test", p.domain);
    assert_string_equal("example.test", p.server);
    CHECK_INT(5060, p.port);
    CHECK_INT(TRANSPORT_UDP, p.transport);
    CHECK_INT(64, p.pace.window);
    CHECK_INT(10000, p.duration);
    CHECK_INT(32000, p.timeout);
    CHECK(p.callers && p.callees && p.registers && !p.media && !p.force);
}

TEST(the_domain_and_the_server_may_be_two)
{
    set(LOAD_SERVER, "[::1]:5070");
    CHECK(make());
    assert_string_equal("example.test", p.domain);
    assert_string_equal("::1", p.server);
    CHECK_INT(5070, p.port);
}

TEST(a_server_alone_is_the_domain_too)
{
    free(s.target);
    s.target = NULL;
    set(LOAD_SERVER, "127.0.0.1:5070");
    CHECK(make());
    assert_string_equal("127.0.0.1", p.domain);
    CHECK_INT(5070, p.port);
}

TEST(the_port_goes_with_the_transport)
{
    set(LOAD_TRANSPORT, "tls");
    CHECK(make());
    CHECK_INT(5061, p.port);
    set(LOAD_TRANSPORT, "wss");
    CHECK(make());
    CHECK_INT(443, p.port);
}

TEST(times_have_units)
{
    set(LOAD_DURATION, "2m");
    set(LOAD_HOLD, "1500ms");
    set(LOAD_RING, "3");
    set(LOAD_EXPIRES, "7200");
    CHECK(make());
    CHECK_INT(120000, p.duration);
    CHECK_INT(1500, p.hold);
    CHECK_INT(3000, p.ring);
}

TEST(a_count_needs_no_end_in_time)
{
    set(LOAD_COUNT, "5");
    CHECK(make());
    CHECK_INT(0, p.duration);
    set(LOAD_DURATION, "7s");
    CHECK(make());
    CHECK_INT(7000, p.duration);
}

TEST(an_open_loop_has_room_for_what_a_rate_needs)
{
    set(LOAD_RATE, "1000");
    set(LOAD_HOLD, "10s");
    CHECK(make());
    CHECK(p.pace.rate > 999);
    CHECK_INT(14064, p.pace.window);
}

TEST(users_have_names_by_number)
{
    char       memory[LOAD_NAME_SIZE * 2];
    struct buf b = BUF_ON(memory);

    CHECK(make());
    load_plan_user(&p, 42, &b);
    CHECK_SLICE("u00000042", buf_slice(&b));
    set(LOAD_USER_FORMAT, "load-%u.x");
    CHECK(make());
    b.len = 0;
    load_plan_user(&p, 42, &b);
    CHECK_SLICE("load-42.x", buf_slice(&b));
}

TEST(a_user_format_is_no_printf)
{
    check_refused(LOAD_USER_FORMAT, "user");
    check_refused(LOAD_USER_FORMAT, "%s");
    check_refused(LOAD_USER_FORMAT, "%u%u");
    check_refused(LOAD_USER_FORMAT, "%n");
    check_refused(LOAD_USER_FORMAT, "%099u");
    check_refused(LOAD_USER_FORMAT, "a b%u");
    check_refused(LOAD_USER_FORMAT, "<%u>");
    check_refused(LOAD_USER_FORMAT, "a@%u");
}

TEST(what_cannot_be_is_refused)
{
    check_refused(LOAD_TRANSPORT, "sctp");
    set(LOAD_TRANSPORT, "udp");
    check_refused(LOAD_WINDOW, "0");
    check_refused(LOAD_WINDOW, "many");
    set(LOAD_WINDOW, "1");
    check_refused(LOAD_DURATION, "10 s");
    check_refused(LOAD_DURATION, "0");
    check_refused(LOAD_DURATION, "99999h");
    set(LOAD_DURATION, "10s");
    check_refused(LOAD_SERVER, "user@host");
    check_refused(LOAD_SERVER, "host:99999");
    set(LOAD_SERVER, "host");
    check_refused(LOAD_LOCAL, "eth0");
    set(LOAD_LOCAL, "127.0.0.1:27100");
    CHECK(make());
    CHECK_INT(27100, p.local.port);
    check_refused(LOAD_TRANSPORT, "tcp"); /* a connection has any port */
}

TEST(what_does_not_go_together_is_refused)
{
    set(LOAD_CALLER_ONLY, "yes");
    check_refused(LOAD_CALLEE_ONLY, "yes");
    set(LOAD_CALLEE_ONLY, "no");
    CHECK(make());
    CHECK(p.callers && !p.callees && !p.registers);
    CHECK_INT(0, load_settings_aim(&s, "register", NULL));
    CHECK(!make());
    set(LOAD_CALLER_ONLY, "no");
    CHECK(make());
    check_refused(LOAD_MEDIA, "yes");
}

TEST(registrations_outlive_the_run)
{
    set(LOAD_EXPIRES, "9");
    CHECK(!make());
    set(LOAD_NO_REGISTER, "yes");
    CHECK(make());
}

TEST(no_user_registers_twice_at_one_time)
{
    CHECK_INT(0, load_settings_aim(&s, "register", NULL));
    set(LOAD_USERS, "5");
    CHECK(make());
    CHECK_INT(5, p.pace.window);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_not_said_has_its_usual_value),
        CASE(the_domain_and_the_server_may_be_two),
        CASE(a_server_alone_is_the_domain_too),
        CASE(the_port_goes_with_the_transport),
        CASE(times_have_units),
        CASE(a_count_needs_no_end_in_time),
        CASE(an_open_loop_has_room_for_what_a_rate_needs),
        CASE(users_have_names_by_number),
        CASE(a_user_format_is_no_printf),
        CASE(what_cannot_be_is_refused),
        CASE(what_does_not_go_together_is_refused),
        CASE(registrations_outlive_the_run),
        CASE(no_user_registers_twice_at_one_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
