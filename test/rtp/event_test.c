/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/event.h"

#include "base/error.h"
#include "support/test.h"

enum { RATE = 8000, INTERVAL = 160 };

static struct event_sender sender(void)
{
    struct event_sender s;

    event_sender_init(&s, RATE, INTERVAL);
    return s;
}

static struct event_payload payload_of(const struct event_packet *p)
{
    struct event_payload out = { 0 };

    CHECK(event_payload_parse(test_guarded((struct slice){ p->bytes, sizeof p->bytes }), &out));
    return out;
}

/* RFC 4733 2.3. */
TEST(payload_is_written_and_read)
{
    char                 memory[4];
    struct buf           b = BUF_ON(memory);
    struct event_payload p = { .event = 11, .end = true, .volume = 10, .duration = 800 };

    event_payload_write(&b, &p);
    CHECK(memcmp(memory, "\x0b\x8a\x03\x20", 4) == 0);
    CHECK(event_payload_parse(test_guarded(buf_slice(&b)), &p));
    CHECK_INT(11, p.event);
    CHECK(p.end);
    CHECK_INT(10, p.volume);
    CHECK_INT(800, p.duration);
    CHECK(!event_payload_parse(test_guarded((struct slice){ memory, 3 }), &p));
}

/* RFC 4733 3.2. */
TEST(digits_have_event_numbers)
{
    CHECK_INT(0, event_from_digit('0'));
    CHECK_INT(9, event_from_digit('9'));
    CHECK_INT(10, event_from_digit('*'));
    CHECK_INT(11, event_from_digit('#'));
    CHECK_INT(15, event_from_digit('d'));
    CHECK_INT(16, event_from_digit('!'));
    CHECK_INT(EVENT_NONE, event_from_digit('x'));
    CHECK_INT(EVENT_NONE, event_from_digit('\0'));
    for (uint8_t event = 0; event <= 16; event++)
        CHECK_INT(event, event_from_digit(event_to_digit(event)));
    CHECK_INT('\0', event_to_digit(17));
}

/* RFC 4733 2.5.1.2, 2.5.1.4: marker once, one timestamp, growing duration, three ends. */
TEST(a_digit_is_sent_as_growing_reports_and_three_ends)
{
    struct event_sender s    = sender();
    uint32_t            time = 5000;
    struct event_packet p;

    CHECK_INT(0, event_sender_push(&s, '5', 100));
    for (unsigned i = 0; i < 7; i++, time += INTERVAL) {
        struct event_payload e;

        CHECK(event_sender_next(&s, time, &p));
        e = payload_of(&p);
        CHECK_INT(i == 0, p.marker);
        CHECK_INT(5000, p.timestamp);
        CHECK_INT(5, e.event);
        CHECK_INT(i < 5 ? 160 * (i + 1) : 800, e.duration);
        CHECK_INT(i >= 4, e.end);
    }
    CHECK(!event_sender_next(&s, time, &p));
    CHECK(event_sender_idle(&s));
}

TEST(a_duration_that_is_no_multiple_of_the_interval_is_exact)
{
    struct event_sender s    = sender();
    uint32_t            time = 0;
    struct event_packet p;
    unsigned            packets = 0;

    event_sender_push(&s, '1', 50); /* 400: 160, 320, 400 E, 400 E, 400 E */
    for (; event_sender_next(&s, time, &p); time += INTERVAL)
        packets++;
    CHECK_INT(5, packets);
    CHECK_INT(400, payload_of(&p).duration);
}

TEST(digits_follow_each_other_after_a_pause)
{
    struct event_sender s     = sender();
    uint32_t            start = 0, second = 0;
    struct event_packet p;

    event_sender_push(&s, '1', 40);
    event_sender_push(&s, '2', 40);
    for (uint32_t time = 0; time < 4000; time += INTERVAL)
        if (event_sender_next(&s, time, &p) && p.marker) {
            start  = second;
            second = p.timestamp;
        }
    CHECK_INT(0, start);
    CHECK(second >= 320 + EVENT_GAP_MSEC * RATE / 1000);
    CHECK(second < 320 + EVENT_GAP_MSEC * RATE / 1000 + INTERVAL);
    CHECK(event_sender_idle(&s));
}

