/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding.h"

#include "support/test.h"

enum { NOW = 1000000 };

TEST(parameters_are_given_back_but_for_expires_and_q)
{
    char             memory[256];
    struct buf       b = BUF_ON(memory);
    struct scan      s = scan_from(test_guarded(
             SLICE("<sip:b@192.0.2.4;lr>;Expires=5;+sip.instance=\"<urn:uuid:1>\";Q=0.1;ob;reg-id=1;x=\"a\r\n b\"")));
    struct name_addr contact;

    CHECK(name_addr_scan(&s, &contact));
    binding_write_params(&b, &contact);
    CHECK_SLICE(";+sip.instance=\"<urn:uuid:1>\";ob;reg-id=1;x=\"a   b\"", buf_slice(&b));
}

static struct binding_params read_params(const char *text)
{
    struct scan           s = scan_from(test_guarded(slice_from(text)));
    struct name_addr      contact;
    struct binding_params params;

    CHECK(name_addr_scan(&s, &contact));
    binding_read_params(&contact, NULL, &params);
    return params;
}

TEST(of_each_parameter_the_first_is_read_in_any_case)
{
    struct binding_params p = read_params("<sip:b@h>;Q=0.5;q=1;EXPIRES=7;expires=8;+SIP.instance=\"<urn:x:1>\";"
                                          "+sip.instance=\"<urn:x:2>\";Reg-Id=3");

    CHECK(p.has_q && p.has_expires && p.has_reg_id && p.keeps);
    CHECK_SLICE("0.5", p.q);
    CHECK_SLICE("7", p.expires);
    CHECK_SLICE("<urn:x:1>", p.instance);
}

/* An empty value is one: a q that is there and empty is malformed, not absent. */
TEST(a_parameter_without_a_value_is_there)
{
    struct binding_params p = read_params("<sip:b@h>;q;q=0.5;expires;expires=9;+sip.instance;+sip.instance=\"<a>\"");

    CHECK(p.has_q && p.has_expires && p.q.len == 0 && p.expires.len == 0 && p.instance.len == 0);
}

/* binding_write_params would write nothing. */
TEST(what_is_ours_to_say_is_not_kept)
{
    CHECK(!read_params("<sip:b@h>").keeps);
    CHECK(!read_params("<sip:b@h>;q=0.1;expires=60;pub-gruu=\"sip:x\";Temp-GRUU=\"sip:y\"").keeps);
    CHECK(read_params("<sip:b@h>;expires=60;reg-id=1").keeps);
    CHECK(read_params("<sip:b@h>;ob").keeps);
}

/* 10.3 step 8: what is left, rounded up, so that a fresh 60 reads 60. */
TEST(a_contact_of_the_answer_says_how_long_it_lives)
{
    char               memory[256];
    struct buf         b    = BUF_ON(memory);
    struct binding_now have = { .contact    = SLICE("sip:b@192.0.2.4;transport=tcp"),
                                .q          = 1000,
                                .expires_at = NOW + 5000 };

    have.params = SLICE(";ob");
    binding_write_contact(&b, &have, NOW);
    CHECK_SLICE("<sip:b@192.0.2.4;transport=tcp>;ob;expires=5", buf_slice(&b));
    b      = BUF_ON(memory);
    have.q = 50;
    binding_write_contact(&b, &have, NOW + 4999);
    CHECK_SLICE("<sip:b@192.0.2.4;transport=tcp>;ob;q=0.050;expires=1", buf_slice(&b));
    b = BUF_ON(memory);
    binding_write_contact(&b, &have, NOW + 9000);
    CHECK_SLICE("<sip:b@192.0.2.4;transport=tcp>;ob;q=0.050;expires=0", buf_slice(&b));
}

/* RFC 3840 9, RFC 8599 4: features as they came, "!" and lists and quotes and all; push
 * parameters belong to the URI. */
TEST(capabilities_come_back_as_they_were_written)
{
    static const char features[] = ";audio;video=\"FALSE\";language=\"en,!de\";+sip.priority=\"#>=2.5\";mobility=fixed;"
                                   "+sip.app-subtype=\"<a,\\\"b>\";methods=\"INVITE,BYE\";+!odd";
    char              memory[512];
    struct buf        b = BUF_ON(memory), again = BUF_ON(memory);
    struct scan       s;
    struct name_addr  contact;

    buf_printf(&b, "<sip:b@192.0.2.4;pn-provider=acme;pn-param=1:2;pn-prid=ZTY4+0K>%s", features);
    s = scan_from(test_guarded(buf_slice(&b)));
    CHECK(name_addr_scan(&s, &contact));
    CHECK_SLICE("sip:b@192.0.2.4;pn-provider=acme;pn-param=1:2;pn-prid=ZTY4+0K", contact.uri.text);
    binding_write_params(&again, &contact);
    CHECK_SLICE(features, buf_slice(&again));
}

TEST(events_are_named_as_in_reg_event)
{
    static const char *const names[] = { "registered", "refreshed", "expired", "unregistered", "rejected" };

    for (int i = BINDING_REGISTERED; i <= BINDING_REJECTED; i++)
        CHECK(strcmp(binding_event_name((enum binding_event)i), names[i]) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_given_back_but_for_expires_and_q),
        cmocka_unit_test(of_each_parameter_the_first_is_read_in_any_case),
        cmocka_unit_test(a_parameter_without_a_value_is_there),
        cmocka_unit_test(what_is_ours_to_say_is_not_kept),
        cmocka_unit_test(a_contact_of_the_answer_says_how_long_it_lives),
        cmocka_unit_test(capabilities_come_back_as_they_were_written),
        cmocka_unit_test(events_are_named_as_in_reg_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
