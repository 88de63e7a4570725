/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding_identity.h"

#include "support/test.h"

static bool read_identity(struct binding_change *c, bool outbound)
{
    struct binding_params params;

    binding_read_params(&c->contact, NULL, &params);
    return binding_read_identity(c, &params, outbound);
}

static struct binding_change contact(const char *text, bool outbound)
{
    struct scan           s = scan_from(slice_from(text));
    struct binding_change c = { .kind = BINDING_ADD };

    CHECK(name_addr_scan(&s, &c.contact));
    CHECK(read_identity(&c, outbound));
    return c;
}

static bool is_readable(const char *text, bool outbound)
{
    struct scan           s = scan_from(slice_from(text));
    struct binding_change c = { .kind = BINDING_ADD };

    CHECK(name_addr_scan(&s, &c.contact));
    return read_identity(&c, outbound);
}

static bool means(const char *text, bool outbound, const struct binding_now *b)
{
    struct binding_change c = contact(text, outbound);

    return binding_is_contact(b, &c);
}

static const struct binding_now plain = { .contact = SLICE("sip:bob@host") };
static const struct binding_now flow  = { .contact  = SLICE("sip:bob@host"),
                                          .instance = SLICE("<urn:uuid:A>"),
                                          .reg_id   = 7 };

/* RFC 5626 6. */
TEST(a_flow_is_its_instance_and_its_number)
{
    CHECK(means("<sip:else@where>;+sip.instance=\"<urn:uuid:a>\";reg-id=7", true, &flow));
    CHECK(!means("<sip:bob@host>;+sip.instance=\"<urn:uuid:a>\";reg-id=8", true, &flow));
    CHECK(!means("<sip:bob@host>;+sip.instance=\"<urn:uuid:b>\";reg-id=7", true, &flow));
    CHECK(!means("<sip:bob@host>;+sip.instance=\"<urn:uuid:a>\"", true, &flow));
    CHECK(!means("<sip:bob@host>;+sip.instance=\"<urn:uuid:a>\";reg-id=7", false, &flow));
    CHECK(!means("<sip:bob@host>;+sip.instance=\"<urn:uuid:a>\";reg-id=7", true, &plain));
}

TEST(any_other_contact_is_its_uri)
{
    CHECK(means("<sip:bob@HOST>", false, &plain));
    CHECK(means("<sips:bob@host>", false, &plain));
    CHECK(!means("<sip:Bob@host>", false, &plain));
    CHECK(means("<sip:bob@host>;reg-id=7", true, &plain)); /* without an instance it is ignored */
}

TEST(a_uri_that_equals_none_is_the_one_with_its_words)
{
    char               text[600];
    struct buf         b   = BUF_ON(text);
    struct binding_now odd = { .q = 1000 };

    buf_put(&b, SLICE("<sip:bob@host"));
    for (unsigned i = 0; i < 70; i++)
        buf_printf(&b, ";p%u", i);
    odd.contact = (struct slice){ text + 1, b.len - 1 };
    buf_put_byte(&b, '>');
    CHECK(means(buf_cstr(&b), false, &odd));
}

TEST(a_reg_id_that_counts_must_be_one)
{
    CHECK(!is_readable("<sip:a@b>;+sip.instance=\"<x>\";reg-id=0", true));
    CHECK(!is_readable("<sip:a@b>;+sip.instance=\"<x>\";reg-id", true));
    CHECK(is_readable("<sip:a@b>;+sip.instance=\"<x>\";reg-id=0", false));
    CHECK(is_readable("<sip:a@b>;+sip.instance=\"\";reg-id=0", true));
    CHECK(is_readable("<sip:a@b>;reg-id=0", true));
}

/* What is to be removed by a client that knows nothing of RFC 5626. */
TEST(a_flow_can_be_taken_out_by_its_uri_unless_it_is_another_devices)
{
    struct binding_change c = contact("<sip:bob@host>", false);

    CHECK(binding_is_flow_of_contact(&flow, &c));
    CHECK(!binding_is_flow_of_contact(&plain, &c));
    c = contact("<sip:bob@host>;+sip.instance=\"<urn:uuid:A>\"", false);
    CHECK(binding_is_flow_of_contact(&flow, &c));
    c = contact("<sip:bob@host>;+sip.instance=\"<urn:uuid:B>\"", false);
    CHECK(!binding_is_flow_of_contact(&flow, &c));
    c = contact("<sip:bob@host>;+sip.instance=\"<urn:uuid:A>\";reg-id=1", true);
    CHECK(!binding_is_flow_of_contact(&flow, &c));
}

static bool are_same(const char *a, const char *b)
{
    struct binding_change ca = contact(a, true), cb = contact(b, true);

    CHECK(binding_is_same_contact(&ca, &cb) == binding_is_same_contact(&cb, &ca));
    return binding_is_same_contact(&ca, &cb);
}

TEST(two_contacts_of_a_request_may_mean_one_binding)
{
    CHECK(are_same("<sip:a@b>", "<sips:a@B>;q=0.1"));
    CHECK(!are_same("<sip:a@b>", "<sip:a@c>"));
    CHECK(!are_same("<sip:a@b>", "<sip:a@b>;+sip.instance=\"<x>\";reg-id=1"));
    CHECK(are_same("<sip:a@b>;+sip.instance=\"<x>\";reg-id=1", "<sip:c@d>;+sip.instance=\"<x>\";reg-id=1"));
    CHECK(!are_same("<sip:a@b>;+sip.instance=\"<x>\";reg-id=1", "<sip:a@b>;+sip.instance=\"<x>\";reg-id=2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_its_instance_and_its_number),
        cmocka_unit_test(any_other_contact_is_its_uri),
        cmocka_unit_test(a_uri_that_equals_none_is_the_one_with_its_words),
        cmocka_unit_test(a_reg_id_that_counts_must_be_one),
        cmocka_unit_test(a_flow_can_be_taken_out_by_its_uri_unless_it_is_another_devices),
        cmocka_unit_test(two_contacts_of_a_request_may_mean_one_binding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
