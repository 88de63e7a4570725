/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/random.h"
#include "support/test.h"

TEST(the_same_seed_gives_the_same_bytes)
{
    struct random_seeded a, b, c;
    char                 x[33], y[33], z[33];

    random_seed(&a, 7);
    random_seed(&b, 7);
    random_seed(&c, 8);
    random_seeded_fill(&a, x, sizeof x);
    random_seeded_fill(&b, y, sizeof y);
    random_seeded_fill(&c, z, sizeof z);
    CHECK(memcmp(x, y, sizeof x) == 0);
    CHECK(memcmp(x, z, sizeof x) != 0);
}

/* xoshiro256** from its authors' definition: state 1, 2, 3, 4. */
TEST(the_generator_is_xoshiro256starstar)
{
    struct random_seeded s = { { 1, 2, 3, 4 } };
    struct random        r = { random_seeded_fill, &s };

    CHECK(random_u64(&r) == 11520u);
    CHECK(random_u64(&r) == 0u);
    CHECK(random_u64(&r) == 1509978240u);
    CHECK(random_u64(&r) == 1215971899390074240u);
}

static void fill_scripted(void *arg, void *bytes, size_t len)
{
    uint64_t **next = arg;

    CHECK_INT(8, len);
    memcpy(bytes, (*next)++, len);
}

TEST(below_draws_again_what_would_favour_small_numbers)
{
    uint64_t      draws[] = { UINT64_MAX, 5, 12 };
    uint64_t     *next    = draws;
    struct random r       = { fill_scripted, &next };

    CHECK_INT(5, random_below(&r, 10)); /* the first is past the last whole ten */
    CHECK_INT(2, random_below(&r, 10));
    CHECK(next == draws + 3);
}

TEST(below_reaches_every_number_and_no_other)
{
    struct random_seeded s;
    struct random        r       = { random_seeded_fill, &s };
    int                  seen[7] = { 0 };

    random_seed(&s, 1);
    for (int i = 0; i < 7000; i++) {
        uint32_t got = random_below(&r, 7);

        CHECK(got < 7);
        seen[got]++;
    }
    for (int i = 0; i < 7; i++)
        CHECK(seen[i] > 800 && seen[i] < 1200);
    CHECK_INT(0, random_below(&r, 1));
}

TEST(a_token_is_as_long_as_asked_and_of_its_alphabet)
{
    struct random_seeded s;
    struct random        r = { random_seeded_fill, &s };

    random_seed(&s, 1);
    for (size_t len = 0; len < 30; len++) {
        char       memory[30];
        struct buf b = BUF_ON(memory);

        random_token(&r, &b, len);
        CHECK_INT(len, buf_slice(&b).len);
        for (size_t i = 0; i < len; i++)
            CHECK((memory[i] >= 'a' && memory[i] <= 'z') || (memory[i] >= '2' && memory[i] <= '7'));
    }
}

/* Twelve letters of each draw, five bits to each, the lowest first. */
TEST(a_token_is_the_base_32_of_what_is_drawn)
{
    struct random_seeded s, again;
    struct random        r = { random_seeded_fill, &s }, same = { random_seeded_fill, &again };

    random_seed(&s, 7);
    random_seed(&again, 7);
    for (size_t len = 0; len < 100; len++) {
        char       memory[100];
        struct buf b    = BUF_ON(memory);
        uint64_t   bits = 0;

        random_token(&r, &b, len);
        for (size_t i = 0; i < len; i++, bits >>= 5) {
            if (i % 12 == 0)
                bits = random_u64(&same);
            CHECK_INT("abcdefghijklmnopqrstuvwxyz234567"[bits & 31], memory[i]);
        }
    }
}

TEST(the_letters_of_a_number_are_those_that_a_token_has_of_it)
{
    struct random_seeded s, again;
    struct random        r = { random_seeded_fill, &s }, same = { random_seeded_fill, &again };

    random_seed(&s, 7);
    random_seed(&again, 7);
    for (int i = 0; i < 100; i++) {
        char       token[RANDOM_LETTERS], letters[RANDOM_LETTERS];
        struct buf b = BUF_ON(token);

        random_token(&r, &b, sizeof token);
        random_letters(random_u64(&same), letters);
        CHECK(memcmp(token, letters, sizeof letters) == 0);
    }
}

TEST(a_token_that_does_not_fit_ends)
{
    struct random_seeded s;
    struct random        r = { random_seeded_fill, &s };
    char                 memory[5];
    struct buf           b = BUF_ON(memory);

    random_seed(&s, 1);
    random_token(&r, &b, 1000000000);
    CHECK(!buf_ok(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(the_generator_is_xoshiro256starstar),
        cmocka_unit_test(below_draws_again_what_would_favour_small_numbers),
        cmocka_unit_test(below_reaches_every_number_and_no_other),
        cmocka_unit_test(a_token_is_as_long_as_asked_and_of_its_alphabet),
        cmocka_unit_test(a_token_is_the_base_32_of_what_is_drawn),
        cmocka_unit_test(the_letters_of_a_number_are_those_that_a_token_has_of_it),
        cmocka_unit_test(a_token_that_does_not_fit_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
