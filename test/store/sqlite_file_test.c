/* SPDX-License-Identifier: BSD-2-Clause */
/* What is found damaged at the start: it is kept as it was found, and it is said. */
#include "store/sqlite_file.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROWS = 2000, PAGE = 4096, COMMITS = 8 };

struct bench {
    struct temp_folder  folder;
    char                path[128], log[160], problem[1024];
    struct sqlite_file *file;
};

static struct bench b;

static void setup(void)
{
    b = (struct bench){ 0 };
    temp_folder_init(&b.folder);
    temp_folder_file(&b.folder, "ahoy.db", b.path);
    snprintf(b.log, sizeof b.log, "%s-wal", b.path);
}

static void teardown(void)
{
    sqlite_file_close(b.file);
    temp_folder_fini(&b.folder);
}

static int open_file(void)
{
    return sqlite_file_open(b.path, &b.file, b.problem, sizeof b.problem);
}

static void close_file(void)
{
    sqlite_file_close(b.file);
    b.file = NULL;
}

static void put_rows(uint64_t first, unsigned count)
{
    struct store_change c = { .kind    = STORE_PUT_BINDING,
                              .binding = { .aor         = SLICE("sip:alice@example.test"),
                                           .contact     = SLICE("sip:alice@192.0.2.1:5060;some=parameter"),
                                           .call_id     = SLICE("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                                           .lease_until = UINT64_C(1) << 60 } };

    CHECK_INT(0, sqlite_file_begin(b.file));
    for (c.binding.row = first; c.binding.row < first + count; c.binding.row++)
        CHECK_INT(0, sqlite_file_apply(b.file, &c));
    CHECK_INT(0, sqlite_file_commit(b.file));
}

static void count_row(void *arg, const struct stored_binding *x)
{
    CHECK_SLICE("sip:alice@example.test", x->aor);
    ++*(unsigned *)arg;
}

static unsigned rows(void)
{
    unsigned            count  = 0;
    struct store_loader loader = { .on_binding = count_row, .arg = &count };

    CHECK_INT(0, sqlite_file_load(b.file, 0, &loader));
    return count;
}

static void read_bytes(const char *path, struct slice *text, char **memory)
{
    CHECK(test_read_file(path, text, memory));
}

static void write_bytes(const char *path, struct slice text)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK_INT(text.len, fwrite(text.ptr, 1, text.len, file));
    CHECK_INT(0, fclose(file));
}

/* The only one; `suffix` "" or "-wal". */
static void check_kept(const char *suffix, struct slice as_found)
{
    char         pattern[192], *memory;
    struct slice kept;
    glob_t       found;

    snprintf(pattern, sizeof pattern, "%s.damaged-*Z%s", b.path, suffix);
    CHECK_INT(0, glob(pattern, 0, NULL, &found));
    CHECK_INT(1, found.gl_pathc);
    CHECK(*suffix != '\0' || strstr(b.problem, found.gl_pathv[0]) != NULL);
    read_bytes(found.gl_pathv[0], &kept, &memory);
    CHECK(slice_eq(as_found, kept));
    free(memory);
    globfree(&found);
}

static bool is_nothing_kept(void)
{
    char   pattern[192];
    glob_t found;
    bool   nothing;

    snprintf(pattern, sizeof pattern, "%s.damaged-*", b.path);
    nothing = glob(pattern, 0, NULL, &found) == GLOB_NOMATCH;
    globfree(&found);
    return nothing;
}

/* ---- a large file ---- */

static void put_large_users(void)
{
    static char         text[3000];
    struct store_change c = { .kind = STORE_PUT_USER, .user = { .domain = SLICE("example.test") } };
    char                name[16];

    memset(text, 'x', sizeof text);
    CHECK_INT(0, sqlite_file_begin(b.file));
    for (unsigned i = 0; i < 2 * SQLITE_FILE_CHECKED; i++) {
        snprintf(name, sizeof name, "user%06u", i);
        c.user.name    = slice_from(name);
        c.user.ha1_md5 = (struct slice){ text, sizeof text };
        CHECK_INT(0, sqlite_file_apply(b.file, &c));
    }
    CHECK_INT(0, sqlite_file_commit(b.file));
}

/* The time to open it does not grow with the users: what is damaged there is found when
 * it is read, and the bindings are served meanwhile. */
TEST(of_a_large_file_only_what_is_read_at_the_start_is_checked)
{
    char        *memory;
    struct slice text;

    setup();
    CHECK_INT(0, open_file());
    put_rows(1, 10);
    put_large_users();
    close_file();
    read_bytes(b.path, &text, &memory);
    memset((char *)text.ptr + text.len / 2 / PAGE * PAGE, 0, PAGE);
    write_bytes(b.path, text);
    free(memory);
    CHECK_INT(0, open_file());
    assert_string_equal("", b.problem);
    CHECK_INT(10, rows());
    CHECK(is_nothing_kept());
    teardown();
}

/* ---- the file ---- */

static struct slice cut_in_two(struct slice text)
{
    return (struct slice){ text.ptr, text.len / 2 / PAGE * PAGE };
}

static struct slice cut_within_a_page(struct slice text)
{
    return (struct slice){ text.ptr, text.len - 1000 };
}

static struct slice cut_within_the_first_page(struct slice text)
{
    return (struct slice){ text.ptr, 700 };
}

static struct slice other_header(struct slice text)
{
    memcpy((char *)text.ptr, "<!DOCTYPE html>", 15);
    return text;
}

static struct slice zeroes_in_the_middle(struct slice text)
{
    memset((char *)text.ptr + text.len / 2 / PAGE * PAGE, 0, PAGE);
    return text;
}

static struct slice noise_in_the_middle(struct slice text)
{
    char *page = (char *)text.ptr + text.len / 2 / PAGE * PAGE;

    for (int i = 0; i < PAGE; i++)
        page[i] = (char)(i * 7919 >> 3);
    return text;
}

TEST(a_damaged_file_is_moved_aside_as_it_was_found)
{
    static struct slice (*const damages[])(
        struct slice text) = { cut_in_two,   cut_within_a_page,    cut_within_the_first_page,
                               other_header, zeroes_in_the_middle, noise_in_the_middle };

    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct slice text;
        char        *memory;

        setup();
        CHECK_INT(0, open_file());
        put_rows(0, ROWS);
        close_file();
        read_bytes(b.path, &text, &memory);
        CHECK(text.len > 20 * PAGE);
        text = damages[i](text);
        write_bytes(b.path, text);
        CHECK_INT(0, open_file());
        CHECK(strstr(b.problem, "was damaged: it was moved to") != NULL);
        CHECK_INT(0, rows());
        put_rows(0, 1);
        check_kept("", text);
        free(memory);
        teardown();
    }
}

/* ---- the log ---- */

/* As after a crash: COMMITS commits of ten rows each in the log, none in the file. */
static void crash(struct slice *log, char **memory)
{
    struct slice file;
    char        *file_memory;

    CHECK_INT(0, open_file());
    close_file();
    CHECK_INT(0, open_file());
    for (unsigned i = 0; i < COMMITS; i++)
        put_rows(i * 10, 10);
    read_bytes(b.path, &file, &file_memory);
    read_bytes(b.log, log, memory);
    close_file();
    write_bytes(b.path, file);
    write_bytes(b.log, *log);
    free(file_memory);
}

TEST(a_log_as_a_crash_leaves_it_is_used_without_a_word)
{
    struct slice log;
    char        *memory;

    setup();
    crash(&log, &memory);
    log.len -= 100; /* within the last commit */
    write_bytes(b.log, log);
    CHECK_INT(0, open_file());
    CHECK_SLICE("", slice_from(b.problem));
    CHECK_INT(10 * (COMMITS - 1), rows());
    CHECK(is_nothing_kept());
    free(memory);
    teardown();
}

TEST(of_a_damaged_log_a_copy_is_kept_and_what_is_before_the_damage_is_used)
{
    struct slice log, file;
    char        *memory, *file_memory;

    setup();
    crash(&log, &memory);
    memory[log.len / 2] ^= 1;
    write_bytes(b.log, log);
    read_bytes(b.path, &file, &file_memory);
    CHECK_INT(0, open_file());
    CHECK(strstr(b.problem, "-wal was damaged, the last ") != NULL);
    CHECK(strstr(b.problem, "commits or more may be missing") != NULL);
    CHECK(rows() >= 10 && rows() < 10 * COMMITS);
    check_kept("", file);
    check_kept("-wal", log);
    put_rows(1000, 1);
    close_file();
    CHECK_INT(0, open_file());
    CHECK_SLICE("", slice_from(b.problem)); /* it is not found again */
    free(memory);
    free(file_memory);
    teardown();
}

/* What is left of the old log behind the new commits must not look like damage. */
TEST(a_crash_after_a_damaged_log_finds_a_log_that_is_whole)
{
    struct slice log, again;
    char        *memory, *again_memory;

    setup();
    crash(&log, &memory);
    memory[log.len / 2] ^= 1;
    write_bytes(b.log, log);
    CHECK_INT(0, open_file());
    put_rows(1000, 1);
    read_bytes(b.log, &again, &again_memory);
    close_file();
    write_bytes(b.log, again);
    CHECK_INT(0, open_file());
    CHECK_SLICE("", slice_from(b.problem));
    free(memory);
    free(again_memory);
    teardown();
}

TEST(a_damaged_log_that_cannot_be_copied_is_left_as_it_is)
{
    struct slice  log, after;
    char         *memory, *after_memory;
    struct rlimit limit;

    setup();
    crash(&log, &memory);
    memory[log.len / 2] ^= 1;
    write_bytes(b.log, log);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = 5000;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
    CHECK_INT(-ERR_CORRUPT, open_file());
    limit.rlim_cur = RLIM_INFINITY;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
    CHECK(strstr(b.problem, "could not be copied aside (disk full)") != NULL);
    CHECK(is_nothing_kept());
    read_bytes(b.log, &after, &after_memory);
    CHECK(slice_eq(log, after));
    free(memory);
    free(after_memory);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_large_file_only_what_is_read_at_the_start_is_checked),
        cmocka_unit_test(a_damaged_file_is_moved_aside_as_it_was_found),
        cmocka_unit_test(a_log_as_a_crash_leaves_it_is_used_without_a_word),
        cmocka_unit_test(of_a_damaged_log_a_copy_is_kept_and_what_is_before_the_damage_is_used),
        cmocka_unit_test(a_crash_after_a_damaged_log_finds_a_log_that_is_whole),
        cmocka_unit_test(a_damaged_log_that_cannot_be_copied_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
