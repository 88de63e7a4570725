/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/gruu.h"

#include "base/random.h"
#include "support/test.h"

#include <stdlib.h>

enum { TEXT = 4096, MANY = 100000 };

static const char uuid[]  = "<urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6>";
static const char alice[] = "sip:alice@example.test";

static const struct gruu_registration registration = { 0x0123456789abcdef, 0xfedcba9876 };

struct bench {
    struct hasher       *hasher;
    struct gruu_keys     keys;
    struct random_seeded seeded;
};

static struct bench bench_new(uint8_t secret_byte)
{
    struct bench b = { .hasher = hasher_new() };
    uint8_t      secret[GRUU_SECRET];

    CHECK(b.hasher != NULL);
    memset(secret, secret_byte, sizeof secret);
    gruu_keys_init(&b.keys, b.hasher, secret);
    random_seed(&b.seeded, 1);
    return b;
}

static bool starts_with(struct slice text, struct slice word)
{
    struct scan s = scan_from(text);

    return scan_exact(&s, word);
}

static void bench_end(struct bench *b)
{
    hasher_free(b->hasher);
}

static struct slice temporary(struct bench *b, char memory[TEXT], struct slice aor, const struct gruu_registration *r)
{
    struct buf out = buf_on(memory, TEXT);
    uint8_t    nonce[GRUU_NONCE];

    random_seeded_fill(&b->seeded, nonce, sizeof nonce);
    gruu_write_temporary(&out, aor, false, r, nonce, &b->keys, b->hasher);
    CHECK(buf_ok(&out));
    return buf_slice(&out);
}

static struct slice public(char memory[TEXT], struct slice aor, struct slice instance)
{
    struct buf out = buf_on(memory, TEXT);

    gruu_write_public(&out, aor, false, instance);
    CHECK(buf_ok(&out));
    return buf_slice(&out);
}

static struct gruu read(struct bench *b, struct slice text)
{
    struct uri uri;

    CHECK(uri_parse(test_guarded(text), &uri));
    return gruu_read(&uri, &b->keys, b->hasher);
}

static enum gruu_kind kind(struct bench *b, const char *text)
{
    return read(b, (struct slice){ text, strlen(text) }).kind;
}

/* ---- public ---- */

/* RFC 5627 5.1, A.1. */
TEST(a_public_gruu_is_the_aor_with_the_instance)
{
    char memory[TEXT];

    CHECK_SLICE("sip:alice@example.test;gr=urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6",
                public(memory, SLICE(alice), SLICE(uuid)));
}

TEST(the_gruu_of_a_sips_contact_is_sips)
{
    struct bench b = bench_new(1);
    char         memory[TEXT];
    struct buf   out               = BUF_ON(memory);
    uint8_t      nonce[GRUU_NONCE] = { 0 };

    gruu_write_public(&out, SLICE(alice), true, SLICE("<urn:x:1>"));
    CHECK_SLICE("sips:alice@example.test;gr=urn:x:1", buf_slice(&out));
    out.len = 0;
    gruu_write_temporary(&out, SLICE(alice), true, &registration, nonce, &b.keys, b.hasher);
    CHECK(starts_with(buf_slice(&out), SLICE("sips:tgruu.")));
    CHECK_INT(GRUU_TEMPORARY, read(&b, buf_slice(&out)).kind);
    bench_end(&b);
}

TEST(what_a_parameter_may_not_hold_is_escaped)
{
    char memory[TEXT];

    CHECK_SLICE("sip:alice@example.test;gr=urn:x:a%3bb%22%5c%3d%25%00%c3%a9",
                public(memory, SLICE(alice), SLICE("<urn:x:a;b\"\\=%\0\xc3\xa9>")));
    CHECK_SLICE("sip:a%40b%22c@example.test;gr=1", public(memory, SLICE("sip:a@b\"c@example.test"), SLICE("1")));
}

