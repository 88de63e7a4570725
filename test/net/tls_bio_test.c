/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_bio.h"

#include "support/alloc.h"
#include "support/test.h"

struct fixture {
    BIO_METHOD     *method;
    BIO            *bio;
    struct tls_wire wire;
};

static void setup(struct fixture *f)
{
    *f     = (struct fixture){ .method = tls_bio_method() };
    f->bio = tls_bio_new(f->method, &f->wire);
    assert_non_null(f->bio);
}

static void teardown(struct fixture *f)
{
    BIO_free(f->bio);
    BIO_meth_free(f->method);
    tls_wire_fini(&f->wire);
}

TEST(what_is_in_hand_is_read_and_then_waited_for)
{
    struct fixture f;
    struct slice   in = test_guarded(SLICE("abcde"));
    char           to[4];

    setup(&f);
    CHECK_INT(-1, BIO_read(f.bio, to, 4));
    CHECK(BIO_should_retry(f.bio));
    f.wire.in = &in;
    CHECK_INT(4, BIO_read(f.bio, to, 4));
    CHECK_INT(1, BIO_read(f.bio, to, 4));
    CHECK_INT(0, in.len);
    CHECK_INT(-1, BIO_read(f.bio, to, 4));
    CHECK(BIO_should_retry(f.bio));
    teardown(&f);
}

/* OpenSSL has 127 numbers for kinds to give away; a context is made for each worker. */
TEST(there_are_as_many_kinds_as_anyone_wants_and_they_are_alike)
{
    struct fixture f;

    for (unsigned i = 0; i < 300; i++) {
        setup(&f);
        CHECK_INT(BIO_TYPE_SOURCE_SINK, BIO_method_type(f.bio));
        teardown(&f);
    }
}

TEST(all_that_is_written_is_kept_until_it_is_emptied)
{
    static const char large[100000] = { 1 };
    struct fixture    f;

    setup(&f);
    CHECK_INT(3, BIO_write(f.bio, "abc", 3));
    CHECK_INT(sizeof large, BIO_write(f.bio, large, sizeof large));
    CHECK_INT(3 + sizeof large, f.wire.out_len);
    assert_memory_equal("abc\1", f.wire.out, 4);
    tls_wire_empty(&f.wire);
    CHECK_INT(0, f.wire.out_len);
    CHECK_INT(0, f.wire.out_cap); /* more than usual is given back */
    teardown(&f);
}

TEST(without_memory_a_write_fails_and_is_not_to_be_tried_again)
{
    struct fixture f;

    setup(&f);
    alloc_fail_at(1);
    CHECK(BIO_write(f.bio, "abc", 3) <= 0);
    alloc_fail_at(0);
    CHECK(!BIO_should_retry(f.bio));
    CHECK_INT(0, f.wire.out_len);
    CHECK_INT(3, BIO_write(f.bio, "abc", 3));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_hand_is_read_and_then_waited_for),
        cmocka_unit_test(there_are_as_many_kinds_as_anyone_wants_and_they_are_alike),
        cmocka_unit_test(all_that_is_written_is_kept_until_it_is_emptied),
        cmocka_unit_test(without_memory_a_write_fails_and_is_not_to_be_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
