/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/log_output.h"

#include "support/temp_folder.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_folder folder;
static char               path[128], second[128];

static void check_file(const char *want, const char *file)
{
    struct slice text;
    char        *memory;

    CHECK(test_read_file(file, &text, &memory));
    CHECK_SLICE(want, text);
    free(memory);
}

static int make_paths(void **state)
{
    (void)state;
    temp_folder_init(&folder);
    temp_folder_file(&folder, "log", path);
    temp_folder_file(&folder, "log.1", second);
    return 0;
}

static int drop_paths(void **state)
{
    (void)state;
    temp_folder_fini(&folder);
    return 0;
}

TEST(a_new_file_is_for_the_owner_and_read_by_the_group)
{
    struct log_output o;
    struct stat       s;

    umask(0);
    CHECK_INT(0, log_output_open(&o, path));
    CHECK(log_output_write(&o, SLICE("a\nb\n")));
    log_output_close(&o);
    CHECK_INT(0, log_output_open(&o, path));
    CHECK(log_output_write(&o, SLICE("c\n")));
    log_output_close(&o);
    check_file("a\nb\nc\n", path);
    CHECK_INT(0, stat(path, &s));
    CHECK_INT(0640, s.st_mode & 0777);
}

TEST(after_a_rename_the_name_is_opened_anew_under_the_same_number)
{
    struct log_output o;
    int               fd;

    CHECK_INT(0, log_output_open(&o, path));
    fd = o.fd;
    log_output_write(&o, SLICE("a\n"));
    CHECK_INT(0, rename(path, second));
    log_output_write(&o, SLICE("b\n"));
    CHECK_INT(0, log_output_reopen(&o));
    CHECK_INT(fd, o.fd);
    log_output_write(&o, SLICE("c\n"));
    log_output_close(&o);
    check_file("a\nb\n", second);
    check_file("c\n", path);
}

TEST(a_name_that_cannot_be_opened_anew_leaves_the_old_file)
{
    struct log_output o;

    CHECK_INT(0, log_output_open(&o, path));
    CHECK_INT(0, rename(path, second));
    CHECK_INT(0, mkdir(path, 0700));
    CHECK_INT(EISDIR, log_output_reopen(&o));
    CHECK(log_output_write(&o, SLICE("a\n")));
    log_output_close(&o);
    check_file("a\n", second);
}

TEST(a_folder_that_is_missing_is_an_error)
{
    struct log_output o;

    CHECK_INT(ENOENT, log_output_open(&o, temp_folder_file(&folder, "no/log", second)));
    log_output_close(&o);
}

TEST(lines_for_a_full_disk_are_counted)
{
    struct log_output o;

    CHECK_INT(0, log_output_open(&o, "/dev/full"));
    CHECK(!log_output_write(&o, SLICE("a\nb\n")));
    CHECK(!log_output_write(&o, SLICE("c\n")));
    CHECK_INT(3, o.lost);
    CHECK_INT(ENOSPC, o.lost_by);
    CHECK(!o.torn);
    log_output_close(&o);
}

struct reader {
    int    fd;
    size_t seen;
};

static void *read_all(void *arg)
{
    struct reader *r = arg;
    char           memory[1000];
    ssize_t        n;

    while ((n = read(r->fd, memory, sizeof memory)) > 0)
        r->seen += (size_t)n;
    return NULL;
}

TEST(a_slow_reader_of_a_stream_is_waited_for)
{
    enum { SIZE = 1000000 };
    struct log_output o;
    struct reader     reader = { .seen = 0 };
    char             *text   = malloc(SIZE);
    pthread_t         thread;
    int               ends[2];

    memset(text, 'x', SIZE);
    text[SIZE - 1] = '\n';
    CHECK_INT(0, pipe(ends));
    reader.fd = ends[0];
    o         = (struct log_output){ .fd = ends[1], .interrupt = -1 };
    CHECK_INT(0, pthread_create(&thread, NULL, read_all, &reader));
    CHECK(log_output_write(&o, (struct slice){ text, SIZE }));
    close(ends[1]);
    pthread_join(thread, NULL);
    CHECK_INT(SIZE, reader.seen);
    close(ends[0]);
    free(text);
}

static void limit_file_size(rlim_t size)
{
    struct rlimit limit;

    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
}

/* The disk has room for half a line: the other half is lost, and the next line is not
 * glued to what is there. */
TEST(a_line_that_was_torn_gets_its_end_before_the_next)
{
    struct log_output o;

    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, log_output_open(&o, path));
    limit_file_size(6);
    CHECK(!log_output_write(&o, SLICE("one\ntwo\nthree\n")));
    CHECK_INT(2, o.lost);
    CHECK_INT(EFBIG, o.lost_by);
    CHECK(!log_output_write(&o, SLICE("four\n")));
    CHECK_INT(3, o.lost);
    limit_file_size(RLIM_INFINITY);
    CHECK(log_output_write(&o, SLICE("five\n")));
    log_output_close(&o);
    check_file("one\ntw\nfive\n", path);
}

TEST(the_journal_is_known_by_its_device_and_inode)
{
    struct log_output o;
    struct stat       s;
    char              text[64];

    CHECK_INT(0, fstat(STDERR_FILENO, &s));
    snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)s.st_dev, (uintmax_t)s.st_ino);
    setenv("JOURNAL_STREAM", text, 1);
    CHECK_INT(0, log_output_open(&o, NULL));
    CHECK(o.journal);
    log_output_close(&o);
    CHECK_INT(0, log_output_open(&o, path));
    CHECK(!o.journal);
    log_output_close(&o);
    setenv("JOURNAL_STREAM", "1:1", 1);
    CHECK_INT(0, log_output_open(&o, NULL));
    CHECK(!o.journal);
    log_output_close(&o);
    unsetenv("JOURNAL_STREAM");
    CHECK_SLICE("<7>", log_output_priority(LOG_DEBUG));
    CHECK_SLICE("<3>", log_output_priority(LOG_ERROR));
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_paths, drop_paths)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_new_file_is_for_the_owner_and_read_by_the_group),
        WITH_FOLDER(after_a_rename_the_name_is_opened_anew_under_the_same_number),
        WITH_FOLDER(a_name_that_cannot_be_opened_anew_leaves_the_old_file),
        WITH_FOLDER(a_folder_that_is_missing_is_an_error),
        cmocka_unit_test(lines_for_a_full_disk_are_counted),
        cmocka_unit_test(a_slow_reader_of_a_stream_is_waited_for),
        WITH_FOLDER(a_line_that_was_torn_gets_its_end_before_the_next),
        WITH_FOLDER(the_journal_is_known_by_its_device_and_inode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