/* RFC 5627 5.4. */
TEST(the_gruus_of_instances_that_differ_by_case_are_different_uris)
{
    static const struct slice instances[] = { SLICE_INIT("<urn:x:Ab>"), SLICE_INIT("<urn:x:aB>"),
                                              SLICE_INIT("<urn:x:ab>"), SLICE_INIT("<~75726e3a783a4162>") };
    char                      first[TEXT], second[TEXT];
    struct uri                a, c;

    CHECK_SLICE("sip:alice@example.test;gr=~75726e3a783a4162", public(first, SLICE(alice), instances[0]));
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            struct slice gr;

            CHECK(uri_parse(public(first, SLICE(alice), instances[i]), &a));
            CHECK(uri_parse(public(second, SLICE(alice), instances[k]), &c));
            CHECK(uri_eq(&a, &c) == (i == k));
            CHECK(uri_param(&a, SLICE("gr"), &gr) && gruu_is_instance(gr, instances[k]) == (i == k));
        }
}

TEST(a_public_gruu_is_a_uri_that_equals_its_aor)
{
    char       memory[TEXT];
    struct uri gruu, aor, other;

    CHECK(uri_parse(public(memory, SLICE(alice), SLICE(uuid)), &gruu) && uri_parse(SLICE(alice), &aor));
    CHECK(uri_eq(&gruu, &aor));
    CHECK(uri_parse(SLICE("sip:alice@example.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7"), &other));
    CHECK(!uri_eq(&gruu, &other));
}

TEST(every_instance_is_found_again_by_its_gruu)
{
    struct bench b = bench_new(1);

    for (unsigned seed = 0; seed < 2000; seed++) {
        struct slice instance;
        char         memory[TEXT], text[64];
        struct gruu  g;

        random_seeded_fill(&b.seeded, text, sizeof text);
        instance = (struct slice){ text, 1 + seed % sizeof text };
        g        = read(&b, public(memory, SLICE(alice), instance));
        CHECK_INT(GRUU_PUBLIC, g.kind);
        CHECK(gruu_is_instance(g.instance, instance));
        text[seed % instance.len] ^= 1;
        CHECK(!gruu_is_instance(g.instance, instance));
    }
    bench_end(&b);
}

