/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the disk refuses, and whenever: it is reported, tried again, and in the
 * end everything is there; and a disk that does not work is no damaged file. */
#include "base/error.h"
#include "store/store.h"
#include "support/disk_vfs.h"
#include "support/post_world.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>

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
        cmocka_unit_test(a_disk_that_cannot_be_written_at_the_start_is_no_damaged_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
