/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/uri.h"
#include "support/test.h"

#include <stdlib.h>

static struct uri parse(const char *text)
{
    struct uri uri;

    if (!uri_parse(test_guarded(slice_from(text)), &uri)) {
        print_error("not a URI: %s\n", text);
        fail();
    }
    return uri;
}

/* RFC 3261 19.1.1 */
TEST(sip_uri_is_read_in_all_its_parts)
{
    struct uri uri = parse("SiP:alice:pass@atlanta.com:5070;transport=tcp;lr?subject=x&to=y");

    CHECK_INT(URI_SIP, uri.scheme);
    CHECK_SLICE("SiP", uri.scheme_text);
    CHECK(uri.has_user);
    CHECK_SLICE("alice", uri.user);
    CHECK_SLICE("pass", uri.password);
    CHECK_SLICE("atlanta.com", uri.host);
    CHECK_INT(5070, uri.port);
    CHECK_SLICE(";transport=tcp;lr", uri.params);
    CHECK_SLICE("?subject=x&to=y", uri.headers);
    CHECK_INT(TRANSPORT_TCP, uri_transport(&uri));
}

TEST(host_alone_has_no_user_and_no_port)
{
    struct uri uri = parse("sips:example.test");

    CHECK_INT(URI_SIPS, uri.scheme);
    CHECK(!uri.has_user);
    CHECK_SLICE("", uri.user);
    CHECK_SLICE("example.test", uri.host);
    CHECK_INT(0, uri.port);
    CHECK_SLICE("", uri.params);
    CHECK_SLICE("", uri.headers);
    CHECK_INT(TRANSPORT_NONE, uri_transport(&uri));
}

/* RFC 5118 4.3, 4.4: the colon inside the brackets is no port. */
TEST(ipv6_host_keeps_its_brackets)
{
    struct uri uri = parse("sip:[2001:db8::10:5070]");

    CHECK_SLICE("[2001:db8::10:5070]", uri.host);
    CHECK_INT(0, uri.port);
    uri = parse("sip:[2001:db8::10]:5070");
    CHECK_SLICE("[2001:db8::10]", uri.host);
    CHECK_INT(5070, uri.port);
}

/* RFC 4475 3.1.1.2, 3.1.1.9: ';', '?' and ',' may be part of a user. */
TEST(odd_characters_before_the_at_sign_are_user)
{
    struct uri uri = parse("sip:user;par=u%40example.net@example.com");

    CHECK_SLICE("user;par=u%40example.net", uri.user);
    CHECK_SLICE("example.com", uri.host);
    uri = parse("sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@a.b");
    CHECK_SLICE("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", uri.user);
    CHECK_SLICE("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", uri.password);
    uri = parse("sip:*#06#@h");
    CHECK_SLICE("*#06#", uri.user);
}

/* RFC 4475 3.1.1.4: an escaped NUL is a byte like others. */
TEST(escapes_are_kept_until_asked_for)
{
    struct uri uri = parse("sip:a%00b%2Bc@h");
    char       memory[16];
    struct buf b = BUF_ON(memory);

    CHECK_SLICE("a%00b%2Bc", uri.user);
    uri_write_unescaped(&b, uri.user);
    CHECK_INT(5, buf_slice(&b).len);
    CHECK(memcmp(memory, "a\0b+c", 5) == 0);
}

/* Found by message_fuzz: a URI that has no user has no address to start from. */
TEST(absent_user_is_written_as_nothing)
{
    struct uri uri = parse("http://x");
    char       memory[16];
    struct buf b = BUF_ON(memory);

    assert_null(uri.user.ptr);
    uri_write_unescaped(&b, uri.user);
    uri_write_user(&b, uri.user);
    CHECK_INT(0, b.len);
    CHECK(buf_ok(&b));
}

/* RFC 3966 3 */
TEST(tel_uri_has_a_number_and_parameters)
{
    struct uri   uri = parse("tel:+1-201-555-0123;ext=7");
    struct slice value;

    CHECK_INT(URI_TEL, uri.scheme);
    CHECK_SLICE("+1-201-555-0123", uri.user);
    CHECK_SLICE(";ext=7", uri.params);
    CHECK_SLICE("", uri.host);
    CHECK(uri_param(&uri, SLICE("EXT"), &value));
    CHECK_SLICE("7", value);
    uri = parse("tel:*7#a;phone-context=example.com");
    CHECK_SLICE("*7#a", uri.user);
}

