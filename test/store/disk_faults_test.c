/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the disk refuses, and whenever: it is reported, tried again, and in the
 * end everything is there; and a disk that does not work is no damaged file. */
#include "base/error.h"
#include "store/store.h"
#include "support/disk_vfs.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/version_1.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

enum { QUEUE = 100 };

static const int codes[] = { SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC };

struct bench {
    struct temp_folder   folder;
    char                 path[128], problem[512];
    struct post_world   *post;
    struct store        *store;
    struct store_client *client;
    uint64_t             wanted;
    bool                 done;
    int                  error;
};

static struct bench b;

static void on_report(void *owner, uint64_t seq, int error)
{
    (void)owner;
    if (error != 0)
        b.error = error;
    else
        b.done = seq >= b.wanted;
}

static int open_store(void)
{
    int error = store_sqlite_open(b.path, QUEUE, STORE_QUEUE_AGE, &b.store, b.problem, sizeof b.problem);

    if (error != 0)
        return error;
    CHECK_SLICE("", slice_from(b.problem));
    return store_client_open(b.store, post_world_of(b.post), on_report, NULL, &b.client);
}

static void close_store(void)
{
    store_client_close(b.client);
    store_close(b.store);
}

static void setup(void)
{
    b = (struct bench){ .post = post_world_new() };
    temp_folder_init(&b.folder);
    temp_folder_file(&b.folder, "ahoy.db", b.path);
    disk_vfs_install();
}

static void teardown(void)
{
    disk_vfs_remove();
    post_world_free(b.post);
    temp_folder_fini(&b.folder);
}

static void add_user(const char *name)
{
    struct store_change c = { .kind = STORE_PUT_USER,
                              .user = { SLICE("example.test"), slice_from(name), SLICE("md5"), SLICE("sha256") } };

    b.done = false;
    CHECK_INT(0, store_write(b.client, &c, 1, &b.wanted));
    CHECK(post_world_run_until(b.post, &b.done));
}

static void count_user(void *arg, const struct stored_user *u)
{
    (void)u;
    ++*(int *)arg;
}

static int users_in(struct store *s)
{
    int                 count  = 0;
    struct store_loader loader = { .on_user = count_user, .arg = &count };

    CHECK_INT(0, store_load(s, 0, &loader));
    return count;
}

static void check_nothing_moved_aside(void)
{
    DIR *folder = opendir(b.folder.path);

    CHECK(folder != NULL);
    for (struct dirent *e; (e = readdir(folder)) != NULL;)
        CHECK(strstr(e->d_name, "damaged") == NULL);
    closedir(folder);
}

static bool is_honest(int error)
{
    return error == -ERR_DISK_FULL || error == -ERR_IO;
}

TEST(any_write_or_sync_may_fail_and_the_change_is_committed_in_the_end)
{
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        bool failed = true;

        for (unsigned n = 1; failed; n++) {
            setup();
            CHECK_INT(0, open_store());
            add_user("alice");
            disk_fail_at(n, 1, codes[c]);
            add_user("bob");
            failed = disk_failed();
            disk_fail_at(0, 0, 0);
            CHECK(!failed || b.error == (c == 0 ? -ERR_DISK_FULL : -ERR_IO));
            CHECK(failed || b.error == 0);
            add_user("carol");
            close_store();
            CHECK_INT(0, open_store());
            CHECK_INT(3, users_in(b.store));
            close_store();
            teardown();
            CHECK(n < 100);
        }
    }
}

/* The last connection takes the log into the file: what fails there is left in the log. */
TEST(any_write_or_sync_may_fail_while_it_is_closed_and_nothing_is_lost)
{
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        setup();
        CHECK_INT(0, open_store());
        add_user("alice");
        add_user("bob");
        disk_fail_at(n, 1000, SQLITE_IOERR_WRITE);
        close_store();
        failed = disk_failed();
        disk_fail_at(0, 0, 0);
        CHECK_INT(0, open_store());
        CHECK_INT(2, users_in(b.store));
        close_store();
        check_nothing_moved_aside();
        teardown();
        CHECK(n < 100);
    }
}