/* sip/instance.h: of a UUID case never counts. */
TEST(an_instance_is_the_same_as_when_it_registers_and_escaped_or_not)
{
    CHECK(gruu_is_instance(SLICE("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), SLICE(uuid)));
    CHECK(gruu_is_instance(SLICE("urn%3auuid:f81d4fae-7DEC-11d0-a765-00a0c91e6bf%36"), SLICE(uuid)));
    CHECK(!gruu_is_instance(SLICE("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf"), SLICE(uuid)));
    CHECK(!gruu_is_instance(SLICE("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf60"), SLICE(uuid)));
    CHECK(!gruu_is_instance(SLICE("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7"), SLICE(uuid)));
    CHECK(gruu_is_instance(SLICE("URN:x:desk"), SLICE("<urn:x:desk>")));
    CHECK(!gruu_is_instance(SLICE("urn:x:DESK"), SLICE("<urn:x:desk>")));
    CHECK(!gruu_is_instance(SLICE(""), SLICE(uuid)));
    CHECK(!gruu_is_instance(SLICE(""), SLICE("")));
    CHECK(!gruu_is_instance(SLICE("a"), SLICE("")));
    CHECK(!gruu_is_instance(SLICE("a%4"), SLICE("ab")));
    CHECK(gruu_is_instance(SLICE("a%4"), SLICE("a%4")));
}

TEST(there_is_no_gruu_of_what_is_no_aor_or_no_instance)
{
    static const uint8_t nonce[GRUU_NONCE];
    struct bench         b = bench_new(1);
    char                 memory[TEXT];
    struct buf           out = BUF_ON(memory);

    gruu_write_public(&out, SLICE(alice), false, SLICE("<>"));
    gruu_write_public(&out, SLICE(alice), false, SLICE(""));
    gruu_write_public(&out, SLICE("tel:+1"), false, SLICE("<a>"));
    gruu_write_public(&out, SLICE("sip:example.test"), false, SLICE("<a>"));
    gruu_write_public(&out, SLICE(""), false, SLICE("<a>"));
    gruu_write_temporary(&out, SLICE("tel:+1@a"), false, &registration, nonce, &b.keys, b.hasher);
    CHECK_INT(0, out.len);
    CHECK_SLICE("example.test", gruu_domain(SLICE("sip:a@b@example.test")));
    CHECK_SLICE("", gruu_domain(SLICE("tel:+1")));
    bench_end(&b);
}

/* ---- temporary ---- */

/* RFC 5627 5.1, 5.4, A.2. */
TEST(a_temporary_gruu_is_read_as_what_it_was_written_for)
{
    static const struct gruu_registration extremes[] = { { 0, 1 },
                                                         { UINT64_MAX, ((uint64_t)1 << GRUU_EPOCH_BITS) - 1 } };
    struct bench                          b          = bench_new(1);

    for (size_t i = 0; i < 2; i++) {
        char        memory[TEXT];
        struct gruu g = read(&b, temporary(&b, memory, SLICE(alice), &extremes[i]));

        CHECK_INT(GRUU_TEMPORARY, g.kind);
        CHECK(g.registration.aor == extremes[i].aor && g.registration.epoch == extremes[i].epoch);
    }
    bench_end(&b);
}

TEST(a_temporary_gruu_hides_the_user_and_names_the_domain)
{
    struct bench b = bench_new(1);
    char         memory[TEXT];
    struct slice text = temporary(&b, memory, SLICE(alice), &registration);

    CHECK(starts_with(text, SLICE("sip:tgruu.")));
    CHECK_INT(4 + GRUU_USER + sizeof "@example.test;gr" - 1, text.len);
    CHECK(memcmp(text.ptr + 4 + GRUU_USER, "@example.test;gr", sizeof "@example.test;gr" - 1) == 0);
    bench_end(&b);
}

/* Whoever could make one would ring a phone whose user gave him no name. */
TEST(a_temporary_gruu_with_a_bit_turned_is_none)
{
    struct bench b = bench_new(1);
    char         memory[TEXT];
    struct slice text = temporary(&b, memory, SLICE(alice), &registration);

    for (size_t i = 4; i < 4 + GRUU_USER; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct uri uri;

            memory[i] = (char)(memory[i] ^ 1 << bit);
            CHECK(!uri_parse(text, &uri) || gruu_read(&uri, &b.keys, b.hasher).kind == GRUU_INVALID);
            memory[i] = (char)(memory[i] ^ 1 << bit);
        }
    }
    CHECK_INT(GRUU_TEMPORARY, read(&b, text).kind);
    bench_end(&b);
}

TEST(a_temporary_gruu_cut_or_grown_is_none)
{
    struct bench b = bench_new(1), other = bench_new(2);
    char         memory[TEXT], copy[TEXT];
    struct slice text = temporary(&b, memory, SLICE(alice), &registration);

    for (size_t len = 1; len <= GRUU_USER + 1; len++) { /* without a user it is no URI */
        struct buf out = BUF_ON(copy);

        buf_put(&out, SLICE("sip:"));
        buf_put(&out, (struct slice){ text.ptr + 4, len < GRUU_USER ? len : GRUU_USER });
        if (len > GRUU_USER)
            buf_put_byte(&out, 'a');
        buf_put(&out, SLICE("@example.test;gr"));
        CHECK_INT(len == GRUU_USER ? GRUU_TEMPORARY : GRUU_INVALID, read(&b, buf_slice(&out)).kind);
        CHECK(gruu_is_user((struct slice){ text.ptr + 4, len }, &b.keys, b.hasher) == (len == GRUU_USER));
    }
    CHECK_INT(GRUU_INVALID, read(&other, text).kind);
    bench_end(&b);
    bench_end(&other);
}

TEST(a_user_part_may_be_escaped)
{
    struct bench b = bench_new(1);
    char         memory[TEXT], copy[TEXT];
    struct buf   out  = BUF_ON(copy);
    struct slice text = temporary(&b, memory, SLICE(alice), &registration);

    buf_put(&out, SLICE("sip:%74gruu"));
    buf_put(&out, slice_between(text.ptr + 9, text.ptr + text.len));
    CHECK_INT(GRUU_TEMPORARY, read(&b, buf_slice(&out)).kind);
    bench_end(&b);
}

TEST(gr_says_what_a_uri_is)
{
    struct bench b = bench_new(1);

    CHECK_INT(GRUU_NONE, kind(&b, "sip:alice@example.test"));
    CHECK_INT(GRUU_NONE, kind(&b, "sip:alice@example.test;transport=tcp"));
    CHECK_INT(GRUU_NONE, kind(&b, "sip:alice@example.test;grr=1"));
    CHECK_INT(GRUU_PUBLIC, kind(&b, "sip:alice@example.test;lr;GR=x"));
    CHECK_INT(GRUU_INVALID, kind(&b, "sip:alice@example.test;gr"));
    CHECK_INT(GRUU_INVALID, kind(&b, "sip:alice@example.test;gr="));
    CHECK_INT(GRUU_INVALID, kind(&b, "sip:example.test;gr"));
    CHECK_INT(GRUU_INVALID, kind(&b, "sip:tgruu.@example.test;gr"));
    bench_end(&b);
}

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, GRUU_USER);
}

