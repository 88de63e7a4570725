/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_policy.h"

#include "support/alloc.h"
#include "support/test.h"

static const char text[] =
    "domain = a.test\n"
    "trunk one { address = {\"192.0.2.0/24\", \"2001:db8::7\"} to = \"sip:one.test\" trusted = yes "
    "may_call = {\"+49*\"} }\n"
    "number out { match = \"00(\\\\d+)\" replace = \"+\\\\1\" more = yes }\n"
    "number none { prefix = 0900 reject = 603 from = {\"*@a.test\"} }\n"
    "route \"+49*\" { to = {\"trunk:one weight=3\", \"sip:two.test priority=2\"} fail_over = {500} timeout = 3s }\n"
    "route \"b.test\" { to = \"sip:b.example\" }\n"
    "route \"c.test\" { to = \"sip:b.example\" fail_over = {none} }\n";

static const struct config *parse(void)
{
    const struct config *c = NULL;

    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    return c;
}

TEST(texts_become_what_is_decided_by)
{
    const struct config *c = parse();
    struct policy        p;
    struct arena         a;

    arena_init(&a, NULL, 0, 1 << 20);
    CHECK(config_policy_init(&p, c, &a));
    CHECK(p.trunk_count == 1 && p.trunks[0].network_count == 2 && p.trunks[0].trusted &&
          p.trunks[0].may_call_count == 1);
    CHECK(p.number_rule_count == 2 && p.number_rules[0].match != NULL && p.number_rules[0].more);
    CHECK(p.number_rules[1].match == NULL && p.number_rules[1].reject == 603 && p.number_rules[1].from_count == 1);
    CHECK(p.route_count == 3 && p.routes[0].target_count == 2 && p.routes[0].timeout == 3000);
    CHECK(p.routes[0].targets[0].trunk == &p.trunks[0] && p.routes[0].targets[0].weight == 3);
    CHECK_SLICE("sip:one.test", p.routes[0].targets[0].uri);
    CHECK(p.routes[0].targets[1].trunk == NULL && p.routes[0].targets[1].priority == 2);
    CHECK(p.routes[0].fail_over[0] == 500 && p.routes[0].fail_over[1] == 0);
    CHECK(p.routes[1].fail_over[0] == 408 && p.routes[1].fail_over[1] == 503);
    CHECK(p.routes[2].fail_over[0] == 0);
    config_policy_fini(&p);
    arena_fini(&a);
    config_free(c);
}

TEST(without_memory_there_is_no_policy_and_nothing_is_left)
{
    const struct config *c    = parse();
    bool                 made = false;

    for (unsigned n = 1; !made && n < 100; n++) {
        struct policy p;
        struct arena  a;

        arena_init(&a, NULL, 0, 1 << 20);
        alloc_fail_at(n);
        made = config_policy_init(&p, c, &a);
        alloc_fail_at(0);
        config_policy_fini(&p);
        arena_fini(&a);
    }
    CHECK(made);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_what_is_decided_by),
        cmocka_unit_test(without_memory_there_is_no_policy_and_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
