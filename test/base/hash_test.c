/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/hash.h"
#include "support/alloc.h"
#include "support/test.h"

static struct slice hex(const uint8_t *bytes, size_t len)
{
    static char memory[2 * HASH_MAX];
    struct buf  b = BUF_ON(memory);

    buf_put_hex(&b, bytes, len);
    return buf_slice(&b);
}

/* RFC 1321 A.5 and FIPS 180-4 examples ("abc"). */
TEST(known_digests_come_out_whole_and_in_parts)
{
    static const struct {
        enum hash_algorithm algorithm;
        size_t              size;
        const char         *digest;
    } cases[] = {
        { HASH_MD5, 16, "900150983cd24fb0d6963f7d28e17f72" },
        { HASH_SHA256, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { HASH_SHA512_256, 32, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
    };
    struct slice   whole   = SLICE("abc");
    struct slice   parts[] = { SLICE("a"), { NULL, 0 }, SLICE("bc") };
    struct hasher *h       = hasher_new();

    assert_non_null(h);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            uint8_t out[HASH_MAX];

            CHECK_INT(cases[i].size, hash_size(cases[i].algorithm));
            hasher_digest(h, cases[i].algorithm, &whole, 1, out);
            CHECK_SLICE(cases[i].digest, hex(out, cases[i].size));
            hasher_digest(h, cases[i].algorithm, parts, 3, out);
            CHECK_SLICE(cases[i].digest, hex(out, cases[i].size));
        }
    }
    hasher_free(h);
}

TEST(digests_are_counted_two_for_each_mac)
{
    const uint8_t      key[32] = { 1 };
    const struct slice text    = SLICE("text");
    uint8_t            out[HASH_MAX];
    struct hasher     *h = hasher_new();

    CHECK_INT(0, hasher_work(h));
    hasher_digest(h, HASH_MD5, &text, 1, out);
    CHECK_INT(1, hasher_work(h));
    hasher_mac(h, key, &text, 1, out);
    CHECK_INT(3, hasher_work(h));
    hasher_free(h);
}

TEST(a_digest_is_a_number_by_its_first_bytes)
{
    struct slice   parts[] = { SLICE("ab"), SLICE("c") };
    struct hasher *h       = hasher_new();

    assert_non_null(h);
    CHECK(hasher_number(h, HASH_SHA256, parts, 2) == UINT64_C(0xba7816bf8f01cfea));
    CHECK(hasher_number(h, HASH_MD5, parts, 2) == UINT64_C(0x900150983cd24fb0));
    hasher_free(h);
}

TEST(nothing_at_all_has_a_digest)
{
    struct hasher *h = hasher_new();
    uint8_t        out[HASH_MAX];

    assert_non_null(h);
    hasher_digest(h, HASH_MD5, NULL, 0, out);
    CHECK_SLICE("d41d8cd98f00b204e9800998ecf8427e", hex(out, 16));
    hasher_free(h);
}

/* RFC 4231 4.2: a key of 20 bytes is the same as with zeros behind it. */
TEST(the_mac_is_hmac_sha256)
{
    uint8_t        key[32] = { 0 };
    uint8_t        out[32];
    struct slice   parts[] = { SLICE("Hi "), SLICE("There") };
    struct hasher *h       = hasher_new();

    assert_non_null(h);
    memset(key, 0x0b, 20);
    for (int round = 0; round < 2; round++) {
        hasher_mac(h, key, parts, 2, out);
        CHECK_SLICE("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", hex(out, 32));
    }
    key[31] = 1;
    hasher_mac(h, key, parts, 2, out);
    CHECK(memcmp(hex(out, 32).ptr, "b0344c61", 8) != 0);
    hasher_free(h);
}

TEST(secrets_are_equal_only_in_every_byte)
{
    CHECK(secret_eq("abc", "abc", 3));
    CHECK(secret_eq("abc", "abd", 2));
    CHECK(!secret_eq("abc", "abd", 3));
    CHECK(!secret_eq("xbc", "abc", 3));
    CHECK(secret_eq("", "", 0));
}

/* Eight at a time, and the rest. */
TEST(a_secret_differs_wherever_one_bit_does)
{
    char a[20], b[20];

    for (size_t len = 1; len <= sizeof a; len++)
        for (size_t bit = 0; bit < 8 * len; bit++) {
            memset(a, 'x', sizeof a);
            memset(b, 'x', sizeof b);
            b[bit / 8] ^= (char)(1 << bit % 8);
            CHECK(!secret_eq(test_guarded((struct slice){ a, len }).ptr, b, len));
            CHECK(secret_eq(a, b, bit / 8));
        }
}

