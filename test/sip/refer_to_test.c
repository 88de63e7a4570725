/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/refer_to.h"
#include "support/test.h"

static struct refer_to r;

static unsigned read_value(const char *text)
{
    return refer_to_read(test_guarded(slice_from(text)), &r);
}

/* RFC 3515 2.1, the examples. */
TEST(the_examples_of_the_rfc_are_read)
{
    CHECK_INT(0, read_value("sip:alice@atlanta.example.com"));
    CHECK_SLICE("sip:alice@atlanta.example.com", r.target);
    CHECK(!r.has_replaces && !r.has_join && !r.required);
    CHECK_INT(0,
              read_value("<sip:bob@biloxi.example.net?Accept-Contact=sip:bobsdesk.biloxi.example.net&Call-ID%3D55432="
                         "40alicepc.atlanta.example.com>"));
    CHECK_SLICE("sip:bob@biloxi.example.net", r.target);
    CHECK_INT(0, read_value("<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag"
                            "%3D5FFE-3994>"));
    CHECK_SLICE("sip:dave@denver.example.org", r.target);
    CHECK(r.has_replaces);
    CHECK_SLICE("12345@192.168.118.3", r.replaces.call_id);
    CHECK_SLICE("12345", r.replaces.to_tag);
    CHECK_SLICE("5FFE-3994", r.replaces.from_tag);
    CHECK_INT(403, read_value("<sip:carol@cleveland.example.org;method=SUBSCRIBE>"));
    CHECK_INT(416, read_value("<http://www.ietf.org>"));
    CHECK_INT(416, read_value("<tel:+1234>"));
}

/* RFC 3261 19.1.1: neither method nor headers stand in a Request-URI. */
TEST(the_target_is_what_a_request_may_have_in_its_start_line)
{
    CHECK_INT(0, read_value("\"Carol\" <sips:carol@h:5071;a=b;method=INVITE;transport=tcp?Subject=x>;early=1"));
    CHECK_SLICE("sips:carol@h:5071;a=b;transport=tcp", r.target);
    CHECK_INT(0, read_value("<sip:carol@h;methods=x;METHOD=INVITE>"));
    CHECK_SLICE("sip:carol@h;methods=x", r.target);
    CHECK_INT(0, read_value("<sip:carol@h;%6dethod=INVITE;a>"));
    CHECK_SLICE("sip:carol@h;a", r.target);
    CHECK_INT(0, read_value("<sip:carol@h;method=INVITE;a:b;method,>"));
    CHECK_SLICE("sip:carol@h;a:b", r.target);
}

/* RFC 5589 7.3: Require in the URI is the transferor's wish that the dialog be replaced, or nothing. */
TEST(require_counts_for_the_dialog_that_is_named)
{
    CHECK_INT(0, read_value("<sip:c@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=100rel,%20replaces>"));
    CHECK(r.required);
    CHECK_INT(0, read_value("<sip:c@h?Join=a%3Bto-tag%3D1%3Bfrom-tag%3D2&require=join>"));
    CHECK(r.required && r.has_join && !r.has_replaces);
    CHECK_INT(0, read_value("<sip:c@h?Require=replaces>"));
    CHECK(!r.required);
    CHECK_INT(0, read_value("<sip:c@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=100rel>"));
    CHECK(!r.required);
}

/* RFC 3261 19.1.5: nobody writes lines into our requests. */
TEST(no_header_comes_through_but_those_that_are_read)
{
    CHECK_INT(0, read_value("<sip:c@h?From=sip%3Amallory%40h&X-Evil=1%0D%0ARoute%3A%20x&body=v%3D0>"));
    CHECK_SLICE("sip:c@h", r.target);
    CHECK_INT(400, read_value("<sip:c@h?Replaces=a%0D%0AX%3A%20y%3Bto-tag%3D1%3Bfrom-tag%3D2>"));
    CHECK_INT(400, read_value("<sip:c@h?Replaces=a%3Bto-tag%3D1%0D%0AX%3A%20y%3Bfrom-tag%3D2>"));
}

TEST(what_cannot_be_read_is_400)
{
    static const char *const bad[] = {
        "",
        "carol",
        "<sip:carol@h",
        "<sip:carol@h>, <sip:dave@h>",
        "<sip:carol@h?>",
        "<sip:carol@h?x>",
        "<sip:carol@h?Replaces=>",
        "<sip:carol@h?Replaces=a>",
        "<sip:carol@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:carol@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Join=a%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:carol@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2%>",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_value(bad[i]) != 400) {
            print_error("not 400 but %u: %s\n", read_value(bad[i]), bad[i]);
            fail();
        }
}

TEST(what_is_too_long_is_414)
{
    static char text[REFER_TEXT + 64];
    struct buf  b = BUF_ON(text);

    buf_put(&b, SLICE("<sip:c@h?Subject="));
    while (b.len < REFER_TEXT + 8)
        buf_put_byte(&b, 'x');
    buf_put_byte(&b, '>');
    CHECK_INT(414, refer_to_read(buf_slice(&b), &r));
}

TEST(what_is_written_is_read_back)
{
    const struct replaces named = { SLICE("a%b\"c@d"), SLICE("1"), SLICE("x=y"), false };
    char                  text[256];
    struct buf            b = BUF_ON(text);

    refer_to_write(&b, SLICE("sip:carol@[2001:db8::1]:5061;gr=urn;method=INVITE?Subject=no"), &named, true);
    CHECK_SLICE("<sip:carol@[2001:db8::1]:5061;gr=urn?Replaces=a%25b%22c%40d%3Bto-tag%3D1%3Bfrom-tag%3Dx%3Dy"
                "&Require=replaces>",
                buf_slice(&b));
    CHECK_INT(0, refer_to_read(buf_slice(&b), &r));
    CHECK_SLICE("sip:carol@[2001:db8::1]:5061;gr=urn", r.target);
    CHECK(r.has_replaces && r.required);
    CHECK_SLICE("a%b\"c@d", r.replaces.call_id);
    CHECK_SLICE("x=y", r.replaces.from_tag);

    b = BUF_ON(text);
    refer_to_write(&b, SLICE("sip:carol@h"), NULL, false);
    CHECK_SLICE("<sip:carol@h>", buf_slice(&b));

    b = BUF_ON(text);
    refer_to_write_join(&b, SLICE("sip:carol@h"), &named);
    CHECK_SLICE("<sip:carol@h?Join=a%25b%22c%40d%3Bto-tag%3D1%3Bfrom-tag%3Dx%3Dy&Require=join>", buf_slice(&b));
    CHECK_INT(0, refer_to_read(buf_slice(&b), &r));
    CHECK(r.has_join && r.required && !r.has_replaces);
    CHECK_SLICE("a%b\"c@d", r.join.call_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_are_read),
        cmocka_unit_test(the_target_is_what_a_request_may_have_in_its_start_line),
        cmocka_unit_test(require_counts_for_the_dialog_that_is_named),
        cmocka_unit_test(no_header_comes_through_but_those_that_are_read),
        cmocka_unit_test(what_cannot_be_read_is_400),
        cmocka_unit_test(what_is_too_long_is_414),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
