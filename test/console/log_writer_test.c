/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/log_writer.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct temp_folder folder;
static char               path[128];
static struct log_levels  levels;

static int make_paths(void **state)
{
    (void)state;
    log_levels_init(&levels, LOG_INFO);
    temp_folder_init(&folder);
    temp_folder_file(&folder, "log", path);
    return 0;
}

static int drop_paths(void **state)
{
    (void)state;
    temp_folder_fini(&folder);
    return 0;
}

static struct log_writer *start(size_t ring_bytes)
{
    struct log_writer *w;
    char               problem[256];

    CHECK_INT(0, log_writer_start(path, &levels, ring_bytes, &w, problem, sizeof problem));
    return w;
}

static void say(struct log *log, int64_t number)
{
    struct log_line l;

    log_begin(&l, log, LOG_INFO, LOG_PART_CALL, "e");
    log_number(&l, "n", number);
    log_end(&l);
}

/* The file as text, to be freed. */
static char *read_log(const char *file)
{
    struct slice text;
    char        *memory;

    CHECK(test_read_file(file, &text, &memory));
    memory           = realloc(memory, text.len + 1);
    memory[text.len] = '\0';
    return memory;
}

static unsigned count_lines(const char *text, const char *with)
{
    unsigned    count = 0;
    const char *at    = text;

    while ((at = strstr(at, with)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* How many lines the log says it has lost of some kind. */
static unsigned long told(const char *text, const char *event)
{
    unsigned long sum = 0;

    for (const char *at = text; (at = strstr(at, event)) != NULL; at++)
        sum += strtoul(strstr(at, "count=") + strlen("count="), NULL, 10);
    return sum;
}

TEST(what_was_said_before_the_stop_is_in_the_file)
{
    struct log_writer *w   = start(LOG_RING_BYTES);
    struct log        *log = log_writer_source(w, 3);
    char              *text;

    say(log, 1);
    log_say(log, LOG_DEBUG, LOG_PART_CALL, "not wanted");
    log_say(log, LOG_ERROR, LOG_PART_STORE, "it is \"full\"");
    log_writer_stop(w);
    text = read_log(path);
    CHECK(memcmp(text, "time=20", 7) == 0);
    CHECK_INT(2, count_lines(text, "\n"));
    CHECK(strstr(text, "Z level=info part=call worker=2 event=e n=1\n") != NULL);
    CHECK(strstr(text, "Z level=error part=store worker=2 text=\"it is \\\"full\\\"\"\n") != NULL);
    free(text);
}

enum { THREADS = 4, EACH = 20000 };

static void *say_many(void *log)
{
    for (int i = 0; i < EACH; i++)
        say(log, i);
    return NULL;
}

TEST(each_line_of_several_threads_is_written_or_counted_as_dropped)
{
    struct log_writer *w = start(4096);
    pthread_t          threads[THREADS];
    char              *text;
    unsigned long      dropped;

    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, say_many, log_writer_source(w, i + 1)));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    dropped = (unsigned long)log_writer_count(w).dropped;
    log_writer_stop(w);
    text = read_log(path);
    CHECK_INT(THREADS * EACH, count_lines(text, "event=e n=") + dropped);
    CHECK_INT(dropped, told(text, "event=lines_dropped"));
    free(text);
}

static void wait_for_another_time(void)
{
    struct timespec before, now;

    clock_gettime(CLOCK_REALTIME, &before);
    do
        clock_gettime(CLOCK_REALTIME, &now);
    while (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec);
}

/* As when one worker receives a message and another, whose ring comes first, answers it
 * within the same millisecond. */
TEST(lines_of_several_sources_stand_in_the_order_in_which_they_were_said)
{
    struct log_writer *w  = start(LOG_RING_BYTES);
    struct log        *to = log_writer_source(w, 1), *from = log_writer_source(w, 2);
    char              *text, *at;

    for (int i = 0; i < 1000; i += 2) {
        say(from, i);
        wait_for_another_time();
        say(to, i + 1);
        wait_for_another_time();
    }
    log_writer_stop(w);
    text = read_log(path);
    at   = text;
    for (long i = 0; i < 1000; i++) {
        at = strstr(at, " n=");
        assert_non_null(at);
        CHECK_INT(i, strtol(at += 3, NULL, 10));
    }
    free(text);
}

TEST(a_file_that_was_renamed_is_left_for_a_new_one)
{
    struct log_writer *w   = start(LOG_RING_BYTES);
    struct log        *log = log_writer_source(w, 0);
    char               old[128], *text;

    say(log, 1);
    CHECK(log_writer_settle(w, 60000));
    CHECK_INT(0, rename(path, temp_folder_file(&folder, "log.1", old)));
    log_writer_reopen(w);
    CHECK(log_writer_settle(w, 60000));
    say(log, 2);
    log_writer_stop(w);
    text = read_log(old);
    CHECK(strstr(text, " n=1\n") != NULL && strstr(text, " n=2\n") == NULL);
    free(text);
    text = read_log(path);
    CHECK(strstr(text, " n=2\n") != NULL);
    free(text);
}

TEST(a_full_disk_loses_lines_and_the_log_says_so_when_there_is_room_again)
{
    struct log_writer *w;
    struct log        *log;
    char              *text;

    CHECK_INT(0, symlink("/dev/full", path));
    w   = start(LOG_RING_BYTES);
    log = log_writer_source(w, 0);
    say(log, 1);
    CHECK(log_writer_settle(w, 60000));
    say(log, 2);
    CHECK(log_writer_settle(w, 60000));
    CHECK_INT(2, log_writer_count(w).lost);
    CHECK_INT(0, unlink(path));
    log_writer_reopen(w);
    CHECK(log_writer_settle(w, 60000));
    say(log, 3);
    log_writer_stop(w);
    text = read_log(path);
    CHECK_INT(2, count_lines(text, "\n"));
    CHECK(strstr(text, "level=warning part=log event=lines_lost count=2 reason=\"No space left on device\"\n") != NULL);
    CHECK(strstr(text, " n=3\n") != NULL);
    free(text);
}

TEST(a_level_may_change_while_the_threads_run)
{
    struct log_writer *w   = start(LOG_RING_BYTES);
    struct log        *log = log_writer_source(w, 0);
    char              *text;

    log_levels_set(&levels, "call", LOG_ERROR);
    say(log, 1);
    log_levels_set(&levels, NULL, LOG_DEBUG);
    say(log, 2);
    log_writer_stop(w);
    text = read_log(path);
    CHECK_INT(1, count_lines(text, "\n"));
    CHECK(strstr(text, " n=2\n") != NULL);
    free(text);
}

/* Stderr for a while is the file at `path`; gives back the old one. */
static int redirect_stderr(void)
{
    int kept = dup(STDERR_FILENO), file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    CHECK(kept >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    close(file);
    return kept;
}

TEST(under_the_journal_a_line_has_its_priority_and_no_time)
{
    struct log_writer *w;
    struct log        *log;
    struct stat        s;
    char               stream[64], problem[256], *text;
    int                kept = redirect_stderr();

    CHECK_INT(0, fstat(STDERR_FILENO, &s));
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)s.st_dev, (uintmax_t)s.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    CHECK_INT(0, log_writer_start(NULL, &levels, LOG_RING_BYTES, &w, problem, sizeof problem));
    log = log_writer_source(w, 0);
    say(log, 1);
    log_say(log, LOG_ERROR, LOG_PART_STORE, "full");
    log_writer_stop(w);
    CHECK(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    unsetenv("JOURNAL_STREAM");
    text = read_log(path);
    CHECK_SLICE("<6>level=info part=call event=e n=1\n<3>level=error part=store text=full\n", slice_from(text));
    free(text);
}

/* A reader that has stopped must not keep the program from ending. */
TEST(a_stream_that_nobody_reads_does_not_hold_up_the_end)
{
    struct log_writer *w;
    struct log        *log;
    int                ends[2], kept = dup(STDERR_FILENO);
    char               problem[256];

    CHECK_INT(0, pipe(ends));
    CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
    CHECK_INT(0, log_writer_start(NULL, &levels, LOG_RING_BYTES, &w, problem, sizeof problem));
    log = log_writer_source(w, 0);
    for (int i = 0; i < 20000; i++)
        say(log, i);
    log_writer_stop(w);
    CHECK(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(ends[0]);
    close(ends[1]);
}

TEST(a_file_that_cannot_be_opened_is_an_error_with_a_sentence)
{
    struct log_writer *w;
    char               problem[512], missing[128];

    temp_folder_file(&folder, "no/log", missing);
    CHECK_INT(-ERR_NOT_FOUND, log_writer_start(missing, &levels, 4096, &w, problem, sizeof problem));
    CHECK(strstr(problem, "cannot write the log ") != NULL && strstr(problem, "No such file") != NULL);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_paths, drop_paths)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_was_said_before_the_stop_is_in_the_file),
        WITH_FOLDER(each_line_of_several_threads_is_written_or_counted_as_dropped),
        WITH_FOLDER(lines_of_several_sources_stand_in_the_order_in_which_they_were_said),
        WITH_FOLDER(a_file_that_was_renamed_is_left_for_a_new_one),
        WITH_FOLDER(a_full_disk_loses_lines_and_the_log_says_so_when_there_is_room_again),
        WITH_FOLDER(a_level_may_change_while_the_threads_run),
        WITH_FOLDER(under_the_journal_a_line_has_its_priority_and_no_time),
        WITH_FOLDER(a_stream_that_nobody_reads_does_not_hold_up_the_end),
        WITH_FOLDER(a_file_that_cannot_be_opened_is_an_error_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
