/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "support/websocket_bench.h"

#include <stdlib.h>

static struct websocket_bench bench;

#define BYTES(literal) ((struct slice){ (literal), sizeof(literal) - 1 })
#define NO_MASK        "\0\0\0\0" /* a mask that changes nothing, for frames that can be read */
#define NOTHING        SLICE("")

enum { ALL_STEPS = 64 };

static void server(struct slice input, const char *said, struct slice sent)
{
    websocket_bench_check(false, input, ALL_STEPS, said, sent);
}

static void client(struct slice input, const char *said, struct slice sent)
{
    websocket_bench_check(true, input, ALL_STEPS, said, sent);
}

/* The right Close and no more: code, then the words of the fault. */
static void check_fault(bool is_client, struct slice input, unsigned code, const char *text)
{
    char       said_memory[200], payload_memory[125], sent_memory[200];
    struct buf said = BUF_ON(said_memory), payload = BUF_ON(payload_memory), sent = BUF_ON(sent_memory);

    buf_printf(&said, "FAULT(%u %s) ", code, text);
    buf_put_byte(&payload, (char)(code >> 8));
    buf_put_byte(&payload, (char)(code & 0xff));
    buf_put(&payload, slice_from(text));
    buf_put_byte(&sent, (char)0x88);
    buf_put_byte(&sent, (char)(payload.len | (is_client ? 0x80u : 0u)));
    if (is_client)
        buf_put(&sent, BYTES("\x37\xfa\x21\x3d"));
    for (size_t i = 0; i < payload.len; i++)
        buf_put_byte(&sent, (char)(payload.ptr[i] ^ (is_client ? "\x37\xfa\x21\x3d"[i % 4] : 0)));
    websocket_bench_check(is_client, input, ALL_STEPS, buf_cstr(&said), buf_slice(&sent));
}

