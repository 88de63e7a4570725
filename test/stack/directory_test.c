/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/directory.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

static const struct hash_key key = { 1, 2 };

static struct flow flow_to(uint16_t port, object_id connection)
{
    return (struct flow){ .transport  = TRANSPORT_TCP,
                          .local      = address_v4(192, 0, 2, 1, 5060),
                          .remote     = address_v4(192, 0, 2, 9, port),
                          .connection = connection,
                          .listener   = 3 };
}

TEST(a_connection_is_found_by_its_transport_and_peer)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), b = flow_to(6001, 12), found;

    CHECK_INT(0, directory_add(d, &a, &a.remote, SLICE("")));
    CHECK_INT(0, directory_add(d, &b, &b.remote, SLICE("")));
    CHECK(directory_find(d, TRANSPORT_TCP, &b.remote, SLICE(""), &found));
    CHECK_INT(12, found.connection);
    CHECK_INT(3, found.listener);
    CHECK(address_eq(&b.local, &found.local));
    CHECK(!directory_find(d, TRANSPORT_TLS, &b.remote, SLICE(""), &found));
    CHECK(!directory_find(d, TRANSPORT_TCP, &b.local, SLICE(""), &found));
    directory_free(d);
}

/* A peer may have two; closing one leaves the other. */
TEST(a_closed_connection_is_not_found)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), b = flow_to(6000, 12), found;

    directory_add(d, &a, &a.remote, SLICE(""));
    directory_add(d, &b, &b.remote, SLICE(""));
    directory_remove(d, &a, &a.remote);
    CHECK(directory_find(d, TRANSPORT_TCP, &a.remote, SLICE(""), &found));
    CHECK_INT(12, found.connection);
    directory_remove(d, &a, &a.remote); /* once more: nothing */
    directory_remove(d, &b, &b.remote);
    CHECK(!directory_find(d, TRANSPORT_TCP, &a.remote, SLICE(""), &found));
    directory_free(d);
}

/* RFC 5923 5: an address and an identity. */
TEST(a_connection_with_names_is_found_by_one_of_them_only)
{
    struct directory *d     = directory_new(&key);
    struct flow       a     = flow_to(6000, 11), found;
    struct address    alias = address_v4(192, 0, 2, 9, 5061);

    CHECK_INT(0, directory_add(d, &a, &alias, SLICE("a.example, b.example")));
    CHECK(directory_find(d, TRANSPORT_TCP, &alias, SLICE("B.example"), &found));
    CHECK_INT(11, found.connection);
    CHECK(!directory_find(d, TRANSPORT_TCP, &alias, SLICE("c.example"), &found));
    CHECK(!directory_find(d, TRANSPORT_TCP, &alias, SLICE("example"), &found));
    CHECK(!directory_find(d, TRANSPORT_TCP, &alias, SLICE(""), &found));
    CHECK(!directory_find(d, TRANSPORT_TCP, &a.remote, SLICE("a.example"), &found));
    directory_remove(d, &a, &alias);
    CHECK(!directory_find(d, TRANSPORT_TCP, &alias, SLICE("a.example"), &found));
    directory_free(d);
}

TEST(by_tls_a_connection_without_names_is_nobodys)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), found;

    a.transport = TRANSPORT_TLS;
    CHECK_INT(0, directory_add(d, &a, &a.remote, SLICE("")));
    CHECK(!directory_find(d, TRANSPORT_TLS, &a.remote, SLICE("a.example"), &found));
    directory_free(d);
}

TEST(what_it_holds_is_accounted_for)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), b = flow_to(6001, 12);
    struct budget     budget;

    accounts_init(&budget, 1 << 20);
    directory_account(d, &budget);
    directory_add(d, &a, &a.remote, SLICE(""));
    directory_add(d, &b, &b.remote, SLICE(""));
    CHECK(budget_figures(&budget, ACCOUNT_DIRECTORY).bytes >= 2 * sizeof a);
    directory_remove(d, &a, &a.remote);
    directory_remove(d, &a, &a.remote);
    directory_free(d);
    CHECK_INT(0, budget_total(&budget).bytes);
    CHECK_INT(0, atomic_load(&budget.total.bytes)); /* nor less than nothing */
}

TEST(without_memory_it_says_so)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), found;

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, directory_add(d, &a, &a.remote, SLICE("")));
    alloc_fail_at(0);
    CHECK(!directory_find(d, TRANSPORT_TCP, &a.remote, SLICE(""), &found));
    directory_free(d);
    for (unsigned n = 1; n < 3; n++) {
        alloc_fail_at(n);
        CHECK(directory_new(&key) == NULL);
        alloc_fail_at(0);
    }
}

/* RFC 5922: what a peer has proved does not make its connection one to send by. */
TEST(a_proof_is_known_and_leads_nowhere)
{
    struct directory *d = directory_new(&key);
    struct flow       a = flow_to(6000, 11), b = flow_to(6000, 12), found;

    a.transport = b.transport = TRANSPORT_TLS;
    CHECK_INT(0, directory_add_proof(d, &a, SLICE("a.example, b.example")));
    CHECK(directory_proves(d, &a, SLICE("B.example")));
    CHECK(!directory_proves(d, &a, SLICE("c.example")));
    CHECK(!directory_proves(d, &b, SLICE("a.example")));
    CHECK(!directory_find(d, TRANSPORT_TLS, &a.remote, SLICE("a.example"), &found));
    CHECK_INT(0, directory_add(d, &a, &a.remote, SLICE("a.example")));
    CHECK(directory_find(d, TRANSPORT_TLS, &a.remote, SLICE("a.example"), &found));
    directory_remove(d, &a, &a.remote);
    CHECK(!directory_proves(d, &a, SLICE("a.example")));
    CHECK(!directory_find(d, TRANSPORT_TLS, &a.remote, SLICE("a.example"), &found));
    directory_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_found_by_its_transport_and_peer),
        cmocka_unit_test(a_closed_connection_is_not_found),
        cmocka_unit_test(a_connection_with_names_is_found_by_one_of_them_only),
        cmocka_unit_test(by_tls_a_connection_without_names_is_nobodys),
        cmocka_unit_test(what_it_holds_is_accounted_for),
        cmocka_unit_test(without_memory_it_says_so),
        cmocka_unit_test(a_proof_is_known_and_leads_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
