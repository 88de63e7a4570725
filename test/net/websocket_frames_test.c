/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "net/websocket_frames.h"
#include "support/alloc.h"
#include "support/test.h"

static void fill(void *arg, void *bytes, size_t len)
{
    (void)arg;
    memcpy(bytes, "\x37\xfa\x21\x3d", len);
}

static const struct random mask = { .fill = fill };

/* RFC 6455 5.7 */
TEST(a_server_writes_frames_as_they_are)
{
    struct frame_writer *w   = frame_writer_new(NULL);
    struct bytes         out = { 0 };

    CHECK_INT(0, frame_write(w, FRAME_TEXT, SLICE("Hello"), &out));
    CHECK_INT(0, frame_write(w, FRAME_PING, SLICE(""), &out));
    CHECK_INT(0, frame_write(w, FRAME_PONG, SLICE("x"), &out));
    CHECK(slice_eq(bytes_slice(&out), ((struct slice){ "\x81\x05Hello\x89\0\x8a\x01x", 12 })));
    bytes_fini(&out);
    frame_writer_free(w);
}

TEST(a_client_masks_every_frame)
{
    struct frame_writer *w   = frame_writer_new(&mask);
    struct bytes         out = { 0 };

    CHECK_INT(0, frame_write(w, FRAME_TEXT, SLICE("Hello"), &out));
    CHECK_INT(0, frame_write(w, FRAME_PING, SLICE(""), &out));
    CHECK_INT(0, frame_write(w, FRAME_PONG, SLICE("x"), &out));
    CHECK_SLICE("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
                "\x89\x80\x37\xfa\x21\x3d\x8a\x81\x37\xfa\x21\x3d\x4f",
                bytes_slice(&out));
    bytes_fini(&out);
    frame_writer_free(w);
}

/* More than wslay masks in one piece. */
TEST(a_long_frame_reads_back_the_same)
{
    static char          text[20000];
    struct frame_writer *w   = frame_writer_new(&mask);
    struct frame_reader *r   = frame_reader_new();
    struct bytes         out = { 0 }, in = { 0 };
    struct frame_piece   piece;
    struct slice         rest;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    CHECK_INT(0, frame_write(w, FRAME_BINARY, (struct slice){ text, sizeof text }, &out));
    CHECK_INT(sizeof text + 8, out.len);
    rest = bytes_slice(&out);
    do {
        CHECK_INT(FRAME_PIECE, frame_reader_next(r, &rest, &piece));
        CHECK_INT(in.len == 0, piece.first);
        CHECK_INT(sizeof text, piece.length);
        CHECK(piece.masked && piece.final && piece.opcode == FRAME_BINARY);
        bytes_put(&in, piece.data);
    } while (!piece.last);
    CHECK(slice_eq(bytes_slice(&in), (struct slice){ text, sizeof text }));
    CHECK_INT(FRAME_MORE, frame_reader_next(r, &rest, &piece));
    CHECK(frame_reader_is_between(r));
    bytes_fini(&in);
    bytes_fini(&out);
    frame_reader_free(r);
    frame_writer_free(w);
}

/* Only then may the reader go to another connection. */
TEST(a_reader_is_between_frames_when_it_holds_no_byte)
{
    struct slice         frame;
    char                 memory[4 + 128 + 1];
    struct frame_reader *r = frame_reader_new();
    struct frame_piece   piece;

    memset(memory, 'x', sizeof memory);
    memcpy(memory, "\x81\x7e\x00\x80", 4);
    CHECK(frame_reader_is_between(r));
    for (size_t i = 0; i < 4 + 128; i++) {
        frame = (struct slice){ memory + i, 1 };
        while (frame_reader_next(r, &frame, &piece) == FRAME_PIECE)
            continue;
        CHECK_INT(i == 4 + 127, frame_reader_is_between(r));
    }
    memory[132] = (char)0x81; /* the first byte of the next */
    frame       = (struct slice){ memory, sizeof memory };
    while (frame_reader_next(r, &frame, &piece) == FRAME_PIECE)
        continue;
    CHECK(!frame_reader_is_between(r));
    frame_reader_free(r);
}

TEST(a_control_frame_comes_whole)
{
    struct frame_reader *r    = frame_reader_new();
    struct slice         text = SLICE("\x89\x04"
                                              "ab"),
                 rest         = SLICE("cd");
    struct frame_piece piece;

    CHECK_INT(FRAME_MORE, frame_reader_next(r, &text, &piece));
    CHECK_INT(FRAME_PIECE, frame_reader_next(r, &rest, &piece));
    CHECK_SLICE("abcd", piece.data);
    CHECK(piece.first && piece.last && !piece.masked);
    CHECK_INT(FRAME_PING, piece.opcode);
    frame_reader_free(r);
}

TEST(a_header_that_is_none_breaks_the_reader)
{
    struct frame_reader *r    = frame_reader_new();
    struct slice         text = SLICE("\x89\x7e\x00\x80");
    struct frame_piece   piece;

    CHECK_INT(FRAME_BROKEN, frame_reader_next(r, &text, &piece));
    frame_reader_free(r);
}

TEST(without_memory_no_frame_is_begun)
{
    struct frame_writer *w   = frame_writer_new(NULL);
    struct bytes         out = { 0 };

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, frame_write(w, FRAME_TEXT, SLICE("Hello"), &out));
    alloc_fail_at(0);
    bytes_clear(&out);
    CHECK_INT(0, frame_write(w, FRAME_TEXT, SLICE("Hello"), &out));
    CHECK_SLICE("\x81\x05Hello", bytes_slice(&out));
    bytes_fini(&out);
    frame_writer_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_writes_frames_as_they_are),
        cmocka_unit_test(a_client_masks_every_frame),
        cmocka_unit_test(a_long_frame_reads_back_the_same),
        cmocka_unit_test(a_reader_is_between_frames_when_it_holds_no_byte),
        cmocka_unit_test(a_control_frame_comes_whole),
        cmocka_unit_test(a_header_that_is_none_breaks_the_reader),
        cmocka_unit_test(without_memory_no_frame_is_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
