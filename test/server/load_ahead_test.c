/* SPDX-License-Identifier: BSD-2-Clause */
/* Bindings that wait a little: each is taken once, whole, and in the order of putting. */
#include "server/load_ahead.h"

#include "base/random.h"
#include "support/test.h"

#include <stdlib.h>

enum { LONG = 2 * LOAD_AHEAD_TEXT };

static struct load_ahead    ahead;
static struct rcu          *rcu;
static struct random_seeded generator;
static struct location     *location;
static uint64_t             put_rows, taken;

/* Bytes of each text of a row, by its number. */
static size_t long_at(uint64_t row)
{
    return row % 50 == 0 ? LONG / 4 : row % 9 == 0 ? 1000 : row % 4;
}

static char letter_of(uint64_t row, unsigned index)
{
    return (char)('a' + (row + index) % 26);
}

static void check_text(uint64_t row, unsigned index, struct slice got)
{
    CHECK_INT(long_at(row), got.len);
    for (size_t i = 0; i < got.len; i++)
        CHECK(got.ptr[i] == letter_of(row, index));
}

static void see(void *arg, const struct stored_binding *b)
{
    CHECK(arg == &taken);
    CHECK(b->row == ++taken);
    CHECK_INT(b->row, b->cseq);
    check_text(b->row, 0, b->aor);
    check_text(b->row, 1, b->contact);
    check_text(b->row, 2, b->params);
    check_text(b->row, 3, b->call_id);
    check_text(b->row, 4, b->user_agent);
    check_text(b->row, 5, b->path);
    check_text(b->row, 6, b->flow);
}

/* What the store gives lives until it gives the next. */
static void put_next(void)
{
    uint64_t     row = ++put_rows;
    size_t       len = long_at(row);
    struct slice texts[7];

    for (unsigned i = 0; i < 7; i++) {
        texts[i] = (struct slice){ malloc(len + 1), len };
        memset((char *)texts[i].ptr, letter_of(row, i), len);
    }
    load_ahead_put(&ahead, &(struct stored_binding){ .row        = row,
                                                     .cseq       = (uint32_t)row,
                                                     .aor        = texts[0],
                                                     .contact    = texts[1],
                                                     .params     = texts[2],
                                                     .call_id    = texts[3],
                                                     .user_agent = texts[4],
                                                     .path       = texts[5],
                                                     .flow       = texts[6] });
    for (unsigned i = 0; i < 7; i++)
        free((char *)texts[i].ptr);
}

static void setup(void)
{
    struct random dice = { random_seeded_fill, &generator };

    random_seed(&generator, 1);
    put_rows = taken = 0;
    rcu              = rcu_single_new();
    location         = location_new(rcu, &dice, 100, 0);
    ahead            = (struct load_ahead){ .location = location, .take = see, .arg = &taken };
}

static void teardown(void)
{
    location_free(location);
    rcu_free(rcu);
}

TEST(each_is_taken_once_whole_and_in_order)
{
    setup();
    for (int i = 0; i < 1010; i++)
        put_next();
    CHECK(taken < put_rows && put_rows - taken <= LOAD_AHEAD);
    load_ahead_end(&ahead);
    CHECK_INT(put_rows, taken);
    teardown();
}

TEST(none_waits_behind_the_end)
{
    setup();
    load_ahead_end(&ahead);
    CHECK_INT(0, taken);
    for (int i = 0; i < LOAD_AHEAD; i++)
        put_next();
    load_ahead_end(&ahead);
    load_ahead_end(&ahead);
    CHECK_INT(LOAD_AHEAD, taken);
    put_next();
    load_ahead_end(&ahead);
    CHECK_INT(LOAD_AHEAD + 1, taken);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_taken_once_whole_and_in_order),
        cmocka_unit_test(none_waits_behind_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
