/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/extensions.h"

#include "dialog/message_of.h"

#include <stdio.h>

static struct message *request_of(const char *method, const char *headers)
{
    char text[1024];

    snprintf(text, sizeof text,
             "%s sip:bob@example.test SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa\nMax-Forwards: 70\n"
             "From: <sip:a@b>;tag=1\nTo: <sip:bob@example.test>\nCall-ID: c\nCSeq: 1 %s\n%s",
             method, method, headers);
    return message_of(text);
}

static bool missing(unsigned set, const char *method, const char *headers)
{
    struct message *m   = request_of(method, headers);
    bool            yes = extensions_are_missing(set, m);

    message_drop(m);
    return yes;
}

static const char *written(struct gather *g)
{
    static char text[512];
    struct buf  b = BUF_ON(text);

    gather_flatten(g, &b);
    CHECK(buf_ok(&b));
    return buf_cstr(&b);
}

/* RFC 3262 4: in all INVITEs. */
TEST(supported_lists_what_is_on_and_belongs_there)
{
    struct gather g;

    gather_init(&g);
    extensions_put_supported(EXTENSIONS_ALL, METHOD_INVITE, &g);
    CHECK(strstr(written(&g), "Supported: ") == written(&g));
    CHECK(strstr(written(&g), "100rel") != NULL);
    gather_init(&g);
    extensions_put_supported(0, METHOD_INVITE, &g);
    extensions_put_supported(EXTENSION_BIT(100REL), METHOD_BYE, &g);
    assert_string_equal("", written(&g));
}

/* RFC 3261 8.2.2.3, 7.3.1 */
TEST(what_is_required_must_be_on_and_have_a_use)
{
    CHECK(!missing(EXTENSIONS_ALL, "INVITE", ""));
    CHECK(!missing(EXTENSIONS_ALL, "INVITE", "Require: 100rel\n"));
    CHECK(!missing(EXTENSIONS_ALL, "INVITE", "Require: 100REL\n"));
    CHECK(missing(0, "INVITE", "Require: 100rel\n"));
    CHECK(missing(EXTENSIONS_ALL, "INVITE", "Require: 100rel\nRequire: foo\n"));
    CHECK(missing(EXTENSIONS_ALL, "OPTIONS", "Require: 100rel\n")); /* RFC 3262 4: in INVITE alone */
}

/* RFC 3261 21.4.15 */
TEST(unsupported_lists_just_what_is_missing)
{
    struct message *m = request_of("INVITE", "Require: foo, 100rel\nRequire: bar\n");
    struct gather   g;

    gather_init(&g);
    extensions_put_unsupported(EXTENSIONS_ALL, m, &g);
    assert_string_equal("Unsupported: foo, bar\r\n", written(&g));
    gather_init(&g);
    extensions_put_unsupported(0, m, &g);
    assert_string_equal("Unsupported: foo, 100rel, bar\r\n", written(&g));
    message_drop(m);
}

TEST(each_tag_is_one_word)
{
    for (unsigned e = 0; e < EXTENSION_COUNT; e++) {
        struct scan  s = scan_from(extension_tag((enum extension)e));
        struct slice token;

        CHECK(scan_token(&s, &token));
        CHECK(scan_at_end(&s));
    }
    CHECK_SLICE("100rel", extension_tag(EXTENSION_100REL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supported_lists_what_is_on_and_belongs_there),
        cmocka_unit_test(what_is_required_must_be_on_and_have_a_use),
        cmocka_unit_test(unsupported_lists_just_what_is_missing),
        cmocka_unit_test(each_tag_is_one_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