TEST(durations_are_brought_into_bounds)
{
    struct event_sender s = sender();
    struct event_packet p;

    event_sender_push(&s, '1', 0);
    event_sender_next(&s, 0, &p);
    event_sender_next(&s, INTERVAL, &p);
    CHECK_INT(EVENT_MIN_MSEC * RATE / 1000, payload_of(&p).duration);
    CHECK(payload_of(&p).end);
}

TEST(the_queue_of_digits_is_bounded)
{
    struct event_sender s = sender();

    for (unsigned i = 0; i < EVENT_QUEUE; i++)
        CHECK_INT(0, event_sender_push(&s, '1', 100));
    CHECK_INT(-ERR_LIMIT, event_sender_push(&s, '1', 100));
    CHECK_INT(-ERR_UNSUPPORTED, event_sender_push(&s, 'z', 100));
}

/* RFC 4733 2.5.1.3: a report of 0xFFFF without E, then a segment without marker
 * whose timestamp is where the one before ended. */
TEST(a_long_event_is_sent_in_segments)
{
    struct event_sender s       = sender();
    uint32_t            total   = 20 * RATE; /* 20 s: two full segments and 28930 */
    unsigned            markers = 0, ends = 0;
    uint32_t            timestamps[3] = { 0 };
    unsigned            full[3]       = { 0 };
    struct event_packet p;
    uint32_t            time = 0;

    CHECK_INT(0, event_sender_push(&s, '0', 20000));
    for (; event_sender_next(&s, time, &p); time += INTERVAL) {
        struct event_payload e       = payload_of(&p);
        unsigned             segment = p.timestamp / 0xffff;

        CHECK(segment < 3);
        timestamps[segment] = p.timestamp;
        full[segment] += e.duration == 0xffff;
        markers += p.marker;
        ends += e.end;
        if (e.end)
            CHECK_INT(total, p.timestamp + e.duration);
    }
    CHECK_INT(1, markers);
    CHECK_INT(3, ends);
    CHECK_INT(0xffff, timestamps[1]);
    CHECK_INT(2 * 0xffff, timestamps[2]);
    CHECK_INT(3, full[0]);
    CHECK_INT(3, full[1]);
    CHECK(time >= total && time <= total + 3 * INTERVAL);
}

TEST(an_event_that_is_stopped_ends_with_three_packets)
{
    struct event_sender s = sender();
    struct event_packet p;

    event_sender_push(&s, '1', 1000);
    event_sender_push(&s, '2', 1000);
    event_sender_next(&s, 0, &p);
    event_sender_next(&s, INTERVAL, &p);
    event_sender_stop(&s);
    for (unsigned i = 2; i < 5; i++) {
        CHECK(event_sender_next(&s, i * INTERVAL, &p));
        CHECK(payload_of(&p).end);
        CHECK_INT(320, payload_of(&p).duration);
    }
    CHECK(!event_sender_next(&s, 5 * INTERVAL, &p));
    CHECK(event_sender_idle(&s));
}

/* Receiving. */

static unsigned receive(struct event_receiver *r, uint32_t timestamp, uint8_t event, bool end, uint16_t duration,
                        msec now, struct event_heard *out)
{
    char                 memory[4];
    struct buf           b = BUF_ON(memory);
    struct event_payload p = { .event = event, .end = end, .volume = 10, .duration = duration };

    event_payload_write(&b, &p);
    return event_receiver_packet(r, timestamp, test_guarded(buf_slice(&b)), now, out);
}

static struct event_receiver receiver(void)
{
    struct event_receiver r;

    event_receiver_init(&r, RATE);
    return r;
}

