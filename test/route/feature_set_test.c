/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/feature_set.h"

#include "support/test.h"

#include <stdio.h>

static struct feature_set set_of(const char *params)
{
    struct feature_set set;

    feature_set_read(slice_from(params), &set);
    return set;
}

static struct feature_match match_of(const char *wanted, const char *has)
{
    struct feature_set a = set_of(wanted), b = set_of(has);

    return feature_set_match(&a, &b);
}

/* Is it no contradiction (RFC 2533)? */
static bool fits(const char *wanted, const char *has)
{
    struct feature_match m = match_of(wanted, has);

    CHECK(m.wanted >= m.named && m.named >= m.matched);
    return m.matched == m.named;
}

/* The same both ways: what is known of a tag does not depend on who said it. */
static void both(const char *a, const char *b, bool fit)
{
    CHECK_INT(1, match_of(a, b).named);
    CHECK_INT(1, match_of(b, a).named);
    CHECK(fits(a, b) == fit);
    CHECK(fits(b, a) == fit);
}

/* RFC 3840 9: base tags and what begins with a plus; RFC 3841 7.2.3: the example. */
TEST(feature_parameters_are_base_tags_and_those_with_a_plus)
{
    struct feature_set set = set_of(";audio;video;mobility=\"fixed\";+sip.message=\"TRUE\";other-param=66372"
                                    ";methods=\"INVITE,OPTIONS,BYE,CANCEL,ACK\";schemes=\"sip,http\";q=0.5;expires=60");

    CHECK_INT(6, set.count);
    CHECK_INT(3 + 5 + 2 + 1, set.values);
    CHECK(!set.broken);
    CHECK(feature_is_name(SLICE("+rate")));
    CHECK(feature_is_name(SLICE("Audio")));
    CHECK(!feature_is_name(SLICE("+")));
    CHECK(!feature_is_name(SLICE("+5")));
    CHECK(!feature_is_name(SLICE("q")));
    CHECK(!feature_is_name(SLICE("msgserver")));
}

/* RFC 3840 5, RFC 3841 8: the example. */
TEST(the_example_of_the_encoding_is_read)
{
    const char *all = ";mobility=\"fixed\";events=\"!presence,message-summary\";language=\"en,de\""
                      ";description=\"<PC>\";+sip.newparam;+rangeparam=\"#-4:+5.125\"";

    CHECK_INT(6, match_of(all, all).matched);
    both(all, ";mobility=\"fixed\"", true);
    both(all, ";mobility=\"mobile\"", false);
    both(all, ";events=\"presence\"", false);
    both(all, ";events=\"dialog\"", true);
    both(all, ";events=\"message-summary\"", true);
    both(all, ";language=\"de\"", true);
    both(all, ";language=\"fr\"", false);
    both(all, ";description=\"<PC>\"", true);
    both(all, ";description=\"<pc>\"", false);
    both(all, ";+sip.newparam=\"TRUE\"", true);
    both(all, ";+sip.newparam=\"FALSE\"", false);
    both(all, ";+rangeparam=\"#=5.125\"", true);
    both(all, ";+rangeparam=\"#>=5.2\"", false);
    both(all, ";+rangeparam=\"#<=-4.0\"", true);
}

/* RFC 3840 6: the voicemail server. */
TEST(a_voicemail_server_is_what_it_says)
{
    const char *voicemail = ";audio;video;actor=\"msg-taker\";automata;mobility=\"fixed\""
                            ";methods=\"INVITE,BYE,OPTIONS,ACK,CANCEL\"";

    CHECK_INT(2, match_of(";automata;actor=\"msg-taker\"", voicemail).matched);
    both(";automata=\"FALSE\"", voicemail, false);
    both(";methods=\"SUBSCRIBE\"", voicemail, false);
    both(";methods=\"MESSAGE,bye\"", voicemail, true);
    CHECK_INT(0, match_of(";class=\"personal\"", voicemail).named);
}

