/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/peer_load.h"

#include "support/test.h"

#include <stdlib.h>

static const struct hash_key key = { 1, 2 };
static struct peer_load     *l;

static struct peer_cells cells(const char *address)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(address), &a));
    a.port = 5060;
    return peer_cells_of(&key, &a);
}

TEST(what_is_added_is_there_until_it_is_taken)
{
    l = peer_load_new();
    CHECK_INT(0, peer_load_of(l, cells("192.0.2.66")));
    for (int i = 0; i < 5; i++)
        peer_load_add(l, cells("192.0.2.66"));
    peer_load_take(l, cells("192.0.2.66"));
    CHECK_INT(4, peer_load_of(l, cells("192.0.2.66")));
    CHECK_INT(0, peer_load_of(l, cells("192.0.2.67")));
    free(l);
}

TEST(a_host_of_ipv6_is_all_that_share_its_64_bits)
{
    l = peer_load_new();
    peer_load_add(l, cells("2001:db8::1"));
    CHECK_INT(1, peer_load_of(l, cells("2001:db8::ffff:2")));
    CHECK_INT(0, peer_load_of(l, cells("2001:db8:0:1::1")));
    free(l);
}

TEST(beside_a_busy_peer_others_are_not_busy)
{
    unsigned busy = 0;

    l = peer_load_new();
    for (int i = 0; i < 1000; i++)
        peer_load_add(l, cells("192.0.2.66"));
    for (unsigned i = 0; i < 65536; i++) {
        struct address a = address_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i, 0);

        busy += peer_load_of(l, peer_cells_of(&key, &a)) > 0;
    }
    CHECK_INT(0, busy);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there_until_it_is_taken),
        cmocka_unit_test(a_host_of_ipv6_is_all_that_share_its_64_bits),
        cmocka_unit_test(beside_a_busy_peer_others_are_not_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
