/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/identity.h"
#include "support/test.h"

#define ALICE "P-Asserted-Identity: <sip:alice@a.test>\r\n"

static struct message *message;
static struct identity identity;
static char            memory[IDENTITY_TEXT];
static struct buf      text;

static void parse_from(const char *from, const char *method, const char *lines)
{
    char               bytes[2048];
    struct buf         b = BUF_ON(bytes);
    struct parse_fault fault;

    buf_printf(&b,
               "%s sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\n"
               "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
               method, from, method, lines);
    message_drop(message);
    message = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(message);
}

static void from(enum identity_side side, const char *lines)
{
    parse_from("sip:a@a.test", "INVITE", lines);
    text = BUF_ON(memory);
    identity_of(&identity, message, side, &text);
}

static int drop_message(void **state)
{
    (void)state;
    message_drop(message);
    message = NULL;
    return 0;
}

static bool reads(const char *lines, bool *tidy, struct identity_values *values)
{
    bool found;

    parse_from("sip:a@a.test", "INVITE", lines);
    found = identity_read(message, HEADER_P_ASSERTED_IDENTITY, values);
    *tidy = values->tidy;
    return found;
}

/* RFC 3325 9.1 */
TEST(there_are_one_or_two_values_of_which_one_is_a_telephone_number)
{
    struct identity_values v;
    bool                   tidy;

    CHECK(reads("P-Asserted-Identity: \"A, B\" <sips:a@a.test>, tel:+1\r\n", &tidy, &v));
    CHECK(tidy && v.has_sip && v.has_tel);
    CHECK_SLICE("sips:a@a.test", v.sip.uri.text);
    CHECK_SLICE("tel:+1", v.tel.uri.text);
    CHECK(reads("P-Asserted-Identity: <tel:+1>\r\nP-Asserted-Identity: <sip:a@a.test>\r\n", &tidy, &v));
    CHECK(tidy && v.has_sip && v.has_tel);
    CHECK(reads(ALICE ALICE, &tidy, &v));
    CHECK(!tidy && v.has_sip && !v.has_tel);
    CHECK(reads("P-Asserted-Identity: <mailto:a@a.test>, <tel:+1>\r\n", &tidy, &v));
    CHECK(!tidy && !v.has_sip && v.has_tel);
    CHECK(reads("P-Asserted-Identity: <sip:a@a.test>, <<>>\r\n", &tidy, &v));
    CHECK(!tidy && v.has_sip);
    CHECK(!reads("P-Asserted-Identity: \r\n", &tidy, &v));
    CHECK(!reads("P-Asserted-Identity: <mailto:a@a.test>\r\n", &tidy, &v));
    CHECK(!reads("", &tidy, &v));
}

static struct identity_change copy(enum identity_side to, bool strangers)
{
    return identity_change(&identity, to, strangers, false);
}

static bool keeps(enum identity_side to, bool strangers)
{
    struct identity_change c = copy(to, strangers);

    return !c.drop_asserted && c.lines[0].len == 0;
}

static bool tells(enum identity_side to, bool strangers)
{
    struct identity_change c = copy(to, strangers);

    CHECK(c.drop_asserted);
    return c.lines[0].len > 0;
}

/* RFC 3325 5 */
TEST(what_a_stranger_asserts_is_taken_off_whoever_it_goes_to)
{
    for (enum identity_side side = IDENTITY_STRANGER; side <= IDENTITY_USER; side++) {
        from(side, ALICE "Privacy: none\r\n");
        for (enum identity_side to = IDENTITY_STRANGER; to <= IDENTITY_TRUSTED; to++)
            CHECK(!tells(to, true));
    }
}

TEST(what_a_trusted_neighbour_asserts_is_kept_for_another)
{
    from(IDENTITY_TRUSTED, ALICE "P-Asserted-Identity: <tel:+1>\r\n");
    CHECK(keeps(IDENTITY_TRUSTED, false));
    from(IDENTITY_TRUSTED, ALICE "Privacy: id\r\n");
    CHECK(keeps(IDENTITY_TRUSTED, false));
}

/* RFC 3325 7 */
TEST(who_is_not_trusted_is_told_unless_it_is_private)
{
    from(IDENTITY_TRUSTED, ALICE);
    CHECK(keeps(IDENTITY_USER, false));
    CHECK(keeps(IDENTITY_STRANGER, true));
    CHECK(!keeps(IDENTITY_STRANGER, false));
    from(IDENTITY_TRUSTED, ALICE "Privacy: header;id\r\n");
    CHECK(!keeps(IDENTITY_USER, true));
    CHECK(!keeps(IDENTITY_STRANGER, true));
}

TEST(none_is_an_order_to_tell_it)
{
    from(IDENTITY_TRUSTED, ALICE "Privacy: none\r\n");
    CHECK(keeps(IDENTITY_STRANGER, false));
    from(IDENTITY_TRUSTED, ALICE "Privacy: none;id\r\n");
    CHECK(!keeps(IDENTITY_STRANGER, false));
}

