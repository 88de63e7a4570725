/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_changes.h"

#include "server/config_keys.h"
#include "support/test.h"

#include <stdio.h>

static char told[4096];

static const struct config *parse(const char *text)
{
    const struct config *c = NULL;

    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    return c;
}

static void on_change(void *arg, const struct config_change *c)
{
    size_t len = strlen(told);

    (void)arg;
    snprintf(told + len, sizeof told - len, "%s: %s -> %s%s\n", c->what, c->before != NULL ? c->before : "none",
             c->after != NULL ? c->after : "none", c->needs_restart ? " (restart)" : "");
}

static void changes(const char *before, const char *after)
{
    const struct config *a = parse(before), *b = parse(after);

    told[0] = '\0';
    CHECK_INT(0, config_changes(a, b, on_change, NULL));
    config_free(a);
    config_free(b);
}

TEST(the_same_differently_written_is_no_change)
{
    changes("domain = a.test max_expires = 120m\nroute \"b.test\" { to = \"sip:192.0.2.1\" }\n",
            "# changed\nmax_expires = 2h\n\ndomain = {\"A.test\"}\nroute \"b.test\" {\nto = \"sip:192.0.2.1\"\n}\n");
    assert_string_equal("", told);
}

TEST(keys_lists_and_what_needs_a_restart_are_told)
{
    changes("domain = a.test workers = 2 state = \"/tmp/x\"",
            "domain = {a.test, b.test} workers = 3 state = \"/tmp/x\" t1 = 250ms listen = \"udp:127.0.0.1:5070\"");
    CHECK(strstr(told, "domain: {'a.test'} -> {'a.test', 'b.test'}\n") != NULL);
    CHECK(strstr(told, "-> {'udp:127.0.0.1:5070'}\n") != NULL);
    CHECK(strstr(told, "t1: 500ms -> 250ms\n") != NULL);
    CHECK(strstr(told, "workers: 2 -> 3 (restart)\n") != NULL);
}

TEST(sections_come_go_change_and_are_reordered)
{
    changes(
        "domain = a.test\nroute \"b.test\" { to = \"sip:192.0.2.1\" }\nroute \"c.test\" { to = \"sip:192.0.2.1\" }\n",
        "domain = a.test\nroute \"c.test\" { to = \"sip:192.0.2.2\" }\nroute \"d.test\" { to = \"sip:192.0.2.1\" }\n");
    assert_string_equal("route \"b.test\": { to = {'sip:192.0.2.1'} } -> none\n"
                        "route \"c.test\": { to = {'sip:192.0.2.1'} } -> { to = {'sip:192.0.2.2'} }\n"
                        "route \"d.test\": none -> { to = {'sip:192.0.2.1'} }\n",
                        told);
    changes(
        "domain = a.test\nroute \"b.test\" { to = \"sip:192.0.2.1\" }\nroute \"c.test\" { to = \"sip:192.0.2.1\" }\n",
        "domain = a.test\nroute \"c.test\" { to = \"sip:192.0.2.1\" }\nroute \"b.test\" { to = \"sip:192.0.2.1\" }\n");
    assert_string_equal("order of the route sections: 'b.test', 'c.test' -> 'c.test', 'b.test'\n", told);
}

TEST(the_process_is_made_with_some_keys_and_sections_are_no_such)
{
    CHECK(config_key_needs_restart(config_key_find(NULL, SLICE("workers"))));
    CHECK(!config_key_needs_restart(config_key_find(NULL, SLICE("listen"))));
    CHECK(!config_key_needs_restart(config_key_find("registrations", SLICE("max_contacts"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_differently_written_is_no_change),
        cmocka_unit_test(keys_lists_and_what_needs_a_restart_are_told),
        cmocka_unit_test(sections_come_go_change_and_are_reordered),
        cmocka_unit_test(the_process_is_made_with_some_keys_and_sections_are_no_such),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
