/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/flow.h"
#include "support/test.h"

/* RFC 3261 18, 19.1.2, RFC 7118 5.2 */
TEST(transports_have_names_ports_and_reliability)
{
    static const struct {
        enum transport transport;
        const char    *name, *param;
        uint16_t       port;
        bool           reliable;
    } table[] = {
        { TRANSPORT_UDP, "UDP", "udp", 5060, false }, { TRANSPORT_TCP, "TCP", "tcp", 5060, true },
        { TRANSPORT_TLS, "TLS", "tls", 5061, true },  { TRANSPORT_WS, "WS", "ws", 80, true },
        { TRANSPORT_WSS, "WSS", "wss", 443, true },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CHECK_SLICE(table[i].name, transport_name(table[i].transport));
        CHECK_SLICE(table[i].param, transport_param(table[i].transport));
        CHECK_INT(table[i].port, transport_default_port(table[i].transport));
        CHECK_INT(table[i].reliable, transport_is_reliable(table[i].transport));
        CHECK_INT(table[i].transport, transport_parse(slice_from(table[i].name)));
        CHECK_INT(table[i].transport, transport_parse(slice_from(table[i].param)));
    }
}

TEST(unknown_transport_is_none)
{
    CHECK_INT(TRANSPORT_NONE, transport_parse(SLICE("SCTP")));
    CHECK_INT(TRANSPORT_NONE, transport_parse(SLICE("")));
    CHECK_INT(TRANSPORT_NONE, transport_parse(SLICE("UD")));
}

static void check_packing(const struct flow *flow, size_t bytes)
{
    uint8_t     packed[FLOW_PACK_MAX];
    struct flow back;

    CHECK_INT(bytes, flow_pack(flow, packed));
    back = flow_unpack(packed);
    CHECK_INT(flow->transport, back.transport);
    CHECK_INT(flow->listener, back.listener);
    CHECK(flow->connection == back.connection);
    CHECK(address_eq(&flow->local, &back.local) && flow->local.family == back.local.family);
    CHECK(address_eq(&flow->remote, &back.remote) && flow->remote.family == back.remote.family);
}

TEST(a_packed_flow_is_the_same_when_it_is_unpacked)
{
    struct flow flow = { .transport = TRANSPORT_UDP, .listener = 16 };

    check_packing(&flow, 3); /* of no address */
    flow.local  = address_v4(192, 0, 2, 1, 5060);
    flow.remote = address_v4(198, 51, 100, 255, 65535);
    check_packing(&flow, 15);
    CHECK(address_parse(SLICE("[2001:db8::ffff:1]:5061"), &flow.remote));
    flow.remote.scope = 7;
    check_packing(&flow, 31);
    CHECK(address_parse(SLICE("[fe80::1]:1"), &flow.local));
    flow.transport  = TRANSPORT_WSS;
    flow.connection = UINT64_MAX;
    check_packing(&flow, FLOW_PACK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_flow_is_the_same_when_it_is_unpacked),
        cmocka_unit_test(transports_have_names_ports_and_reliability),
        cmocka_unit_test(unknown_transport_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
