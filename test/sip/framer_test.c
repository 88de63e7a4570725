/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "sip/framer.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

#define HEAD                                                                                                           \
    "MESSAGE sip:b@example.test SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"                                     \
    "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"

enum { MOST = 16 };

struct seen {
    enum framer_result results[MOST];
    char               text[MOST][512];
    size_t             len[MOST];
    unsigned           count;
    struct parse_fault fault;
};

/* Feed `text` in pieces of `step` bytes, each on its own guarded page. */
static void feed(struct framer *f, struct slice text, size_t step, struct seen *seen)
{
    *seen = (struct seen){ 0 };
    while (text.len > 0) {
        size_t             count = step < text.len ? step : text.len;
        struct slice       piece = test_guarded((struct slice){ text.ptr, count }), message;
        enum framer_result result;

        while ((result = framer_next(f, &piece, &message, &seen->fault)) != FRAMER_MORE) {
            assert_true(seen->count < MOST);
            seen->results[seen->count] = result;
            seen->len[seen->count]     = message.len;
            memcpy(seen->text[seen->count++], message.ptr, message.len < 512 ? message.len : 512);
            if (result == FRAMER_FAULT)
                return;
        }
        CHECK_INT(0, piece.len);
        text = (struct slice){ text.ptr + count, text.len - count };
    }
}

static void check_seen(const struct seen *seen, unsigned index, enum framer_result result, const char *text)
{
    CHECK(index < seen->count);
    CHECK_INT(result, seen->results[index]);
    CHECK_SLICE(text, ((struct slice){ seen->text[index], seen->len[index] }));
}

/* The same in pieces of every size from one byte to all of it. */
static void feed_all_ways(const char *text, void (*check)(const struct seen *seen))
{
    size_t len = strlen(text);

    for (size_t step = 1; step <= len; step++) {
        struct framer f;
        struct seen   seen;

        framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
        feed(&f, slice_from(text), step, &seen);
        check(&seen);
        framer_fini(&f);
    }
}

#define FIRST  HEAD "Content-Length: 5\r\n\r\nhello"
#define SECOND HEAD "l : 0\r\n\r\n"

static void check_two(const struct seen *seen)
{
    CHECK_INT(2, seen->count);
    check_seen(seen, 0, FRAMER_MESSAGE, FIRST);
    check_seen(seen, 1, FRAMER_MESSAGE, SECOND);
}

/* RFC 3261 18.3: Content-Length says where a message ends. */
TEST(messages_are_cut_by_content_length_however_they_arrive)
{
    feed_all_ways(FIRST SECOND, check_two);
}

/* RFC 3261 7.5: empty lines before the start line are ignored. */
TEST(single_empty_lines_between_messages_are_skipped)
{
    feed_all_ways("\r\n" FIRST "\r\n" SECOND "\r\n", check_two);
}

static void check_ping(const struct seen *seen)
{
    CHECK_INT(5, seen->count);
    check_seen(seen, 0, FRAMER_PING, "");
    check_seen(seen, 1, FRAMER_MESSAGE, FIRST);
    check_seen(seen, 2, FRAMER_PING, "");
    check_seen(seen, 3, FRAMER_PING, "");
    check_seen(seen, 4, FRAMER_MESSAGE, SECOND);
}

/* RFC 5626 3.5.1 */
TEST(double_crlf_between_messages_is_a_ping)
{
    feed_all_ways("\r\n\r\n" FIRST "\r\n\r\n\r\n\r\n" SECOND, check_ping);
}

static void check_late_ping(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    check_seen(seen, 0, FRAMER_PING, "");
}

TEST(stray_cr_does_not_hide_the_ping_behind_it)
{
    feed_all_ways("\r\r\n\r\n\n\r\n", check_late_ping);
}

static void check_start(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    check_seen(seen, 0, FRAMER_MESSAGE, "l: 7\r\nl: 1\r\n\r\nx");
}

TEST(start_line_is_no_header_field)
{
    feed_all_ways("l: 7\r\nl: 1\r\n\r\nx", check_start);
}

static void check_body(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    check_seen(seen, 0, FRAMER_MESSAGE, HEAD "Content-Length:\r\n 4\r\n\r\n\r\n\r\n");
}

TEST(empty_lines_inside_a_body_are_body)
{
    feed_all_ways(HEAD "Content-Length:\r\n 4\r\n\r\n\r\n\r\n", check_body);
}

static void check_other_names(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    CHECK_INT(FRAMER_FAULT, seen->results[0]);
    CHECK_INT(400, seen->fault.status);
}

