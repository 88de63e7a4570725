/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/peer_count.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct hash_key key = { 1, 2 };

static struct address address(const char *text)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(text), &a));
    a.port = 1234;
    return a;
}

TEST(a_host_has_so_many_whatever_its_ports)
{
    struct peer_count *p   = peer_count_new(&key);
    struct address     one = address("192.0.2.1"), other = address("192.0.2.2");

    CHECK(peer_count_enter(p, &one, 2));
    one.port = 99;
    CHECK(peer_count_enter(p, &one, 2));
    CHECK(!peer_count_enter(p, &one, 2));
    CHECK(peer_count_enter(p, &other, 2));
    peer_count_leave(p, &one);
    CHECK_INT(1, peer_count_of(p, &one));
    CHECK(peer_count_enter(p, &one, 2));
    peer_count_free(p);
}

TEST(who_has_64_bits_of_addresses_is_one_host)
{
    struct peer_count *p = peer_count_new(&key);
    struct address one = address("2001:db8::1"), same = address("2001:db8::ffff:1"), other = address("2001:db8:0:1::1");

    CHECK(peer_count_enter(p, &one, 1));
    CHECK(!peer_count_enter(p, &same, 1));
    CHECK(peer_count_enter(p, &other, 1));
    peer_count_leave(p, &same);
    CHECK(peer_count_enter(p, &same, 1));
    peer_count_free(p);
}

TEST(who_has_gone_is_not_remembered)
{
    struct peer_count *p   = peer_count_new(&key);
    struct address     one = address("192.0.2.1");
    struct budget      budget;

    accounts_init(&budget, 1 << 20);
    peer_count_account(p, &budget);
    CHECK(peer_count_enter(p, &one, 1));
    CHECK(budget_total(&budget).bytes > 0);
    peer_count_leave(p, &one);
    CHECK_INT(0, budget_total(&budget).bytes);
    CHECK(!peer_count_enter(p, &one, 0));
    CHECK_INT(0, budget_total(&budget).bytes);
    CHECK_INT(0, peer_count_of(p, &one));
    peer_count_free(p);
}

/* Who cannot be counted is not let in. */
TEST(without_memory_nobody_enters)
{
    struct peer_count *p   = peer_count_new(&key);
    struct address     one = address("192.0.2.1");

    alloc_fail_at(1);
    CHECK(!peer_count_enter(p, &one, 1));
    alloc_fail_at(0);
    CHECK(peer_count_enter(p, &one, 1));
    peer_count_free(p);
    for (unsigned n = 1; n < 3; n++) {
        alloc_fail_at(n);
        CHECK(peer_count_new(&key) == NULL);
    }
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_has_so_many_whatever_its_ports),
        cmocka_unit_test(who_has_64_bits_of_addresses_is_one_host),
        cmocka_unit_test(who_has_gone_is_not_remembered),
        cmocka_unit_test(without_memory_nobody_enters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
