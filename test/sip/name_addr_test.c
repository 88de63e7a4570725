/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/name_addr.h"
#include "support/test.h"

#include <stdlib.h>

/* The first value of `text`; what follows it is `rest`. */
static struct name_addr scan(const char *text, const char *rest)
{
    struct scan      s = scan_from(test_guarded(slice_from(text)));
    struct name_addr n;

    if (!name_addr_scan(&s, &n)) {
        print_error("not an address: %s\n", text);
        fail();
    }
    CHECK_SLICE(rest, scan_rest(&s));
    return n;
}

/* RFC 3261 20.10 */
TEST(address_with_a_quoted_name_is_read)
{
    struct name_addr n =
        scan("\"Mr. \\\"W\\\", <x>;y\" <sip:watson@example.test;lr?a=b>  ;q=0.7 ; expires = \"36\\\"00\"  ", "  ");
    struct slice value;

    CHECK_SLICE("\"Mr. \\\"W\\\", <x>;y\"", n.display);
    CHECK_SLICE("watson", n.uri.user);
    CHECK_SLICE(";lr", n.uri.params);
    CHECK_SLICE("?a=b", n.uri.headers);
    CHECK(n.bracketed);
    CHECK_SLICE(";q=0.7 ; expires = \"36\\\"00\"", n.params);
    CHECK(name_addr_param(&n, SLICE("EXPIRES"), &value));
    CHECK_SLICE("36\\\"00", value);
    CHECK(!name_addr_param(&n, SLICE("lr"), &value));
    CHECK_SLICE("", value);
}

/* RFC 3261 25.1: display-name = *( token LWS ); RFC 4475 3.1.1.2, 3.1.1.6. */
TEST(name_of_several_tokens_needs_no_quotes)
{
    struct name_addr n = scan("token1~` token2'+_ token3*%!.- <sip:a@h>;tag=1", "");
    struct slice     tag;

    CHECK_SLICE("token1~` token2'+_ token3*%!.-", n.display);
    CHECK(name_addr_tag(&n, &tag));
    CHECK_SLICE("1", tag);
    n = scan("caller<sip:a@h>", "");
    CHECK_SLICE("caller", n.display);
    n = scan("Jos\xc3\xa9 <sip:a@h>", "");
    CHECK_SLICE("Jos\xc3\xa9", n.display);
    n = scan("\r\n <sip:a@h>", "");
    CHECK_SLICE("", n.display);
    CHECK_SLICE("<sip:a@h>", n.text);
}

/* RFC 3261 25.1: qdtext includes LWS, and so a fold. */
TEST(quoted_name_may_run_over_several_lines)
{
    struct name_addr n = scan("\"Bell,\r\n Alexander\"\r\n\t<sip:a@h>\r\n ;tag=1", "");
    struct slice     tag;

    CHECK_SLICE("\"Bell,\r\n Alexander\"", n.display);
    CHECK(name_addr_tag(&n, &tag));
    CHECK_SLICE("1", tag);
}

/* RFC 3261 20.10: after an address without brackets a ';' belongs to the header. */
TEST(parameters_after_a_bare_address_are_the_header_s)
{
    struct name_addr n = scan("sip:a@h;tag=1;lr", "");
    struct slice     tag;

    CHECK(!n.bracketed);
    CHECK_SLICE("", n.uri.params);
    CHECK_SLICE(";tag=1;lr", n.params);
    CHECK(name_addr_tag(&n, &tag));
    CHECK_SLICE("1", tag);
    n = scan("<sip:a@h;tag=1>", "");
    CHECK(name_addr_tag(&n, &tag));
    CHECK_SLICE("", tag);
    n = scan("isbn:2983792873", ""); /* RFC 4475 3.3.4 */
    CHECK_INT(URI_OTHER, n.uri.scheme);
}

TEST(value_stops_before_the_next)
{
    struct name_addr n = scan("<sip:a@h>;x=\"1,2\" , <sip:b@h>", " , <sip:b@h>");

    CHECK_SLICE("<sip:a@h>;x=\"1,2\"", n.text);
    scan("sip:a@h,sip:b@h", ",sip:b@h");
    scan("sip:a@h?Route=x", "?Route=x"); /* RFC 4475 3.1.2.13: for the caller to refuse */
}

