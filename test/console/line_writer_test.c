/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/line_writer.h"

#include "net/world_uv.h"
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIMIT = 16 * 1024 };

static struct world       *world;
static struct line_writer *writer;
static int                 ends[2];
static unsigned long       dropped;
static bool                broken;

static void on_dropped(void *arg, unsigned long count)
{
    (void)arg;
    dropped += count;
}

static void on_broken(void *arg)
{
    (void)arg;
    broken = true;
}

static const struct line_writer_events events = { on_dropped, on_broken };

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    world   = world_uv_new(NULL);
    dropped = 0;
    broken  = false;
    return world == NULL || pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ||
           line_writer_open(world, ends[1], LIMIT, &events, NULL, &writer) != 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)line_writer_close(writer, 0);
    world_uv_turn(world, 0);
    world_uv_free(world);
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return 0;
}

/* What the reader gets in a generous while, until it has `want` bytes. */
static size_t take(char *bytes, size_t want)
{
    size_t len = 0;

    for (int i = 0; i < 5000 && len < want; i++) {
        ssize_t n = read(ends[0], bytes + len, want - len);

        if (n > 0)
            len += (size_t)n;
        world_uv_turn(world, 1);
    }
    return len;
}

TEST(lines_are_written_in_order)
{
    char bytes[16];

    line_writer_put(writer, SLICE("one\n"));
    line_writer_put(writer, SLICE("two\n"));
    CHECK_INT(8, take(bytes, 8));
    CHECK_SLICE("one\ntwo\n", ((struct slice){ bytes, 8 }));
    CHECK_INT(0, fcntl(ends[1], F_GETFL) & O_NONBLOCK);
}

/* Each line is "number\n" of eight bytes. */
TEST(a_reader_who_is_too_slow_misses_whole_lines_and_is_told_how_many)
{
    enum { LINES = 40000 };
    char         *bytes = malloc(LINES * 8);
    char          line[16];
    size_t        got;
    unsigned long written;

    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%07d\n", i);
        line_writer_put(writer, slice_from(line));
        if (i % 100 == 0)
            world_uv_turn(world, 0); /* never waits, whoever reads */
    }
    got = take(bytes, 1);
    got += take(bytes + got, 7);
    CHECK_SLICE("0000000\n", ((struct slice){ bytes, 8 }));
    written = 1;
    while (dropped == 0 || written + dropped < LINES) {
        if (take(bytes, 8) != 8)
            break;
        snprintf(line, sizeof line, "%07lu\n", written++);
        CHECK_SLICE(line, ((struct slice){ bytes, 8 }));
    }
    CHECK(dropped > 0);
    CHECK_INT(LINES, written + dropped);
    free(bytes);
}

TEST(a_reader_who_has_gone_is_told_once)
{
    close(ends[0]);
    line_writer_put(writer, SLICE("one\n"));
    for (int i = 0; i < 5000 && !broken; i++)
        world_uv_turn(world, 1);
    CHECK(broken);
    broken = false;
    line_writer_put(writer, SLICE("two\n"));
    world_uv_turn(world, 0);
    CHECK(!broken);
    ends[0] = open("/dev/null", O_RDONLY);
}

TEST(what_waits_is_written_at_the_close)
{
    char bytes[8];

    line_writer_put(writer, SLICE("bye\n"));
    CHECK(line_writer_close(writer, 1000));
    writer = NULL;
    world_uv_turn(world, 0);
    CHECK_INT(4, read(ends[0], bytes, sizeof bytes));
}

/* The options were wrong: nothing came to be told. */
TEST(where_nothing_was_told_nothing_is_written)
{
    char byte;

    CHECK(line_writer_close(writer, 1000));
    writer = NULL;
    world_uv_turn(world, 0);
    CHECK_INT(-1, read(ends[0], &byte, 1));
}

TEST(the_close_tells_that_nobody_has_read)
{
    close(ends[0]);
    line_writer_put(writer, SLICE("bye\n"));
    CHECK(!line_writer_close(writer, 1000));
    CHECK(!broken); /* who closes has it from the result */
    writer = NULL;
    world_uv_turn(world, 0);
    ends[0] = open("/dev/null", O_RDONLY);
}

/* Started with its output closed, a program finds something there that takes no bytes. */
TEST(a_descriptor_that_may_not_be_written_is_not_opened_anew)
{
    struct line_writer *none;
    int                 fd = open("/dev/null", O_RDONLY);

    CHECK_INT(0, line_writer_open(world, fd, LIMIT, &events, NULL, &none));
    line_writer_put(none, SLICE("lost\n"));
    CHECK(!line_writer_close(none, 1000));
    world_uv_turn(world, 0);
    close(fd);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(lines_are_written_in_order),
        WITH(a_reader_who_is_too_slow_misses_whole_lines_and_is_told_how_many),
        WITH(a_reader_who_has_gone_is_told_once),
        WITH(what_waits_is_written_at_the_close),
        WITH(the_close_tells_that_nobody_has_read),
        WITH(a_descriptor_that_may_not_be_written_is_not_opened_anew),
        WITH(where_nothing_was_told_nothing_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
