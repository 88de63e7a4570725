/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workers share, and what of it outlives them. */
#include "server/shared.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/log_keep.h"
#include "support/store_fake.h"
#include "support/test.h"
#include "support/world_fake.h"

struct life {
    struct network      *network;
    struct world        *world;
    const struct config *config;
    struct fake_disk    *disk;
    struct store        *store;
    struct shared       *shared;
};

static void live(struct life *l)
{
    network_run_until(l->network, network_now(l->network) + 100);
}

static void setup(struct life *l, const char *conf, uint64_t seed)
{
    *l = (struct life){ .network = network_new(seed), .disk = fake_disk_new() };
    assert_int_equal(0, config_parse(slice_from(conf), "test", NULL, NULL, &l->config));
    l->world = world_fake_new(network_host(l->network, "server"));
    l->store = store_fake_open(l->disk, 100);
}

static void starts(struct life *l)
{
    char problem[256] = "";

    l->shared = shared_new(l->world, l->config, rcu_single_new(), NULL);
    assert_non_null(l->shared);
    assert_int_equal(0, shared_load(l->shared, l->world, l->store, problem, sizeof problem));
    live(l);
}

static void ends(struct life *l)
{
    shared_free(l->shared);
    live(l);
}

static void teardown(struct life *l)
{
    store_close(l->store);
    live(l);
    world_fake_free(l->world);
    fake_disk_free(l->disk);
    config_free(l->config);
    network_free(l->network);
}

/* Whoever writes to the store beside the server, a hand with a tool for databases say. */
static void write_beside(struct life *l, const struct store_change *change)
{
    struct store_client *client;
    uint64_t             seq;

    assert_int_equal(0, store_client_open(l->store, l->world, NULL, NULL, &client));
    assert_int_equal(0, store_write(client, change, 1, &seq));
    store_client_close(client);
    live(l);
}

static void put_setting(struct life *l, const char *name, const char *value)
{
    write_beside(
        l, &(struct store_change){ .kind = STORE_PUT_SETTING, .name = slice_from(name), .value = slice_from(value) });
}

/* Every hash of a password contains the realm, every dialog's token depends on the key. */
TEST(the_realm_and_the_key_of_the_dialogs_outlive_the_process_and_the_configuration)
{
    struct life     l;
    struct hash_key key;

    setup(&l, "domain = first.test\n", 1);
    starts(&l);
    key = l.shared->relay_key;
    CHECK_SLICE("first.test", users_realm(l.shared->users));
    ends(&l);
    config_free(l.config);
    assert_int_equal(0, config_parse(SLICE("domain = second.test\n"), "test", NULL, NULL, &l.config));
    starts(&l);
    CHECK_SLICE("first.test", users_realm(l.shared->users));
    CHECK(l.shared->relay_key.k0 == key.k0 && l.shared->relay_key.k1 == key.k1);
    CHECK(l.shared->loop_key.k0 != key.k0);
    ends(&l);
    teardown(&l);
}

/* RFC 5627 5.1: a temporary GRUU is valid until it is invalidated, not until we start again. */
TEST(the_keys_of_the_gruus_outlive_the_process)
{
    struct life      l;
    struct gruu_keys keys;
    uint64_t         hash;

    setup(&l, "domain = first.test\n", 1);
    starts(&l);
    keys = l.shared->gruu_keys;
    hash = location_hash(l.shared->location, SLICE("sip:alice@first.test"));
    ends(&l);
    starts(&l);
    CHECK(memcmp(&keys, &l.shared->gruu_keys, sizeof keys) == 0);
    CHECK(hash == location_hash(l.shared->location, SLICE("sip:alice@first.test")));
    CHECK(hash != siphash(&l.shared->relay_key, SLICE("sip:alice@first.test")));
    ends(&l);
    teardown(&l);
}

