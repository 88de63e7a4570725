/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_log.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COMMITS = 6, FRAME = 24 + 4096 };

/* The log of a database with COMMITS commits of one page each, as a crash leaves it. */
struct bench {
    struct temp_folder folder;
    char               path[128];
    char              *memory;
    struct slice       log;
    bool               damaged;
    size_t             lost;
};

static struct bench b;

static void execute(sqlite3 *db, const char *text)
{
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, text, NULL, NULL, NULL));
}

static void setup(void)
{
    sqlite3 *db;
    char     path[128];

    b = (struct bench){ 0 };
    temp_folder_init(&b.folder);
    CHECK_INT(SQLITE_OK, sqlite3_open(temp_folder_file(&b.folder, "db", path), &db));
    execute(db, "PRAGMA page_size=4096; CREATE TABLE t(a); PRAGMA journal_mode=WAL");
    for (int i = 0; i < COMMITS; i++)
        execute(db, "INSERT INTO t VALUES(1)");
    CHECK(test_read_file(temp_folder_file(&b.folder, "db-wal", b.path), &b.log, &b.memory));
    CHECK_INT(32 + COMMITS * FRAME, b.log.len);
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
    temp_folder_file(&b.folder, "log", b.path);
}

static void teardown(void)
{
    free(b.memory);
    temp_folder_fini(&b.folder);
}

static void look(size_t len)
{
    FILE *file = fopen(b.path, "wb");

    CHECK(file != NULL);
    CHECK_INT(len, fwrite(b.log.ptr, 1, len, file));
    CHECK_INT(0, fclose(file));
    CHECK_INT(0, sqlite_log_check(b.path, &b.damaged, &b.lost));
}

/* One bit, there and back. */
static void look_with_a_wrong_bit(size_t at)
{
    b.memory[at] ^= 0x10;
    look(b.log.len);
    b.memory[at] ^= 0x10;
}

TEST(a_log_as_a_crash_leaves_it_is_whole_wherever_it_ends)
{
    setup();
    for (size_t len = 0; len <= b.log.len; len += len < 64 ? 1 : 97) {
        look(len);
        CHECK(!b.damaged);
        CHECK_INT(0, b.lost);
    }
    teardown();
}

TEST(no_log_is_whole)
{
    setup();
    CHECK_INT(0, sqlite_log_check(b.path, &b.damaged, &b.lost));
    CHECK(!b.damaged);
    teardown();
}

/* A wrong bit in the last commit may be one that was never finished; each one before
 * it had been synced. */
TEST(a_wrong_bit_before_the_last_commit_is_damage)
{
    setup();
    for (size_t commit = 0; commit < COMMITS; commit++) {
        look_with_a_wrong_bit(32 + commit * FRAME + 24 + 1000);
        CHECK_INT(commit < COMMITS - 1, b.damaged);
        CHECK_INT(COMMITS - 1 - commit, b.lost);
    }
    teardown();
}

TEST(a_wrong_bit_anywhere_in_the_header_is_damage)
{
    setup();
    for (size_t at = 0; at < 32; at++) {
        look_with_a_wrong_bit(at);
        CHECK(b.damaged);
        CHECK_INT(0, b.lost);
    }
    teardown();
}

/* The file had been made longer, and the power went before it was written. */
TEST(a_log_of_zeroes_was_never_begun)
{
    setup();
    memset(b.memory, 0, b.log.len);
    look(b.log.len);
    CHECK(!b.damaged);
    teardown();
}

/* After a checkpoint the log is written from its beginning, with other salts. */
TEST(what_an_older_log_left_behind_is_no_damage)
{
    setup();
    for (size_t commit = 2; commit < COMMITS; commit++) {
        b.memory[32 + commit * FRAME + 8] ^= 1; /* the salt */
        b.memory[32 + commit * FRAME + 24] ^= 1;
    }
    look(b.log.len);
    CHECK(!b.damaged);
    teardown();
}

TEST(a_log_that_cannot_be_read_is_an_error)
{
    setup();
    CHECK_INT(-ERR_IO, sqlite_log_check("/dev/null/log", &b.damaged, &b.lost));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_as_a_crash_leaves_it_is_whole_wherever_it_ends),
        cmocka_unit_test(no_log_is_whole),
        cmocka_unit_test(a_wrong_bit_before_the_last_commit_is_damage),
        cmocka_unit_test(a_wrong_bit_anywhere_in_the_header_is_damage),
        cmocka_unit_test(a_log_of_zeroes_was_never_begun),
        cmocka_unit_test(what_an_older_log_left_behind_is_no_damage),
        cmocka_unit_test(a_log_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
