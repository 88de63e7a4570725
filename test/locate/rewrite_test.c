/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions of NAPTR records, good and hostile (RFC 3402 3.2, RFC 6116 5.2). */
#include "locate/rewrite.h"

#include "base/error.h"
#include "support/test.h"

static const char number[] = "+442079460148";

static int apply(const char *expression, char *memory, size_t size, struct slice *result)
{
    struct buf out   = buf_on(memory, size);
    int        error = rewrite(slice_from(expression), number, &out);

    *result = buf_slice(&out);
    return error;
}

static void gives(const char *want, const char *expression)
{
    char         memory[256];
    struct slice result;

    CHECK_INT(0, apply(expression, memory, sizeof memory, &result));
    CHECK_SLICE(want, result);
}

static void fails(int error, const char *expression)
{
    char         memory[256];
    struct slice result;

    CHECK_INT(error, apply(expression, memory, sizeof memory, &result));
}

TEST(the_whole_is_replaced)
{
    gives("sip:info@example.com", "!^.*$!sip:info@example.com!");
    gives("sip:SIP@Example.com", "!^.*$!sip:SIP@Example.com!i");
}

TEST(groups_are_put_in_by_number)
{
    gives("sip:2079460148@44.example", "!^\\+(44)(.*)$!sip:\\2@\\1.example!");
    gives("+442079460148=44-2079460148", "!^(\\+(44)(.*))$!\\1=\\2-\\3!");
    gives("4444444444", "!^\\+(44).*$!\\1\\1\\1\\1\\1!");
    gives("9", "!^\\+(4)(4)(2)(0)(7)(9)(4)(6)(0)148$!\\6!");
}

/* RFC 6116 5.2: "MUST be ready to process NAPTRs that use a different character". */
TEST(any_delimiter_will_do)
{
    gives("sip:a@b", "/^.*$/sip:a@b/");
    gives("sip:a!b@c", "#^.*$#sip:a!b@c#");
    gives("sip:a!b@c", "!^.*$!sip:a\\!b@c!");
    gives("x", "|^.*$|x|");
    gives("a/b", "/^\\+.*$/a\\/b/");
}

TEST(a_delimiter_is_no_digit_flag_or_backslash)
{
    fails(-ERR_SYNTAX, "1^.*$1sip:a@b1");
    fails(-ERR_SYNTAX, "i^.*$isip:a@bi");
    fails(-ERR_SYNTAX, "\\^.*$\\sip:a@b\\");
}

/* "SHOULD discard NAPTRs that have more or less than 3 unescaped instances". */
TEST(there_are_three_delimiters)
{
    fails(-ERR_SYNTAX, "");
    fails(-ERR_SYNTAX, "!");
    fails(-ERR_SYNTAX, "!!");
    fails(-ERR_SYNTAX, "!^.*$!sip:a@b");
    fails(-ERR_SYNTAX, "!^.*$!sip:a@b\\!");
    fails(-ERR_SYNTAX, "!^.*$!sip:a@b!!");
    fails(-ERR_SYNTAX, "!^.*$!sip:a@b!x");
}

TEST(what_does_not_match_is_not_found)
{
    fails(-ERR_NOT_FOUND, "!^\\+49!sip:a@b!");
}

TEST(a_group_that_is_not_there_is_an_error)
{
    fails(-ERR_SYNTAX, "!^.*$!sip:\\1@b!");
    fails(-ERR_SYNTAX, "!^(.*)$!sip:\\0@b!");
    fails(-ERR_SYNTAX, "!^(.*)$!sip:\\2@b!");
    fails(-ERR_SYNTAX, "!^(x)?.*$!sip:\\1@b!"); /* it took no part */
}

TEST(expressions_that_are_none_are_errors)
{
    fails(-ERR_SYNTAX, "!^(.*$!sip:a@b!");
    fails(-ERR_SYNTAX, "![!sip:a@b!");
    fails(-ERR_SYNTAX, "!a{2!sip:a@b!");
    fails(-ERR_SYNTAX, "!\\!sip:a@b!");
}

