/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/redirect.h"

#include "support/test.h"

static const struct slice to[] = { SLICE_INIT("<sip:low.test>;q=0.2"), SLICE_INIT("sip:high.test;transport=tcp"),
                                   SLICE_INIT("<tel:+4930123>;q=0.2"), SLICE_INIT("<sip:mid.test>;q=0.35") };
static const struct redirect_rule rules[] = {
    { .domain = SLICE_INIT("old.test"), .status = 302, .to = to, .to_count = 4 },
    { .domain = SLICE_INIT("*.old.test"), .status = 300 },
    { .domain = SLICE_INIT("*"), .status = 305 },
    { .user = SLICE_INIT("carol"), .domain = SLICE_INIT("*.test"), .status = 301 },
    { .user = SLICE_INIT("carol"), .domain = SLICE_INIT("old.test"), .status = 380 },
};

static unsigned rule_for(const char *text)
{
    const struct redirect_rule *rule;
    struct uri                  uri;

    CHECK(uri_parse(slice_from(text), &uri));
    rule = redirect_find(rules, 5, &uri);
    return rule == NULL ? 0 : rule->status;
}

TEST(a_users_rule_goes_before_that_of_his_domain)
{
    CHECK_INT(302, rule_for("sip:bob@old.test"));
    CHECK_INT(302, rule_for("sips:bob@OLD.test.:5070"));
    CHECK_INT(380, rule_for("sip:carol@old.test"));
    CHECK_INT(301, rule_for("sip:carol@other.test"));
    CHECK_INT(301, rule_for("sip:c%61rol@other.test"));
    CHECK_INT(301, rule_for("sip:carol@x.old.test"));
}

/* RFC 3261 19.1.4: users have their case */
TEST(the_best_pattern_of_a_domain_is_taken)
{
    CHECK_INT(302, rule_for("sip:Carol@old.test"));
    CHECK_INT(300, rule_for("sip:bob@x.old.test"));
    CHECK_INT(305, rule_for("sip:bob@far.example"));
    CHECK(redirect_find(rules, 0, &(struct uri){ .scheme = URI_SIP }) == NULL);
    CHECK(redirect_find(rules, 2, &(struct uri){ .host = SLICE_INIT("far.example") }) == NULL);
}

TEST(contacts_are_in_the_order_of_q)
{
    struct redirect_contact list[REDIRECT_CONTACTS];

    CHECK_INT(4, redirect_contacts(&rules[0], list));
    CHECK_SLICE("sip:high.test;transport=tcp", list[0].uri.text);
    CHECK_INT(1000, list[0].q);
    CHECK_SLICE("sip:mid.test", list[1].uri.text);
    CHECK_INT(350, list[1].q);
    CHECK_SLICE("sip:low.test", list[2].uri.text);
    CHECK_SLICE("tel:+4930123", list[3].uri.text);
}

static void writes(const char *contact, const char *asked, const char *want)
{
    char       memory[256];
    struct buf b = BUF_ON(memory);
    struct uri a, c;

    CHECK(uri_parse(slice_from(contact), &c) && uri_parse(slice_from(asked), &a));
    redirect_write_uri(&b, &c, &a);
    CHECK_SLICE(want, buf_slice(&b));
}

TEST(a_uri_without_a_user_takes_the_requests)
{
    writes("sip:new.test:5070;transport=tcp", "sip:bob@old.test", "sip:bob@new.test:5070;transport=tcp");
    writes("sips:[2001:db8::1]", "sip:bob@old.test", "sips:bob@[2001:db8::1]");
    writes("sip:carol@new.test", "sip:bob@old.test", "sip:carol@new.test");
    writes("sip:new.test", "sip:old.test", "sip:new.test");
    writes("tel:+4930123", "sip:bob@old.test", "tel:+4930123");
    writes("https://old.test/bob", "sip:bob@old.test", "https://old.test/bob");
}

TEST(what_is_no_contact_is_not_taken)
{
    static const char *const bad[] = { "",
                                       "sip:",
                                       "sip:a b",
                                       "<sip:a.test",
                                       "<sip:a.test>;q=2",
                                       "<sip:a.test>;x=1",
                                       "<sip:a.test>, <sip:b.test>",
                                       "\"A\" sip:a.test",
                                       "a.test" };
    struct redirect_contact  c;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!redirect_contact_parse(slice_from(bad[i]), &c));
    CHECK(redirect_contact_parse(SLICE("<https://a.test/x?y>;Q=0"), &c));
    CHECK_INT(0, c.q);
}

TEST(a_title_is_a_domain_or_a_user)
{
    struct slice user, domain;

    CHECK(redirect_title_parse(SLICE("old.test"), &user, &domain));
    CHECK_INT(0, user.len);
    CHECK_SLICE("old.test", domain);
    CHECK(redirect_title_parse(SLICE("carol@*.test"), &user, &domain));
    CHECK_SLICE("carol", user);
    CHECK_SLICE("*.test", domain);
    CHECK(!redirect_title_parse(SLICE("@old.test"), &user, &domain));
    CHECK(!redirect_title_parse(SLICE("a b@old.test"), &user, &domain));
    CHECK(!redirect_title_parse(SLICE("a@b@old.test"), &user, &domain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_users_rule_goes_before_that_of_his_domain),
        cmocka_unit_test(the_best_pattern_of_a_domain_is_taken),
        cmocka_unit_test(contacts_are_in_the_order_of_q),
        cmocka_unit_test(a_uri_without_a_user_takes_the_requests),
        cmocka_unit_test(what_is_no_contact_is_not_taken),
        cmocka_unit_test(a_title_is_a_domain_or_a_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
