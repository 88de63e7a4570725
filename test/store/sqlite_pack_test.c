/* SPDX-License-Identifier: BSD-2-Clause */
/* Bindings as one value: what was packed is found again, and anything else is refused. */
#include "store/sqlite_pack.h"

#include "base/random.h"
#include "support/test.h"

enum { ROOM = 4096, WALKS = 2000, LONGEST = 400 };

static char memory[ROOM];

static struct slice pack(const struct stored_binding *b)
{
    struct buf out = BUF_ON(memory);

    CHECK(sqlite_pack_room(b) <= sizeof memory);
    out.cap = sqlite_pack_room(b);
    sqlite_pack(b, &out);
    CHECK(buf_ok(&out));
    return buf_slice(&out);
}

static void check_same(const struct stored_binding *a, const struct stored_binding *b)
{
    CHECK(slice_eq(a->aor, b->aor) && slice_eq(a->contact, b->contact) && slice_eq(a->params, b->params));
    CHECK(slice_eq(a->call_id, b->call_id) && slice_eq(a->user_agent, b->user_agent) && slice_eq(a->path, b->path));
    CHECK(slice_eq(a->flow, b->flow) && a->cseq == b->cseq && a->q == b->q && a->outbound == b->outbound);
    CHECK(a->gruu == b->gruu && a->expires_at == b->expires_at);
}

static const struct stored_binding some = {
    .aor        = SLICE_INIT("sip:alice@example.test"),
    .contact    = SLICE_INIT("sip:alice@192.0.2.1"),
    .params     = SLICE_INIT(";+sip.instance=\"<x>\""),
    .call_id    = SLICE_INIT("call"),
    .user_agent = SLICE_INIT("phone"),
    .path       = SLICE_INIT("<sip:edge;lr>"),
    .flow       = SLICE_INIT("udp 192.0.2.1:5060"),
    .cseq       = 42,
    .q          = 1000,
    .outbound   = true,
    .gruu       = UINT64_C(1) << 39,
    .expires_at = UINT64_C(1700000000001),
};

static void check_round(const struct stored_binding *b)
{
    struct stored_binding out = { .row = 1, .lease_until = 2 };

    CHECK(sqlite_unpack(test_guarded(pack(b)), &out));
    check_same(b, &out);
    CHECK(out.row == 1 && out.lease_until == 2);
}

/* ---- there and back ---- */

TEST(all_that_a_binding_says_is_found_again)
{
    struct stored_binding largest = some;

    largest.cseq = largest.q = UINT32_MAX;
    largest.gruu = largest.expires_at = UINT64_MAX;
    check_round(&some);
    check_round(&largest);
    check_round(&(struct stored_binding){ 0 });
}

static struct slice some_text(const struct random *dice)
{
    static char text[LONGEST];

    random_fill(dice, text, sizeof text);
    return (struct slice){ text, random_below(dice, 4) == 0 ? random_below(dice, LONGEST) : random_below(dice, 4) };
}

static uint64_t some_number(const struct random *dice)
{
    return random_u64(dice) >> random_below(dice, 64);
}

TEST(a_walk_through_bindings_finds_each_again)
{
    struct random_seeded generator;
    struct random        dice = { random_seeded_fill, &generator };

    random_seed(&generator, 1);
    for (int i = 0; i < WALKS; i++) {
        struct stored_binding b = { .aor        = some_text(&dice),
                                    .contact    = some_text(&dice),
                                    .params     = some_text(&dice),
                                    .call_id    = some_text(&dice),
                                    .user_agent = some_text(&dice),
                                    .path       = some_text(&dice),
                                    .flow       = some_text(&dice),
                                    .cseq       = (uint32_t)some_number(&dice),
                                    .q          = (uint32_t)some_number(&dice),
                                    .outbound   = random_below(&dice, 2) == 1,
                                    .gruu       = some_number(&dice),
                                    .expires_at = some_number(&dice) };
        struct stored_binding out;
        struct slice          packed = pack(&b);

        CHECK(sqlite_unpack(packed, &out));
        check_same(&b, &out);
    }
}

/* ---- what is damaged ---- */

TEST(what_ends_early_or_late_is_refused)
{
    struct slice          whole = pack(&some);
    struct stored_binding out;

    for (size_t len = 0; len < whole.len; len++)
        CHECK(!sqlite_unpack(test_guarded((struct slice){ whole.ptr, len }), &out));
    memory[whole.len] = 0;
    CHECK(!sqlite_unpack((struct slice){ whole.ptr, whole.len + 1 }, &out));
}

TEST(numbers_and_lengths_that_cannot_be_are_refused)
{
    static const struct slice wrong[] = {
        SLICE_INIT("\2\0\0\0\0\0\0\0\0\0\0\0\0"),                                     /* another format */
        SLICE_INIT("\1\2\0\0\0\0\0\0\0\0\0\0\0"),                                     /* neither outbound nor not */
        SLICE_INIT("\1\0\x80\x80\x80\x80\x10\0\0\0\0\0\0\0\0\0\0"),                   /* CSeq 2^32 */
        SLICE_INIT("\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2\0\0\0\0\0\0\0\0"), /* 65 bits */
        SLICE_INIT("\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0\0\0"),
        SLICE_INIT("\1\0\0\0\0\0\0\0\0\0\0\0\1"),                                     /* a text that is not there */
        SLICE_INIT("\1\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1\0\0\0\0\0"), /* together 2^64 */
        SLICE_INIT("\1\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0\0\0"),
    };
    static const struct slice empty = SLICE_INIT("\1\0\0\0\0\0\0\0\0\0\0\0\0");
    struct stored_binding     out;

    CHECK(sqlite_unpack(test_guarded(empty), &out));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!sqlite_unpack(test_guarded(wrong[i]), &out));
}

TEST(a_wrong_bit_never_leads_beyond_the_end)
{
    struct slice          whole = pack(&some);
    struct stored_binding out;

    for (size_t bit = 0; bit < 8 * whole.len; bit++) {
        memory[bit / 8] ^= (char)(1 << bit % 8);
        if (sqlite_unpack(whole, &out))
            CHECK(out.flow.ptr + out.flow.len == whole.ptr + whole.len && out.aor.ptr > whole.ptr);
        memory[bit / 8] ^= (char)(1 << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_binding_says_is_found_again),
        cmocka_unit_test(a_walk_through_bindings_finds_each_again),
        cmocka_unit_test(what_ends_early_or_late_is_refused),
        cmocka_unit_test(numbers_and_lengths_that_cannot_be_are_refused),
        cmocka_unit_test(a_wrong_bit_never_leads_beyond_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