TEST(the_result_is_bounded)
{
    char         memory[16];
    struct slice result;

    CHECK_INT(-ERR_SYNTAX, apply("!^(.*)$!\\1\\1!", memory, sizeof memory, &result));
    CHECK_INT(0, apply("!^(.*)$!\\1!", memory, sizeof memory, &result));
}

TEST(a_zero_byte_is_refused)
{
    static const char text[] = "!^.\0*$!sip:a@b!";
    char              memory[64];
    struct buf        out = BUF_ON(memory);

    CHECK_INT(-ERR_SYNTAX, rewrite((struct slice){ text, sizeof text - 1 }, number, &out));
}

/* Each of them would take gigabytes, or hours. */
TEST(hostile_expressions_are_not_compiled)
{
    char     nested[REWRITE_MAX + 1] = "!";
    unsigned depth                   = 60;

    fails(-ERR_SYNTAX, "!((((a{1,250}){1,250}){1,250}){1,250})!x!");
    fails(-ERR_SYNTAX, "!a{60000}!x!");
    fails(-ERR_SYNTAX, "!a{99999999999999999999}!x!");
    fails(-ERR_SYNTAX, "!(a{9}){9}{9}!x!");
    fails(-ERR_SYNTAX, "!a{9}{9}{9}!x!");
    fails(-ERR_SYNTAX, "!(.*)\\1\\1\\1!x!"); /* back references */
    for (unsigned i = 0; i < depth; i++)
        strcat(nested, "(");
    for (unsigned i = 0; i < depth; i++)
        strcat(nested, "+)+");
    memcpy(nested + 1 + depth, "a", 1);
    strcat(nested, "!x!");
    fails(-ERR_SYNTAX, nested);
    fails(-ERR_SYNTAX, "!^()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*()*(.*)*$!x!");
    fails(-ERR_SYNTAX, "!(|^2+[^x]+[0-9]+|\\+|)+!x!");
    fails(-ERR_SYNTAX, "!^.*(|$)^.*(|$)^.*(|$)^.*(|$)^.*(|$)^.*(|$)^.*(|$)^.*(|$)^.*(|$)!x!");
    fails(-ERR_SYNTAX, "!.*$.*$.*$.*$.*$.*$.*$.*$.*$.*$!x!");
    fails(-ERR_SYNTAX, "!(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)!x!"); /* ten */
    fails(-ERR_SYNTAX, "!1|2|3|4|5|6|7|8|9|0!x!");
}

TEST(usual_repetitions_are_compiled)
{
    gives("2079460148", "!^\\+44([0-9]{4,14})$!\\1!");
    gives("44-2079460148", "!^\\+([0-9]{1,2})([0-9]+)$!\\1-\\2!");
    gives("442079460148", "!^\\+?([0-9]+)$!\\1!");
    gives("x", "!^(\\+|00)[0-9]{2,3}[^a-z]*[0-9]?$!x!");
    gives("44", "!(^\\+49|^\\+(44)).*$!\\2!");
}

/* All that a character-string of the DNS holds. */
TEST(the_longest_expression_is_taken)
{
    char         text[REWRITE_MAX + 2] = "!^.*$!";
    char         memory[256];
    struct slice result;

    memset(text + 6, 'a', REWRITE_MAX - 7);
    strcat(text, "!");
    CHECK_INT(REWRITE_MAX, strlen(text));
    CHECK_INT(0, apply(text, memory, sizeof memory, &result));
    CHECK_INT(REWRITE_MAX - 7, result.len);
    strcat(text, "i");
    fails(-ERR_SYNTAX, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_is_replaced),
        cmocka_unit_test(groups_are_put_in_by_number),
        cmocka_unit_test(any_delimiter_will_do),
        cmocka_unit_test(a_delimiter_is_no_digit_flag_or_backslash),
        cmocka_unit_test(there_are_three_delimiters),
        cmocka_unit_test(what_does_not_match_is_not_found),
        cmocka_unit_test(a_group_that_is_not_there_is_an_error),
        cmocka_unit_test(expressions_that_are_none_are_errors),
        cmocka_unit_test(the_result_is_bounded),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(hostile_expressions_are_not_compiled),
        cmocka_unit_test(usual_repetitions_are_compiled),
        cmocka_unit_test(the_longest_expression_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
