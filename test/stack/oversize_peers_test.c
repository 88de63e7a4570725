/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/oversize_peers.h"

#include "support/test.h"

static const struct hash_key key = { 1, 2 };

static struct address peer(uint8_t last)
{
    return address_v4(192, 0, 2, last, 5060);
}

static struct oversize_peer known(struct oversize_peers *p, uint8_t last, msec now)
{
    struct address a = peer(last);

    return oversize_peers_find(p, &a, now);
}

TEST(what_is_learnt_of_a_peer_is_believed_for_ten_minutes)
{
    struct oversize_peers *p = oversize_peers_new(&key);
    struct address         a = peer(1);

    CHECK(!known(p, 1, 0).no_stream);
    oversize_peers_no_stream(p, &a, 1000);
    CHECK(known(p, 1, 1000).no_stream);
    CHECK(known(p, 1, 600999).no_stream);
    CHECK(!known(p, 1, 601000).no_stream);
    oversize_peers_free(p);
}

TEST(the_two_things_that_can_be_learnt_stand_beside_each_other)
{
    struct oversize_peers *p = oversize_peers_new(&key);
    struct address         a = peer(1);

    oversize_peers_limit(p, &a, 1200, 1000);
    CHECK(!known(p, 1, 1000).no_stream);
    oversize_peers_no_stream(p, &a, 2000);
    CHECK(known(p, 1, 2000).no_stream);
    CHECK_INT(1200, known(p, 1, 2000).limit);
    oversize_peers_free(p);
}

TEST(a_port_is_another_peer)
{
    struct oversize_peers *p     = oversize_peers_new(&key);
    struct address         a     = peer(1);
    struct address         other = a;

    other.port = 5070;
    oversize_peers_no_stream(p, &a, 1000);
    CHECK(!oversize_peers_find(p, &other, 1000).no_stream);
    oversize_peers_free(p);
}

TEST(any_number_of_peers_takes_the_same_room)
{
    struct oversize_peers *p     = oversize_peers_new(&key);
    unsigned               found = 0;

    for (unsigned i = 0; i < 4 * OVERSIZE_PEERS; i++) {
        struct address a = address_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i, 5060);

        oversize_peers_no_stream(p, &a, 1000);
        CHECK(oversize_peers_find(p, &a, 1000).no_stream); /* the latest one is known */
    }
    for (unsigned i = 0; i < 4 * OVERSIZE_PEERS; i++) {
        struct address a = address_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i, 5060);

        found += oversize_peers_find(p, &a, 1000).no_stream;
    }
    CHECK(found > OVERSIZE_PEERS / 2 && found <= OVERSIZE_PEERS);
    oversize_peers_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_learnt_of_a_peer_is_believed_for_ten_minutes),
        cmocka_unit_test(the_two_things_that_can_be_learnt_stand_beside_each_other),
        cmocka_unit_test(a_port_is_another_peer),
        cmocka_unit_test(any_number_of_peers_takes_the_same_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