/* RFC 3841 8: the plus is an encoding of the name; base tags are those of the SIP tree. */
TEST(the_same_tag_has_two_spellings)
{
    both(";audio", ";+sip.audio", true);
    both(";+SIP.audio=\"TRUE\"", ";audio=\"true\"", true);
    both(";language=\"en\"", ";+language=\"en\"", true);
    CHECK_INT(0, match_of(";+audio", ";audio").named); /* "audio", not "sip.audio" */
    CHECK_INT(0, match_of(";+sip.language=\"en\"", ";language=\"en\"").named);
    both(";+a!b'c", ";+A!B'C", true);
}

/* RFC 3841 7.2.3 step 3, RFC 3840 9: one of each. */
TEST(a_tag_that_comes_again_is_left_out)
{
    struct feature_set set = set_of(";+video=\"FALSE\";video;video=\"FALSE\";+sip.video=\"FALSE\"");

    CHECK_INT(1, set.count);
    both(";+video=\"FALSE\";video;video=\"FALSE\";+sip.video=\"FALSE\"", ";video", true);
}

/* RFC 3841 7.2.4: tokens in any case, strings in this one. */
TEST(tokens_have_no_case_and_strings_have)
{
    both(";class=\"Business\"", ";class=\"bUSINESS\"", true);
    both(";description=\"<Desk>\"", ";description=\"<desk>\"", false);
    both(";description=\"<a\\\"b>\"", ";description=\"<a\\\"b>\"", true);
    both(";description=\"<a\\b>\"", ";description=\"<ab>\"", true);
    both(";description=\"<ab>\"", ";description=\"<abc>\"", false);
    both(";description=\"<a,!b>\"", ";description=\"<a,!b>\"", true);
    both(";+x=\"<5>\"", ";+x=\"5\"", false);
    both(";+x=\"<5>\"", ";+x=\"#=5\"", false);
    both(";+x=\"5\"", ";+x=\"#=5\"", false);
}

TEST(numbers_are_compared_as_numbers)
{
    both(";+n=\"#=1.1\"", ";+n=\"#=1.10\"", true);
    both(";+n=\"#=1.\"", ";+n=\"#=01\"", true);
    both(";+n=\"#=-0\"", ";+n=\"#=+0\"", true);
    both(";+n=\"#>=5\"", ";+n=\"#<=5\"", true);
    both(";+n=\"#>=5\"", ";+n=\"#<=4.999\"", false);
    both(";+n=\"#>=5\"", ";+n=\"#>=1000000\"", true);
    both(";+n=\"#2:4\"", ";+n=\"#4:6\"", true);
    both(";+n=\"#4:2\"", ";+n=\"#=3\"", true);
    both(";+n=\"#2:4\"", ";+n=\"#4.5:6\"", false);
    both(";+n=\"#=1,#=7\"", ";+n=\"#5:8\"", true);
    both(";+n=\"#-4:5\"", ";+n=\"#<=-5\"", false);
}

/* RFC 2533: is there anything that is both?  RFC 4596 6.3, which computes less, would say no to "!a" and "!b". */
TEST(a_negation_means_everything_else)
{
    both(";class=\"!business\"", ";class=\"business\"", false);
    both(";class=\"!business\"", ";class=\"personal\"", true);
    both(";class=\"!business\"", ";class=\"!personal\"", true);
    both(";class=\"!business\"", ";class=\"!business\"", true);
    both(";audio=\"!TRUE\"", ";audio", false);
    both(";audio=\"!FALSE\"", ";audio", true);
    both(";+n=\"!#2:4\"", ";+n=\"#3:3.5\"", false);
    both(";+n=\"!#2:4\"", ";+n=\"#3:5\"", true);
    both(";+n=\"!#2:4\"", ";+n=\"#=1\"", true);
    both(";+n=\"!#2:4\"", ";+n=\"!#3:5\"", true);
    both(";+n=\"!#<=4\"", ";+n=\"!#>=3\"", false);
    both(";+n=\"!#<=4\"", ";+n=\"!#>=5\"", true);
    both(";+n=\"!#<=4\"", ";+n=\"!#<=9\"", true);
    both(";+n=\"!#=4\"", ";+n=\"four\"", true);
    both(";methods=\"!INVITE,!BYE\"", ";methods=\"INVITE\"", true);
}

