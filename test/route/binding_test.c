/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding.h"
#include "support/test.h"

enum { NOW = 1000000 };

static const struct binding_limits usual = { 60, 3600, 7200, 4 };

static struct binding_verdict verdict;

/* A REGISTER of one UA with these header lines. */
static struct message *registers_by(const char *uri, uint32_t cseq, const char *lines)
{
    char               memory[4096];
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;
    struct message    *m;

    buf_printf(&b,
               "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\n"
               "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: one\r\n"
               "CSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
               uri, cseq, lines);
    assert_true(buf_ok(&b));
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(m);
    return m;
}

static struct message *registers(uint32_t cseq, const char *lines)
{
    return registers_by("sip:example.test", cseq, lines);
}

static void decide_with(const struct message *m, const struct binding_now *existing, size_t count,
                        const struct binding_limits *limits, bool outbound)
{
    struct binding_request r = { m, outbound, NOW };

    binding_decide(existing, count, &r, limits, &verdict);
}

static void decide_of(struct message *m, const struct binding_now *existing, size_t count)
{
    decide_with(m, existing, count, &usual, false);
    CHECK(verdict.why.text != NULL && verdict.why.rule != NULL);
    CHECK(verdict.status == 200 || verdict.count == 0);
    for (unsigned i = 0; i < verdict.count; i++) /* only kind, index, q and expires are looked at afterwards */
        CHECK(verdict.changes[i].kind == BINDING_REMOVE_ALL || verdict.changes[i].contact.uri.text.len > 0);
    message_drop(m);
}

static void decide(const struct binding_now *existing, size_t count, uint32_t cseq, const char *lines)
{
    decide_of(registers(cseq, lines), existing, count);
}

static void expect(unsigned i, enum binding_change_kind kind, unsigned index, uint32_t expires)
{
    CHECK(i < verdict.count);
    CHECK_INT(kind, verdict.changes[i].kind);
    if (kind != BINDING_ADD)
        CHECK_INT(index, verdict.changes[i].index);
    CHECK_INT(expires, verdict.changes[i].expires);
}

static struct binding_now bound(const char *contact, const char *call_id, uint32_t cseq)
{
    return (struct binding_now){ slice_from(contact), SLICE(""), slice_from(call_id), cseq, 1000, NOW + 5000,
                                 SLICE(""),           0 };
}

/* RFC 3261 10.3 step 6: no Contact, no change. */
TEST(a_register_without_contact_asks)
{
    struct binding_now have = bound("sip:bob@192.0.2.4", "one", 9);

    decide(&have, 1, 1, "");
    CHECK_INT(200, verdict.status);
    CHECK_INT(0, verdict.count);
    decide(NULL, 0, 1, "Expires: 0\r\n");
    CHECK_INT(200, verdict.status);
}

TEST(new_contacts_are_added_with_the_time_they_ask_for)
{
    decide(NULL, 0, 1,
           "Contact: <sip:bob@192.0.2.4>;expires=100, <sip:bob@192.0.2.5>\r\nExpires: 200\r\n"
           "m: sip:bob@192.0.2.6;expires=300;q=0.25\r\n");
    CHECK_INT(200, verdict.status);
    CHECK_INT(3, verdict.count);
    expect(0, BINDING_ADD, 0, 100);
    expect(1, BINDING_ADD, 0, 200);
    expect(2, BINDING_ADD, 0, 300);
    CHECK_INT(1000, verdict.changes[0].q);
    CHECK_INT(250, verdict.changes[2].q);
}

/* 10.3 step 7; 20.19: a malformed parameter is worth an hour. */
TEST(the_time_is_the_parameter_or_the_header_or_ours)
{
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>\r\n");
    expect(0, BINDING_ADD, 0, 3600);
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>\r\nExpires: soon\r\n");
    expect(0, BINDING_ADD, 0, 3600);
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>;expires=soon\r\nExpires: 200\r\n");
    expect(0, BINDING_ADD, 0, 3600);
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>;expires=4294967296\r\n");
    expect(0, BINDING_ADD, 0, 7200);
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>;expires=7200\r\n");
    expect(0, BINDING_ADD, 0, 7200);
}

/* 10.2: "Malformed values SHOULD be treated as equivalent to 3600", which is not our default. */
TEST(a_time_that_is_no_number_is_an_hour)
{
    struct binding_limits brief = { 60, 1800, 7200, 4 };
    struct message       *m     = registers(1, "Contact: <sip:b@192.0.2.4>, <sip:a@192.0.2.4>;expires=-1\r\n"
                                                         "Expires: Thu, 01 Dec 1994 16:00:00 GMT\r\n");

    decide_with(m, NULL, 0, &brief, false);
    expect(0, BINDING_ADD, 0, 3600);
    expect(1, BINDING_ADD, 0, 3600);
    message_drop(m);
    m = registers(1, "Contact: <sip:b@192.0.2.4>\r\n");
    decide_with(m, NULL, 0, &brief, false);
    expect(0, BINDING_ADD, 0, 1800);
    message_drop(m);
}