/* What is made of a broken key: kept over a restart, and not derived from what is broken. */
static struct hash_key key_instead_of(const char *broken, uint64_t seed)
{
    struct life     l;
    struct hash_key key;

    setup(&l, "domain = a.test\n", seed);
    put_setting(&l, "relay_key", broken);
    starts(&l);
    key = l.shared->relay_key;
    ends(&l);
    starts(&l);
    CHECK(l.shared->relay_key.k0 == key.k0 && l.shared->relay_key.k1 == key.k1);
    ends(&l);
    teardown(&l);
    return key;
}

TEST(a_key_that_cannot_be_read_is_made_anew_and_kept)
{
    static const char *const broken[] = { "", "0123", "zz23456789abcdef0123456789abcdef",
                                          "0123456789abcdef0123456789abcdef00" };

    for (unsigned i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct hash_key one = key_instead_of(broken[i], 1), other = key_instead_of(broken[i], 2);

        CHECK(one.k0 != other.k0 && one.k1 != other.k1);
    }
}

TEST(without_memory_it_is_not_made_and_nothing_stays)
{
    struct life    l;
    struct shared *s = NULL;
    unsigned       n;

    setup(&l, "domain = a.test\nroute \"b.test\" { to = \"sip:192.0.2.1\" }\n", 1);
    for (n = 1; s == NULL; n++) {
        alloc_fail_at(n);
        s = shared_new(l.world, l.config, rcu_single_new(), NULL);
        alloc_fail_at(0);
    }
    CHECK(n > 5);
    shared_free(s);
    teardown(&l);
}

static void put_binding(struct life *l, const struct stored_binding *b)
{
    write_beside(l, &(struct store_change){ .kind = STORE_PUT_BINDING, .binding = *b });
}

/* One wrong bit on the disk is not to keep a million phones from being called. */
TEST(a_binding_that_no_register_can_have_left_is_said_and_the_others_are_served)
{
    static struct log_keep said;
    struct life            l;
    struct stored_binding  b = { .row     = 1,
                                 .aor     = SLICE("sip:alice@a.test"),
                                 .contact = SLICE("sip:alice@192.0.2.1"),
                                 .call_id = SLICE("call"),
                                 .q       = 1000 };

    setup(&l, "domain = a.test\n", 1);
    log_keep_init(&said, LOG_WARNING);
    l.world->log  = &said.log;
    b.lease_until = world_wall(l.world) + 60000;
    put_binding(&l, &b);
    b.row = 2;
    b.aor = SLICE("sip:bob@a.test");
    b.q   = 5000;
    put_binding(&l, &b);
    starts(&l);
    CHECK_INT(1, location_count(l.shared->location));
    CHECK_INT(1, log_keep_count(&said, "event=bindings_damaged count=1 row=2"));
    ends(&l);
    teardown(&l);
}

TEST(a_store_that_is_full_is_said)
{
    struct life l;
    char        problem[256] = "";

    setup(&l, "domain = a.test\n", 1);
    store_close(l.store);
    l.store = store_fake_open(l.disk, 1);
    store_fake_hold(l.store, true);
    l.shared = shared_new(l.world, l.config, rcu_single_new(), NULL);
    CHECK_INT(-ERR_LIMIT, shared_load(l.shared, l.world, l.store, problem, sizeof problem));
    CHECK(strstr(problem, "cannot read users and registrations: ") != NULL);
    ends(&l);
    teardown(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_realm_and_the_key_of_the_dialogs_outlive_the_process_and_the_configuration),
        cmocka_unit_test(the_keys_of_the_gruus_outlive_the_process),
        cmocka_unit_test(a_key_that_cannot_be_read_is_made_anew_and_kept),
        cmocka_unit_test(without_memory_it_is_not_made_and_nothing_stays),
        cmocka_unit_test(a_binding_that_no_register_can_have_left_is_said_and_the_others_are_served),
        cmocka_unit_test(a_store_that_is_full_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
