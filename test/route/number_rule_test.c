/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/number_rule.h"

#include "support/test.h"

static struct number_rule   rules[4];
static size_t               count;
static struct number_caller caller;

static int fresh(void **state)
{
    (void)state;
    count  = 0;
    caller = (struct number_caller){ .user = SLICE("") };
    return 0;
}

static int drop(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++)
        pattern_free((struct pattern *)rules[i].match);
    return 0;
}

static struct number_rule *add(const char *name)
{
    rules[count] = (struct number_rule){ .name = slice_from(name), .line = 7 };
    return &rules[count++];
}

static void add_match(const char *match, const char *replace)
{
    struct number_rule *r = add("match");
    char                memory[128];
    struct buf          why = BUF_ON(memory);

    r->match    = pattern_new(slice_from(match), &why);
    r->replaces = true;
    r->replace  = slice_from(replace);
    CHECK(r->match != NULL);
}

static struct number_rule *add_prefix(const char *prefix, unsigned strip, const char *prepend)
{
    struct number_rule *r = add("prefix");

    r->prefix  = slice_from(prefix);
    r->strip   = strip;
    r->prepend = slice_from(prepend);
    return r;
}

static void check(enum number_outcome wanted, const char *result, const char *number)
{
    static struct explain     e;
    const struct number_rule *by;
    char                      memory[NUMBER_TEXT];
    struct slice              text;

    explain_init(&e);
    CHECK_INT(wanted, number_rules_apply(rules, count, slice_from(number), &caller, memory, &text, &by, &e));
    CHECK_SLICE(result, text);
    CHECK((by == NULL) == (wanted == NUMBER_SAME));
    CHECK(e.count > 0 || count == 0);
}

TEST(the_first_rule_that_fits_counts)
{
    add_prefix("00", 2, "+");
    add_prefix("0", 1, "+49");
    add_prefix("+", 1, "never");
    check(NUMBER_CHANGED, "+331", "00331");
    check(NUMBER_CHANGED, "+4930", "030");
    check(NUMBER_SAME, "112", "112");
}

TEST(a_rule_with_more_gives_its_result_to_the_next)
{
    add_prefix("00", 2, "+")->more = true;
    add_match("\\+49(.*)", "0\\1");
    check(NUMBER_CHANGED, "030", "004930");
    check(NUMBER_CHANGED, "+3330", "003330");
    check(NUMBER_CHANGED, "030", "+4930");
}

TEST(a_rule_rejects)
{
    add_prefix("0900", 0, "")->reject = 603;
    check(NUMBER_REJECTED, "0900123", "0900123");
    check(NUMBER_SAME, "090", "090");
}

/* Whoever cannot prove to be one is none. */
TEST(a_rule_is_for_those_it_names)
{
    static const struct slice from[] = { SLICE_INIT("alice@a.test"), SLICE_INIT("*@b.test"), SLICE_INIT("trunk:pbx") };
    struct number_rule       *r      = add_prefix("1", 0, "x");

    r->from       = from;
    r->from_count = 3;
    check(NUMBER_SAME, "1", "1");
    caller = (struct number_caller){ .user = SLICE("alice"), .domain = SLICE("A.test") };
    check(NUMBER_CHANGED, "x1", "1");
    caller.user = SLICE("bob");
    check(NUMBER_SAME, "1", "1");
    caller.domain = SLICE("b.test");
    check(NUMBER_CHANGED, "x1", "1");
    caller = (struct number_caller){ .trunk = SLICE("pbx") };
    check(NUMBER_CHANGED, "x1", "1");
    caller.trunk = SLICE("other");
    check(NUMBER_SAME, "1", "1");
    CHECK(number_caller_is_good(SLICE("trunk:a")) && number_caller_is_good(SLICE("*@a.test")));
    CHECK(!number_caller_is_good(SLICE("alice")) && !number_caller_is_good(SLICE("trunk:")));
}

TEST(what_takes_too_long_or_is_too_long_fails)
{
    char long_number[NUMBER_TEXT];

    memset(long_number, 'a', sizeof long_number - 1);
    long_number[sizeof long_number - 1] = '\0';
    add_match("(a+)+[bc]", "x");
    check(NUMBER_FAILED, long_number, long_number);
    pattern_free((struct pattern *)rules[0].match);
    count = 0;
    add_prefix("a", 0, "bc");
    check(NUMBER_FAILED, long_number, long_number);
    count = 0;
    add_prefix("1", 9, "");
    check(NUMBER_FAILED, "1", "1"); /* nothing is left */
}

