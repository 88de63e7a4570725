/* SPDX-License-Identifier: BSD-2-Clause */
/* Which phones of a user a request is copied to, and by which way (RFC 3261 16.5,
 * 16.6). */
#include "server/proxy_copy.h"

#include "support/test.h"

#include <stdlib.h>

enum { NOW = 500 };

static const struct gruu anybody = { .kind = GRUU_NONE };

static struct binding binding(unsigned q, uint32_t number, msec expires_at)
{
    return (struct binding){ .contact = SLICE("sip:x"), .q = q, .cseq = number, .expires_at = expires_at };
}

static struct binding_commons commons;
static struct blocks          memory = { .exact = true };

TEST(the_preferred_come_first_and_of_equals_the_newest)
{
    static const uint32_t all[] = { 5, 2, 4, 3, 1 }, three[] = { 5, 2, 4 };
    const struct binding  values[] = { binding(100, 1, 1000), binding(900, 2, 1000), binding(500, 3, 1000),
                                       binding(500, 4, 1000), binding(950, 6, NOW),  binding(900, 5, NOW + 1) };
    struct aor           *a        = aor_new(&memory, &commons, SLICE("bob"), values, 6);
    struct binding        list[LIMIT_BRANCHES];

    CHECK_INT(5, proxy_sort_bindings(a, NOW, false, &anybody, list, LIMIT_BRANCHES)); /* 6 has ended */
    for (unsigned i = 0; i < 5; i++)
        CHECK_INT(all[i], list[i].cseq);
    CHECK_INT(3, proxy_sort_bindings(a, NOW, false, &anybody, list, 3));
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(three[i], list[i].cseq);
    aor_free(&memory, a, &commons);
}

static struct binding of_instance(struct binding b, const char *instance)
{
    b.instance = slice_from(instance);
    return b;
}

/* RFC 5626 7: not more than one contact of an instance at a time. */
TEST(of_the_bindings_of_one_phone_only_the_best_is_in_the_list)
{
    static const uint32_t all[]    = { 4, 6, 3 };
    const struct binding  values[] = { of_instance(binding(500, 1, 1000), "one"),
                                       of_instance(binding(500, 2, 1000), "two"),
                                       of_instance(binding(500, 3, 1000), "one"),
                                       of_instance(binding(900, 4, 1000), "two"),
                                       of_instance(binding(700, 5, NOW), "three"), /* has ended */
                                       of_instance(binding(600, 6, 1000), "three") };
    struct aor           *a        = aor_new(&memory, &commons, SLICE("bob"), values, 6);
    struct binding        list[LIMIT_BRANCHES];

    CHECK_INT(3, proxy_sort_bindings(a, NOW, false, &anybody, list, LIMIT_BRANCHES));
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(all[i], list[i].cseq);
    CHECK_INT(2, proxy_sort_bindings(a, NOW, false, &anybody, list, 2));
    aor_free(&memory, a, &commons);
}

/* RFC 5626 7: it is sent over the same flow, or by the Path; without either there is no way. */
TEST(a_binding_of_a_flow_is_reached_by_that_and_nothing_else)
{
    struct passage      p = { .way.uri.scheme = URI_SIP };
    struct binding      b = { .contact    = SLICE("sip:x@192.0.2.9:1234"),
                              .flow       = { .transport = TRANSPORT_UDP, .remote = address_v4(192, 0, 2, 9, 1234) },
                              .outbound   = true,
                              .expires_at = NOW + 1 };
    struct route_target t = proxy_target(&p, &b);

    CHECK(t.flow == &b.flow && t.flow_only);
    CHECK(proxy_may_reach(&b, NOW, false));
    b.flow.transport = TRANSPORT_NONE;
    CHECK(!proxy_may_reach(&b, NOW, false));
    b.path = SLICE("<sip:edge.test;lr;ob>");
    CHECK(proxy_may_reach(&b, NOW, false));
    t = proxy_target(&p, &b);
    CHECK(t.flow == NULL && !t.flow_only);
    CHECK_SLICE("<sip:edge.test;lr;ob>", t.path);
}

static bool has_flow(const char *contact, enum transport transport)
{
    struct binding b = { .contact = slice_from(contact),
                         .flow    = { .transport = transport, .remote = address_v4(192, 0, 2, 9, 1234) } };

    return proxy_flow_of(&b) != NULL;
}

/* RFC 3261 16.6 item 7 leaves the way to us. */
TEST(who_cannot_be_reached_by_his_contact_is_reached_as_he_came)
{
    CHECK(has_flow("sip:x@192.0.2.9:1234", TRANSPORT_TCP));
    CHECK(has_flow("sip:x@10.1.1.1", TRANSPORT_UDP));
    CHECK(!has_flow("sip:x@192.0.2.9:5060", TRANSPORT_UDP)); /* no translator in between */
    CHECK(!has_flow("sip:x@host.test", TRANSPORT_UDP));
    CHECK(!has_flow("sip:x@10.1.1.1", TRANSPORT_NONE));
}

static struct binding at(const char *contact)
{
    return (struct binding){ .contact = slice_from(contact), .q = 1000, .expires_at = NOW + 1 };
}

/* RFC 5630 5.3: sips goes to sips, sip stays sip; what asked for TLS gets it.  (That the copy's URI is a sip one
 * is seen in sips_call.scn.) */
TEST(who_takes_tls_only_gets_it_whatever_was_asked_for)
{
    struct passage p    = { .way.uri.scheme = URI_SIP };
    struct binding sips = at("sips:x@192.0.2.9;lr"), sip = at("sip:x@192.0.2.9");

    CHECK(!proxy_target(&p, &sip).secure);
    CHECK(proxy_target(&p, &sips).secure);
    p.way.uri.scheme = URI_SIPS;
    CHECK(!proxy_target(&p, &sips).secure);
}

TEST(sips_is_forked_to_sips_contacts_only)
{
    const struct binding values[] = { at("sip:x@192.0.2.8"), at("SIPS:x@192.0.2.9") };
    struct aor          *a        = aor_new(&memory, &commons, SLICE("bob"), values, 2);
    struct binding       list[LIMIT_BRANCHES];

    CHECK_INT(1, proxy_sort_bindings(a, NOW, true, &anybody, list, LIMIT_BRANCHES));
    CHECK_SLICE("SIPS:x@192.0.2.9", list[0].contact);
    CHECK_INT(2, proxy_sort_bindings(a, NOW, false, &anybody, list, LIMIT_BRANCHES));
    aor_free(&memory, a, &commons);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_preferred_come_first_and_of_equals_the_newest),
        cmocka_unit_test(of_the_bindings_of_one_phone_only_the_best_is_in_the_list),
        cmocka_unit_test(a_binding_of_a_flow_is_reached_by_that_and_nothing_else),
        cmocka_unit_test(who_cannot_be_reached_by_his_contact_is_reached_as_he_came),
        cmocka_unit_test(who_takes_tls_only_gets_it_whatever_was_asked_for),
        cmocka_unit_test(sips_is_forked_to_sips_contacts_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
