/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_check.h"

#include "support/test.h"

static bool reads(enum config_check check, const char *text, struct config_value *value)
{
    char       memory[256];
    struct buf why  = BUF_ON(memory);
    bool       good = config_check_text(check, test_guarded(slice_from(text)), value, &why);

    CHECK(buf_ok(&why) && why.len > 0); /* each can say what would be right */
    return good;
}

TEST(an_address_to_listen_on_is_read_and_written)
{
    static const char *const good[] = {
        "udp:192.0.2.1:5060",
        "tcp:[2001:db8::1]:5070",
        "udp:0.0.0.0:0",
        "tls:192.0.2.1:5061",
        "ws:192.0.2.1:5080",
        "wss:[::]:5443 advertise sip.example.test",
        "tls:192.0.2.1:5061 clients required",
        "tls:192.0.2.1:5061 advertise sip.example.test clients optional",
        "udp:[2001:db8::1]:5060 advertise [2001:db8::2]:5070",
    };
    static const char *const bad[] = {
        "192.0.2.1:5060",
        "udp:",
        "sctp:192.0.2.1:5060",
        "udp:host:5060",
        "udp:192.0.2.1:70000",
        "udp:2001:db8::1:5060x",
        "udp:192.0.2.1:5060 advertise",
        "udp:192.0.2.1:5060 advertise ",
        "udp:192.0.2.1:5060 advertise a b",
        "udp:192.0.2.1:5060 clients required",
        "tls:192.0.2.1:5061 clients none",
        "tls:192.0.2.1:5061 clients required clients optional",
        "tls:192.0.2.1:5061 advertise a advertise b",
        "tls:192.0.2.1:5061 required",
        "udp:192.0.2.1:5060 advertise a:0",
        "udp:192.0.2.1:5060 announce a",
        "udp:192.0.2.1:5060advertise a",
    };
    struct config_value v;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char       memory[CONFIG_LISTEN_TEXT];
        struct buf b = BUF_ON(memory);

        CHECK(reads(VALUE_LISTEN, good[i], &v));
        config_listen_write(&b, &v.listen);
        CHECK_SLICE(good[i], buf_slice(&b));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!reads(VALUE_LISTEN, bad[i], &v));
    CHECK(reads(VALUE_LISTEN, "TCP:192.0.2.1", &v));
    CHECK_INT(5060, v.listen.address.port);
    CHECK(reads(VALUE_LISTEN, "tls:192.0.2.1", &v));
    CHECK_INT(5061, v.listen.address.port);
    CHECK(reads(VALUE_LISTEN, "udp:192.0.2.1  Advertise gate.test:5062", &v));
    CHECK_SLICE("gate.test:5062", v.listen.advertise);
}

TEST(a_route_is_a_loose_router)
{
    struct config_value v;

    CHECK(reads(VALUE_ROUTE, "sip:proxy.example.com;lr", &v));
    CHECK(reads(VALUE_ROUTE, "sips:a@[2001:db8::1]:5061;transport=tcp;LR", &v));
    CHECK(!reads(VALUE_ROUTE, "sip:proxy.example.com", &v));
    CHECK(!reads(VALUE_ROUTE, "<sip:proxy.example.com;lr>", &v));
    CHECK(!reads(VALUE_ROUTE, "tel:+15551234567;lr", &v));
    CHECK(!reads(VALUE_ROUTE, "", &v));
}

TEST(a_host_may_have_a_port_where_it_may)
{
    struct config_value v;

    CHECK(reads(VALUE_NAME, "example.com", &v) && reads(VALUE_NAME, "192.0.2.1", &v));
    CHECK(!reads(VALUE_NAME, "example.com:5060", &v) && !reads(VALUE_NAME, "", &v));
    CHECK(reads(VALUE_NAME_OR_NONE, "", &v));
    CHECK(reads(VALUE_HOST_PORT, "", &v) && reads(VALUE_HOST_PORT, "example.com:5060", &v));
    CHECK(!reads(VALUE_HOST_PORT, "example.com:0", &v));
    CHECK(reads(VALUE_ADDRESS, "[::1]:9464", &v) && !reads(VALUE_ADDRESS, "127.0.0.1", &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_to_listen_on_is_read_and_written),
        cmocka_unit_test(a_route_is_a_loose_router),
        cmocka_unit_test(a_host_may_have_a_port_where_it_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
