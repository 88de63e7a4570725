/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/trunk.h"

#include "support/test.h"

static struct prefix       net_a, net_b;
static const struct slice  certificate[] = { SLICE_INIT("sip.carrier.test") };
static const struct slice  may[]         = { SLICE_INIT("*.branch.test"), SLICE_INIT("+49*") };
static const struct trunk *found;
static const char         *proved; /* whom the peer has proved to be */

static bool proves(void *arg, const struct flow *flow, struct slice domain)
{
    (void)arg;
    (void)flow;
    return proved != NULL && slice_eq_nocase(slice_from(proved), domain);
}

static const char *who(enum transport transport, const char *address)
{
    const struct trunk trunks[] = {
        { .name = SLICE("sender"), .networks = &net_a, .network_count = 1 },
        { .name              = SLICE("both"),
          .networks          = &net_b,
          .network_count     = 1,
          .certificates      = certificate,
          .certificate_count = 1 },
        { .name = SLICE("target"), .to = SLICE("sip:gw.test") },
        { .name = SLICE("shown"), .certificates = certificate, .certificate_count = 1 },
    };
    struct flow flow = { .transport = transport };

    CHECK(prefix_parse(SLICE("192.0.2.0/24"), &net_a) && prefix_parse(SLICE("198.51.100.0/24"), &net_b));
    CHECK(address_parse(slice_from(address), &flow.remote));
    found = trunk_of_flow(trunks, sizeof trunks / sizeof *trunks, &flow, proves, NULL);
    return found == NULL         ? "none"
           : found == &trunks[0] ? "sender"
           : found == &trunks[1] ? "both"
           : found == &trunks[3] ? "shown"
                                 : "target";
}

static void check_who(const char *wanted, enum transport transport, const char *address)
{
    CHECK_SLICE(wanted, slice_from(who(transport, address)));
}

TEST(a_trunk_is_known_by_its_address_and_its_certificate)
{
    proved = NULL;
    check_who("sender", TRANSPORT_UDP, "192.0.2.9:5060");
    check_who("sender", TRANSPORT_TLS, "192.0.2.9:40000");
    check_who("none", TRANSPORT_UDP, "203.0.113.1:5060");
    check_who("none", TRANSPORT_TLS, "198.51.100.1:5061"); /* the address alone is not enough */
    proved = "SIP.carrier.test";
    check_who("both", TRANSPORT_TLS, "198.51.100.1:5061");
    check_who("shown", TRANSPORT_TLS, "203.0.113.1:5061");
    check_who("none", TRANSPORT_TCP, "198.51.100.1:5060"); /* nobody proves anything there */
    proved = "evil.test";
    check_who("none", TRANSPORT_TLS, "198.51.100.1:5061");
}

static bool may_call(const char *text, const char *number)
{
    const struct trunk t = { .may_call = may, .may_call_count = 2 };
    struct uri         uri;

    CHECK(uri_parse(slice_from(text), &uri));
    return trunk_may_call(&t, &uri, slice_from(number));
}

/* A number counts where we look after it: sip:+4930@evil.test is whatever evil.test wants it to be. */
TEST(a_trunk_may_call_what_is_written)
{
    CHECK(may_call("sip:x@a.branch.test", ""));
    CHECK(!may_call("sip:x@branch.test", ""));
    CHECK(!may_call("sip:x@evil.test", ""));
    CHECK(may_call("tel:+4930", "+4930"));
    CHECK(!may_call("tel:+3930", "+3930"));
    CHECK(!may_call("sip:+4930@evil.test", ""));
}

TEST(a_trunk_is_found_by_its_host_and_by_its_addresses)
{
    const struct trunk t[] = { { .networks = &net_a, .network_count = 1, .to = SLICE("sip:gw.test:5070") } };
    struct uri         uri;

    CHECK(prefix_parse(SLICE("192.0.2.0/24"), &net_a));
    CHECK(uri_parse(SLICE("sip:+49@GW.test"), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@192.0.2.200"), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@other.test"), &uri) && trunk_of_uri(t, 1, &uri) == NULL);
    CHECK(uri_parse(SLICE("tel:+49"), &uri) && trunk_of_uri(t, 1, &uri) == NULL);
    CHECK(uri_parse(SLICE("sip:+49@gw.test."), &uri) && trunk_of_uri(t, 1, &uri) == t);
}

/* RFC 3261 19.1.1: it leads to its maddr, whatever its host is. */
TEST(a_trunk_is_found_by_the_maddr_that_a_uri_leads_to)
{
    const struct trunk t[] = {
        { .networks = &net_a, .network_count = 1, .to = SLICE("sip:gw.test;maddr=203.0.113.9") }
    };
    struct uri uri;

    CHECK(prefix_parse(SLICE("192.0.2.0/24"), &net_a));
    CHECK(uri_parse(SLICE("sip:+49@far.test;maddr=192.0.2.200"), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@far.test;maddr=GW.test."), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@203.0.113.9"), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@gw.test"), &uri) && trunk_of_uri(t, 1, &uri) == t);
    CHECK(uri_parse(SLICE("sip:+49@gw.test;maddr=198.51.100.1"), &uri) && trunk_of_uri(t, 1, &uri) == NULL);
    CHECK(uri_parse(SLICE("sip:+49@192.0.2.1;maddr=198.51.100.1"), &uri) && trunk_of_uri(t, 1, &uri) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trunk_is_known_by_its_address_and_its_certificate),
        cmocka_unit_test(a_trunk_may_call_what_is_written),
        cmocka_unit_test(a_trunk_is_found_by_its_host_and_by_its_addresses),
        cmocka_unit_test(a_trunk_is_found_by_the_maddr_that_a_uri_leads_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
