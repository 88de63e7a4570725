/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench         b;
static struct asleep_line   line;
static struct asleep       *sleepers[3];
static const struct asleep *ended[3];
static unsigned             count, quiet_count;

static void end(struct stack *s, struct asleep *a, bool quiet)
{
    CHECK(s == line.stack && count < 3);
    ended[count++] = a;
    quiet_count += quiet;
}

static void open_line(void)
{
    bench_open(&b, "");
    count = quiet_count = 0;
    asleep_line_init(&line, server_stack(b.server), end);
}

static void add(unsigned index, msec in)
{
    sleepers[index]         = asleep_line_room(&line, sizeof **sleepers);
    sleepers[index]->end_at = world_now(b.at_server) + in;
    CHECK(asleep_line_takes(&line, sleepers[index]->end_at));
    asleep_line_add(&line, sleepers[index]);
}

TEST(sleepers_end_in_their_order_each_at_its_time)
{
    open_line();
    add(0, 10);
    add(1, 10);
    add(2, 30);
    bench_live(&b, 9);
    CHECK_INT(0, count);
    bench_live(&b, 2);
    CHECK_INT(2, count);
    CHECK(ended[0] == sleepers[0] && ended[1] == sleepers[1]);
    bench_live(&b, 20);
    CHECK_INT(3, count);
    CHECK_INT(0, quiet_count);
    add(0, 5); /* after all have gone */
    count = 0;
    bench_live(&b, 6);
    CHECK_INT(1, count);
    bench_abandon(&b);
}

TEST(who_would_end_before_the_last_is_not_taken)
{
    open_line();
    add(0, 100);
    CHECK(!asleep_line_takes(&line, sleepers[0]->end_at - 1));
    CHECK(asleep_line_takes(&line, sleepers[0]->end_at));
    asleep_line_fini(&line);
    CHECK(asleep_line_takes(&line, 0));
    bench_abandon(&b);
}

TEST(at_the_end_of_all_they_end_quietly)
{
    open_line();
    add(0, 100);
    add(1, 100);
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
        cmocka_unit_test(at_the_end_of_all_they_end_quietly),
        cmocka_unit_test(a_mark_tells_who_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