/* Both forms of its name, one behind the other, are neither. */
TEST(name_that_begins_as_content_length_is_another)
{
    feed_all_ways(HEAD "Content-Lengthl: 2\r\n\r\nhi", check_other_names);
    feed_all_ways(HEAD "Content-Length l: 2\r\n\r\nhi", check_other_names);
}

static void check_folds(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    CHECK_INT(FRAMER_MESSAGE, seen->results[0]);
    CHECK_SLICE("wxyz", ((struct slice){ seen->text[0] + seen->len[0] - 4, 4 }));
}

/* RFC 3261 7.3.1: what continues a line is of it, and of no other. */
TEST(folded_content_length_is_read_whole)
{
    feed_all_ways(HEAD "Content-Length:\r\n\t \r\n 4 \r\n \r\nSubject: x\r\n 5\r\n\r\nwxyz", check_folds);
    feed_all_ways("A b c\r\n l: 9\r\nL :4\r\nContent-Lengths: 7\r\nContent-Length 8\r\n\r\nwxyz", check_folds);
}

static void check_bare(const struct seen *seen)
{
    CHECK_INT(2, seen->count);
    check_seen(seen, 0, FRAMER_MESSAGE, "A b c\nContent-Length: 1\n\nx");
    check_seen(seen, 1, FRAMER_MESSAGE, "A b c\nl:0\r\n\n");
}

TEST(bare_line_feeds_end_lines_too)
{
    feed_all_ways("A b c\nContent-Length: 1\n\nxA b c\nl:0\r\n\n", check_bare);
}

static void check_no_length(const struct seen *seen)
{
    CHECK_INT(1, seen->count);
    CHECK_INT(FRAMER_FAULT, seen->results[0]);
    CHECK_INT(400, seen->fault.status);
    CHECK(seen->fault.answerable);
}

/* RFC 3261 18.3, 20.14: on a stream it must be there, once, and be a number. */
TEST(content_length_that_cannot_be_used_is_an_answerable_fault)
{
    feed_all_ways(HEAD "\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: -5\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: 99999999999999999999999999\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: 0\r\nl: 0\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: 0 0\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: 0\r\n 0\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length: 0\r\nSubject: x\r\n\tx\r\nCONTENT-LENGTH : 0\r\nl:1\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Content-Length:\r\n\r\n", check_no_length);
    feed_all_ways(HEAD "Subject: x\r\n l: 0\r\n\r\n", check_no_length);
}

/* What the fault hands over is enough for the response. */
TEST(the_fault_s_message_can_be_read_for_its_answer)
{
    struct slice       input = test_guarded(SLICE(HEAD "\r\n")), message;
    struct framer      f;
    struct parse_fault fault;
    struct message    *m;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    CHECK_INT(FRAMER_FAULT, framer_next(&f, &input, &message, &fault));
    m = message_parse_broken(message, &fault);
    assert_non_null(m);
    CHECK_SLICE("1", m->call_id);
    message_drop(m);
    framer_fini(&f);
}