TEST(too_short_a_time_is_refused_with_the_least_one)
{
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>;expires=59\r\n");
    CHECK_INT(423, verdict.status);
    CHECK_INT(60, verdict.min_expires);
    decide(NULL, 0, 1, "Contact: <sip:b@192.0.2.4>;expires=60\r\n");
    CHECK_INT(200, verdict.status);
    decide(NULL, 0, 1, "Contact: <sip:a@192.0.2.4>, <sip:b@192.0.2.4>;expires=1\r\n");
    CHECK_INT(423, verdict.status); /* and the first is not added either */
    CHECK_INT(0, verdict.count);
}

/* 10.3 step 7: "if and only if ... smaller than one hour". */
TEST(an_hour_is_never_too_short)
{
    struct binding_limits strict = { 5000, 6000, 7200, 4 };
    struct message       *m      = registers(1, "Contact: <sip:b@192.0.2.4>;expires=3600\r\n");

    decide_with(m, NULL, 0, &strict, false);
    CHECK_INT(200, verdict.status);
    message_drop(m);
    m = registers(1, "Contact: <sip:b@192.0.2.4>;expires=3599\r\n");
    decide_with(m, NULL, 0, &strict, false);
    CHECK_INT(423, verdict.status);
    message_drop(m);
}

TEST(the_same_contact_again_is_a_refresh)
{
    struct binding_now have[2] = { bound("sip:x@192.0.2.9", "one", 9), bound("sip:bob@192.0.2.4", "one", 9) };

    decide(have, 2, 10, "Contact: <sip:bob@192.0.2.4>;expires=100\r\n");
    CHECK_INT(1, verdict.count);
    expect(0, BINDING_REFRESH, 1, 100);
}

/* RFC 3261 19.1.4 finds the binding; any difference in the text is kept. */
TEST(an_equal_uri_in_other_words_replaces)
{
    struct binding_now have = bound("sip:bob@Example.COM", "one", 9);

    decide(&have, 1, 10, "Contact: <sip:b%6fb@example.com>;expires=100\r\n");
    CHECK_INT(1, verdict.count);
    expect(0, BINDING_REPLACE, 0, 100);

    have = bound("sip:bob@192.0.2.4", "one", 9);
    decide(&have, 1, 10, "Contact: <sip:bob@192.0.2.4>;q=0.5;expires=100\r\n");
    expect(0, BINDING_REPLACE, 0, 100);
    decide(&have, 1, 10, "Contact: <sip:bob@192.0.2.4>;expires=100;+sip.instance=\"<urn:x>\"\r\n");
    expect(0, BINDING_REPLACE, 0, 100);
    have.params = SLICE(";+sip.instance=\"<urn:x>\"");
    decide(&have, 1, 10, "Contact: <sip:bob@192.0.2.4>;expires=100;+sip.instance=\"<urn:x>\"\r\n");
    expect(0, BINDING_REFRESH, 0, 100);
    decide(&have, 1, 10, "Contact: <sip:bob@192.0.2.4:5060>;expires=100\r\n"); /* another URI */
    expect(0, BINDING_ADD, 0, 100);
}

/* 10.3 step 7: another Call-ID, as after a restart of the phone, is no old news. */
TEST(another_call_id_replaces_whatever_its_cseq)
{
    struct binding_now have = bound("sip:bob@192.0.2.4", "other", 500);

    decide(&have, 1, 1, "Contact: <sip:bob@192.0.2.4>;expires=100\r\n");
    CHECK_INT(200, verdict.status);
    expect(0, BINDING_REPLACE, 0, 100);
    decide(&have, 1, 1, "Contact: <sip:bob@192.0.2.4>;expires=0\r\n");
    expect(0, BINDING_REMOVE, 0, 0);
}

TEST(an_old_or_repeated_cseq_aborts_all_of_the_update)
{
    struct binding_now have = bound("sip:bob@192.0.2.4", "one", 10);

    for (uint32_t cseq = 9; cseq <= 10; cseq++) {
        decide(&have, 1, cseq, "Contact: <sip:new@192.0.2.8>, <sip:bob@192.0.2.4>;expires=100\r\n");
        CHECK_INT(500, verdict.status);
        CHECK_INT(0, verdict.count);
        decide(&have, 1, cseq, "Contact: <sip:bob@192.0.2.4>;expires=0\r\n");
        CHECK_INT(500, verdict.status);
    }
    decide(&have, 1, 11, "Contact: <sip:bob@192.0.2.4>;expires=0\r\n");
    CHECK_INT(200, verdict.status);
    expect(0, BINDING_REMOVE, 0, 0);
}