/* RFC 3840 5: phones that write it otherwise are understood nevertheless. */
TEST(what_phones_write_is_read)
{
    both(";methods=\"INVITE, ACK, BYE , CANCEL\"", ";methods=\"BYE\"", true);
    both(";mobility=fixed", ";mobility=\"fixed\"", true);
    both("; Audio ; Video", ";video", true);
    both(";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
         ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"", true);
}

TEST(a_value_that_cannot_be_read_is_no_term)
{
    static const char *const broken[] = {
        ";methods=\"\"",       ";methods=\",\"",       ";methods=\"INVITE,\"", ";methods=\"INVITE BYE\"",
        ";methods=\"!\"",      ";methods=\"!!a\"",     ";methods=\"<a\"",      ";methods=\"a,<b>\"",
        ";methods=\"#\"",      ";methods=\"#>5\"",     ";methods=\"#=a\"",     ";methods=\"#1:\"",
        ";methods=\"#1:2:3\"", ";methods=\"#=1.2.3\"", ";methods=\"#=.5\"",    ";methods=\"#=+-1\"",
        ";methods=\"a=b\"",    ";methods=\"{}\"",      ";methods=\"!<b>\"",
    };

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct feature_set set = set_of(broken[i]);

        CHECK_INT(0, set.count);
        CHECK(set.broken);
    }
}

/* RFC 3840 9: numbers fit into a double. */
TEST(a_number_beyond_all_bounds_is_no_value)
{
    char               text[600] = ";+n=\"#=";
    struct feature_set set;

    memset(text + strlen(text), '9', 400);
    strcat(text, "\"");
    set = set_of(text);
    CHECK_INT(0, set.count);
    CHECK(set.broken);
}

TEST(a_set_has_bounds)
{
    char               text[2048] = "";
    struct feature_set set;

    for (unsigned i = 0; i <= FEATURES; i++)
        snprintf(text + strlen(text), 16, ";+f%u", i);
    set = set_of(text);
    CHECK_INT(FEATURES, set.count);
    CHECK(set.broken);
    strcpy(text, ";audio;methods=\"");
    for (unsigned i = 0; i < FEATURE_VALUES; i++)
        snprintf(text + strlen(text), 16, "M%u,", i);
    strcat(text, "X\";video");
    set = set_of(text);
    CHECK_INT(2, set.count);
    CHECK(set.broken);
}

TEST(a_term_can_be_added)
{
    struct feature_set set = set_of("");
    struct feature_set has = set_of(";methods=\"INVITE,MESSAGE\"");

    CHECK(feature_set_add(&set, SLICE("methods"), SLICE("MESSAGE")));
    CHECK(!set.broken);
    CHECK_INT(1, feature_set_match(&set, &has).matched);
    CHECK(!feature_set_add(&set, SLICE("events"), SLICE("a b")));
    CHECK(!feature_set_add(&set, SLICE("nothing"), SLICE("a")));
    CHECK(set.broken);
    CHECK_INT(1, set.count);
}

TEST(nothing_is_wanted_and_nothing_is_known)
{
    CHECK(fits("", ";audio"));
    CHECK(fits(";audio", ""));
    CHECK_INT(0, match_of("", "").wanted);
    CHECK_INT(1, match_of(";audio", "").wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feature_parameters_are_base_tags_and_those_with_a_plus),
        cmocka_unit_test(the_example_of_the_encoding_is_read),
        cmocka_unit_test(a_voicemail_server_is_what_it_says),
        cmocka_unit_test(the_same_tag_has_two_spellings),
        cmocka_unit_test(a_tag_that_comes_again_is_left_out),
        cmocka_unit_test(tokens_have_no_case_and_strings_have),
        cmocka_unit_test(numbers_are_compared_as_numbers),
        cmocka_unit_test(a_negation_means_everything_else),
        cmocka_unit_test(what_phones_write_is_read),
        cmocka_unit_test(a_value_that_cannot_be_read_is_no_term),
        cmocka_unit_test(a_number_beyond_all_bounds_is_no_value),
        cmocka_unit_test(a_set_has_bounds),
        cmocka_unit_test(a_term_can_be_added),
        cmocka_unit_test(nothing_is_wanted_and_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
