/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_parse.h"

#include "base/log_record.h"
#include "support/test.h"

#include <stdlib.h>

static struct log_fields fields;
static char              memory[LOG_LINE_MAX];

static bool reads(const char *line)
{
    struct slice text = test_guarded(slice_from(line));

    CHECK(text.len <= sizeof memory);
    return log_parse(text, memory, &fields);
}

TEST(what_is_written_reads_back_the_same)
{
    static const char *const values[] = { "plain", "", " ", "a b", "\"", "\\", "\r\n\t", "x=y", "\xff\x01", "..." };
    uint64_t                 room[LOG_RECORD_MAX / 8];
    char                     text[LOG_LINE_MAX];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct log_record *r = log_record_begin(room, LOG_NOTICE, LOG_PART_PROXY, "forwarded");
        struct buf         b = BUF_ON(text);

        r->nsec   = 1795691430123456789;
        r->worker = 2;
        log_record_put_text(r, "v", slice_from(values[i]), 160);
        log_record_put_number(r, "n", -5);
        log_record_write(&b, r, true);
        CHECK(log_parse(test_guarded(buf_slice(&b)), memory, &fields));
        CHECK_INT(1795691430123, fields.wall);
        CHECK_SLICE("notice", log_field(&fields, "level"));
        CHECK_SLICE("proxy", log_field(&fields, "part"));
        CHECK_SLICE("2", log_field(&fields, "worker"));
        CHECK_SLICE("forwarded", log_field(&fields, "event"));
        CHECK_SLICE(values[i], log_field(&fields, "v"));
        CHECK_SLICE("-5", log_field(&fields, "n"));
        CHECK_INT(6, fields.count);
        CHECK_INT(0, log_field(&fields, "other").len);
    }
}

TEST(what_a_journal_puts_before_is_stepped_over)
{
    CHECK(reads("<6>level=info part=net a=b\n"));
    CHECK_INT(0, fields.wall);
    CHECK(reads("2026-11-26T11:10:30+0000 host ahoy[123]: level=info part=net a=b"));
    CHECK_INT(1795691430000, fields.wall);
    CHECK(reads("2026-11-26T12:10:30.123456+01:00 host ahoy[123]: level=info part=net a=b"));
    CHECK_INT(1795691430123, fields.wall);
    CHECK(reads("2026-11-26T11:10:30+0000 host ahoy[123]: time=2026-11-26T11:10:29.5Z level=info part=net"));
    CHECK_INT(1795691429500, fields.wall);
    CHECK_SLICE("net", log_field(&fields, "part"));
}

TEST(what_is_no_line_of_a_log_is_refused)
{
    static const char *const lines[] = {
        "",
        "\n",
        "ahoy: serving example.test",
        "level=info",
        "part=net level=info",
        "level=info part=net a",
        "level=info part=net a=",
        "level=info part=net a=\"b",
        "level=info part=net a=\"b\"c",
        "level=info part=net  a=b",
        "level=info part=net a=\"\\q\"",
        "level=info part=net a=\"\\x4\"",
        "level=info part=net =b",
        "time=yesterday level=info part=net",
        "<6>",
        "<6>x level=info part=net",
        "2026-11-26T11:10:30+0000",
        "2026-11-26T11:10:30+0000 host ahoy: x",
        "2026-13-26T11:10:30+0000 host ahoy: level=info part=net",
        "{\"t\":1,\"node\":\"a\"}",
        "level=info part=net a=\"\\",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(!reads(lines[i]));
}

TEST(more_fields_than_there_is_room_for_are_left_out)
{
    char       text[4096];
    struct buf b = BUF_ON(text);

    buf_put(&b, SLICE("level=info part=net"));
    for (int i = 0; i < 2 * LOG_FIELDS; i++)
        buf_put(&b, SLICE(" a=b"));
    CHECK(log_parse(test_guarded(buf_slice(&b)), memory, &fields));
    CHECK_INT(LOG_FIELDS, fields.count);
}

TEST(a_time_reads_back_for_every_day_of_four_centuries)
{
    for (uint64_t wall = 0; wall < 400ULL * 366 * 86400000; wall += 86400000 + 1) {
        char       text[32];
        struct buf b = BUF_ON(text);
        uint64_t   again;

        log_time_write(&b, wall);
        CHECK(log_time_parse(buf_slice(&b), &again));
        CHECK_INT(wall, again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(what_a_journal_puts_before_is_stepped_over),
        cmocka_unit_test(what_is_no_line_of_a_log_is_refused),
        cmocka_unit_test(more_fields_than_there_is_room_for_are_left_out),
        cmocka_unit_test(a_time_reads_back_for_every_day_of_four_centuries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