/* What is short is hashed in one piece, what is long as it came. */
TEST(what_is_long_has_the_same_digest_in_parts)
{
    char           memory[600];
    struct hasher *h = hasher_new();
    uint8_t        whole[HASH_MAX], parted[HASH_MAX];

    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (char)(i * 7);
    for (size_t len = 250; len < sizeof memory; len += len < 260 ? 1 : 50) {
        struct slice all     = test_guarded((struct slice){ memory, len });
        struct slice three[] = { { all.ptr, 100 }, { all.ptr + 100, 100 }, { all.ptr + 200, len - 200 } };

        hasher_digest(h, HASH_MD5, &all, 1, whole);
        hasher_digest(h, HASH_MD5, three, 3, parted);
        CHECK(memcmp(whole, parted, hash_size(HASH_MD5)) == 0);
    }
    hasher_free(h);
}

static void check_both(struct hasher *h, enum hash_algorithm algorithm, struct slice shared, struct slice one,
                       struct slice other)
{
    const struct slice parts[] = { { shared.ptr, shared.len / 2 },
                                   { shared.ptr + shared.len / 2, shared.len - shared.len / 2 } };
    const struct slice ends[]  = { one, other };
    uint8_t            wanted[HASH_MAX], out[2][HASH_MAX];
    uint64_t           work = hasher_work(h);

    hasher_digest_both(h, algorithm, parts, 2, ends, out);
    CHECK_INT(2, (int)(hasher_work(h) - work));
    for (int i = 0; i < 2; i++) {
        hasher_digest(h, algorithm, (struct slice[]){ shared, ends[i] }, 2, wanted);
        CHECK(memcmp(wanted, out[i], hash_size(algorithm)) == 0);
    }
}

/* Wherever a block ends, and where it is too long for one piece. */
TEST(two_that_begin_alike_have_their_own_digests)
{
    char           memory[300];
    struct hasher *h = hasher_new();

    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (char)(i * 7);
    for (size_t len = 0; len < sizeof memory; len++)
        for (enum hash_algorithm a = HASH_MD5; a <= HASH_SHA512_256; a++) {
            struct slice shared = test_guarded((struct slice){ memory, len });

            check_both(h, a, shared, SLICE("939e7578ed9e3c518a452acee763bce9"),
                       SLICE("0cc175b9c0f1b6a831c399e269772661"));
            check_both(h, a, shared, SLICE(""), (struct slice){ memory, sizeof memory - len });
        }
    hasher_free(h);
}

static void check_often(struct hasher *h, enum hash_algorithm algorithm, const struct slice *parts, size_t count)
{
    uint8_t wanted[HASH_MAX], out[HASH_MAX];

    hasher_digest(h, algorithm, parts, count, wanted);
    hasher_digest_often(h, algorithm, parts, count, out);
    CHECK(memcmp(wanted, out, hash_size(algorithm)) == 0);
}

/* All of one set, since they end alike, and more than it has places for; the same text by each algorithm; texts that
 * are too short or too long to be remembered. */
TEST(what_is_hashed_often_has_its_own_digest)
{
    static const char *const methods[]      = { "REGISTER", "", "INVITE", "MESSAGE", "SUBSCRIBE", "PUBLISH", "BYE" };
    static const char        long_host[120] = { 0 };
    struct hasher           *h              = hasher_new();

    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            struct slice parts[] = { slice_from(methods[i]), SLICE(":"), SLICE("sip:example.test") };

            check_often(h, HASH_MD5, parts, 3);
            check_often(h, HASH_MD5, parts, 3);
            check_often(h, HASH_SHA256, parts, 3);
        }
        check_often(h, HASH_SHA512_256, &SLICE(""), 1);
        check_often(h, HASH_MD5, &SLICE("sip:a.b"), 1);
        check_often(h, HASH_MD5, &(struct slice){ long_host, sizeof long_host }, 1);
    }
    hasher_free(h);
}

TEST(what_is_remembered_counts_as_work)
{
    struct hasher *h = hasher_new();
    uint8_t        out[HASH_MAX];

    for (uint64_t i = 1; i < 4; i++) {
        hasher_digest_often(h, HASH_MD5, &SLICE("REGISTER:sip:example.test"), 1, out);
        CHECK_INT(i, hasher_work(h));
    }
    hasher_free(h);
}

TEST(without_memory_there_is_no_hasher)
{
    alloc_fail_at(1);
    CHECK(hasher_new() == NULL);
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests_come_out_whole_and_in_parts),
        cmocka_unit_test(digests_are_counted_two_for_each_mac),
        cmocka_unit_test(a_digest_is_a_number_by_its_first_bytes),
        cmocka_unit_test(nothing_at_all_has_a_digest),
        cmocka_unit_test(the_mac_is_hmac_sha256),
        cmocka_unit_test(secrets_are_equal_only_in_every_byte),
        cmocka_unit_test(a_secret_differs_wherever_one_bit_does),
        cmocka_unit_test(what_is_long_has_the_same_digest_in_parts),
        cmocka_unit_test(two_that_begin_alike_have_their_own_digests),
        cmocka_unit_test(what_is_hashed_often_has_its_own_digest),
        cmocka_unit_test(what_is_remembered_counts_as_work),
        cmocka_unit_test(without_memory_there_is_no_hasher),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