TEST(any_write_or_sync_may_fail_while_it_is_made_and_it_is_said)
{
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        bool failed = true;

        for (unsigned n = 1; failed; n++) {
            int error;

            setup();
            disk_fail_at(n, 1000, codes[c]);
            error  = open_store();
            failed = disk_failed();
            if (error == 0)
                close_store();
            else
                CHECK(is_honest(error) && strstr(b.problem, b.path) != NULL);
            disk_fail_at(0, 0, 0);
            CHECK_INT(0, open_store());
            add_user("alice");
            close_store();
            check_nothing_moved_aside();
            teardown();
            CHECK(n < 100);
        }
    }
}

/* As version 1 left it: all of them are written anew. */
static void make_old_file(void)
{
    sqlite3 *db;

    CHECK_INT(SQLITE_OK, sqlite3_open(b.path, &db));
    CHECK_INT(SQLITE_OK,
              sqlite3_exec(db,
                           VERSION_1_TABLES
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100)"
                           " INSERT INTO binding SELECT i,'sip:alice@example.test','sip:alice@192.0.2.1','','call',"
                           "'phone','','udp 192.0.2.1:5060',i,1000,0,1152921504606846976 FROM n;"
                           "PRAGMA user_version=1;",
                           NULL, NULL, NULL));
    CHECK_INT(SQLITE_OK, sqlite3_close(db));
}

static void sum_binding(void *arg, const struct stored_binding *x)
{
    CHECK_INT(x->row, x->cseq);
    *(uint64_t *)arg += x->row;
}

static void check_all_of_old_file(void)
{
    uint64_t            sum    = 0;
    struct store_loader loader = { .on_binding = sum_binding, .arg = &sum };

    CHECK_INT(0, store_load(b.store, 0, &loader));
    CHECK_INT(100 * 101 / 2, sum);
}

/* And if the power goes with the disk: some of what was not synced is there, some is not. */
static void check_all_after_power_cut(uint64_t seed)
{
    char          folder[128], path[160], problem[512];
    struct store *whole = b.store;

    CHECK_INT(0, mkdir(temp_folder_file(&b.folder, "cut", folder), 0700));
    disk_power_cut(b.path, folder, seed);
    snprintf(path, sizeof path, "%s/ahoy.db", folder);
    CHECK_INT(0, store_sqlite_open(path, QUEUE, STORE_QUEUE_AGE, &b.store, problem, sizeof problem));
    CHECK_SLICE("", slice_from(problem));
    check_all_of_old_file();
    store_close(b.store);
    b.store = whole;
}

TEST(any_write_or_sync_may_fail_while_an_older_file_is_brought_up_and_all_is_there_afterwards)
{
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        bool failed = true;

        for (unsigned n = 1; failed; n++) {
            int error;

            setup();
            make_old_file();
            disk_fail_at(n, 1000, codes[c]);
            error  = open_store();
            failed = disk_failed();
            if (error == 0)
                close_store();
            else
                CHECK(is_honest(error));
            disk_fail_at(0, 0, 0);
            check_all_after_power_cut(n);
            CHECK_INT(0, open_store());
            check_all_of_old_file();
            close_store();
            check_nothing_moved_aside();
            teardown();
            CHECK(n < 300);
        }
    }
}

TEST(a_disk_that_cannot_be_written_at_the_start_is_no_damaged_file)
{
    bool failed = true;

    for (unsigned n = 1; failed; n++) {
        int error;

        setup();
        CHECK_INT(0, open_store());
        add_user("alice");
        close_store();
        disk_fail_at(n, 1000, SQLITE_FULL);
        error  = open_store();
        failed = disk_failed();
        if (error == 0)
            close_store();
        else
            CHECK(is_honest(error));
        disk_fail_at(0, 0, 0);
        CHECK_INT(0, open_store());
        CHECK_INT(1, users_in(b.store));
        close_store();
        check_nothing_moved_aside();
        teardown();
        CHECK(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_write_or_sync_may_fail_and_the_change_is_committed_in_the_end),
        cmocka_unit_test(any_write_or_sync_may_fail_while_it_is_closed_and_nothing_is_lost),
        cmocka_unit_test(any_write_or_sync_may_fail_while_it_is_made_and_it_is_said),
        cmocka_unit_test(any_write_or_sync_may_fail_while_an_older_file_is_brought_up_and_all_is_there_afterwards),
        cmocka_unit_test(a_disk_that_cannot_be_written_at_the_start_is_no_damaged_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
