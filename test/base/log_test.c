/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "support/test.h"

static char   last[2048];
static size_t last_len;
static int    lines;

static void keep(void *arg, enum log_level level, struct slice line)
{
    (void)arg;
    (void)level;
    CHECK(line.len < sizeof last);
    memcpy(last, line.ptr, line.len);
    last_len = line.len;
    lines++;
}

static struct slice last_line(void)
{
    return (struct slice){ last, last_len };
}

static struct log_levels levels;
static const struct log  to_test = { .levels = &levels, .sink = keep };

TEST(a_line_is_pairs_in_the_order_given)
{
    struct log_line l;

    log_begin(&l, &to_test, LOG_NOTICE, LOG_PART_REGISTRAR, "binding_added");
    log_slice(&l, "call", SLICE("a84b4c76e66710@pc33"));
    log_number(&l, "expires", 3600);
    log_number(&l, "least", INT64_MIN);
    log_text(&l, "who", "alice");
    log_end(&l);
    CHECK_SLICE("level=notice part=registrar event=binding_added call=a84b4c76e66710@pc33 expires=3600 "
                "least=-9223372036854775808 who=alice",
                last_line());
}

TEST(values_of_strangers_cannot_break_the_line)
{
    struct log_line l;

    log_begin(&l, &to_test, LOG_INFO, LOG_PART_CALL, "e");
    log_slice(&l, "a", SLICE("x y=\"\\\r\n\t\x01\xff"));
    log_slice(&l, "b", SLICE(""));
    log_slice(&l, "c", (struct slice){ "\0", 1 });
    log_end(&l);
    CHECK_SLICE("level=info part=call event=e a=\"x y=\\\"\\\\\\r\\n\\t\\x01\\xff\" b=\"\" c=\"\\x00\"", last_line());
}

TEST(long_values_are_cut_and_show_it)
{
    struct log_line l;
    char            value[161];

    memset(value, 'v', sizeof value);
    log_begin(&l, &to_test, LOG_INFO, LOG_PART_CALL, "e");
    log_slice(&l, "a", (struct slice){ value, 160 });
    log_slice(&l, "b", (struct slice){ value, 161 });
    log_end(&l);
    CHECK_INT(strlen("level=info part=call event=e a=") + 160 + strlen(" b=\"...\"") + 160, last_len);
    CHECK(memcmp(last + last_len - 4, "...\"", 4) == 0);
}

TEST(a_line_that_is_full_says_that_something_is_missing)
{
    struct log_line l;
    char            value[160];

    memset(value, 'v', sizeof value);
    log_begin(&l, &to_test, LOG_INFO, LOG_PART_CALL, "e");
    for (int i = 0; i < 20; i++)
        log_slice(&l, "key", (struct slice){ value, sizeof value });
    log_end(&l);
    CHECK(last_len <= LOG_LINE_MAX);
    CHECK(memcmp(last + last_len - 9, "v cut=yes", 9) == 0);
}

TEST(lines_below_the_level_and_without_sink_are_not_made)
{
    static const struct log nowhere = { .sink = NULL };
    struct log_line         l;

    lines = 0;
    log_begin(&l, &to_test, LOG_DEBUG, LOG_PART_CALL, "e");
    log_slice(&l, "a", SLICE("b"));
    log_number(&l, "n", 1);
    log_end(&l);
    log_begin(&l, &nowhere, LOG_ERROR, LOG_PART_CALL, "e");
    log_end(&l);
    log_begin(&l, NULL, LOG_ERROR, LOG_PART_CALL, "e");
    log_end(&l);
    log_say(&to_test, LOG_DEBUG, LOG_PART_CALL, "not heard");
    log_say(NULL, LOG_ERROR, LOG_PART_CALL, "not heard");
    CHECK_INT(0, lines);
    log_say(&to_test, LOG_INFO, LOG_PART_CALL, "heard");
    CHECK_INT(1, lines);
}

TEST(say_puts_a_sentence_into_text)
{
    char long_text[3000];

    log_say(&to_test, LOG_ERROR, LOG_PART_PROCESS, "port %d is \"taken\"", 5060);
    CHECK_SLICE("level=error part=process text=\"port 5060 is \\\"taken\\\"\"", last_line());
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    log_say(&to_test, LOG_ERROR, LOG_PART_PROCESS, "%s", long_text);
    CHECK(last_len > 700 && last_len <= 1024);
}

TEST(a_level_that_changes_is_heeded_at_once)
{
    lines = 0;
    CHECK(!log_wants(&to_test, LOG_DEBUG, LOG_PART_CALL));
    log_levels_set(&levels, "call", LOG_DEBUG);
    log_say(&to_test, LOG_DEBUG, LOG_PART_CALL, "heard");
    log_say(&to_test, LOG_DEBUG, LOG_PART_PROXY, "not heard");
    log_levels_init(&levels, LOG_INFO);
    log_say(&to_test, LOG_DEBUG, LOG_PART_CALL, "not heard");
    CHECK_INT(1, lines);
}

static uint64_t noon(void)
{
    return 43200000000000;
}

TEST(with_a_clock_and_a_worker_the_line_names_them)
{
    struct log log = to_test;

    log.clock  = noon;
    log.worker = 2;
    log_say(&log, LOG_INFO, LOG_PART_NET, "x");
    CHECK_SLICE("time=1970-01-01T12:00:00.000Z level=info part=net worker=1 text=x", last_line());
}

static void nobody(void *arg)
{
    (void)arg;
}

TEST(with_a_ring_the_line_waits_there_to_be_written)
{
    struct log_waker waker = { .wake = nobody };
    struct log_ring  ring;
    struct log       log = to_test;
    struct log_line  l;
    char             text[LOG_LINE_MAX];
    struct buf       b = BUF_ON(text);

    CHECK_INT(0, log_ring_init(&ring, 4096, &waker));
    log.ring = &ring;
    lines    = 0;
    CHECK(log_begin(&l, &log, LOG_INFO, LOG_PART_CALL, "e"));
    log_address(&l, "remote", &(struct address){ .ip = { [15] = 1 }, .port = 5060, .family = FAMILY_6 });
    log_end(&l);
    CHECK_INT(0, lines);
    log_record_write(&b, log_ring_first(&ring), true);
    CHECK_SLICE("level=info part=call event=e remote=[::1]:5060", buf_slice(&b));
    log_ring_fini(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_pairs_in_the_order_given),
        cmocka_unit_test(values_of_strangers_cannot_break_the_line),
        cmocka_unit_test(long_values_are_cut_and_show_it),
        cmocka_unit_test(a_line_that_is_full_says_that_something_is_missing),
        cmocka_unit_test(lines_below_the_level_and_without_sink_are_not_made),
        cmocka_unit_test(say_puts_a_sentence_into_text),
        cmocka_unit_test(a_level_that_changes_is_heeded_at_once),
        cmocka_unit_test(with_a_clock_and_a_worker_the_line_names_them),
        cmocka_unit_test(with_a_ring_the_line_waits_there_to_be_written),
    };

    log_levels_init(&levels, LOG_INFO);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
