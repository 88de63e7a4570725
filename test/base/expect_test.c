/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/expect.h"

#include "support/test.h"

static char              told[1024];
static struct counter    broken;
static unsigned          made, dropped;
static const struct log *lines_go_to;

static void keep_line(void *arg, enum log_level level, struct slice line)
{
    struct buf b = BUF_ON(told);

    (void)arg;
    CHECK_INT(LOG_ERROR, level);
    buf_put(&b, line);
    (void)buf_cstr(&b);
}

static struct suspect suspect(object_id id)
{
    made++;
    return (struct suspect){ lines_go_to, &broken, id, SLICE("abc@a.test") };
}

/* 1: it was left early. */
static int look_at(int state)
{
    EXPECT_OR_KILL(state < 3, suspect(0x0102), dropped++; return 1);
    return 0;
}

static int setup(void **state)
{
    static struct log lines = { .sink = keep_line };

    (void)state;
    lines_go_to = &lines;
    broken      = (struct counter){ 0 };
    made = dropped = 0;
    told[0]        = '\0';
    return 0;
}

TEST(what_holds_costs_nothing)
{
    CHECK_INT(0, look_at(2));
    CHECK_INT(0, made);
    CHECK_INT(0, counter_read(&broken));
    CHECK_SLICE("", slice_from(told));
}

TEST(what_does_not_is_told_counted_and_dropped)
{
    CHECK_INT(1, look_at(3));
    CHECK_INT(1, dropped);
    CHECK_INT(1, counter_read(&broken));
    CHECK(strstr(told, "level=error part=process event=broken_invariant call=abc@a.test id=0000000000000102 ") == told);
    CHECK(strstr(told, " expected=\"state < 3\" file=") != NULL);
    CHECK(strstr(told, "expect_test.c line=") != NULL);
}

TEST(without_a_log_it_is_counted_all_the_same)
{
    lines_go_to = NULL;
    CHECK_INT(1, look_at(7));
    CHECK_INT(1, counter_read(&broken));
    CHECK_INT(1, dropped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_holds_costs_nothing, setup),
        cmocka_unit_test_setup(what_does_not_is_told_counted_and_dropped, setup),
        cmocka_unit_test_setup(without_a_log_it_is_counted_all_the_same, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