TEST(malformed_addresses_are_refused_at_their_byte)
{
    static const struct {
        const char *text;
        int         offset;
    } bad[] = {
        { "", 0 },
        { "*", 0 },
        { "\"unbalanced <sip:a@h>", 0 },
        { "\"a\" sip:a@h", 4 },
        { "\"a\"", 3 },
        { "Bell, Alexander <sip:a@h>", 4 }, /* RFC 4475 3.1.2.15 */
        { "<sip:a@h", 8 },
        { "< sip:a@h >", 1 }, /* RFC 4475 3.1.2.14 */
        { "<sip:a@h >", 8 },
        { "<>", 1 },
        { "<sip:a@h>;", 10 },
        { "<sip:a@h>;;", 10 },
        { "<sip:a@h>;tag=", 14 },
        { "<sip:a@h>;tag=\"x", 14 },
        { "<sip:a@h>;=x", 10 },
        { "a b c", 1 },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice     text = test_guarded(slice_from(bad[i].text));
        struct scan      s    = scan_from(text);
        struct name_addr n;

        if (name_addr_scan(&s, &n) || s.at - text.ptr != bad[i].offset) {
            print_error("%s: stopped at %td\n", bad[i].text, s.at - text.ptr);
            fail();
        }
    }
}

/* RFC 3261 20.10, RFC 4475 3.1.2.4 */
TEST(tag_of_from_is_noted_on_the_way)
{
    struct scan      s = scan_from(test_guarded(SLICE("\"A\" <sip:a@b;tag=no>;x=1;tag=yes, <sip:c>")));
    struct name_addr n;
    struct slice     tag;
    unsigned         tags;

    CHECK(name_addr_scan_tag(&s, &n, &tag, &tags));
    CHECK_SLICE("yes", tag);
    CHECK_INT(1, tags);
    CHECK_SLICE(", <sip:c>", scan_rest(&s));
}

static void check_same(const char *a_text, struct slice a, const char *b_text, struct slice b)
{
    CHECK_INT(a.len, b.len);
    if (a.len > 0)
        CHECK_INT(a.ptr - a_text, b.ptr - b_text);
}

static void check_same_address(const char *start, const struct name_addr *a, struct slice a_tag, const char *text,
                               const struct name_addr *b, struct slice b_tag)
{
    CHECK_INT(b->bracketed, a->bracketed);
    check_same(start, a->text, text, b->text);
    check_same(start, a->display, text, b->display);
    check_same(start, a->params, text, b->params);
    check_same(start, a->uri.text, text, b->uri.text);
    check_same(start, a_tag, text, b_tag);
}

/* As nearly everyone writes it and padded, it is read in one go; alone, by the whole grammar. */
static void check_both_ways(struct slice text)
{
    char             bytes[100];
    struct scan      padded, alone = scan_from(text);
    struct name_addr a, b;
    struct slice     a_tag, b_tag;
    unsigned         a_tags, b_tags;
    const char      *start;
    bool             found, whole;

    memcpy(bytes, text.ptr, text.len);
    memcpy(bytes + text.len, "\"> <sip:a>;tag=x", 16);
    padded = scan_from(test_guarded((struct slice){ bytes, text.len + 16 }));
    padded.end -= 16;
    start = padded.at;
    found = name_addr_scan_tag(&alone, &b, &b_tag, &b_tags);
    whole = name_addr_usual(scan_rest(&padded), &a, &a_tag);
    if (whole) {
        CHECK(found && scan_at_end(&alone) && b_tags <= 1);
        check_same_address(start, &a, a_tag, text.ptr, &b, b_tag);
    }
    CHECK_INT(found, name_addr_scan_tag(&padded, &a, &a_tag, &a_tags));
    CHECK_INT(alone.at - text.ptr, padded.at - start);
    if (!found)
        return;
    CHECK_INT(b_tags, a_tags);
    check_same_address(start, &a, a_tag, text.ptr, &b, b_tag);
}

TEST(whole_value_is_read_at_once)
{
    static const char text[] = "\"A\" <sip:a@h.test>;TAG=x\"0123456789abcdef";
    struct name_addr  n;
    struct slice      tag, value = { text, 24 };

    CHECK(name_addr_usual(value, &n, &tag));
    CHECK_SLICE("\"A\" <sip:a@h.test>;TAG=x", n.text);
    CHECK_SLICE("x", tag);
    value.len = 18;
    CHECK(name_addr_usual(value, &n, &tag));
    CHECK_SLICE("", tag);
    CHECK_SLICE("", n.params);
    value.len = 23;
    CHECK(!name_addr_usual(value, &n, &tag));
    value.len = 17;
    CHECK(!name_addr_usual(value, &n, &tag));
    value.len = 25;
    CHECK(!name_addr_usual(value, &n, &tag));
}

