/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/flow_text.h"

#include "support/test.h"

#include <limits.h>

TEST(a_flow_is_read_as_it_was_written)
{
    const struct address addresses[] = { address_v4(192, 0, 2, 1, 5060), address_v4(255, 255, 255, 255, 65535) };

    for (unsigned i = 0; i < 2; i++) {
        struct flow flow = { .transport = TRANSPORT_UDP, .local = addresses[i], .remote = addresses[1 - i] };
        struct flow back;
        char        text[128];
        struct buf  b = BUF_ON(text);

        flow_write(&b, &flow);
        CHECK(buf_ok(&b));
        CHECK(flow_parse(test_guarded(buf_slice(&b)), &back));
        CHECK_INT(TRANSPORT_UDP, back.transport);
        CHECK(address_eq(&flow.local, &back.local) && address_eq(&flow.remote, &back.remote));
        CHECK_INT(UINT_MAX, back.listener); /* for the stack to find */
        CHECK_INT(0, back.connection);
    }
}

TEST(an_ipv6_flow_fits_and_comes_back)
{
    struct flow back;

    CHECK(flow_parse(test_guarded(SLICE("udp [2001:db8:ffff:ffff:ffff:ffff:ffff:fffe]:65535 [2001:db8::1]:5060")),
                     &back));
    CHECK_INT(FAMILY_6, back.remote.family);
    CHECK_INT(65535, back.local.port);
}

/* Its connection died with the process. */
TEST(a_stream_does_not_come_back)
{
    struct flow back;

    CHECK(!flow_parse(test_guarded(SLICE("tcp 192.0.2.1:5060 192.0.2.9:40000")), &back));
    CHECK_INT(TRANSPORT_NONE, back.transport);
}

TEST(what_others_wrote_into_the_database_is_no_flow)
{
    static const char *const table[] = { "",
                                         "udp",
                                         "udp ",
                                         "udp 192.0.2.1:5060",
                                         "udp 192.0.2.1:5060 ",
                                         "udp  192.0.2.1:5060 192.0.2.9:5060",
                                         "pigeon 192.0.2.1:5060 192.0.2.9:5060",
                                         "udp 192.0.2.1:99999 192.0.2.9:5060",
                                         "udp here there" };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct flow back;

        CHECK(!flow_parse(test_guarded(slice_from(table[i])), &back));
        CHECK_INT(TRANSPORT_NONE, back.transport);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_read_as_it_was_written),
        cmocka_unit_test(an_ipv6_flow_fits_and_comes_back),
        cmocka_unit_test(a_stream_does_not_come_back),
        cmocka_unit_test(what_others_wrote_into_the_database_is_no_flow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
