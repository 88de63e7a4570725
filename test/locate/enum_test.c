/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/enum.h"

#include "base/error.h"
#include "support/test.h"

/* --- a DNS made of a table --- */

struct zone_row {
    const char *name;
    uint16_t    order, preference;
    const char *flags, *service, *regexp, *replacement; /* flags NULL: no answer comes */
};

static char asked[4096];

static enum enum_action answer(struct enum_lookup *e, const struct zone_row *rows, size_t count)
{
    struct slice  name = enum_question(e);
    struct record records[32];
    size_t        n = 0;

    strcat(asked, asked[0] ? " " : "");
    strncat(asked, name.ptr, name.len);
    for (size_t i = 0; i < count; i++) {
        if (!slice_eq_nocase(slice_from(rows[i].name), name))
            continue;
        if (rows[i].flags == NULL)
            return enum_answer(e, -ERR_TIMEOUT, NULL, 0);
        records[n++] = (struct record){ .type     = RECORD_NAPTR,
                                        .priority = rows[i].order,
                                        .weight   = rows[i].preference,
                                        .flags    = slice_from(rows[i].flags),
                                        .service  = slice_from(rows[i].service),
                                        .regexp   = slice_from(rows[i].regexp),
                                        .target   = slice_from(rows[i].replacement) };
    }
    return enum_answer(e, n > 0 ? 0 : -ERR_NAME, records, n);
}

static enum enum_action run(struct enum_lookup *e, const char *text, const struct zone_row *rows, size_t count)
{
    struct uri       uri;
    enum enum_action action;

    asked[0] = '\0';
    CHECK(uri_parse(slice_from(text), &uri));
    action = enum_start(e, &uri, SLICE("e164.arpa"));
    for (unsigned i = 0; action == ENUM_ASK; i++) {
        CHECK(i < ENUM_QUESTIONS);
        action = answer(e, rows, count);
    }
    return action;
}

#define ROWS(array) (array), sizeof(array) / sizeof *(array)

static void leads(const char *want, const char *uri, const struct zone_row *rows, size_t count)
{
    static struct enum_lookup e;

    CHECK_INT(ENUM_DONE, run(&e, uri, rows, count));
    CHECK_SLICE(want, enum_uri(&e));
}

static void fails(int error, const char *uri, const struct zone_row *rows, size_t count)
{
    static struct enum_lookup e;

    CHECK_INT(ENUM_FAILED, run(&e, uri, rows, count));
    CHECK_INT(error, e.error);
}

#define KEY "8.4.1.0.6.4.9.7.0.2.4.4.e164.arpa"

/* The example of RFC 6116 4. */
static const struct zone_row example[] = {
    { KEY, 100, 51, "u", "E2U+h323", "!^.*$!h323:info@example.com!", "." },
    { KEY, 100, 50, "u", "E2U+sip", "!^(.*)$!sip:\\1@example.com!", "." },
    { KEY, 100, 52, "u", "E2U+email:mailto", "!^.*$!mailto:info@example.com!", "." },
};

/* --- numbers --- */

static void check_number(const char *want, const char *text)
{
    char       memory[ENUM_DIGITS + 1];
    struct buf out = BUF_ON(memory);
    struct uri uri;

    CHECK(uri_parse(slice_from(text), &uri));
    if (want == NULL) {
        CHECK(!enum_number(&uri, &out));
        return;
    }
    CHECK(enum_number(&uri, &out));
    CHECK_SLICE(want, buf_slice(&out));
}

/* RFC 6116 3.1, 3.7: a number is global or it is none. */
TEST(a_number_is_what_begins_with_plus)
{
    check_number("+442079460148", "tel:+44-20-7946-0148");
    check_number("+442079460148", "tel:+44(20)7946.0148;isub=1");
    check_number("+442079460148", "sip:+442079460148@example.com;user=phone");
    check_number("+442079460148", "sips:%2B442079460148;npdi@example.com;user=PHONE");
    check_number("+123456789012345", "tel:+123456789012345");
    check_number(NULL, "tel:+1234567890123456");
    check_number(NULL, "tel:7946;phone-context=+44");
    check_number(NULL, "tel:+");
    check_number(NULL, "tel:+44*7");
    check_number(NULL, "sip:+442079460148@example.com");
    check_number(NULL, "sip:alice@example.com;user=phone");
    check_number(NULL, "sip:example.com;user=phone");
    check_number(NULL, "mailto:+44@example.com");
}

