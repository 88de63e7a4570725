/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests within SQL, and the file of an older version that needs them. */
#include "store/sqlite_hash.h"

#include "store/sqlite_file.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/version_1.h"

#include <sqlite3.h>

/* What version 1 wrote. */
static const char old_file[] = VERSION_1_TABLES "INSERT INTO user VALUES('example.test','alice','m','s');"
                                                "INSERT INTO setting VALUES('realm','example.test'),('other','x');"
                                                "PRAGMA user_version=1";

static void run(const char *path, const char *text)
{
    sqlite3 *db = NULL;

    CHECK_INT(SQLITE_OK, sqlite3_open(path, &db));
    CHECK_INT(SQLITE_OK, sqlite3_exec(db, text, NULL, NULL, NULL));
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
}

static void see(void *arg, const struct stored_user *u)
{
    ++*(unsigned *)arg;
    CHECK_SLICE("alice", u->name);
    CHECK_SLICE("m", u->ha1_md5);
    CHECK_SLICE("s", u->ha1_sha256);
    CHECK_SLICE("", u->ha1_sha512_256);
    CHECK(u->userhash_sha256 == UINT64_C(0x6b0970ed38946a15));
    CHECK(u->userhash_sha512_256 == UINT64_C(0x837e5c4945c92110));
}

TEST(a_user_of_an_older_file_can_be_found_by_the_hash_of_his_name)
{
    struct temp_folder        folder;
    char                      path[128], problem[512];
    unsigned                  seen   = 0;
    const struct store_loader loader = { .on_user = see, .arg = &seen };
    struct sqlite_file       *file   = NULL;

    temp_folder_init(&folder);
    temp_folder_file(&folder, "ahoy.db", path);
    run(path, old_file);
    for (unsigned round = 1; round <= 2; round++) {
        CHECK_INT(0, sqlite_file_open(path, &file, problem, sizeof problem));
        CHECK_INT(0, sqlite_file_load(file, 0, &loader));
        CHECK_INT(round, seen);
        sqlite_file_close(file);
    }
    temp_folder_fini(&folder);
}

TEST(the_number_of_a_hash_begins_with_its_first_byte)
{
    sqlite3      *db = NULL;
    sqlite3_stmt *s  = NULL;

    CHECK_INT(SQLITE_OK, sqlite3_open(":memory:", &db));
    CHECK_INT(0, sqlite_hash_register(db));
    CHECK_INT(SQLITE_OK, sqlite3_prepare_v2(db, "SELECT hash_number('SHA-256','abc'), hash_number('SHA-512-256',NULL)",
                                            -1, &s, NULL));
    CHECK_INT(SQLITE_ROW, sqlite3_step(s));
    CHECK((uint64_t)sqlite3_column_int64(s, 0) == UINT64_C(0xba7816bf8f01cfea));
    CHECK((uint64_t)sqlite3_column_int64(s, 1) == UINT64_C(0xc672b8d1ef56ed28));
    sqlite3_finalize(s);
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_of_an_older_file_can_be_found_by_the_hash_of_his_name),
        cmocka_unit_test(the_number_of_a_hash_begins_with_its_first_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
