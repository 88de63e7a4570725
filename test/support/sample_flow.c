/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/sample_flow.h"

#include "support/test.h"

const struct token_key sample_key = { { 1, 2 }, 77 };

struct flow sample_flow(enum transport transport, bool v6)
{
    struct flow f = { .transport = transport, .listener = 3 };

    CHECK(address_parse(v6 ? SLICE("[2001:db8::1]:5060") : SLICE("192.0.2.1:5060"), &f.local));
    CHECK(address_parse(v6 ? SLICE("[2001:db8::9]:40000") : SLICE("203.0.113.9:40000"), &f.remote));
    if (transport_is_reliable(transport))
        f.connection = 0x0102030405060708;
    return f;
}
