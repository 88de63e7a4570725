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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transports_have_names_ports_and_reliability),
        cmocka_unit_test(unknown_transport_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
