/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/line_ends.h"
#include "support/test.h"

#include <stdlib.h>

enum { TEXT = 4 * LINE_ENDS_BLOCK };

/* Bytes that are easily taken for a line end: those, their neighbours, and with the high bit. */
static char tricky(void)
{
    static const char bytes[] = { '\n',
                                  '\r',
                                  '\n' - 1,
                                  '\n' + 1,
                                  '\r' - 1,
                                  '\r' + 1,
                                  '\0',
                                  'a',
                                  ' ',
                                  (char)('\n' | 0x80),
                                  (char)('\r' | 0x80),
                                  (char)0xff,
                                  '\x7f',
                                  'J',
                                  'M' };

    return bytes[(size_t)rand() % sizeof bytes];
}

static uint64_t mask_of(const char *block, char wanted)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < LINE_ENDS_BLOCK; i++)
        mask |= (uint64_t)(block[i] == wanted) << i;
    return mask;
}

static void check_masks(line_masks_fn *way, const char *text, unsigned blocks)
{
    if (way == NULL) /* not on this processor */
        return;
    for (unsigned i = 0; i < blocks; i++, text += LINE_ENDS_BLOCK) {
        struct line_masks m = way(text);

        assert_true(m.lf == mask_of(text, '\n'));
        assert_true(m.cr == mask_of(text, '\r'));
    }
}

TEST(every_way_finds_the_same_bytes)
{
    char  bytes[TEXT];
    char *text;

    srand(1);
    text = (char *)(uintptr_t)test_guarded((struct slice){ bytes, TEXT }).ptr;
    for (int round = 0; round < 2000; round++) {
        unsigned blocks = 1 + (unsigned)round % 4;
        char    *at     = text + TEXT - (size_t)blocks * LINE_ENDS_BLOCK; /* up to the guard */

        for (unsigned i = 0; i < TEXT; i++)
            text[i] = tricky();
        check_masks(line_masks_portable, at, blocks);
        check_masks(line_masks_sse2(), at, blocks);
        check_masks(line_masks_avx2(), at, blocks);
    }
}

/* One byte after the other, all of them: the ends up to the empty line and the first bare CR. */
struct walked {
    uint32_t at[1024], count, bare_cr;
};

static void walk(struct slice text, struct walked *w)
{
    uint32_t start = 0;

    w->count   = 0;
    w->bare_cr = (uint32_t)text.len;
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\r' && (i + 1 == text.len || text.ptr[i + 1] != '\n') && w->bare_cr == text.len)
            w->bare_cr = i;
        if (text.ptr[i] != '\n')
            continue;
        w->at[w->count++] = i;
        if (start > 0 && (i == start || (i == start + 1 && text.ptr[start] == '\r')))
            return;
        start = i + 1;
    }
    if (start < text.len || w->count == 0)
        w->at[w->count++] = (uint32_t)text.len;
}

static void check_same(struct slice text)
{
    static struct line_ends e;
    static struct walked    w;
    uint32_t                seen = 0, head;

    walk(text, &w);
    line_ends_start(&e, text);
    for (;;) {
        for (unsigned i = 0; i < e.count; i++, seen++) {
            CHECK(seen < w.count);
            CHECK_INT(w.at[seen], e.at[i]);
        }
        if (e.finished)
            break;
        line_ends_more(&e);
    }
    CHECK_INT(w.count, seen);
    head = w.count > 0 ? w.at[w.count - 1] : 0;
    if (w.bare_cr < head || head == text.len)
        CHECK_INT(w.bare_cr, e.bare_cr);
    else
        CHECK(e.bare_cr >= head);
}

/* Of any length, in any mixture of bytes, with few lines or more than are noted at once. */
TEST(ends_are_those_of_a_walk_over_the_bytes)
{
    char text[1024];

    srand(2);
    for (int round = 0; round < 4000; round++) {
        size_t len  = (size_t)rand() % (round % 2 == 0 ? sizeof text : 150);
        int    rare = round % 3 == 0 ? 1 : 40;

        for (size_t i = 0; i < len; i++) {
            text[i] = rand() % rare == 0 ? tricky() : 'x';
            if (round % 5 == 0 && i > 2 && text[i] == '\n' && text[i - 1] != 'x')
                text[i - 1] = 'x'; /* long ones without an empty line, too */
        }
        check_same(test_guarded((struct slice){ text, len }));
    }
}

/* Just as many as fit, and one more or less, without an empty line and with one. */
TEST(lines_of_any_number_are_found)
{
    char text[2 * 2 * LINE_ENDS_ROOM];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 == 0 ? 'x' : '\n';
    for (size_t lines = 1; lines <= sizeof text / 2; lines++) {
        check_same(test_guarded((struct slice){ text, 2 * lines }));
        check_same(test_guarded((struct slice){ text, 2 * lines - 1 }));
        text[2 * lines - 2] = '\n';
        check_same(test_guarded((struct slice){ text, sizeof text }));
        text[2 * lines - 2] = 'x';
    }
}

TEST(text_without_a_line_end_is_one_line)
{
    check_same(test_guarded(SLICE("")));
    check_same(test_guarded(SLICE("x")));
    check_same(test_guarded(SLICE("\r")));
    check_same(test_guarded(SLICE("x\r")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_finds_the_same_bytes),
        cmocka_unit_test(ends_are_those_of_a_walk_over_the_bytes),
        cmocka_unit_test(lines_of_any_number_are_found),
        cmocka_unit_test(text_without_a_line_end_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
