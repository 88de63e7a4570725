/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "nat/stun.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static const char request[] = "\x00\x01\x00\x00\x21\x12\xa4\x42"
                              "abcdefghijkl";

static void says(struct raw_phone *p, const char *bytes, size_t len)
{
    struct address server;
    struct slice   text = { bytes, len };

    CHECK(address_parse(SLICE("192.0.2.1:5060"), &server));
    CHECK_INT(0, world_udp_send(p->world, p->udp, NULL, &server, &text, 1));
    bench_live(&b, 20);
}

static uint64_t counted(const struct counter *c)
{
    return counter_read(c);
}

/* RFC 5626 5.4, 8: 192.0.2.9:6000, XORed with the cookie. */
TEST(a_binding_request_on_the_port_of_sip_is_answered)
{
    static const char wanted[] = "\x01\x01\x00\x0c\x21\x12\xa4\x42"
                                 "abcdefghijkl"
                                 "\x00\x20\x00\x08\x00\x01\x36\x62\xe1\x12\xa6\x4b";

    bench_open(&b, "");
    says(&b.alice, request, STUN_HEAD);
    CHECK_INT(1, b.alice.count);
    assert_memory_equal(wanted, raw_heard(&b.alice, 0), sizeof wanted - 1);
    CHECK_INT(1, counted(&b.at_server->counters.stun_answered));
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

TEST(what_only_begins_like_stun_is_dropped)
{
    static const char *const others[] = { "\x01OPTIONS sip:a SIP/2.0\r\n\r\n", "\x01" };

    bench_open(&b, "");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        says(&b.alice, others[i], strlen(others[i]));
    says(&b.alice, request, STUN_HEAD - 1);
    CHECK_INT(0, b.alice.count);
    CHECK_INT(3, counted(&b.at_server->counters.stun_dropped));
    CHECK_INT(0, counted(&b.at_server->counters.malformed_dropped));
    bench_close(&b);
}

/* RFC 5389 7.3.1: nobody has the answer sent to elsewhere. */
TEST(what_is_not_understood_is_refused_to_whom_it_came_from)
{
    static const char change[] = "\x00\x01\x00\x08\x21\x12\xa4\x42"
                                 "abcdefghijkl"
                                 "\x00\x03\x00\x04\x00\x00\x00\x06";

    bench_open(&b, "");
    says(&b.alice, change, sizeof change - 1);
    CHECK_INT(1, b.alice.count);
    assert_memory_equal("\x01\x11", raw_heard(&b.alice, 0), 2);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_request_on_the_port_of_sip_is_answered),
        cmocka_unit_test(what_only_begins_like_stun_is_dropped),
        cmocka_unit_test(what_is_not_understood_is_refused_to_whom_it_came_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
