/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/line_reader.h"

#include "net/loop.h"
#include "net/world_uv.h"
#include "support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct world       *world;
static struct line_reader *reader;
static char                told[4096];
static bool                close_at_line;

static void on_line(void *arg, struct slice line)
{
    (void)arg;
    snprintf(told + strlen(told), sizeof told - strlen(told), "[%.*s]", SLICE_ARG(line));
    if (!close_at_line)
        return;
    line_reader_close(reader);
    reader = NULL;
}

static void on_too_long(void *arg)
{
    (void)arg;
    strcat(told, "<long>");
}

static void on_end(void *arg)
{
    (void)arg;
    strcat(told, "<end>");
}

static const struct line_reader_events events = { on_line, on_too_long, on_end };

static int setup(void **state)
{
    (void)state;
    world         = world_uv_new(NULL);
    told[0]       = '\0';
    close_at_line = false;
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    line_reader_close(reader);
    reader = NULL;
    world_uv_turn(world, 0);
    world_uv_free(world);
    return 0;
}

/* Turns until this has been told: a generous while, should it never be. */
static void await(const char *want)
{
    for (int i = 0; i < 5000 && strcmp(told, want) != 0; i++)
        world_uv_turn(world, 1);
    CHECK_SLICE(want, slice_from(told));
}

static void say(int fd, const char *text)
{
    CHECK_INT(strlen(text), write(fd, text, strlen(text)));
}

TEST(lines_come_as_they_are_written)
{
    int p[2];

    CHECK_INT(0, pipe(p));
    CHECK_INT(0, line_reader_open(world, p[0], 100, &events, NULL, &reader));
    say(p[1], "one\ntw");
    await("[one]");
    say(p[1], "o\r\n\nthree");
    await("[one][two][]");
    close(p[1]);
    await("[one][two][][three]<end>");
    close(p[0]);
}

TEST(a_line_that_is_too_long_is_skipped_and_told_once)
{
    int p[2];

    CHECK_INT(0, pipe(p));
    CHECK_INT(0, line_reader_open(world, p[0], 8, &events, NULL, &reader));
    say(p[1], "12345678\n123456789 and much more than that\nok\n");
    await("[12345678]<long>[ok]");
    close(p[1]);
    await("[12345678]<long>[ok]<end>");
    close(p[0]);
}

TEST(a_file_is_read_to_its_end)
{
    FILE *file = tmpfile();

    fputs("one\ntwo\n", file);
    rewind(file);
    CHECK_INT(0, line_reader_open(world, fileno(file), 100, &events, NULL, &reader));
    await("[one][two]<end>");
    fclose(file);
}

TEST(whoever_hears_a_line_may_close_the_reader)
{
    int p[2];

    CHECK_INT(0, pipe(p));
    close_at_line = true;
    CHECK_INT(0, line_reader_open(world, p[0], 100, &events, NULL, &reader));
    say(p[1], "one\ntwo\n");
    await("[one]");
    world_uv_turn(world, 0);
    CHECK_SLICE("[one]", slice_from(told));
    close(p[0]);
    close(p[1]);
}

TEST(the_descriptor_is_as_before_when_others_share_it)
{
    int p[2], s[2];

    CHECK_INT(0, pipe(p));
    CHECK_INT(0, line_reader_open(world, p[0], 100, &events, NULL, &reader));
    CHECK_INT(0, fcntl(p[0], F_GETFL) & O_NONBLOCK);
    line_reader_close(reader);
    world_uv_turn(world, 0);
    CHECK_INT(0, socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_INT(0, line_reader_open(world, s[0], 100, &events, NULL, &reader));
    line_reader_close(reader);
    reader = NULL;
    world_uv_turn(world, 0);
    CHECK_INT(0, fcntl(s[0], F_GETFL) & O_NONBLOCK);
    for (int i = 0; i < 2; i++) {
        close(p[i]);
        close(s[i]);
    }
}

struct late_line {
    int  fd;
    msec after, written;
};

static void *write_late(void *arg)
{
    struct late_line *l = arg;

    while (loop_clock() <= l->after)
        poll(NULL, 0, 1);
    l->written = loop_clock();
    say(l->fd, "late\n");
    return NULL;
}

static void on_late_line(void *arg, struct slice line)
{
    struct late_line *l = arg;

    (void)line;
    CHECK(world_now(world) >= l->written);
    world_uv_stop(world);
}

/* Else what a command starts would be due before its time: an INVITE after half a second of silence was sent twice. */
TEST(a_line_comes_at_the_time_of_its_turn_not_of_the_one_before)
{
    static const struct line_reader_events late = { on_late_line, on_too_long, on_end };
    int                                    p[2];
    struct late_line                       line;
    pthread_t                              writer;

    CHECK_INT(0, pipe(p));
    CHECK_INT(0, line_reader_open(world, p[0], 100, &late, &line, &reader));
    line = (struct late_line){ .fd = p[1], .after = loop_clock() + 20 };
    CHECK_INT(0, pthread_create(&writer, NULL, write_late, &line));
    world_uv_run(world);
    CHECK_INT(0, pthread_join(writer, NULL));
    line_reader_close(reader);
    reader = NULL;
    close(p[0]);
    close(p[1]);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(lines_come_as_they_are_written),
        WITH(a_line_that_is_too_long_is_skipped_and_told_once),
        WITH(a_file_is_read_to_its_end),
        WITH(whoever_hears_a_line_may_close_the_reader),
        WITH(the_descriptor_is_as_before_when_others_share_it),
        WITH(a_line_comes_at_the_time_of_its_turn_not_of_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
