/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/rack.h"

#include "support/test.h"

static bool parses(const char *text, struct rack *out)
{
    return rack_parse(test_guarded(slice_from(text)), out);
}

/* RFC 3262 7.2 */
TEST(a_rack_names_a_response)
{
    struct rack r;

    CHECK(parses("776656 1 INVITE", &r));
    CHECK_INT(776656, r.rseq);
    CHECK_INT(1, r.cseq.number);
    CHECK_INT(METHOD_INVITE, r.cseq.method);
    CHECK(parses("1\t4294967295\r\n FOO ", &r));
    CHECK_INT(4294967295, r.cseq.number);
    CHECK_INT(METHOD_OTHER, r.cseq.method);
    CHECK_SLICE("FOO", r.cseq.method_text);
}

TEST(what_is_not_a_rack_is_none)
{
    static const char *const texts[] = {
        "",
        "1",
        "1 ",
        "1 1",
        "1 1 ",
        "0 1 INVITE",
        "1 INVITE",
        "-1 1 INVITE",
        "1 1 INVITE x",
        "11INVITE",
        "1 1INVITE",
        "4294967296 1 INVITE",
        "1 4294967296 INVITE",
        "1, 1 INVITE",
        "x 1 INVITE",
    };
    struct rack r;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (parses(texts[i], &r))
            fail_msg("\"%s\" is taken", texts[i]);
}

/* RFC 3262 7.2: the method has case. */
TEST(a_method_in_another_case_is_another)
{
    struct rack r;

    CHECK(parses("1 1 invite", &r));
    CHECK_INT(METHOD_OTHER, r.cseq.method);
}

TEST(what_is_written_reads_back)
{
    char          text[128];
    struct buf    b = BUF_ON(text);
    struct gather g;

    gather_init(&g);
    rack_put(&g, 4294967295u, 7, METHOD_INVITE);
    gather_flatten(&g, &b);
    CHECK_SLICE("RAck: 4294967295 7 INVITE\r\n", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rack_names_a_response),
        cmocka_unit_test(what_is_not_a_rack_is_none),
        cmocka_unit_test(a_method_in_another_case_is_another),
        cmocka_unit_test(what_is_written_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