TEST(removing_what_is_not_there_is_no_change)
{
    decide(NULL, 0, 1, "Contact: <sip:bob@192.0.2.4>;expires=0\r\n");
    CHECK_INT(200, verdict.status);
    CHECK_INT(0, verdict.count);
}

TEST(a_binding_whose_time_is_up_is_not_there)
{
    struct binding_now have = bound("sip:bob@192.0.2.4", "one", 10);

    have.expires_at = NOW;
    decide(&have, 1, 1, "Contact: <sip:bob@192.0.2.4>;expires=100\r\n"); /* its CSeq counts no more */
    CHECK_INT(200, verdict.status);
    expect(0, BINDING_ADD, 0, 100);
    decide(&have, 1, 1, "Contact: <sip:bob@192.0.2.4>;expires=0\r\n");
    CHECK_INT(200, verdict.status);
    CHECK_INT(0, verdict.count);
}

/* 10.3 step 6. */
TEST(a_star_removes_all)
{
    struct binding_now have[2] = { bound("sip:a@192.0.2.4", "one", 9), bound("sip:b@192.0.2.5", "other", 99) };

    decide(have, 2, 10, "Contact: *\r\nExpires: 0\r\n");
    CHECK_INT(200, verdict.status);
    CHECK_INT(1, verdict.count);
    expect(0, BINDING_REMOVE_ALL, 0, 0);
}

TEST(a_star_that_comes_late_removes_nothing)
{
    struct binding_now have[2] = { bound("sip:a@192.0.2.4", "other", 1), bound("sip:b@192.0.2.5", "one", 10) };

    decide(have, 2, 10, "Contact: *\r\nExpires: 0\r\n");
    CHECK_INT(500, verdict.status);
    have[1].expires_at = NOW;
    decide(have, 2, 10, "Contact: *\r\nExpires: 0\r\n");
    CHECK_INT(200, verdict.status);
}

TEST(a_star_stands_alone_and_with_expires_zero)
{
    static const char *const bad[] = {
        "Contact: *\r\n",
        "Contact: *\r\nExpires: 1\r\n",
        "Contact: *\r\nExpires: none\r\n",
        "Contact: *\r\nContact: <sip:a@192.0.2.4>\r\nExpires: 0\r\n",
        "Contact: <sip:a@192.0.2.4>\r\nContact: *\r\nExpires: 0\r\n",
        "Contact: *, <sip:a@192.0.2.4>\r\nExpires: 0\r\n",
        "Contact: *\r\nContact: *\r\nExpires: 0\r\n",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        decide(NULL, 0, 1, bad[i]);
        CHECK_INT(400, verdict.status);
    }
}

TEST(what_cannot_be_read_is_refused_as_a_whole)
{
    static const char *const bad[] = {
        "Contact: <sip:a@192.0.2.4\r\n",
        "Contact: <sip:a@192.0.2.4>, \"\r\n",
        "Contact: <sip:a@192.0.2.4>;q=2\r\n",
        "Contact: <sip:a@192.0.2.4>;q=x\r\n",
        "Contact: <sip:a@192.0.2.4;transport=udp;transport=tcp>\r\n",
        "Contact: <sip:a@192.0.2.4>, <sip:A@192.0.2.4>, <sip:a@192.0.2.4>\r\n", /* the first again */
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        decide(NULL, 0, 1, bad[i]);
        CHECK_INT(400, verdict.status);
        CHECK_INT(0, verdict.count);
    }
}

TEST(contacts_are_limited_but_one_may_take_the_place_of_another)
{
    struct binding_now have[4] = { bound("sip:a@192.0.2.1", "other", 1), bound("sip:b@192.0.2.2", "other", 1),
                                   bound("sip:c@192.0.2.3", "other", 1), bound("sip:d@192.0.2.4", "other", 1) };

    decide(have, 4, 1, "Contact: <sip:e@192.0.2.5>\r\n");
    CHECK_INT(403, verdict.status);
    decide(have, 3, 1, "Contact: <sip:e@192.0.2.5>\r\n");
    CHECK_INT(200, verdict.status);
    decide(have, 4, 1, "Contact: <sip:e@192.0.2.5>, <sip:a@192.0.2.1>;expires=0\r\n");
    CHECK_INT(200, verdict.status);
    CHECK_INT(2, verdict.count);
    decide(have, 4, 1, "Contact: <sip:d@192.0.2.4>\r\n");
    CHECK_INT(200, verdict.status);
    have[0].expires_at = NOW - 1;
    decide(have, 4, 1, "Contact: <sip:e@192.0.2.5>\r\n");
    CHECK_INT(200, verdict.status);
}

