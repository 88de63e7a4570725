/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/third_party.h"

#include "support/test.h"

static bool reads(const char *text)
{
    struct third_party party;

    return third_party_parse(test_guarded(slice_from(text)), &party);
}

static bool allows(const char *rule, const char *who, const char *domain, const char *whom, const char *whose)
{
    struct slice rules[] = { SLICE_INIT("nobody@example.com x@example.com"), slice_from(rule) };

    return third_party_allows(rules, 2, (struct third_party_user){ slice_from(who), slice_from(domain) },
                              (struct third_party_user){ slice_from(whom), slice_from(whose) });
}

TEST(a_rule_names_who_and_whom)
{
    struct third_party p;

    CHECK(third_party_parse(SLICE("assistant@example.com \t boss@other.example"), &p));
    CHECK_SLICE("assistant", p.who.user);
    CHECK_SLICE("example.com", p.who.domain);
    CHECK_SLICE("boss", p.whom.user);
    CHECK_SLICE("other.example", p.whom.domain);
    CHECK(third_party_parse(SLICE("a@b@example.com *"), &p));
    CHECK_SLICE("a@b", p.who.user);
    CHECK_SLICE("*", p.whom.user);
    CHECK_SLICE("*", p.whom.domain);
}

TEST(what_is_no_rule_is_refused)
{
    CHECK(reads("a@b.test *"));
    CHECK(reads("a@b.test *@b.test"));
    CHECK(!reads(""));
    CHECK(!reads("a@b.test"));
    CHECK(!reads("a@b.test "));
    CHECK(!reads("a *"));
    CHECK(!reads("@b.test *"));
    CHECK(!reads("* a@b.test"));
    CHECK(!reads("*@b.test a@b.test"));
    CHECK(!reads("a@b.test b"));
    CHECK(!reads("a@b.test c@d.test e@f.test"));
    CHECK(!reads("a@b.test *@"));
    CHECK(!reads("a@b!test *"));
}

/* RFC 3261 10.3 step 4 */
TEST(only_whom_a_rule_names_may_be_registered_by_another)
{
    CHECK(allows("pbx@example.com alice@example.com", "pbx", "Example.COM", "alice", "EXAMPLE.com"));
    CHECK(!allows("pbx@example.com alice@example.com", "pbx", "example.com", "Alice", "example.com"));
    CHECK(!allows("pbx@example.com alice@example.com", "PBX", "example.com", "alice", "example.com"));
    CHECK(!allows("pbx@example.com alice@example.com", "pbx", "other.test", "alice", "example.com"));
    CHECK(!allows("pbx@example.com alice@example.com", "alice", "example.com", "pbx", "example.com"));
    CHECK(allows("pbx@example.com *@example.com", "pbx", "example.com", "bob", "example.com"));
    CHECK(!allows("pbx@example.com *@example.com", "pbx", "example.com", "bob", "other.test"));
    CHECK(allows("pbx@example.com *", "pbx", "example.com", "bob", "other.test"));
    CHECK(!allows("broken", "pbx", "example.com", "bob", "other.test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_names_who_and_whom),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(only_whom_a_rule_names_may_be_registered_by_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