TEST(without_a_number_or_a_suffix_nobody_is_asked)
{
    struct enum_lookup e;
    struct uri         uri;

    fails(-ERR_UNSUPPORTED, "tel:110", NULL, 0);
    CHECK(uri_parse(SLICE("tel:+4930"), &uri));
    CHECK_INT(ENUM_FAILED, enum_start(&e, &uri, SLICE("")));
    CHECK_INT(-ERR_NAME, e.error);
    CHECK_INT(ENUM_FAILED, enum_answer(&e, 0, NULL, 0));
    CHECK_INT(ENUM_ASK, enum_start(&e, &uri, SLICE(".e164.example")));
    CHECK_SLICE("0.3.9.4.e164.example", enum_question(&e));
}

/* --- one answer --- */

TEST(a_number_leads_to_a_sip_uri)
{
    leads("sip:+442079460148@example.com", "tel:+44-20-7946-0148", ROWS(example));
    assert_string_equal(KEY, asked);
}

TEST(order_comes_before_preference)
{
    static const struct zone_row rows[] = {
        { KEY, 2, 1, "u", "E2U+sip", "!.*!sip:late@e!", "." },
        { KEY, 1, 9, "u", "E2U+sip", "!.*!sip:second@e!", "." },
        { KEY, 1, 3, "u", "E2U+sip", "!.*!sip:first@e!", "." },
    };

    leads("sip:first@e", "tel:+442079460148", ROWS(rows));
}