TEST(usual_form_is_read_to_the_same_result)
{
    static const char usual[] = "\"Alice L\" <sip:alice@host.test:5060;lr>;tag=a83\";x=\"1\"";
    static const char bytes[] = ";:=, \t\"<>@t\\\x7f\x80";

    srand(1);
    for (int round = 0; round < 20000; round++) {
        char   text[sizeof usual];
        size_t from = round % 3 == 0 ? 10 : 0, len = sizeof usual - 1 - (round % 4 == 0 ? 0 : 7) - from;

        memcpy(text, usual, sizeof usual);
        if (round % 5 == 0)
            len = (size_t)rand() % len;
        for (int i = rand() % 4; i > 0; i--)
            text[(size_t)rand() % (sizeof usual - 1)] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        check_both_ways((struct slice){ text + from, len });
    }
}

TEST(contact_expires_is_seconds_or_the_fallback)
{
    static const struct {
        const char *text;
        uint32_t    want;
    } table[] = {
        { "<sip:a@h>;expires=60", 60 },
        { "<sip:a@h>;EXPIRES=0", 0 },
        { "<sip:a@h>;expires=007", 7 },
        { "<sip:a@h>;expires=4294967295", UINT32_MAX },
        { "<sip:a@h>;expires=280297596632815", UINT32_MAX },
        { "<sip:a@h>;expires=99999999999999999999999999999999", UINT32_MAX },
        { "<sip:a@h>;expires=-1", 1800 },
        { "<sip:a@h>;expires=1x", 1800 },
        { "<sip:a@h>;expires", 1800 },
        { "<sip:a@h>;expires=\"Thu, 01 Dec 1994 16:00:00 GMT\"", 1800 },
        { "<sip:a@h>", 1800 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct name_addr n = scan(table[i].text, "");

        CHECK_INT(table[i].want, contact_expires(&n, 1800));
    }
}

/* RFC 3261 25.1: qvalue */
TEST(contact_q_is_thousandths)
{
    static const struct {
        const char *text;
        int         want; /* -1: malformed */
    } table[] = {
        { "<sip:a@h>", 1000 },      { "<sip:a@h>;q=1", 1000 },    { "<sip:a@h>;q=1.000", 1000 },
        { "<sip:a@h>;q=0", 0 },     { "<sip:a@h>;q=0.", 0 },      { "<sip:a@h>;q=0.5", 500 },
        { "<sip:a@h>;q=0.05", 50 }, { "<sip:a@h>;Q=0.999", 999 }, { "<sip:a@h>;q=1.001", -1 },
        { "<sip:a@h>;q=2", -1 },    { "<sip:a@h>;q=0.1234", -1 }, { "<sip:a@h>;q", -1 },
        { "<sip:a@h>;q=.5", -1 },   { "<sip:a@h>;q=-0.5", -1 },   { "<sip:a@h>;q=0.5x", -1 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct name_addr n  = scan(table[i].text, "");
        unsigned         q  = 0;
        bool             ok = contact_q(&n, &q);

        if (ok != (table[i].want >= 0) || (ok && (int)q != table[i].want)) {
            print_error("%s: %d %u\n", table[i].text, ok, q);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_with_a_quoted_name_is_read),
        cmocka_unit_test(name_of_several_tokens_needs_no_quotes),
        cmocka_unit_test(quoted_name_may_run_over_several_lines),
        cmocka_unit_test(parameters_after_a_bare_address_are_the_header_s),
        cmocka_unit_test(value_stops_before_the_next),
        cmocka_unit_test(malformed_addresses_are_refused_at_their_byte),
        cmocka_unit_test(tag_of_from_is_noted_on_the_way),
        cmocka_unit_test(whole_value_is_read_at_once),
        cmocka_unit_test(usual_form_is_read_to_the_same_result),
        cmocka_unit_test(contact_expires_is_seconds_or_the_fallback),
        cmocka_unit_test(contact_q_is_thousandths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
