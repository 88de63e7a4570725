/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/siphash.h"
#include "support/test.h"

/* Key 00 01 .. 0f, text 00 01 ..: from the paper by Aumasson and Bernstein,
 * appendix A, and its reference vectors. */
TEST(the_authors_vectors_come_out)
{
    struct hash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
    char            text[15];

    for (char i = 0; i < 15; i++)
        text[(int)i] = i;
    CHECK(siphash(&key, test_guarded((struct slice){ text, 15 })) == 0xa129ca6149be45e5u);
    CHECK(siphash(&key, (struct slice){ NULL, 0 }) == 0x726fdb47dd0e0e31u);
    CHECK(siphash(&key, test_guarded((struct slice){ text, 8 })) == 0x93f5f5799a932462u);
}

TEST(nocase_folds_ascii_letters_and_nothing_else)
{
    struct hash_key key = { 1, 2 };

    for (int i = 0; i < 256; i++) {
        for (int at = 0; at < 11; at++) { /* in the words of eight and in the tail */
            char text[11]   = "~~~~~~~~~~~";
            char folded[11] = "~~~~~~~~~~~";

            text[at]   = (char)i;
            folded[at] = ascii_lower((char)i);
            CHECK(siphash_nocase(&key, (struct slice){ text, 11 }) == siphash(&key, (struct slice){ folded, 11 }));
        }
    }
}

/* The same key and text for SipHash-1-3: as OpenSSL's SIPHASH has it with c-rounds:1, d-rounds:3. */
TEST(the_hash_of_tables_is_siphash_1_3)
{
    struct hash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
    char            text[15];

    for (char i = 0; i < 15; i++)
        text[(int)i] = i;
    CHECK(siphash13(&key, test_guarded((struct slice){ text, 15 })) == 0xd320d86d2a519956u);
    CHECK(siphash13(&key, (struct slice){ NULL, 0 }) == 0xabac0158050fc4dcu);
    CHECK(siphash13(&key, test_guarded((struct slice){ text, 8 })) == 0x369095118d299a8eu);
}

/* Eight at a time, and what is left by loads that overlap. */
TEST(every_byte_of_every_length_matters)
{
    struct hash_key key = { 1, 2 };
    char            text[24];

    for (size_t len = 1; len <= sizeof text; len++) {
        memset(text, 'x', sizeof text);
        for (size_t at = 0; at < len; at++) {
            struct slice all = test_guarded((struct slice){ text, len });
            uint64_t     was = siphash(&key, all), was13 = siphash13_nocase(&key, all);

            text[at] = 'y';
            all      = test_guarded((struct slice){ text, len });
            CHECK(siphash(&key, all) != was);
            CHECK(siphash13_nocase(&key, all) != was13);
            text[at] = 'X';
            all      = test_guarded((struct slice){ text, len });
            CHECK(siphash(&key, all) != was);
            CHECK(siphash13_nocase(&key, all) == was13);
            text[at] = 'x';
        }
    }
}

TEST(a_key_is_of_all_its_parts)
{
    struct hash_key key = { 1, 2 };
    struct slice    a = SLICE("z9hG4bKabc"), host = SLICE("Alice.example");
    uint64_t        hash = siphash13_key(&key, a, host, 5060);

    CHECK(hash == siphash13_key(&key, a, SLICE("aLICE.example"), 5060));
    CHECK(hash != siphash13_key(&key, SLICE("z9hG4bKabC"), host, 5060));
    CHECK(hash != siphash13_key(&key, a, host, 5061));
    CHECK(hash != siphash13_key(&key, a, SLICE("alice.exampl"), 5060));
    CHECK(siphash13_key(&key, SLICE("ab"), SLICE("c"), 1) != siphash13_key(&key, SLICE("a"), SLICE("bc"), 1));
    CHECK(siphash13_key(&key, a, SLICE(""), 1) != siphash13_key(&key, SLICE(""), a, 1));
}

TEST(each_number_and_its_place_matter)
{
    struct hash_key key   = { 1, 2 };
    uint64_t        one[] = { 7, 8 }, other[] = { 8, 7 };

    CHECK(siphash13_words(&key, one, 2) == siphash13_words(&key, one, 2));
    CHECK(siphash13_words(&key, one, 2) != siphash13_words(&key, other, 2));
    CHECK(siphash13_words(&key, one, 1) != siphash13_words(&key, other, 1));
}

TEST(the_key_matters)
{
    struct hash_key a = { 1, 2 }, b = { 1, 3 }, c = { 0, 2 };

    CHECK(siphash(&a, SLICE("x")) != siphash(&b, SLICE("x")));
    CHECK(siphash(&a, SLICE("x")) != siphash(&c, SLICE("x")));
}

static uint64_t hash_of(const struct hash_key *key, struct slice a, struct slice b, struct slice c)
{
    struct siphash h;

    siphash_init(&h, key);
    siphash_add(&h, test_guarded(a));
    siphash_add(&h, test_guarded(b));
    siphash_add(&h, test_guarded(c));
    return siphash_result(&h);
}

TEST(a_byte_moved_from_one_text_to_the_next_shows)
{
    struct hash_key key = { 1, 2 }, other = { 1, 3 };
    struct slice    all = SLICE("z9hG4bK-0123456789abcdef"), none = { NULL, 0 };

    for (size_t i = 0; i < all.len; i++) {
        struct slice head = { all.ptr, i }, tail = { all.ptr + i, all.len - i };

        CHECK(hash_of(&key, head, tail, none) == hash_of(&key, head, tail, none));
        CHECK(hash_of(&key, head, tail, none) != hash_of(&key, head, none, tail));
        CHECK(hash_of(&key, head, tail, none) != hash_of(&key, all, none, none));
        CHECK(hash_of(&key, head, tail, none) != hash_of(&other, head, tail, none));
        for (size_t j = 0; j < i; j++)
            CHECK(hash_of(&key, head, tail, none) !=
                  hash_of(&key, (struct slice){ all.ptr, j }, (struct slice){ all.ptr + j, all.len - j }, none));
    }
}

/* OpenSSL's SIPHASH with size:16, of "abcdefgh" and of that behind eight zeros, which are what a text of no length
 * adds. The last number is how long each is. */
TEST(the_long_hash_is_siphash_2_4_of_128_bits)
{
    const struct hash_key key         = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
    const uint64_t        wanted[][2] = { { 0x96838eac01e2938cu, 0xa3ed47e433317e89u },
                                          { 0xfe659c9b84e04111u, 0x92b4df3a84d6e210u } };
    struct siphash        h;

    siphash128_init(&h, &key);
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t last[2] = { 0x6867666564636261u, (8 + 8 * i) << 56 };
        uint64_t       out[2];

        siphash128_result(&h, last, out);
        CHECK(out[0] == wanted[i][0] && out[1] == wanted[i][1]);
        siphash128_result(&h, last, out); /* what has begun stays as it is */
        CHECK(out[0] == wanted[i][0] && out[1] == wanted[i][1]);
        siphash_add(&h, SLICE(""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authors_vectors_come_out),
        cmocka_unit_test(the_hash_of_tables_is_siphash_1_3),
        cmocka_unit_test(every_byte_of_every_length_matters),
        cmocka_unit_test(a_key_is_of_all_its_parts),
        cmocka_unit_test(each_number_and_its_place_matter),
        cmocka_unit_test(nocase_folds_ascii_letters_and_nothing_else),
        cmocka_unit_test(the_key_matters),
        cmocka_unit_test(the_long_hash_is_siphash_2_4_of_128_bits),
        cmocka_unit_test(a_byte_moved_from_one_text_to_the_next_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
