/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/policy.h"
#include "support/test.h"

static const struct slice        domains[] = { SLICE_INIT("a.test"), SLICE_INIT("b.test") };
static const struct slice        edges[]   = { SLICE_INIT("*.edge.test") };
static const struct trunk        carrier   = { .to = SLICE_INIT("sip:gw.test") };
static const struct policy_route routes[]  = {
     { .domain = SLICE_INIT("*") },    { .domain = SLICE_INIT("*.wild.test") }, { .domain = SLICE_INIT("x.wild.test") },
     { .domain = SLICE_INIT("+49*") }, { .domain = SLICE_INIT("+4930*") },      { .domain = SLICE_INIT("+49301") },
};
static const struct policy policy = { .domains      = domains,
                                      .domain_count = 2,
                                      .edges        = edges,
                                      .edge_count   = 1,
                                      .trunks       = &carrier,
                                      .trunk_count  = 1,
                                      .routes       = routes,
                                      .route_count  = 6 };

TEST(a_domain_is_ours_in_any_case_and_with_a_dot)
{
    CHECK_SLICE("b.test", policy_domain(&policy, SLICE("B.test.")));
    CHECK(policy_is_ours(&policy, SLICE("a.test")));
    CHECK(!policy_is_ours(&policy, SLICE("a.test..")) && !policy_is_ours(&policy, SLICE("x.a.test")));
    CHECK(!policy_is_ours(&policy, SLICE("")) && !policy_is_ours(&policy, SLICE(".")));
}

TEST(the_route_that_fits_best_is_found)
{
    CHECK(policy_route_for(&policy, SLICE("far.test")) == &routes[0]);
    CHECK(policy_route_for(&policy, SLICE("y.wild.test")) == &routes[1]);
    CHECK(policy_route_for(&policy, SLICE("X.wild.test.")) == &routes[2]);
    CHECK(policy_route_for_number(&policy, SLICE("+4989")) == &routes[3]);
    CHECK(policy_route_for_number(&policy, SLICE("+49302")) == &routes[4]);
    CHECK(policy_route_for_number(&policy, SLICE("+49301")) == &routes[5]);
    CHECK(policy_route_for_number(&policy, SLICE("+39")) == NULL &&
          policy_route_for_number(&policy, SLICE("")) == NULL);
}

TEST(a_host_is_a_trunks_or_an_edges)
{
    struct uri uri;

    CHECK(uri_parse(SLICE("sip:+49@gw.test"), &uri) && policy_is_trunks(&policy, &uri));
    CHECK(uri_parse(SLICE("sip:+49@far.test"), &uri) && !policy_is_trunks(&policy, &uri));
    CHECK(policy_is_edge(&policy, SLICE("x.edge.test")) && !policy_is_edge(&policy, SLICE("edge.test")));
}

TEST(who_is_anonymous_or_a_number_has_no_name)
{
    struct uri uri;

    CHECK(uri_parse(SLICE("sip:anonymous@Anonymous.Invalid."), &uri) && policy_is_nameless(&uri));
    CHECK(uri_parse(SLICE("tel:+49301"), &uri) && policy_is_nameless(&uri));
    CHECK(uri_parse(SLICE("sip:anonymous@a.test"), &uri) && !policy_is_nameless(&uri));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_ours_in_any_case_and_with_a_dot),
        cmocka_unit_test(the_route_that_fits_best_is_found),
        cmocka_unit_test(a_host_is_a_trunks_or_an_edges),
        cmocka_unit_test(who_is_anonymous_or_a_number_has_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