/* RFC 5627 5.1: none equals another, and nobody can tell whether two are of one phone: of 56
 * characters as many agree by chance whether they are or not. */
TEST(a_hundred_thousand_of_one_phone_are_all_different_and_look_so)
{
    static char              users[MANY][GRUU_USER];
    struct bench             b        = bench_new(1);
    struct gruu_registration other    = { registration.aor, registration.epoch ^ 1 };
    size_t                   alike[2] = { 0, 0 };
    char                     memory[TEXT];

    for (size_t i = 0; i < MANY; i++) {
        memcpy(users[i], temporary(&b, memory, SLICE(alice), i % 4 < 2 ? &registration : &other).ptr + 4, GRUU_USER);
        for (size_t k = GRUU_USER - 56; i > 0 && k < GRUU_USER; k++)
            alike[i % 2] += users[i][k] == users[i - 1][k]; /* [1]: of one phone, [0]: of two */
    }
    for (size_t i = 0; i < 2; i++)
        CHECK(alike[i] > 56 * MANY / 64 * 98 / 100 && alike[i] < 56 * MANY / 64 * 102 / 100);
    qsort(users, MANY, sizeof users[0], by_text);
    for (size_t i = 1; i < MANY; i++)
        CHECK(memcmp(users[i - 1], users[i], GRUU_USER) != 0);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_gruu_is_the_aor_with_the_instance),
        cmocka_unit_test(the_gruu_of_a_sips_contact_is_sips),
        cmocka_unit_test(what_a_parameter_may_not_hold_is_escaped),
        cmocka_unit_test(the_gruus_of_instances_that_differ_by_case_are_different_uris),
        cmocka_unit_test(a_public_gruu_is_a_uri_that_equals_its_aor),
        cmocka_unit_test(every_instance_is_found_again_by_its_gruu),
        cmocka_unit_test(an_instance_is_the_same_as_when_it_registers_and_escaped_or_not),
        cmocka_unit_test(there_is_no_gruu_of_what_is_no_aor_or_no_instance),
        cmocka_unit_test(a_temporary_gruu_is_read_as_what_it_was_written_for),
        cmocka_unit_test(a_temporary_gruu_hides_the_user_and_names_the_domain),
        cmocka_unit_test(a_temporary_gruu_with_a_bit_turned_is_none),
        cmocka_unit_test(a_temporary_gruu_cut_or_grown_is_none),
        cmocka_unit_test(a_user_part_may_be_escaped),
        cmocka_unit_test(gr_says_what_a_uri_is),
        cmocka_unit_test(a_hundred_thousand_of_one_phone_are_all_different_and_look_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
