/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/message.h"
#include "support/test.h"

#include <stdio.h>

/* A request with `headers` behind those it must have. */
static struct message *request(const char *headers)
{
    static char        text[4096];
    struct parse_fault fault;
    struct message    *m;

    snprintf(text, sizeof text,
             "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b\r\n"
             "From: <sip:a@example.test>;tag=1\r\nTo: <sip:a@example.test>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
             "%s\r\n",
             headers);
    m = message_parse(test_guarded(slice_from(text)), &fault);
    if (m == NULL)
        print_error("expected %s at %s\n", fault.expected, text + fault.offset);
    assert_non_null(m);
    return m;
}

/* RFC 3261 7.3.1: lines of one name are one list, in order. */
TEST(values_are_walked_through_all_lines)
{
    struct message      *m = request("Route: <sip:1@h;lr>;x=\"a,b\"  ,\r\n <sip:2@h>\r\nSubject: between\r\n"
                                          "route:<sip:3@h>,sip:4@h;y\r\n");
    struct header_values v = message_values(m, HEADER_ROUTE);
    struct name_addr     n;

    for (char user = '1'; user <= '4'; user++) {
        CHECK(values_next_name_addr(&v, &n));
        CHECK_INT(user, *n.uri.user.ptr);
    }
    CHECK(!values_next_name_addr(&v, &n));
    CHECK(!v.broken);
    message_drop(m);
}

TEST(vias_are_walked)
{
    struct message      *m = request("v: SIP/2.0/TLS c\r\n");
    struct header_values v = message_values(m, HEADER_VIA);
    struct via           via;

    CHECK(values_next_via(&v, &via));
    CHECK_SLICE("a", via.host);
    CHECK(values_next_via(&v, &via));
    CHECK_SLICE("b", via.host);
    CHECK(values_next_via(&v, &via));
    CHECK_SLICE("c", via.host);
    CHECK(!values_next_via(&v, &via));
    CHECK(!v.broken);
    message_drop(m);
}

TEST(a_message_with_one_via_comes_from_its_sender)
{
    struct parse_fault fault;
    struct message    *two = request("");
    struct message    *one =
        message_parse(SLICE("OPTIONS sip:b@example.test SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
                            "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b@a.test>\r\nCall-ID: 1\r\n"
                            "CSeq: 1 OPTIONS\r\n\r\n"),
                      &fault);

    assert_non_null(one);
    CHECK(message_is_direct(one));
    CHECK(!message_is_direct(two));
    message_drop(one);
    message_drop(two);
}

TEST(a_top_via_that_could_not_be_read_ends_the_walk)
{
    static const char *const bad[] = {
        "SIP/2.0/UDP a;branch=z9hG4bK1;ttl=x, SIP/2.0/TCP b",
        "SIP/2.0/UDP a;branch=z9hG4bK1;=, SIP/2.0/TCP b",
        "SIP/2.0/UDP a;branch=z9hG4bK1 b, SIP/2.0/TCP b",
        "SIP/2.0/UDP a:99999, SIP/2.0/TCP b",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char                 text[512];
        struct parse_fault   fault;
        struct message      *m;
        struct header_values v;
        struct via           via;

        snprintf(text, sizeof text,
                 "OPTIONS sip:h SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\n"
                 "CSeq: 1 OPTIONS\r\n\r\n",
                 bad[i]);
        m = message_parse_broken(test_guarded(slice_from(text)), &fault);
        if (m == NULL) /* not even answerable */
            continue;
        v = message_values(m, HEADER_VIA);
        CHECK(!values_next_via(&v, &via));
        CHECK(v.broken);
        message_drop(m);
    }
}

TEST(walk_of_an_absent_header_ends_at_once)
{
    struct message      *m = request("");
    struct header_values v = message_values(m, HEADER_CONTACT);
    struct name_addr     n;
    struct slice         token;

    CHECK(!values_next_name_addr(&v, &n));
    CHECK(!v.broken);
    v = message_values(m, HEADER_ALLOW);
    CHECK(!values_next_token(&v, &token));
    CHECK(!v.broken);
    message_drop(m);
}

