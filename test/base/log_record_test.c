/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_record.h"

#include "support/test.h"

static uint64_t           memory[LOG_RECORD_MAX / 8];
static char               text[LOG_LINE_MAX];
static struct log_record *record;

static struct slice line(bool with_time)
{
    struct buf b = BUF_ON(text);

    log_record_write(&b, record, with_time);
    CHECK(buf_ok(&b));
    return buf_slice(&b);
}

TEST(values_are_copied_and_written_later)
{
    char           value[] = "a84b4c76e66710@pc33";
    struct address address = address_v4(192, 0, 2, 1, 5060);

    record = log_record_begin(memory, LOG_NOTICE, LOG_PART_REGISTRAR, "binding_added");
    log_record_put_text(record, "call", slice_from(value), 160);
    log_record_put_number(record, "least", INT64_MIN);
    log_record_put_number(record, "most", INT64_MAX);
    log_record_put_address(record, "remote", &address);
    log_record_put_text(record, "none", SLICE(""), 160);
    memset(value, 'x', sizeof value);
    memset(&address, 0, sizeof address);
    CHECK_SLICE("level=notice part=registrar event=binding_added call=a84b4c76e66710@pc33 least=-9223372036854775808 "
                "most=9223372036854775807 remote=192.0.2.1:5060 none=\"\"",
                line(true));
}

TEST(time_and_worker_stand_in_the_line_when_they_are_known)
{
    record         = log_record_begin(memory, LOG_INFO, LOG_PART_PROXY, "e");
    record->nsec   = 1795691430123456789;
    record->worker = 3;
    CHECK_SLICE("time=2026-11-26T11:10:30.123Z level=info part=proxy worker=3 event=e", line(true));
    CHECK_SLICE("level=info part=proxy worker=3 event=e", line(false));
}

TEST(a_date_is_right_on_the_days_that_are_easily_wrong)
{
    static const struct {
        uint64_t    wall;
        const char *text;
    } dates[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 951782399999, "2000-02-28T23:59:59.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 951868800000, "2000-03-01T00:00:00.000Z" },
        { 1735689599000, "2024-12-31T23:59:59.000Z" },
        { 1735689600000, "2025-01-01T00:00:00.000Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
    };

    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        char       date[32];
        struct buf b = BUF_ON(date);

        log_time_write(&b, dates[i].wall);
        CHECK_SLICE(dates[i].text, buf_slice(&b));
    }
}

TEST(a_full_record_leaves_pairs_out_and_says_so)
{
    char value[160];

    memset(value, 'v', sizeof value);
    record = log_record_begin(memory, LOG_INFO, LOG_PART_CALL, "e");
    for (int i = 0; i < 20; i++)
        log_record_put_text(record, "key", (struct slice){ value, sizeof value }, 160);
    CHECK(record->size <= LOG_RECORD_MAX && record->cut);
    CHECK(memcmp(text + line(true).len - 9, "v cut=yes", 9) == 0);
}

TEST(the_longest_record_of_bytes_to_escape_has_room)
{
    char value[LOG_RECORD_MAX];

    memset(value, 0xff, sizeof value);
    record = log_record_begin(memory, LOG_INFO, LOG_PART_CALL, "e");
    log_record_put_text(record, "key", (struct slice){ value, 968 }, sizeof value);
    CHECK(!record->cut);
    CHECK_INT(strlen("level=info part=call event=e key=\"\"") + 4 * 968, line(true).len);
}

TEST(a_line_without_room_is_cut_between_pairs)
{
    char       small[80];
    struct buf b = BUF_ON(small);

    record = log_record_begin(memory, LOG_INFO, LOG_PART_CALL, "e");
    log_record_put_text(record, "first", SLICE("0123456789012345678901234"), 160);
    log_record_put_text(record, "second", SLICE("01234567890123456789"), 160);
    log_record_put_number(record, "n", 1);
    log_record_write(&b, record, true);
    CHECK(buf_ok(&b));
    CHECK_SLICE("level=info part=call event=e first=0123456789012345678901234 cut=yes", buf_slice(&b));
}

/* One byte after the other, by the comment of log_record.c. */
static void write_slowly(struct buf *b, struct slice value)
{
    bool bare = value.len > 0;

    for (size_t i = 0; i < value.len; i++)
        bare = bare && value.ptr[i] > ' ' && value.ptr[i] < 0x7f && strchr("\"=\\", value.ptr[i]) == NULL;
    if (!bare)
        buf_put_byte(b, '"');
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            buf_printf(b, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < ' ' || c >= 0x7f)
            buf_printf(b, "\\x%02x", (unsigned)(unsigned char)c);
        else
            buf_put_byte(b, c);
    }
    if (!bare)
        buf_put_byte(b, '"');
}

TEST(each_byte_at_each_place_is_escaped_where_it_has_to_be)
{
    char        plain[40];
    const char *end;

    memset(plain, 'a', sizeof plain);
    end = test_guarded((struct slice){ plain, sizeof plain }).ptr + sizeof plain;
    for (size_t len = 1; len <= sizeof plain; len++)
        for (size_t place = 0; place < len; place++)
            for (unsigned c = 0; c < 256; c++) {
                char       one[200], other[200], *value = (char *)end - len;
                struct buf fast = BUF_ON(one), slow = BUF_ON(other);

                memcpy(value, plain, len);
                value[place] = (char)c;
                log_value_write(&fast, (struct slice){ value, len }, false);
                write_slowly(&slow, (struct slice){ value, len });
                if (!slice_eq(buf_slice(&fast), buf_slice(&slow)))
                    CHECK_SLICE(buf_cstr(&slow), buf_slice(&fast));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_copied_and_written_later),
        cmocka_unit_test(time_and_worker_stand_in_the_line_when_they_are_known),
        cmocka_unit_test(a_date_is_right_on_the_days_that_are_easily_wrong),
        cmocka_unit_test(a_full_record_leaves_pairs_out_and_says_so),
        cmocka_unit_test(the_longest_record_of_bytes_to_escape_has_room),
        cmocka_unit_test(a_line_without_room_is_cut_between_pairs),
        cmocka_unit_test(each_byte_at_each_place_is_escaped_where_it_has_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
