/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_reader.h"

#include "support/server_bench.h"
#include "support/test.h"

static struct bench        b;
static struct user_reader *reader;

static void setup(void)
{
    bench_open(&b, "");
    bench_add_user(&b, "alice", "secret");
    reader = user_reader_new(server_users(b.server), b.at_server, NULL);
    assert_non_null(reader);
}

static void teardown(void)
{
    user_reader_free(reader);
    bench_close(&b);
}

TEST(each_hash_of_a_user_is_found)
{
    char         memory[USER_HA1_MAX];
    struct slice ha1;

    setup();
    CHECK_INT(USER_FOUND, user_reader_ha1(reader, SLICE("Example.TEST"), SLICE("alice"), HASH_MD5, memory, &ha1));
    CHECK_SLICE("4842575394a190ef4c973253ba19099c", ha1);
    CHECK_INT(USER_FOUND,
              user_reader_ha1(reader, SLICE("example.test"), SLICE("alice"), HASH_SHA512_256, memory, &ha1));
    CHECK_SLICE("5fed66a4a7c351762a1e82edeb6a21abc5c66b9e8180686853b8d19ce638c9a5", ha1);
    CHECK_INT(USER_UNKNOWN, user_reader_ha1(reader, SLICE("example.test"), SLICE("Alice"), HASH_MD5, memory, &ha1));
    teardown();
}

/* RFC 7616 3.4.4: H(alice:example.test). */
#define ALICE_SHA256     SLICE("6b0970ed38946a15ad0a66d2bd15594f732409d35ec92a1a8518e6ed0bb70d83")
#define ALICE_SHA512_256 SLICE("837E5C4945C92110EFFBBA62BFDFC2668111CD02541B8DEF846D09E2F9749844")

TEST(a_user_is_found_by_the_hash_of_his_name)
{
    char         memory[USER_NAME_MAX];
    struct slice name = SLICE("");

    setup();
    CHECK_INT(USER_FOUND, user_reader_by_hash(reader, SLICE("Example.test"), HASH_SHA256, ALICE_SHA256, memory, &name));
    CHECK_SLICE("alice", name);
    CHECK_INT(USER_FOUND,
              user_reader_by_hash(reader, SLICE("example.test"), HASH_SHA512_256, ALICE_SHA512_256, memory, &name));
    CHECK_SLICE("alice", name);
    CHECK_INT(USER_UNKNOWN,
              user_reader_by_hash(reader, SLICE("example.test"), HASH_SHA256, ALICE_SHA512_256, memory, &name));
    CHECK_INT(USER_UNKNOWN, user_reader_by_hash(reader, SLICE("other.test"), HASH_SHA256, ALICE_SHA256, memory, &name));
    CHECK_INT(USER_UNKNOWN, user_reader_by_hash(reader, SLICE("example.test"), HASH_MD5, ALICE_SHA256, memory, &name));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hash_of_a_user_is_found),
        cmocka_unit_test(a_user_is_found_by_the_hash_of_his_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