TEST(garbage_is_a_fault_without_an_answer)
{
    struct framer f;
    struct seen   seen;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    feed(&f, SLICE("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 7, &seen);
    CHECK_INT(FRAMER_FAULT, seen.results[0]);
    CHECK(!seen.fault.answerable);
    framer_fini(&f);
}

TEST(fault_is_repeated_for_ever)
{
    struct framer f;
    struct seen   seen;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    feed(&f, SLICE(HEAD "\r\n"), 1000, &seen);
    CHECK_INT(FRAMER_FAULT, seen.results[0]);
    feed(&f, SLICE(FIRST), 1000, &seen);
    CHECK_INT(1, seen.count);
    CHECK_INT(FRAMER_FAULT, seen.results[0]);
    CHECK_INT(400, seen.fault.status);
    framer_fini(&f);
}

/* The answer to a limit is the same whether bytes come one by one or at once,
 * and memory never passes the limit by more than the doubling. */
TEST(header_and_body_over_their_limits_are_faults)
{
    const size_t header = sizeof(HEAD "l: 10\r\n\r\n") - 1;

    for (size_t step = 1; step < header + 10; step += 6) {
        struct framer f;
        struct seen   seen;

        framer_init(&f, header, header + 10);
        feed(&f, SLICE(HEAD "l: 10\r\n\r\n0123456789"), step, &seen);
        CHECK_INT(1, seen.count);
        CHECK_INT(FRAMER_MESSAGE, seen.results[0]);
        framer_fini(&f);

        framer_init(&f, header - 1, header + 10);
        feed(&f, SLICE(HEAD "l: 10\r\n\r\n0123456789"), step, &seen);
        CHECK_INT(FRAMER_FAULT, seen.results[0]);
        CHECK_INT(513, seen.fault.status);
        CHECK(f.cap <= 2048);
        framer_fini(&f);

        framer_init(&f, header, header + 9);
        feed(&f, SLICE(HEAD "l: 10\r\n\r\n0123456789"), step, &seen);
        CHECK_INT(FRAMER_FAULT, seen.results[0]);
        CHECK_INT(413, seen.fault.status);
        CHECK(seen.fault.answerable);
        framer_fini(&f);
    }
}

TEST(endless_header_is_cut_off_at_the_limit)
{
    struct framer f;
    struct seen   seen;
    char          line[1000];

    memset(line, 'x', sizeof line);
    framer_init(&f, 4000, 8000);
    for (int i = 0; i < 4; i++) {
        feed(&f, (struct slice){ line, sizeof line }, 100, &seen);
        CHECK_INT(0, seen.count);
    }
    feed(&f, (struct slice){ line, 1 }, 1, &seen);
    CHECK_INT(FRAMER_FAULT, seen.results[0]);
    CHECK_INT(513, seen.fault.status);
    CHECK(f.cap <= 8192);
    framer_fini(&f);
}

/* A peer that announces much and sends little costs little. */
TEST(memory_follows_what_arrived_not_what_was_announced)
{
    struct framer f;
    struct seen   seen;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    feed(&f, SLICE(HEAD "Content-Length: 60000\r\n\r\nabc"), 10, &seen);
    CHECK_INT(0, seen.count);
    CHECK(f.cap <= 1024);
    framer_fini(&f);
}

TEST(idle_stream_holds_no_memory)
{
    struct framer f;
    struct seen   seen;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    feed(&f, SLICE(FIRST "\r\n"), 3, &seen);
    CHECK_INT(1, seen.count);
    assert_null(f.memory);
    framer_fini(&f);
}

/* A message that arrived whole is not copied. */
TEST(whole_message_is_handed_over_where_it_lies)
{
    struct slice       input = test_guarded(SLICE(FIRST SECOND)), start = input, message;
    struct framer      f;
    struct parse_fault fault;

    framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
    CHECK_INT(FRAMER_MESSAGE, framer_next(&f, &input, &message, &fault));
    assert_ptr_equal(start.ptr, message.ptr);
    CHECK_INT(FRAMER_MESSAGE, framer_next(&f, &input, &message, &fault));
    assert_ptr_equal(start.ptr + sizeof(FIRST) - 1, message.ptr);
    CHECK_INT(FRAMER_MORE, framer_next(&f, &input, &message, &fault));
    assert_null(f.memory);
    framer_fini(&f);
}

/* No memory is a fault without words, and the stream stays lost. */
TEST(every_allocation_may_fail)
{
    for (unsigned n = 1;; n++) {
        struct framer f;
        struct seen   seen;
        bool          failed;

        framer_init(&f, LIMIT_MESSAGE, LIMIT_MESSAGE);
        alloc_fail_at(n);
        feed(&f, SLICE(FIRST FIRST FIRST), 100, &seen);
        failed = alloc_failed();
        alloc_fail_at(0);
        if (!failed) {
            CHECK_INT(3, seen.count);
            CHECK(n > 3);
            framer_fini(&f);
            break;
        }
        CHECK_INT(FRAMER_FAULT, seen.results[seen.count - 1]);
        assert_null(seen.fault.expected);
        feed(&f, SLICE(FIRST), 1000, &seen);
        CHECK_INT(1, seen.count);
        CHECK_INT(FRAMER_FAULT, seen.results[0]);
        framer_fini(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_cut_by_content_length_however_they_arrive),
        cmocka_unit_test(single_empty_lines_between_messages_are_skipped),
        cmocka_unit_test(double_crlf_between_messages_is_a_ping),
        cmocka_unit_test(stray_cr_does_not_hide_the_ping_behind_it),
        cmocka_unit_test(start_line_is_no_header_field),
        cmocka_unit_test(empty_lines_inside_a_body_are_body),
        cmocka_unit_test(name_that_begins_as_content_length_is_another),
        cmocka_unit_test(folded_content_length_is_read_whole),
        cmocka_unit_test(bare_line_feeds_end_lines_too),
        cmocka_unit_test(content_length_that_cannot_be_used_is_an_answerable_fault),
        cmocka_unit_test(the_fault_s_message_can_be_read_for_its_answer),
        cmocka_unit_test(garbage_is_a_fault_without_an_answer),
        cmocka_unit_test(fault_is_repeated_for_ever),
        cmocka_unit_test(header_and_body_over_their_limits_are_faults),
        cmocka_unit_test(endless_header_is_cut_off_at_the_limit),
        cmocka_unit_test(memory_follows_what_arrived_not_what_was_announced),
        cmocka_unit_test(idle_stream_holds_no_memory),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(whole_message_is_handed_over_where_it_lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