/* RFC 4475 3.1.2.1, 3.1.2.13: found by who needs it. */
TEST(walk_ends_broken_where_a_value_does_not_fit)
{
    static const char *const bad[] = {
        "Contact: \"Joe\" <sip:joe@example.org>;;;;\r\n",
        "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n",
        "Contact: <sip:a@h>,\r\n",
        "Contact: ,<sip:a@h>\r\n",
        "Contact: <sip:a@h>,,<sip:b@h>\r\n",
        "Contact: <sip:a@h> <sip:b@h>\r\n",
        "Contact: <sip:a@h>\r\nContact: *\r\n",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct message      *m = request(bad[i]);
        struct header_values v = message_values(m, HEADER_CONTACT);
        struct name_addr     n;

        while (values_next_name_addr(&v, &n))
            CHECK(!v.broken);
        CHECK(v.broken);
        CHECK(!values_next_name_addr(&v, &n));
        message_drop(m);
    }
}

/* RFC 3261 20.*: some lists may be empty; a comma too much harms nothing. */
TEST(tokens_are_walked_and_empty_ones_skipped)
{
    struct message      *m = request("Supported:\r\nk: path , ,100rel,\r\nSupported: timer\r\n");
    struct header_values v = message_values(m, HEADER_SUPPORTED);
    struct slice         token;

    CHECK(values_next_token(&v, &token));
    CHECK_SLICE("path", token);
    CHECK(values_next_token(&v, &token));
    CHECK_SLICE("100rel", token);
    CHECK(values_next_token(&v, &token));
    CHECK_SLICE("timer", token);
    CHECK(!values_next_token(&v, &token));
    CHECK(!v.broken);
    CHECK(message_lists(m, HEADER_SUPPORTED, SLICE("PATH")));
    CHECK(message_lists(m, HEADER_SUPPORTED, SLICE("timer")));
    CHECK(!message_lists(m, HEADER_SUPPORTED, SLICE("time")));
    CHECK(!message_lists(m, HEADER_REQUIRE, SLICE("path")));
    message_drop(m);
    m = request("Require: a b, c\r\n");
    v = message_values(m, HEADER_REQUIRE);
    CHECK(!values_next_token(&v, &token));
    CHECK(v.broken);
    message_drop(m);
}

/* RFC 3261 20.19, 20.33; RFC 4028 4; RFC 4475 3.1.2.4 */
TEST(numbers_are_read_to_what_may_follow_them)
{
    static const struct {
        const char *header;
        int64_t     want; /* -1: none */
    } table[] = {
        { "Expires: 3600\r\n", 3600 },
        { "Expires: 0\r\n", 0 },
        { "Expires: 99999999999999999999999999999999\r\n", UINT32_MAX },
        { "Expires: 60;x\r\n", 60 },
        { "Expires: 60 (a minute)\r\n", 60 },
        { "Expires: -60\r\n", -1 },
        { "Expires: 6O\r\n", -1 },
        { "Expires:\r\n", -1 },
        { "", -1 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct message *m     = request(table[i].header);
        uint32_t        value = 7;

        CHECK_INT(table[i].want >= 0, message_number(m, HEADER_EXPIRES, &value));
        CHECK_INT(table[i].want >= 0 ? table[i].want : 7, value);
        message_drop(m);
    }
}

TEST(headers_of_one_name_are_found_in_order)
{
    struct message      *m = request("Authorization: Digest a=1\r\nY: 1\r\nAuthorization: Digest b=2\r\nZ: 2\r\n");
    const struct header *h = message_header(m, HEADER_AUTHORIZATION);

    CHECK_SLICE("Digest a=1", h->value);
    h = message_next(m, h);
    CHECK_SLICE("Digest b=2", h->value);
    assert_null(message_next(m, h));
    assert_null(message_header(m, HEADER_CONTACT));
    h = message_next(m, message_header(m, HEADER_OTHER));
    CHECK_SLICE("Z", h->name);
    message_drop(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_walked_through_all_lines),
        cmocka_unit_test(vias_are_walked),
        cmocka_unit_test(a_message_with_one_via_comes_from_its_sender),
        cmocka_unit_test(a_top_via_that_could_not_be_read_ends_the_walk),
        cmocka_unit_test(walk_of_an_absent_header_ends_at_once),
        cmocka_unit_test(walk_ends_broken_where_a_value_does_not_fit),
        cmocka_unit_test(tokens_are_walked_and_empty_ones_skipped),
        cmocka_unit_test(numbers_are_read_to_what_may_follow_them),
        cmocka_unit_test(headers_of_one_name_are_found_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
