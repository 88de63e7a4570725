/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench         b;
static struct asleep_line   line;
static struct asleep       *sleepers[3];
static const struct asleep *ended[3];
static unsigned             added, count, quiet_count;

static void end(struct stack *s, struct asleep *a, const struct asleep *next, bool quiet)
{
    CHECK(s == line.stack && count < 3);
    CHECK(next == (a->id < added ? sleepers[a->id] : NULL)); /* their ids are 1, 2 and 3 */
    ended[count++] = a;
    quiet_count += quiet;
}

static void open_line(void)
{
    bench_open(&b, "");
    added = count = quiet_count = 0;
    asleep_line_init(&line, server_stack(b.server), end);
}

/* The next one, of so many bytes. */
static bool add_of(size_t size, msec end_at)
{
    struct asleep  head  = { .id = added + 1, .method = 3 };
    struct asleep *block = asleep_line_add(&line, &head, end_at, size);

    if (block == NULL)
        return false;
    *block = head;
    CHECK(asleep_size(block) >= size && asleep_end_at(&line, block) == end_at && block->method == 3);
    sleepers[added++] = block;
    return true;
}

static bool add(msec in)
{
    return add_of(sizeof **sleepers, world_now(b.at_server) + in);
}

TEST(sleepers_end_in_their_order_each_at_its_time)
{
    open_line();
    CHECK(add(10) && add(10) && add(30));
    bench_live(&b, 9);
    CHECK_INT(0, count);
    bench_live(&b, 2);
    CHECK_INT(2, count);
    CHECK(ended[0] == sleepers[0] && ended[1] == sleepers[1]);
    bench_live(&b, 20);
    CHECK_INT(3, count);
    CHECK_INT(0, quiet_count);
    added = count = 0;
    CHECK(add(5)); /* after all have gone */
    bench_live(&b, 6);
    CHECK_INT(1, count);
    bench_abandon(&b);
}

TEST(who_would_end_before_the_last_is_not_taken)
{
    open_line();
    CHECK(add(100));
    CHECK(!add(99));
    CHECK(add(100));
    asleep_line_fini(&line);
    added = count = 0;
    CHECK(add(1));
    asleep_line_fini(&line);
    bench_abandon(&b);
}

/* Of its end 32 bits are kept: 49 days. */
TEST(each_ends_at_its_time_however_late_that_is)
{
    msec at = ((msec)1 << 32) - 5;

    open_line();
    for (unsigned i = 0; i < 3; i++)
        CHECK(add_of(16, at + 5 * (msec)i));
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(at + 5 * (msec)i, asleep_end_at(&line, sleepers[i]));
    asleep_line_fini(&line);
    bench_abandon(&b);
}

TEST(who_needs_less_after_all_leaves_room_for_the_next)
{
    struct asleep head = { .id = 1 }, *block;

    open_line();
    block = asleep_line_add(&line, &head, 100, 1000);
    asleep_line_trim(&line, &head, block, 41);
    CHECK_INT(48, asleep_size(&head));
    *block            = head;
    sleepers[added++] = block;
    CHECK(add_of(16, 100));
    CHECK(POOL_SANITIZED || (char *)sleepers[1] == (char *)block + 48);
    asleep_line_fini(&line);
    CHECK_INT(2, count);
    bench_abandon(&b);
}

TEST(who_is_too_large_is_not_taken)
{
    open_line();
    CHECK(add_of(ASLEEP_MAX, 100));
    CHECK(!add_of(ASLEEP_MAX + 1, 100));
    asleep_line_fini(&line);
    bench_abandon(&b);
}

TEST(at_the_end_of_all_they_end_quietly)
{
    open_line();
    CHECK(add(100) && add(100));
    asleep_line_fini(&line);
    CHECK_INT(2, quiet_count);
    bench_live(&b, 200);
    CHECK_INT(2, count);
    bench_abandon(&b);
}

TEST(a_mark_tells_who_sleeps)
{
    CHECK(!is_asleep(NULL));
    CHECK(!is_asleep(&sleepers[0]));
    CHECK(is_asleep(asleep_mark(&sleepers[0])));
    CHECK(asleep_unmark(asleep_mark(&sleepers[0])) == &sleepers[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleepers_end_in_their_order_each_at_its_time),
        cmocka_unit_test(who_would_end_before_the_last_is_not_taken),
        cmocka_unit_test(each_ends_at_its_time_however_late_that_is),
        cmocka_unit_test(who_needs_less_after_all_leaves_room_for_the_next),
        cmocka_unit_test(who_is_too_large_is_not_taken),
        cmocka_unit_test(at_the_end_of_all_they_end_quietly),
        cmocka_unit_test(a_mark_tells_who_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
