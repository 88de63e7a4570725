/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/uri.h"
#include "support/test.h"

#include <stdio.h>

struct pair {
    const char *a, *b;
};

static bool eq(const char *a, const char *b)
{
    struct uri ua, ub;
    bool       same;

    CHECK(uri_parse(test_guarded(slice_from(a)), &ua));
    CHECK(uri_parse(test_guarded(slice_from(b)), &ub));
    same = uri_eq(&ua, &ub);
    CHECK_INT(same, uri_eq(&ub, &ua));
    CHECK(uri_eq(&ua, &ua));
    return same;
}

static void check_pairs(const struct pair *pairs, size_t count, bool want)
{
    for (size_t i = 0; i < count; i++)
        if (eq(pairs[i].a, pairs[i].b) != want) {
            print_error("%s and %s\n", pairs[i].a, pairs[i].b);
            fail();
        }
}

/* RFC 3261 19.1.4, its own examples first. */
TEST(uris_that_are_the_same)
{
    static const struct pair pairs[] = {
        { "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp" },
        { "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
        { "sip:carol@chicago.com", "sip:carol@chicago.com;security=on" },
        { "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on" },
        { "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
          "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com" },
        { "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
          "sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
        { "sip:a%3bb@h", "sip:a%3Bb@h" },
        { "sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0::1]" },
        { "sip:a@h;lr", "sip:a@h;%6cr" },
        { "sip:a@h;%6c%72=x", "sip:a@h;lr=%58" },
    };

    check_pairs(pairs, sizeof pairs / sizeof *pairs, true);
}

TEST(uris_that_differ)
{
    static const struct pair pairs[] = {
        { "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP" },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
        { "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting" },
        { "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
        { "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off" },
        { "sip:bob@h", "sips:bob@h" },
        { "sip:bob@h", "sip:bob:@h" },
        { "sip:bob:a@h", "sip:bob:A@h" },
        { "sip:a%3Bb@h", "sip:a;b@h" },
        { "sip:a%2541@h", "sip:aA@h" },
        { "sip:a@h;user=phone", "sip:a@h" },
        { "sip:a@h;ttl=1", "sip:a@h" },
        { "sip:a@h;maddr=x", "sip:a@h" },
        { "sip:a@h;method=INVITE", "sip:a@h" },
        { "sip:a@h?x=1&x=1", "sip:a@h?x=1" },
        { "sip:a@h?x=1&x=1&y=1", "sip:a@h?x=1&y=1&y=1" },
        { "sip:a@h?x=1", "sip:a@h?x=2" },
        { "sip:null-%00-null@h", "sip:null-@h" },
        { "sip:%00@h", "sip:%00%00@h" }, /* RFC 4475 3.1.1.4 */
        { "sip:a@[::1]", "sip:a@[::2]" },
    };

    check_pairs(pairs, sizeof pairs / sizeof *pairs, false);
}

/* RFC 3966 4 */
TEST(tel_uris_are_compared_by_their_digits)
{
    static const struct pair same[]  = { { "tel:+1-201-555", "tel:+1(201)555" },
                                         { "tel:+1;ext=2;isub=3", "tel:+1;isub=3;ext=2" },
                                         { "tel:7Ab;phone-context=X", "tel:7aB;phone-context=x" } },
                             other[] = { { "tel:+1201", "tel:1201" },
                                         { "tel:+1;ext=2", "tel:+1" },
                                         { "tel:+12", "tel:+123" },
                                         { "tel:+12", "sip:+12@h" } };

    check_pairs(same, sizeof same / sizeof *same, true);
    check_pairs(other, sizeof other / sizeof *other, false);
}

TEST(opaque_uris_are_compared_as_text)
{
    CHECK(eq("http://x/y", "http://x/y"));
    CHECK(!eq("http://x/y", "http://x/Y"));
    CHECK(!eq("http://x/y", "isbn:1"));
}

/* The work of a comparison is bounded: too many parameters equal nothing. */
TEST(uri_with_more_parameters_than_the_limit_equals_none)
{
    char       text[1024];
    struct buf b = BUF_ON(text);
    struct uri uri;

    buf_put(&b, SLICE("sip:h"));
    for (int i = 0; i < 64; i++)
        buf_printf(&b, ";p%d", i);
    CHECK(uri_parse(buf_slice(&b), &uri));
    CHECK(uri_eq(&uri, &uri));
    buf_put(&b, SLICE(";last"));
    CHECK(uri_parse(buf_slice(&b), &uri));
    CHECK(!uri_eq(&uri, &uri));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris_that_are_the_same),
        cmocka_unit_test(uris_that_differ),
        cmocka_unit_test(tel_uris_are_compared_by_their_digits),
        cmocka_unit_test(opaque_uris_are_compared_as_text),
        cmocka_unit_test(uri_with_more_parameters_than_the_limit_equals_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