/* As after the operator has lowered the limit. */
TEST(who_is_over_the_limit_already_may_refresh_and_go)
{
    struct binding_limits tight   = { 60, 3600, 7200, 1 };
    struct binding_now    have[2] = { bound("sip:a@192.0.2.1", "one", 1), bound("sip:b@192.0.2.2", "one", 1) };
    struct message       *m       = registers(2, "Contact: <sip:a@192.0.2.1>\r\n");

    decide_with(m, have, 2, &tight, false);
    CHECK_INT(200, verdict.status);
    expect(0, BINDING_REFRESH, 0, 3600);
    message_drop(m);
}

/* More Contacts than a list of ours holds end in a refusal, not in memory. */
TEST(a_flood_of_contacts_is_refused)
{
    char       memory[4096];
    struct buf b = BUF_ON(memory);

    for (unsigned i = 0; i <= LIMIT_LIST; i++)
        buf_printf(&b, "m: <sip:%u@192.0.2.1>\r\n", i);
    decide(NULL, 0, 1, buf_cstr(&b));
    CHECK_INT(403, verdict.status);
}

/* RFC 5630 5.2. */
TEST(a_sips_contact_comes_by_sips_alone)
{
    static const char *contact = "Contact: <sips:b@192.0.2.4>\r\n";
    struct binding_now have    = bound("sips:b@192.0.2.4", "one", 1);

    decide(NULL, 0, 1, contact);
    CHECK_INT(400, verdict.status);
    decide_of(registers_by("sips:example.test", 1, contact), NULL, 0);
    CHECK_INT(200, verdict.status);
    decide_of(registers_by("sips:example.test", 1, "Contact: <sips:b@192.0.2.4>\r\nPath: <sip:p.test;lr>\r\n"), NULL,
              0);
    CHECK_INT(400, verdict.status);
    decide_of(registers_by("sips:example.test", 1, "Contact: <sips:b@192.0.2.4>\r\nPath: <sips:p.test;lr>\r\n"), NULL,
              0);
    CHECK_INT(200, verdict.status);
    decide_of(registers_by("sips:example.test", 1, "Contact: <sip:b@192.0.2.4>\r\n"), NULL, 0);
    CHECK_INT(200, verdict.status);
    decide(&have, 1, 2, "Contact: <sips:b@192.0.2.4>;expires=0\r\n"); /* to be rid of it is no risk */
    CHECK_INT(200, verdict.status);
}

/* RFC 5630 5.1.1.1. */
TEST(the_sips_and_the_sip_form_of_a_contact_are_one_binding)
{
    struct binding_now sip = bound("sip:b@192.0.2.4", "one", 1), sips = bound("sips:b@192.0.2.4", "one", 1);

    decide_of(registers_by("sips:example.test", 2, "Contact: <sips:b@192.0.2.4>\r\n"), &sip, 1);
    CHECK_INT(1, verdict.count);
    expect(0, BINDING_REPLACE, 0, 3600);
    decide(&sips, 1, 2, "Contact: <sip:b@192.0.2.4>\r\n");
    expect(0, BINDING_REPLACE, 0, 3600);
    decide_of(registers_by("sips:example.test", 2, "Contact: <sips:b@192.0.2.4>, <sip:b@192.0.2.4>\r\n"), NULL, 0);
    CHECK_INT(400, verdict.status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_register_without_contact_asks),
        cmocka_unit_test(new_contacts_are_added_with_the_time_they_ask_for),
        cmocka_unit_test(the_time_is_the_parameter_or_the_header_or_ours),
        cmocka_unit_test(a_time_that_is_no_number_is_an_hour),
        cmocka_unit_test(too_short_a_time_is_refused_with_the_least_one),
        cmocka_unit_test(an_hour_is_never_too_short),
        cmocka_unit_test(the_same_contact_again_is_a_refresh),
        cmocka_unit_test(an_equal_uri_in_other_words_replaces),
        cmocka_unit_test(another_call_id_replaces_whatever_its_cseq),
        cmocka_unit_test(an_old_or_repeated_cseq_aborts_all_of_the_update),
        cmocka_unit_test(removing_what_is_not_there_is_no_change),
        cmocka_unit_test(a_binding_whose_time_is_up_is_not_there),
        cmocka_unit_test(a_star_removes_all),
        cmocka_unit_test(a_star_that_comes_late_removes_nothing),
        cmocka_unit_test(a_star_stands_alone_and_with_expires_zero),
        cmocka_unit_test(what_cannot_be_read_is_refused_as_a_whole),
        cmocka_unit_test(contacts_are_limited_but_one_may_take_the_place_of_another),
        cmocka_unit_test(who_is_over_the_limit_already_may_refresh_and_go),
        cmocka_unit_test(a_flood_of_contacts_is_refused),
        cmocka_unit_test(a_sips_contact_comes_by_sips_alone),
        cmocka_unit_test(the_sips_and_the_sip_form_of_a_contact_are_one_binding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