static void check_number(const char *wanted, const char *text)
{
    char       memory[NUMBER_TEXT];
    struct uri uri;

    CHECK(uri_parse(test_guarded(slice_from(text)), &uri));
    CHECK_SLICE(wanted, number_of_uri(&uri, memory));
}

TEST(a_number_loses_its_separators_and_a_name_nothing)
{
    check_number("+4930123", "tel:+49-(30)123;ext=4");
    check_number("112", "tel:112;phone-context=+49");
    check_number("112", "sip:1-1-2@a.test");
    check_number("0049", "sip:0049;isub=1@a.test;user=phone");
    check_number("*21#", "sip:*21%23@a.test");
    check_number("mary-ann.b", "sip:mary-ann.b@a.test");
    check_number("0049", "sip:0049;isub=1@a.test");
    check_number("a;b", "sip:a;b@a.test");
    check_number("", "sip:a.test");
    check_number("", "mailto:a@a.test");
}

static void check_uri(const char *wanted, const char *result, const char *replace, const char *asked)
{
    const struct number_rule rule = { .replaces = replace != NULL,
                                      .replace  = slice_from(replace != NULL ? replace : "") };
    char                     memory[256];
    struct buf               b = BUF_ON(memory);
    struct uri               uri;

    CHECK(uri_parse(slice_from(asked), &uri));
    CHECK(number_write_uri(&b, slice_from(result), &rule, &uri, SLICE("a.test")) == (wanted != NULL));
    if (wanted != NULL)
        CHECK_SLICE(wanted, buf_slice(&b));
}

TEST(what_comes_of_a_number_is_a_uri)
{
    check_uri("sip:112@psap.test", "sip:112@psap.test", "sip:\\0@psap.test", "tel:112");
    check_uri("sips:112@psap.test", "sip:112@psap.test", "sip:\\0@psap.test", "sips:112@a.test");
    check_uri("tel:+49", "+49", NULL, "tel:0049;phone-context=x");
    check_uri("sip:+49@a.test;user=phone", "+49", NULL, "sip:0049@a.test");
    check_uri("sip:desk@a.test", "desk", "desk", "tel:+49");
    check_uri("sips:desk@a.test", "desk", "desk", "sips:1@a.test");
    check_uri(NULL, "tel:x", "tel:\\1", "tel:+49");
}

/* Only the operator writes a scheme. */
TEST(who_is_called_writes_no_uri)
{
    check_uri("sip:sip%3Aeve%40evil.test@a.test", "sip:eve@evil.test", "\\1", "sip:x@a.test");
    check_uri("sip:+49%40evil.test@a.test", "+49@evil.test", "+\\1", "tel:+1");
}

/* Whatever is called, the host is the one that the operator has written. */
TEST(who_is_called_writes_no_host)
{
    add_match("(.*)", "sip:\\1@gw.test");
    check(NUMBER_CHANGED, "sip:x%40evil.test;@gw.test", "x@evil.test;");
    check(NUMBER_CHANGED, "sip:x%40evil.test%3A5060?y@gw.test", "x@evil.test:5060?y");
    check(NUMBER_CHANGED, "sip:+49*1%23@gw.test", "+49*1#");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_rule_that_fits_counts, fresh, drop),
        cmocka_unit_test_setup_teardown(a_rule_with_more_gives_its_result_to_the_next, fresh, drop),
        cmocka_unit_test_setup_teardown(a_rule_rejects, fresh, drop),
        cmocka_unit_test_setup_teardown(a_rule_is_for_those_it_names, fresh, drop),
        cmocka_unit_test_setup_teardown(what_takes_too_long_or_is_too_long_fails, fresh, drop),
        cmocka_unit_test_setup_teardown(a_number_loses_its_separators_and_a_name_nothing, fresh, drop),
        cmocka_unit_test_setup_teardown(what_comes_of_a_number_is_a_uri, fresh, drop),
        cmocka_unit_test_setup_teardown(who_is_called_writes_no_uri, fresh, drop),
        cmocka_unit_test_setup_teardown(who_is_called_writes_no_host, fresh, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