/* RFC 4475 3.3.2, 3.3.3 */
TEST(other_schemes_are_kept_opaque)
{
    struct uri uri = parse("nobodyKnowsThisScheme:totallyopaquecontent");

    CHECK_INT(URI_OTHER, uri.scheme);
    CHECK_SLICE("nobodyKnowsThisScheme", uri.scheme_text);
    CHECK_SLICE("nobodyKnowsThisScheme:totallyopaquecontent", uri.text);
    uri = parse("soap.beep://192.0.2.103:3002");
    CHECK_SLICE("soap.beep", uri.scheme_text);
}

/* RFC 3261 20.10: without brackets ',', ';' and '?' end the URI. */
TEST(bare_uri_ends_where_a_header_s_own_text_begins)
{
    static const struct {
        const char *text, *uri;
    } table[] = {
        { "sip:a@h;tag=1", "sip:a@h" },  { "sip:a@h?x=y", "sip:a@h" }, { "sip:a@h,sip:b@h", "sip:a@h" },
        { "sip:a@h x", "sip:a@h" },      { "tel:+1;tag=1", "tel:+1" }, { "http://x/y,z", "http://x/y" },
        { "sip:a@h\r\n ;t", "sip:a@h" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scan s = scan_from(test_guarded(slice_from(table[i].text)));
        struct uri  uri;

        CHECK(uri_scan(&s, true, &uri));
        CHECK_SLICE(table[i].uri, uri.text);
        CHECK_SLICE(table[i].text + strlen(table[i].uri), scan_rest(&s));
    }
}

TEST(uri_in_brackets_ends_at_the_bracket)
{
    struct scan s = scan_from(test_guarded(SLICE("sip:a@h;lr?x=y,z>;tag=1")));
    struct uri  uri;

    CHECK(uri_scan(&s, false, &uri));
    CHECK_SLICE("sip:a@h;lr?x=y,z", uri.text);
    CHECK_SLICE(">;tag=1", scan_rest(&s));
}

/* `offset` is what a 400 reports. */
/* RFC 3261 7.1: in a request line SP is behind it. */
TEST(uri_before_a_stop_ends_there)
{
    struct scan s = scan_from(test_guarded(SLICE("sip:bob@example.test;lr SIP/2.0")));
    struct uri  uri;

    CHECK(uri_scan_before(&s, ' ', &uri));
    CHECK_SLICE(";lr", uri.params);
    CHECK_SLICE(" SIP/2.0", scan_rest(&s));
    s = scan_from(test_guarded(SLICE("sip:bob@example.test\tSIP/2.0")));
    CHECK(!uri_scan_before(&s, ' ', &uri));
    CHECK_SLICE("\tSIP/2.0", scan_rest(&s));
}

TEST(malformed_uris_are_refused_at_their_byte)
{
    static const struct {
        const char *text;
        int         offset;
    } bad[] = {
        { "", 0 },           { "sip", 3 },          { "sip:", 4 },
        { ":x", 0 },         { "1sip:a@h", 4 },     { "<sip:a@h>", 0 },
        { "sip:a@", 6 },     { "sip:a@b@c", 7 },    { "sip:2001:db8::10", 9 }, /* RFC 5118 4.2 */
        { "sip:a@[::1", 6 }, { "sip:h:", 6 },       { "sip:h:65536", 6 },
        { "sip:h:-1", 6 },   { "sip:h:5060x", 10 }, { "sip:a%4@h", 5 },
        { "sip:a%zz@h", 5 }, { "sip:h;x=%", 8 },    { "sip:a@h /x", 7 },
        { "sip:a b@h", 5 },  { "sip:a\"b@h", 5 },   { "tel:", 4 },
        { "tel:abcxyz", 7 }, { "tel:;ext=1", 4 },   { "http:", 5 },
        { "sip:@h", 4 },     { "sip::x@h", 4 },     { "sip:a@%68", 6 }, /* RFC 3261 19.1.1, 19.1.2 */
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice text = test_guarded(slice_from(bad[i].text));
        struct scan  s    = scan_from(text);
        struct uri   uri;

        if (uri_scan(&s, false, &uri) || s.at - text.ptr != bad[i].offset) {
            print_error("%s: stopped at %td\n", bad[i].text, s.at - text.ptr);
            fail();
        }
        CHECK(!uri_parse(text, &uri));
    }
}

/* RFC 4475 3.1.1.3: "%6C%72" is "lr". */
TEST(parameters_are_found_by_name_in_any_form)
{
    struct uri   uri = parse("sip:h;%6C%72;n%61me=v%61lue%25%34%31;;Maddr=[::1];flag=;t=1;t=2");
    struct slice value;

    CHECK(uri_param(&uri, SLICE("lr"), &value));
    CHECK_SLICE("", value);
    CHECK(uri_param(&uri, SLICE("name"), &value));
    CHECK_SLICE("v%61lue%25%34%31", value);
    CHECK(uri_param(&uri, SLICE("maddr"), &value));
    CHECK_SLICE("[::1]", value);
    CHECK(uri_param(&uri, SLICE("flag"), &value));
    CHECK_SLICE("", value);
    CHECK(uri_param(&uri, SLICE("t"), &value));
    CHECK_SLICE("1", value);
    CHECK(!uri_param(&uri, SLICE("l"), &value));
    CHECK(!uri_param(&uri, SLICE("lrx"), &value));

    uri = parse("sip:h;LR;;Maddr=[::1];flag=;t=1;t=2"); /* no escape, and so another way to look */
    CHECK(uri_param(&uri, SLICE("lr"), &value));
    CHECK_SLICE("", value);
    CHECK(uri_param(&uri, SLICE("maddr"), &value));
    CHECK_SLICE("[::1]", value);
    CHECK(uri_param(&uri, SLICE("t"), &value));
    CHECK_SLICE("1", value);
    CHECK(!uri_param(&uri, SLICE("l"), &value));
    uri = parse("sip:h");
    CHECK(!uri_param(&uri, SLICE("lr"), &value));
}

static bool repeats(const char *text)
{
    struct uri uri = parse(text);

    return uri_repeats_param(&uri);
}

/* RFC 3261 19.1.1 */
TEST(a_parameter_that_stands_twice_is_noticed)
{
    char       text[512];
    struct buf b = BUF_ON(text);

    CHECK(repeats("sip:h;lr;x=1;LR"));
    CHECK(repeats("sip:h;t=1;%74=2"));
    CHECK(!repeats("sip:h;lr;x=lr;lr2?lr=lr"));
    CHECK(!repeats("sip:a;x;x@h"));
    buf_put(&b, SLICE("sip:h"));
    for (unsigned i = 0; i < 32; i++)
        buf_printf(&b, ";p%u", i);
    CHECK(!repeats(buf_cstr(&b)));
    buf_put(&b, SLICE(";more"));
    CHECK(repeats(buf_cstr(&b)));
}

/* RFC 3261 10.3 step 5 */
TEST(address_of_record_is_written_in_one_form)
{
    static const struct {
        const char *uri, *aor;
    } table[] = {
        { "sip:alice@example.test", "sip:alice@example.test" },
        { "sips:alice@Example.TEST", "sip:alice@example.test" },
        { "SIP:al%69ce@EXAMPLE.test:5060;user=phone;x?h=v", "sip:alice@example.test" },
        { "sip:alice:secret@example.test", "sip:alice@example.test" },
        { "sip:Alice@example.test:5070", "sip:Alice@example.test:5070" },
        { "sip:alice@example.test:5061", "sip:alice@example.test:5061" },
        { "sips:alice@example.test:5061", "sip:alice@example.test" },
        { "sips:alice@example.test:5060", "sip:alice@example.test:5060" },
        { "sip:a@[2001:DB8:0::1]", "sip:a@[2001:db8::1]" },
        { "sip:example.test", "sip:example.test" },
        { "tel:+1-(201)-555.0123;ext=1", "tel:+12015550123" },
        { "tel:+1;phone-context=x", "tel:+1" },
        { "tel:70-12;phone-context=Example.com", "tel:7012;phone-context=example.com" },
        { "http://x/Y", "http://x/Y" },
        { "sip:Bob@LONG-Host_Name-Z9.EXAMPLE.Test", "sip:Bob@long-host_name-z9.example.test" },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uri uri = parse(table[i].uri);
        char       memory[128];
        struct buf b = BUF_ON(memory);

        uri_write_aor(&b, &uri);
        CHECK(buf_ok(&b));
        CHECK_SLICE(table[i].aor, buf_slice(&b));
    }
}

/* RFC 3261 25.1: user = 1*( unreserved / escaped / user-unreserved ) */
TEST(user_is_written_with_its_escapes)
{
    char       memory[64];
    struct buf b = BUF_ON(memory);

    uri_write_user(&b, SLICE("aZ0-_.!~*'()&=+$,;?/"));
    CHECK_SLICE("aZ0-_.!~*'()&=+$,;?/", buf_slice(&b));
    b = BUF_ON(memory);
    uri_write_user(&b, SLICE("a b@c:\0%\xff"));
    CHECK_SLICE("a%20b%40c%3A%00%25%FF", buf_slice(&b));
}

static const char usual[] = "alice.1@host-9.example.test:5060;transport=udp;lr?a=b";

static size_t spoil(char *text, size_t len)
{
    static const char bytes[] = "@:;?%4> []<\",0a\x80";

    for (int i = rand() % 4; i > 0; i--) {
        size_t at = (size_t)rand() % len, to = (size_t)rand() % len, run = (size_t)rand() % 12;

        if (rand() % 2 == 0)
            text[at] = bytes[(size_t)rand() % sizeof bytes];
        else if (at + run <= len && to + run <= len)
            memmove(text + to, text + at, run);
    }
    return rand() % 2 == 0 ? len : (size_t)rand() % len + 1;
}

static void check_moved(const char *from, struct slice a, const char *to, struct slice b)
{
    CHECK_INT(a.len, b.len);
    if (a.len > 0)
        CHECK_INT(a.ptr - from, b.ptr - to - 1);
}

/* What is behind "sip:" in the usual form is read in one go where it is padded, with what is no part of it; behind
 * "sips:" by the whole grammar. */
static void check_both_ways(const char *rest, size_t len, char stop)
{
    char        sip[sizeof usual + 24], sips[sizeof usual + 8];
    struct uri  a, b;
    struct scan one, all;
    bool        found;

    memcpy(sip, "sip:", 4);
    memcpy(sip + 4, rest, len);
    memcpy(sips, "sips:", 5);
    memcpy(sips + 5, rest, len);
    memcpy(sip + 4 + len, stop == ' ' ? "@x.test:1234;lr>" : ".test:1234;lr@x>", 16);
    one = scan_from(test_guarded((struct slice){ sip, len + 20 }));
    one.end -= 16;
    all   = scan_from((struct slice){ sips, len + 5 });
    rest  = one.at;
    found = uri_scan_before(&one, stop, &a);
    CHECK_INT(uri_scan_before(&all, stop, &b), found);
    CHECK_INT(all.at - sips - 1, one.at - rest);
    if (!found)
        return;
    CHECK_INT(URI_SIP, a.scheme);
    CHECK_SLICE("sip", slice_between(a.scheme_text.ptr, a.text.ptr + 3));
    CHECK_INT(b.text.len - 1, a.text.len);
    CHECK_INT(b.has_user, a.has_user);
    CHECK_INT(b.port, a.port);
    check_moved(rest, a.user, sips, b.user);
    check_moved(rest, a.password, sips, b.password);
    check_moved(rest, a.host, sips, b.host);
    check_moved(rest, a.params, sips, b.params);
    check_moved(rest, a.headers, sips, b.headers);
}

TEST(usual_form_is_read_to_the_same_result)
{
    srand(1);
    for (int round = 0; round < 20000; round++) {
        char   text[sizeof usual];
        size_t from = round % 3 == 0 ? 8 : 0, len;

        memcpy(text, usual, sizeof usual);
        len = spoil(text + from, sizeof usual - 1 - from);
        check_both_ways(text + from, len, round % 2 == 0 ? '>' : ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sip_uri_is_read_in_all_its_parts),
        cmocka_unit_test(host_alone_has_no_user_and_no_port),
        cmocka_unit_test(ipv6_host_keeps_its_brackets),
        cmocka_unit_test(odd_characters_before_the_at_sign_are_user),
        cmocka_unit_test(escapes_are_kept_until_asked_for),
        cmocka_unit_test(absent_user_is_written_as_nothing),
        cmocka_unit_test(tel_uri_has_a_number_and_parameters),
        cmocka_unit_test(other_schemes_are_kept_opaque),
        cmocka_unit_test(bare_uri_ends_where_a_header_s_own_text_begins),
        cmocka_unit_test(uri_in_brackets_ends_at_the_bracket),
        cmocka_unit_test(uri_before_a_stop_ends_there),
        cmocka_unit_test(malformed_uris_are_refused_at_their_byte),
        cmocka_unit_test(parameters_are_found_by_name_in_any_form),
        cmocka_unit_test(a_parameter_that_stands_twice_is_noticed),
        cmocka_unit_test(address_of_record_is_written_in_one_form),
        cmocka_unit_test(user_is_written_with_its_escapes),
        cmocka_unit_test(usual_form_is_read_to_the_same_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
