/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/snapshot.h"

#include "route/redirect.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct config *read(const char *text)
{
    const struct config *c = NULL;

    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    return c;
}

static const char text[] = "domain = {a.test, b.test}\nregistrar = false redirect_server = true\n"
                           "route \"c.test\" { to = \"sip:192.0.2.1\" }\n"
                           "redirect \"d.test\" { to = \"sip:e.test\" }\n"
                           "registrations \"b.test\" { max_contacts = 1 }\n";

TEST(what_is_derived_says_what_the_configuration_says)
{
    const struct config   *c = read(text);
    char                   problem[100];
    const struct snapshot *s = snapshot_new(c, problem, sizeof problem);

    CHECK(s != NULL);
    CHECK(s->config == c);
    CHECK_INT(2, s->policy.domain_count);
    CHECK_SLICE("c.test", s->policy.routes[0].domain);
    CHECK_SLICE("sip:e.test", s->policy.redirects[0].to[0]);
    CHECK_INT(302, s->policy.redirects[0].status);
    CHECK(!s->policy.registrar && s->policy.redirect);
    CHECK_INT(1, snapshot_rules(s, SLICE("b.test"))->limits.max_contacts);
    CHECK_SLICE("a.test", snapshot_rules(s, SLICE("x.test"))->domain);
    snapshot_drop(s);
    config_free(c);
}

TEST(a_snapshot_and_its_configuration_live_until_the_last_holder_drops_them)
{
    const struct config   *c = read(text);
    char                   problem[100];
    const struct snapshot *s = snapshot_new(c, problem, sizeof problem);

    config_free(c);
    CHECK(snapshot_hold(s) == s);
    snapshot_drop(s);
    CHECK_SLICE("b.test", s->policy.domains[1]);
    snapshot_drop(s);
    snapshot_drop(NULL);
}

TEST(without_memory_there_is_none_and_nothing_is_left)
{
    const struct config   *c = read(text);
    const struct snapshot *s = NULL;
    char                   problem[100];

    for (unsigned n = 1; s == NULL; n++) {
        alloc_fail_at(n);
        s = snapshot_new(c, problem, sizeof problem);
        alloc_fail_at(0);
        CHECK(s != NULL || problem[0] != '\0');
        CHECK(n < 20);
    }
    CHECK(problem[0] == '\0');
    snapshot_drop(s);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_derived_says_what_the_configuration_says),
        cmocka_unit_test(a_snapshot_and_its_configuration_live_until_the_last_holder_drops_them),
        cmocka_unit_test(without_memory_there_is_none_and_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