/* 3.4.3, 3.4.3.2, 3.6, and RFC 2916. */
TEST(services_are_told_apart)
{
    static const struct {
        const char *service;
        bool        ours;
    } cases[] = {
        { "E2U+sip", true },
        { "e2u+SIP", true },
        { "E2U+voice:tel+sip", true },
        { "sip+E2U", true },
        { "E2U+sips", true },
        { "E2U+pstn:sip", false },
        { "E2U+P-sip", false },
        { "E2U+sip:x", false },
        { "SIP+D2U", false },
        { "E2U", false },
        { "sip", false },
        { "", false },
        { "E2U+email:mailto", false },
        { "+", false },
        { "E2U++sip", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct zone_row row = { KEY, 1, 1, "u", cases[i].service, "!.*!sip:a@e!", "." };

        if (cases[i].ours)
            leads("sip:a@e", "tel:+442079460148", &row, 1);
        else
            fails(-ERR_NAME, "tel:+442079460148", &row, 1);
    }
}

/* 5.2: "If a NAPTR is discarded, this SHOULD NOT cause the whole ENUM query to terminate". */
TEST(a_record_that_is_of_no_use_is_passed_over)
{
    static const struct zone_row rows[] = {
        { KEY, 1, 1, "x", "E2U+sip", "!.*!sip:a@e!", "." },     { KEY, 1, 2, "u", "E2U+sip", "!.*!mailto:a@e!", "." },
        { KEY, 1, 3, "u", "E2U+sip", "!.*!sip:@@@!", "." },     { KEY, 1, 4, "u", "E2U+sip", "!(.*!sip:a@e!", "." },
        { KEY, 1, 5, "u", "E2U+sip", "!^\\+1!sip:a@e!", "." },  { KEY, 1, 6, "", "E2U+sip", "!.*!sip:a@e!", "." },
        { KEY, 2, 1, "U", "E2U+sip", "!.*!sips:good@e!", "." },
    };

    leads("sips:good@e", "tel:+442079460148", ROWS(rows));
    fails(-ERR_NAME, "tel:+442079460148", rows, 6);
}

/* RFC 5630 3.1: who called by sips is not sent on by anything less. */
TEST(a_sips_uri_leads_to_a_sips_uri)
{
    static const struct zone_row rows[] = {
        { KEY, 1, 1, "u", "E2U+sip", "!.*!sip:a@e!", "." },
        { KEY, 1, 2, "u", "E2U+sip", "!.*!sips:b@e!", "." },
    };

    leads("sips:b@e", "sips:+442079460148@e;user=phone", ROWS(rows));
    leads("sip:a@e", "sip:+442079460148@e;user=phone", ROWS(rows));
    fails(-ERR_NAME, "sips:+442079460148@e;user=phone", rows, 1);
}

TEST(a_dns_that_is_silent_is_a_timeout)
{
    static const struct zone_row rows[] = { { KEY, 1, 1, NULL, "", "", "" } };

    fails(-ERR_TIMEOUT, "tel:+442079460148", ROWS(rows));
}

/* --- detours (5.2.1) --- */

TEST(a_record_without_flags_leads_to_another_name)
{
    static const struct zone_row rows[] = {
        { KEY, 1, 1, "", "", "", "carrier.example" },
        { "carrier.example", 1, 1, "u", "E2U+sip", "!^\\+44(.*)$!sip:\\1@carrier.example!", "." },
    };

    leads("sip:2079460148@carrier.example", "tel:+442079460148", ROWS(rows));
    assert_string_equal(KEY " carrier.example", asked);
}

/* "processing SHOULD continue at the next NAPTR after the non-terminal NAPTR". */
TEST(a_detour_that_leads_nowhere_is_not_the_end)
{
    static const struct zone_row rows[] = {
        { KEY, 1, 1, "", "", "", "empty.example" },   { KEY, 1, 2, "", "", "", "silent.example" },
        { KEY, 1, 3, "", "", "", "more.example" },    { KEY, 1, 4, "u", "E2U+sip", "!.*!sip:end@e!", "." },
        { "silent.example", 1, 1, NULL, "", "", "" }, { "more.example", 1, 1, "", "", "", "empty.example" },
    };

    leads("sip:end@e", "tel:+442079460148", ROWS(rows));
    assert_string_equal(KEY " empty.example silent.example more.example", asked);
}

/* "MUST be able to detect and recover from such a loop". */
TEST(no_name_is_asked_for_twice)
{
    static const struct zone_row rows[] = {
        { KEY, 1, 1, "", "", "", "b.example" },         { KEY, 1, 2, "u", "E2U+sip", "!.*!sip:end@e!", "." },
        { "b.example", 1, 1, "", "", "", "c.example" }, { "c.example", 1, 1, "", "", "", KEY },
        { "c.example", 1, 2, "", "", "", "B.example" },
    };

    leads("sip:end@e", "tel:+442079460148", ROWS(rows));
    assert_string_equal(KEY " b.example c.example", asked);
}

TEST(detours_are_bounded)
{
    static const struct zone_row chain[] = {
        { KEY, 1, 1, "", "", "", "a" },
        { "a", 1, 1, "", "", "", "b" },
        { "b", 1, 1, "", "", "", "c" },
        { "c", 1, 1, "", "", "", "d" },
        { "d", 1, 1, "", "", "", "e" },
        { "e", 1, 1, "", "", "", "f" },
        { "f", 1, 1, "u", "E2U+sip", "!.*!sip:end@e!", "." },
    };
    static struct zone_row wide[30];
    static char            names[30][8];

    fails(-ERR_NAME, "tel:+442079460148", ROWS(chain));
    assert_string_equal(KEY " a b c d e", asked);
    for (unsigned i = 0; i < 30; i++) {
        names[i][0] = 'n';
        names[i][1] = (char)('A' + i);
        wide[i]     = (struct zone_row){ KEY, 1, 1, "", "", "", names[i] };
    }
    fails(-ERR_NAME, "tel:+442079460148", wide, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_what_begins_with_plus),
        cmocka_unit_test(without_a_number_or_a_suffix_nobody_is_asked),
        cmocka_unit_test(a_number_leads_to_a_sip_uri),
        cmocka_unit_test(order_comes_before_preference),
        cmocka_unit_test(services_are_told_apart),
        cmocka_unit_test(a_record_that_is_of_no_use_is_passed_over),
        cmocka_unit_test(a_sips_uri_leads_to_a_sips_uri),
        cmocka_unit_test(a_dns_that_is_silent_is_a_timeout),
        cmocka_unit_test(a_record_without_flags_leads_to_another_name),
        cmocka_unit_test(a_detour_that_leads_nowhere_is_not_the_end),
        cmocka_unit_test(no_name_is_asked_for_twice),
        cmocka_unit_test(detours_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