TEST(packets_of_one_timestamp_are_one_digit)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    CHECK_INT(EVENT_BEGAN, receive(&r, 1000, 7, false, 160, 0, &heard));
    CHECK_INT('7', heard.began.digit);
    CHECK_INT(0, receive(&r, 1000, 7, false, 320, 20, &heard));
    CHECK_INT(0, receive(&r, 1000, 7, false, 320, 20, &heard)); /* a duplicate */
    CHECK_INT(EVENT_ENDED, receive(&r, 1000, 7, true, 800, 80, &heard));
    CHECK_INT('7', heard.ended.digit);
    CHECK_INT(100, heard.ended.duration_ms);
    CHECK_INT(0, receive(&r, 1000, 7, true, 800, 100, &heard));
    CHECK_INT(0, receive(&r, 1000, 7, true, 800, 120, &heard));
    CHECK(event_receiver_deadline(&r) == NEVER);
}

TEST(the_same_digit_twice_is_two_digits)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    receive(&r, 1000, 1, false, 160, 0, &heard);
    receive(&r, 1000, 1, true, 320, 20, &heard);
    CHECK_INT(EVENT_BEGAN, receive(&r, 3000, 1, false, 160, 300, &heard));
    CHECK_INT(EVENT_ENDED, receive(&r, 3000, 1, true, 320, 320, &heard));
}

/* RFC 4733 2.5.2.2: a report without E still says how long it lasted. */
TEST(a_new_digit_ends_the_one_whose_ends_were_lost)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    receive(&r, 1000, 1, false, 480, 0, &heard);
    CHECK_INT(EVENT_ENDED | EVENT_BEGAN, receive(&r, 3000, 2, false, 160, 100, &heard));
    CHECK_INT('1', heard.ended.digit);
    CHECK_INT(60, heard.ended.duration_ms);
    CHECK_INT('2', heard.began.digit);
}

TEST(a_digit_whose_ends_were_lost_ends_after_a_while)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    receive(&r, 1000, 1, false, 480, 1000, &heard);
    CHECK_INT(1000 + EVENT_RECEIVE_TIMEOUT, event_receiver_deadline(&r));
    CHECK_INT(0, event_receiver_timer(&r, 1000 + EVENT_RECEIVE_TIMEOUT - 1, &heard));
    CHECK_INT(EVENT_ENDED, event_receiver_timer(&r, 1000 + EVENT_RECEIVE_TIMEOUT, &heard));
    CHECK_INT(60, heard.ended.duration_ms);
    CHECK_INT(0, receive(&r, 1000, 1, true, 800, 1300, &heard)); /* 2.5.2.2: not once more */
    CHECK_INT(0, event_receiver_timer(&r, 9000, &heard));
    CHECK_INT(0, receive(&r, 1000, 1, true, 800, 9000, &heard)); /* not ever */
}

TEST(a_digit_of_which_only_an_end_came_begins_and_ends)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    CHECK_INT(EVENT_BEGAN, receive(&r, 1000, 3, true, 800, 50, &heard));
    CHECK_INT(50, event_receiver_deadline(&r));
    CHECK_INT(EVENT_ENDED, event_receiver_timer(&r, 50, &heard));
    CHECK_INT(100, heard.ended.duration_ms);
    CHECK_INT(0, receive(&r, 1000, 3, true, 800, 70, &heard));
}

TEST(reports_out_of_order_change_nothing)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    receive(&r, 1000, 1, true, 800, 0, &heard);
    event_receiver_timer(&r, 0, &heard);
    receive(&r, 3000, 2, false, 160, 40, &heard);
    CHECK_INT(0, receive(&r, 1000, 1, true, 800, 50, &heard)); /* of the digit before */
    CHECK_INT(0, receive(&r, 3000, 2, false, 480, 60, &heard));
    CHECK_INT(0, receive(&r, 3000, 2, false, 320, 70, &heard));
    CHECK_INT(EVENT_ENDED, receive(&r, 3000, 2, true, 480, 80, &heard));
    CHECK_INT(60, heard.ended.duration_ms);
}