/* RFC 6455 5.7: the examples, as a client receives them. */
TEST(the_examples_of_the_rfc_are_read)
{
    client(BYTES("\x81\x05\x48\x65\x6c\x6c\x6f"), "MESSAGE(Hello) ", NOTHING);
    client(BYTES("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"), "MESSAGE(Hello) ", NOTHING);
    server(BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "MESSAGE(Hello) ", NOTHING);
    client(BYTES("\x89\x05\x48\x65\x6c\x6c\x6f"), "ALIVE ", BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
    server(BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "PONG ", NOTHING);
}

static void check_long(struct slice header, size_t len, const char *said)
{
    static char memory[65536 + 10];

    memset(memory, 'x', sizeof memory);
    memcpy(memory, header.ptr, header.len);
    websocket_bench_open(&bench, true);
    websocket_bench_feed(&bench, (struct slice){ memory, header.len + len }, 1000);
    CHECK_SLICE(said, buf_slice(&bench.said));
    websocket_bench_end(&bench);
}

/* The last two of them: 16 bits and 64, in one frame. */
TEST(longer_lengths_are_read)
{
    check_long(BYTES("\x82\x7e\x10\x00"), 4096, "MESSAGE[4096] ");
    check_long(BYTES("\x82\x7f\0\0\0\0\0\x01\0\0"), 65536, "MESSAGE[65536] ");
}

/* RFC 7118 4.2: binary need not be UTF-8; RFC 6455 8.1: text must. */
TEST(binary_may_hold_any_bytes_and_text_only_utf8)
{
    server(BYTES("\x82\x83" NO_MASK "Zo\xeb"), "MESSAGE(Zo\xeb) ", NOTHING);
    server(BYTES("\x81\x84" NO_MASK "Zo\xc3\xab"), "MESSAGE(Zo\xc3\xab) ", NOTHING);
    check_fault(false, BYTES("\x81\x83" NO_MASK "Zo\xeb"), 1007, "a text that is not UTF-8");
}

/* RFC 6455 5.4, 5.5: fragments, cut within a character, and control frames between. */
TEST(fragments_are_put_together_across_control_frames)
{
    server(BYTES("\x01\x83" NO_MASK "Zo\xc3"
                 "\x89\x81" NO_MASK "p"
                 "\x00\x80" NO_MASK "\x8a\x80" NO_MASK "\x80\x81" NO_MASK "\xab"
                 "\x81\x81" NO_MASK "2"),
           "ALIVE PONG MESSAGE(Zo\xc3\xab) MESSAGE(2) ", BYTES("\x8a\x01p"));
}

TEST(a_fragment_out_of_order_is_1002)
{
    check_fault(false, BYTES("\x80\x81" NO_MASK "x"), 1002, "a continuation of nothing");
    check_fault(false, BYTES("\x01\x81" NO_MASK "x\x81\x81" NO_MASK "y"), 1002, "a message within another one");
    check_fault(false, BYTES("\x01\x80" NO_MASK "\x02\x81" NO_MASK "y"), 1002, "a message within another one");
}

/* RFC 6455 5.1 */
TEST(a_client_must_mask_and_a_server_must_not)
{
    check_fault(false, BYTES("\x81\x05Hello"), 1002, "an unmasked frame from a client");
    check_fault(false, BYTES("\x89\x00"), 1002, "an unmasked frame from a client");
    check_fault(true, BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 1002, "a masked frame from a server");
}

/* RFC 6455 5.2: no extension was negotiated. */
TEST(reserved_bits_and_opcodes_are_1002)
{
    check_fault(false, BYTES("\xc1\x81" NO_MASK "x"), 1002, "a reserved bit is set");
    check_fault(false, BYTES("\xa1\x81" NO_MASK "x"), 1002, "a reserved bit is set");
    check_fault(false, BYTES("\x99\x80" NO_MASK), 1002, "a reserved bit is set");
    check_fault(false, BYTES("\x83\x81" NO_MASK "x"), 1002, "an opcode that nobody has defined");
    check_fault(false, BYTES("\x87\x80" NO_MASK), 1002, "an opcode that nobody has defined");
    check_fault(false, BYTES("\x8b\x80" NO_MASK), 1002, "an opcode that nobody has defined");
    check_fault(false, BYTES("\x8f\x81" NO_MASK "x"), 1002, "an opcode that nobody has defined");
}

/* RFC 6455 5.5: at most 125 bytes, in one frame; 5.2: the shortest form of a length. */
TEST(headers_against_5_2_are_1002)
{
    static const char why[] = "a frame against RFC 6455 5.2";

    check_fault(false, BYTES("\x89\xfe\x00\x7e" NO_MASK "x"), 1002, why);
    check_fault(false, BYTES("\x09\x80" NO_MASK), 1002, why);
    check_fault(false, BYTES("\x08\x80" NO_MASK), 1002, why);
    check_fault(false, BYTES("\x81\xfe\x00\x05" NO_MASK "Hello"), 1002, why);
    check_fault(false, BYTES("\x81\xff\0\0\0\0\0\0\xff\xff" NO_MASK "x"), 1002, why);
    check_fault(false, BYTES("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" NO_MASK "x"), 1002, why);
    check_fault(false, BYTES("\x81\xff\x80\0\0\0\0\0\0\0" NO_MASK "x"), 1002, why);
}

/* Announced, not sent: it is refused with its first byte. */
TEST(a_frame_that_is_longer_than_a_message_may_be_is_1009)
{
    check_fault(false, BYTES("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" NO_MASK "x"), 1009, "the message is too large");
    check_fault(false, BYTES("\x82\xff\0\0\0\x01\0\0\0\0" NO_MASK "x"), 1009, "the message is too large");
}

static void feed_text(char opcode, size_t len)
{
    static char memory[4096];
    struct buf  b = BUF_ON(memory);
    static char zeros[4];

    buf_put_byte(&b, opcode);
    buf_put_byte(&b, (char)(0x80 | (len > 125 ? 126 : len)));
    if (len > 125) {
        buf_put_byte(&b, (char)(len >> 8));
        buf_put_byte(&b, (char)(len & 0xff));
    }
    buf_put(&b, (struct slice){ zeros, 4 });
    for (size_t i = 0; i < len; i++)
        buf_put_byte(&b, 'x');
    websocket_bench_feed(&bench, buf_slice(&b), 7);
}

TEST(fragments_together_may_be_as_long_as_a_message_and_no_longer)
{
    websocket_bench_open(&bench, false);
    bench.rules.max_message = 1500;
    feed_text(0x01, 700);
    feed_text(0x00, 700);
    feed_text((char)0x80, 100);
    CHECK_SLICE("MESSAGE[1500] ", buf_slice(&bench.said));
    feed_text(0x01, 700);
    feed_text(0x00, 700);
    feed_text((char)0x80, 101);
    CHECK_SLICE("MESSAGE[1500] FAULT(1009 the message is too large) ", buf_slice(&bench.said));
    CHECK_INT(WEBSOCKET_TOO_LARGE, websocket_fault(bench.w)->kind);
    websocket_bench_end(&bench);
}

/* The limit may be lowered while a message is under way. */
TEST(a_message_that_passes_a_limit_that_has_moved_is_1009)
{
    websocket_bench_open(&bench, false);
    feed_text(0x01, 700);
    bench.rules.max_message = 500;
    feed_text((char)0x80, 1);
    CHECK_SLICE("FAULT(1009 the message is too large) ", buf_slice(&bench.said));
    websocket_bench_end(&bench);
}

/* RFC 6455 5.5.1, 7.4 */
TEST(close_is_answered_with_its_code)
{
    server(BYTES("\x88\x82" NO_MASK "\x03\xe9"), "CLOSED ", BYTES("\x88\x02\x03\xe9"));
    server(BYTES("\x88\x85" NO_MASK "\x0f\xa0"
                 "bye"),
           "CLOSED ", BYTES("\x88\x02\x0f\xa0"));
    server(BYTES("\x88\x80" NO_MASK), "CLOSED ", BYTES("\x88\x02\x03\xe8"));
    client(BYTES("\x88\x02\x03\xe8"), "CLOSED ", BYTES("\x88\x82\x37\xfa\x21\x3d\x34\x12"));
}

TEST(a_close_that_makes_no_sense_is_a_fault)
{
    check_fault(false, BYTES("\x88\x81" NO_MASK "\x03"), 1002, "half a code in Close");
    check_fault(false, BYTES("\x88\x82" NO_MASK "\x00\x00"), 1002, "a code that Close cannot have");
    check_fault(false, BYTES("\x88\x82" NO_MASK "\x03\xed"), 1002, "a code that Close cannot have"); /* 1005 */
    check_fault(false, BYTES("\x88\x82" NO_MASK "\x03\xee"), 1002, "a code that Close cannot have"); /* 1006 */
    check_fault(false, BYTES("\x88\x82" NO_MASK "\x13\x88"), 1002, "a code that Close cannot have"); /* 5000 */
    check_fault(false, BYTES("\x88\x83" NO_MASK "\x03\xe8\xff"), 1007, "the reason in Close is not UTF-8");
}

/* RFC 7118 6, RFC 5626 4.4.1 */
TEST(a_double_crlf_is_answered_by_one_and_is_no_message)
{
    server(BYTES("\x81\x84" NO_MASK "\r\n\r\n"), "ALIVE ", BYTES("\x81\x02\r\n"));
    server(BYTES("\x82\x82" NO_MASK "\r\n"), "ALIVE ", NOTHING);
    server(BYTES("\x81\x80" NO_MASK), "ALIVE ", NOTHING);
    client(BYTES("\x81\x04\r\n\r\n"), "ALIVE ", BYTES("\x81\x82\x37\xfa\x21\x3d\x3a\xf0"));
}

TEST(a_ping_is_answered_with_what_it_held)
{
    server(BYTES("\x89\x80" NO_MASK), "ALIVE ", (struct slice){ "\x8a\0", 2 });
    server(BYTES("\x89\x84" NO_MASK "abcd"), "ALIVE ",
           BYTES("\x8a\x04"
                 "abcd"));
}

TEST(the_longest_ping_is_answered)
{
    char       memory[140], want[140];
    struct buf b = BUF_ON(memory), sent = BUF_ON(want);

    buf_put(&b, BYTES("\x89\xfd" NO_MASK));
    buf_put(&sent, BYTES("\x8a\x7d"));
    for (unsigned i = 0; i < 125; i++) {
        buf_put_byte(&b, 'p');
        buf_put_byte(&sent, 'p');
    }
    server(buf_slice(&b), "ALIVE ", buf_slice(&sent));
}

/* Messages of all lengths where the form of the length changes, and the piece in which
 * wslay hands them out ends, one after the other, cut at random. */
TEST(messages_come_out_as_they_went_in_however_they_are_cut)
{
    static const size_t lengths[] = { 1, 125, 126, 4081, 4082, 4096, 5000, 65535, 65536, 69999, BENCH_MESSAGE };
    static struct websocket_bench writer;
    static char                   text[BENCH_MESSAGE];
    struct random_seeded          seed;

    random_seed(&seed, 6455);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    websocket_bench_open(&bench, false);
    websocket_bench_open(&writer, true);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct slice message = { text, lengths[i] }, rest, got = SLICE("");

        CHECK_INT(0, websocket_write(writer.w, &message, 1));
        rest = websocket_output(writer.w);
        while (rest.len > 0) {
            uint16_t             cut;
            enum websocket_event event;
            struct slice         piece;

            random_seeded_fill(&seed, &cut, sizeof cut);
            piece = (struct slice){ rest.ptr, 1u + cut % 9000u };
            if (piece.len > rest.len)
                piece.len = rest.len;
            rest = (struct slice){ rest.ptr + piece.len, rest.len - piece.len };
            do {
                event = websocket_next(bench.w, &piece, &got);
                if (event == WEBSOCKET_MESSAGE) {
                    CHECK(slice_eq(message, got));
                    CHECK_INT(0, rest.len);
                }
            } while (event != WEBSOCKET_MORE && event != WEBSOCKET_FAULT);
            CHECK_INT(WEBSOCKET_MORE, event);
        }
    }
    websocket_bench_end(&writer);
    websocket_bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc_are_read),
        cmocka_unit_test(longer_lengths_are_read),
        cmocka_unit_test(binary_may_hold_any_bytes_and_text_only_utf8),
        cmocka_unit_test(fragments_are_put_together_across_control_frames),
        cmocka_unit_test(a_fragment_out_of_order_is_1002),
        cmocka_unit_test(a_client_must_mask_and_a_server_must_not),
        cmocka_unit_test(reserved_bits_and_opcodes_are_1002),
        cmocka_unit_test(headers_against_5_2_are_1002),
        cmocka_unit_test(a_frame_that_is_longer_than_a_message_may_be_is_1009),
        cmocka_unit_test(fragments_together_may_be_as_long_as_a_message_and_no_longer),
        cmocka_unit_test(a_message_that_passes_a_limit_that_has_moved_is_1009),
        cmocka_unit_test(close_is_answered_with_its_code),
        cmocka_unit_test(a_close_that_makes_no_sense_is_a_fault),
        cmocka_unit_test(a_double_crlf_is_answered_by_one_and_is_no_message),
        cmocka_unit_test(a_ping_is_answered_with_what_it_held),
        cmocka_unit_test(the_longest_ping_is_answered),
        cmocka_unit_test(messages_come_out_as_they_went_in_however_they_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
