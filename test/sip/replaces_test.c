/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/replaces.h"
#include "support/test.h"

static bool parse(const char *text, struct replaces *r)
{
    return replaces_parse(test_guarded(slice_from(text)), r);
}

/* RFC 3891 6.1, the examples. */
TEST(the_examples_of_the_rfc_are_read)
{
    struct replaces r;

    CHECK(parse("98732@sip.example.com\r\n ;from-tag=r33th4x0r\r\n ;to-tag=ff87ff", &r));
    CHECK_SLICE("98732@sip.example.com", r.call_id);
    CHECK_SLICE("ff87ff", r.to_tag);
    CHECK_SLICE("r33th4x0r", r.from_tag);
    CHECK(!r.early_only);
    CHECK(parse("12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only", &r));
    CHECK(r.early_only);
    CHECK(parse(" 87134@171.161.34.23 ; TO-TAG = 24796 ; from-tag=0;x=y ", &r));
    CHECK_SLICE("0", r.from_tag);
    CHECK_SLICE("24796", r.to_tag);
}

/* RFC 3891 6.1: exactly one of each tag; 3: no more than one header. */
TEST(what_does_not_name_one_dialog_is_refused)
{
    static const char *const bad[] = {
        "",
        ";to-tag=1;from-tag=2",
        "a@b",
        "a@b;to-tag=1",
        "a@b;from-tag=1",
        "a@b;to-tag;from-tag=1",
        "a@b;to-tag=;from-tag=1",
        "a@b;to-tag=1;from-tag=2;to-tag=1",
        "a@b;to-tag=1;from-tag=2;from-tag=3",
        "a@b;to-tag=1;from-tag=2,c@d;to-tag=1;from-tag=2",
        "a@b c;to-tag=1;from-tag=2",
        "a@b;to-tag=1;from-tag=2;",
        "a@b;to-tag=\"1;x\";from-tag=2",
        "a\x01@b;to-tag=1;from-tag=2",
    };
    struct replaces r;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], &r)) {
            print_error("read: %s\n", bad[i]);
            fail();
        }
}

/* RFC 4538 7 */
TEST(a_target_dialog_is_read_and_written)
{
    char            memory[128];
    struct buf      b = BUF_ON(memory);
    struct replaces r;

    CHECK(replaces_parse_target(test_guarded(SLICE("fa77as7dad8-sd98ajzz@host.example.com"
                                                   ";local-tag=kkaz-;remote-tag=6544")),
                                &r));
    CHECK_SLICE("kkaz-", r.to_tag);
    CHECK_SLICE("6544", r.from_tag);
    replaces_write_target(&b, &r);
    CHECK_SLICE("fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544", buf_slice(&b));
    CHECK(!replaces_parse_target(SLICE("a@b;to-tag=1;from-tag=2"), &r));
}

TEST(what_is_written_is_what_was_read)
{
    char            memory[128];
    struct buf      b = BUF_ON(memory);
    struct replaces r;

    CHECK(parse("a@b;x=1;from-tag=2;early-only;to-tag=1", &r));
    replaces_write(&b, &r);
    CHECK_SLICE("a@b;to-tag=1;from-tag=2;early-only", buf_slice(&b));
}

/* RFC 3891 3, 6.1: a tag of zero matches both tags of zero and null. */
TEST(a_dialog_is_named_by_its_three_parts)
{
    struct replaces r;

    CHECK(parse("a@b;to-tag=1;from-tag=0", &r));
    CHECK(replaces_names(&r, SLICE("a@b"), SLICE("1"), SLICE("0")));
    CHECK(replaces_names(&r, SLICE("a@b"), SLICE("1"), SLICE("")));
    CHECK(!replaces_names(&r, SLICE("a@b"), SLICE("0"), SLICE("1")));
    CHECK(!replaces_names(&r, SLICE("a@b"), SLICE(""), SLICE("0")));
    CHECK(!replaces_names(&r, SLICE("a@c"), SLICE("1"), SLICE("0")));
    CHECK(!replaces_names(&r, SLICE("A@b"), SLICE("1"), SLICE("0")));
}

TEST(an_absent_tag_is_written_as_zero)
{
    struct replaces r = { .call_id = SLICE("a@b"), .to_tag = SLICE("1") };
    char            memory[64];
    struct buf      b = BUF_ON(memory);

    replaces_write(&b, &r);
    CHECK_SLICE("a@b;to-tag=1;from-tag=0", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_are_read),
        cmocka_unit_test(what_does_not_name_one_dialog_is_refused),
        cmocka_unit_test(a_target_dialog_is_read_and_written),
        cmocka_unit_test(what_is_written_is_what_was_read),
        cmocka_unit_test(a_dialog_is_named_by_its_three_parts),
        cmocka_unit_test(an_absent_tag_is_written_as_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
