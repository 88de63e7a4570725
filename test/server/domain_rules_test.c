/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/domain_rules.h"

#include "support/test.h"

#include <stdlib.h>

static const char text[] = "domain = {a.test, b.test, x.b.test}\n"
                           "min_expires = 90s max_contacts = 3\n"
                           "registrations \"*.b.test\" { max_contacts = 1 service_route = {\"sip:b.test;lr\"} }\n"
                           "registrations \"b.test\" { default_expires = 10m }\n";

TEST(each_domain_has_the_rules_of_the_section_that_fits_it_best)
{
    const struct config *c;
    struct domain_rules *rules;

    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    rules = domain_rules_new(c);
    CHECK(rules != NULL);
    CHECK_INT(90, rules[0].limits.min_expires);
    CHECK_INT(3600, rules[0].limits.default_expires);
    CHECK_INT(7200, rules[0].limits.max_expires);
    CHECK_INT(3, rules[0].limits.max_contacts);
    CHECK_INT(0, rules[0].service_route.count);
    CHECK_INT(600, rules[1].limits.default_expires);
    CHECK_INT(3, rules[1].limits.max_contacts);
    CHECK_INT(1, rules[2].limits.max_contacts);
    CHECK_INT(90, rules[2].limits.min_expires);
    CHECK_SLICE("sip:b.test;lr", rules[2].service_route.texts[0]);
    free(rules);
    config_free(c);
}

TEST(who_is_of_none_of_our_domains_has_the_rules_of_the_first)
{
    const struct config *c;
    struct domain_rules *rules;

    CHECK_INT(0, config_parse(slice_from(text), "t.conf", NULL, NULL, &c));
    rules = domain_rules_new(c);
    CHECK(domain_rules_find(rules, 3, SLICE("x.b.test")) == &rules[2]);
    CHECK(domain_rules_find(rules, 3, SLICE("c.test")) == &rules[0]);
    CHECK(domain_rules_find(rules, 3, SLICE("")) == &rules[0]);
    free(rules);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_domain_has_the_rules_of_the_section_that_fits_it_best),
        cmocka_unit_test(who_is_of_none_of_our_domains_has_the_rules_of_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