/* RFC 4733 2.5.2.3. */
TEST(segments_add_up_to_one_event)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    CHECK_INT(EVENT_BEGAN, receive(&r, 100, 0, false, 160, 0, &heard));
    CHECK_INT(0, receive(&r, 100, 0, false, 0xffff, 8190, &heard));
    CHECK_INT(0, receive(&r, 100 + 0xffff, 0, false, 160, 8210, &heard));
    CHECK_INT(EVENT_ENDED, receive(&r, 100 + 0xffff, 0, true, 1600, 8400, &heard));
    CHECK_INT((0xffff + 1600) / 8, heard.ended.duration_ms);
}

TEST(a_sender_that_starts_its_clock_anew_is_heard_again)
{
    struct event_receiver r = receiver();
    struct event_heard    heard;

    receive(&r, 900000, 1, false, 160, 0, &heard);
    receive(&r, 900000, 1, true, 160, 0, &heard);
    CHECK_INT(0, receive(&r, 500, 2, false, 160, EVENT_STALE - 1, &heard));
    CHECK_INT(EVENT_BEGAN, receive(&r, 500, 2, false, 160, EVENT_STALE, &heard));
}

TEST(what_is_sent_is_heard_even_if_half_of_it_is_lost)
{
    static const char     typed[] = "0123456789*#ABCD";
    struct event_sender   s       = sender();
    struct event_receiver r       = receiver();
    char                  heard_digits[32];
    struct buf            b = BUF_ON(heard_digits);
    struct event_heard    heard;
    struct event_packet   p;
    unsigned              sent = 0;

    for (unsigned i = 0; i < sizeof typed - 1; i++)
        event_sender_push(&s, typed[i], 100);
    for (uint32_t tick = 0; tick < 400; tick++) {
        if (event_sender_next(&s, tick * INTERVAL, &p) && sent++ % 2 == 0 &&
            event_receiver_packet(&r, p.timestamp, (struct slice){ p.bytes, 4 }, 20 * tick, &heard) & EVENT_ENDED) {
            buf_put_byte(&b, heard.ended.digit);
            CHECK_INT(100, heard.ended.duration_ms);
        }
        if (event_receiver_timer(&r, 20 * tick, &heard))
            buf_put_byte(&b, heard.ended.digit);
    }
    CHECK_SLICE("0123456789*#ABCD", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_is_written_and_read),
        cmocka_unit_test(digits_have_event_numbers),
        cmocka_unit_test(a_digit_is_sent_as_growing_reports_and_three_ends),
        cmocka_unit_test(a_duration_that_is_no_multiple_of_the_interval_is_exact),
        cmocka_unit_test(digits_follow_each_other_after_a_pause),
        cmocka_unit_test(durations_are_brought_into_bounds),
        cmocka_unit_test(the_queue_of_digits_is_bounded),
        cmocka_unit_test(a_long_event_is_sent_in_segments),
        cmocka_unit_test(an_event_that_is_stopped_ends_with_three_packets),
        cmocka_unit_test(packets_of_one_timestamp_are_one_digit),
        cmocka_unit_test(the_same_digit_twice_is_two_digits),
        cmocka_unit_test(a_new_digit_ends_the_one_whose_ends_were_lost),
        cmocka_unit_test(a_digit_whose_ends_were_lost_ends_after_a_while),
        cmocka_unit_test(a_digit_of_which_only_an_end_came_begins_and_ends),
        cmocka_unit_test(reports_out_of_order_change_nothing),
        cmocka_unit_test(segments_add_up_to_one_event),
        cmocka_unit_test(a_sender_that_starts_its_clock_anew_is_heard_again),
        cmocka_unit_test(what_is_sent_is_heard_even_if_half_of_it_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