/* RFC 3325 9.1: a second sip URI is no identity. */
TEST(of_what_is_asserted_too_often_the_first_is_kept)
{
    from(IDENTITY_TRUSTED, "P-Asserted-Identity: <sip:alice@a.test>, <sip:bob@a.test>, \"A\" <tel:+1>, <tel:+2>\r\n");
    CHECK(tells(IDENTITY_TRUSTED, false));
    CHECK_SLICE("P-Asserted-Identity: <sip:alice@a.test>\r\nP-Asserted-Identity: \"A\" <tel:+1>\r\n",
                copy(IDENTITY_USER, false).lines[0]);
    from(IDENTITY_TRUSTED, "P-Asserted-Identity: nonsense\r\n");
    CHECK(!tells(IDENTITY_TRUSTED, false));
}

/* RFC 3325 5, 6 */
TEST(a_user_who_has_proved_himself_is_asserted_in_the_place_of_what_he_says)
{
    from(IDENTITY_USER, "P-Asserted-Identity: <sip:chief@a.test>\r\nP-Preferred-Identity: <sip:a@a.test>\r\n");
    identity_assert(&identity, SLICE("sip:alice@a.test"), SLICE(""), &text);
    CHECK(tells(IDENTITY_TRUSTED, false));
    CHECK(tells(IDENTITY_USER, false));
    CHECK(!tells(IDENTITY_STRANGER, false));
    CHECK_SLICE(ALICE, copy(IDENTITY_TRUSTED, false).lines[0]);
    CHECK(copy(IDENTITY_TRUSTED, false).drop_preferred);
    CHECK(!identity_change(&identity, IDENTITY_STRANGER, false, true).drop_preferred);
    text = BUF_ON(memory);
    identity_assert(&identity, SLICE("sip:alice@a.test"), SLICE("+4930"), &text);
    CHECK_SLICE(ALICE "P-Asserted-Identity: <tel:+4930>\r\n", copy(IDENTITY_TRUSTED, false).lines[0]);
}

TEST(without_room_nothing_is_asserted)
{
    char little[20];

    from(IDENTITY_USER, "");
    text = BUF_ON(little);
    identity_assert(&identity, SLICE("sip:alice@a.test"), SLICE(""), &text);
    CHECK(!tells(IDENTITY_TRUSTED, false));
}

/* Who comes next must not tell it either. */
TEST(the_trusted_hear_that_an_anonymous_user_wants_to_be_so)
{
    parse_from("sip:anonymous@anonymous.invalid", "INVITE", "");
    text = BUF_ON(memory);
    identity_of(&identity, message, IDENTITY_USER, &text);
    identity_assert(&identity, SLICE("sip:alice@a.test"), SLICE(""), &text);
    CHECK(tells(IDENTITY_TRUSTED, false));
    CHECK_SLICE("Privacy: id\r\n", copy(IDENTITY_TRUSTED, false).lines[1]);
    CHECK(!tells(IDENTITY_USER, true));
    CHECK_INT(0, copy(IDENTITY_USER, true).lines[1].len);
}

/* RFC 3323 5 */
TEST(the_option_tag_ends_where_the_trust_domain_does)
{
    from(IDENTITY_USER, "Proxy-Require: privacy\r\nPrivacy: id\r\n");
    CHECK(!copy(IDENTITY_TRUSTED, false).drop_privacy);
    CHECK(copy(IDENTITY_USER, false).drop_privacy);
    CHECK(copy(IDENTITY_STRANGER, false).drop_privacy);
    from(IDENTITY_USER, "");
    CHECK(!copy(IDENTITY_STRANGER, false).drop_privacy);
}

TEST(nobody_is_asserted_in_an_ack_a_cancel_or_a_register)
{
    static const char *const methods[] = { "ACK", "CANCEL", "REGISTER", "INVITE", "MESSAGE", "FROB" };

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        parse_from("sip:a@a.test", methods[i], "");
        CHECK_INT(i >= 3, identity_may_be_asserted(message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(there_are_one_or_two_values_of_which_one_is_a_telephone_number, drop_message),
        cmocka_unit_test_teardown(what_a_stranger_asserts_is_taken_off_whoever_it_goes_to, drop_message),
        cmocka_unit_test_teardown(what_a_trusted_neighbour_asserts_is_kept_for_another, drop_message),
        cmocka_unit_test_teardown(who_is_not_trusted_is_told_unless_it_is_private, drop_message),
        cmocka_unit_test_teardown(none_is_an_order_to_tell_it, drop_message),
        cmocka_unit_test_teardown(of_what_is_asserted_too_often_the_first_is_kept, drop_message),
        cmocka_unit_test_teardown(a_user_who_has_proved_himself_is_asserted_in_the_place_of_what_he_says, drop_message),
        cmocka_unit_test_teardown(without_room_nothing_is_asserted, drop_message),
        cmocka_unit_test_teardown(the_trusted_hear_that_an_anonymous_user_wants_to_be_so, drop_message),
        cmocka_unit_test_teardown(the_option_tag_ends_where_the_trust_domain_does, drop_message),
        cmocka_unit_test_teardown(nobody_is_asserted_in_an_ack_a_cancel_or_a_register, drop_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
