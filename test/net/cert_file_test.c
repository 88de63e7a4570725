/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/cert_file.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct temp_folder temp;
static char               certificate[128], key[128];

static int begin(void **state)
{
    (void)state;
    temp_folder_init(&temp);
    temp_folder_file(&temp, "a.pem", certificate);
    temp_folder_file(&temp, "a.key", key);
    return 0;
}

static int end(void **state)
{
    (void)state;
    temp_folder_fini(&temp);
    return 0;
}

static struct cert_pair pair_of(char *certificate_text, char *key_text)
{
    return (struct cert_pair){ certificate_text, key_text };
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    CHECK_INT(0, stat(path, &st));
    return st.st_mode & 07777;
}

static unsigned files_in_folder(void)
{
    DIR     *d     = opendir(temp.path);
    unsigned count = 0;

    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

static void check_content(const char *want_certificate, const char *want_key)
{
    struct cert_pair got;

    CHECK_INT(0, cert_read_pair(certificate, key, &got));
    assert_string_equal(want_certificate, got.certificate);
    assert_string_equal(want_key, got.key);
    cert_pair_free(&got);
}

TEST(a_key_is_its_owners_alone_whatever_the_umask)
{
    struct cert_pair p   = pair_of("certificate\n", "key\n");
    mode_t           old = umask(0);

    CHECK_INT(0, cert_write(&p, certificate, key, false));
    umask(old);
    CHECK_INT(0600, mode_of(key));
    CHECK_INT(0644, mode_of(certificate));
    check_content("certificate\n", "key\n");
    CHECK_INT(2, files_in_folder());
}

TEST(what_is_there_stays_unless_it_is_to_be_replaced)
{
    struct cert_pair one = pair_of("one\n", "1\n"), two = pair_of("two\n", "2\n");

    CHECK_INT(0, cert_write(&one, certificate, key, false));
    CHECK_INT(-ERR_EXISTS, cert_write(&two, certificate, key, false));
    check_content("one\n", "1\n");
    CHECK_INT(0, cert_write(&two, certificate, key, true));
    check_content("two\n", "2\n");
    CHECK_INT(0600, mode_of(key));
    CHECK_INT(2, files_in_folder());
}

/* Else a new key would stand beside an old certificate. */
TEST(one_file_of_the_two_is_enough_to_refuse_before_anything_is_written)
{
    struct cert_pair one = pair_of("one\n", "1\n");

    CHECK_INT(0, cert_write_text(certificate, "old\n", 0644, false));
    CHECK_INT(-ERR_EXISTS, cert_write(&one, certificate, key, false));
    CHECK_INT(1, files_in_folder());
    CHECK_INT(-ERR_EXISTS, cert_write_text(certificate, "new\n", 0644, false));
    CHECK_INT(1, files_in_folder());
}

TEST(a_folder_that_is_not_there_is_said)
{
    struct cert_pair one = pair_of("one\n", "1\n");
    char             path[128];

    temp_folder_file(&temp, "none/a.pem", path);
    CHECK_INT(-ERR_NOT_FOUND, cert_write(&one, path, path, false));
    CHECK_INT(-ERR_NOT_FOUND, cert_read_pair(path, path, &one));
    CHECK(one.certificate == NULL && one.key == NULL);
}

/* The limit on a file's size fails a write as a full disk does. */
TEST(a_full_disk_is_said_and_what_was_there_is_left_as_it_was)
{
    struct cert_pair one = pair_of("one\n", "1\n"), two = pair_of("a longer one\n", "2\n");
    struct rlimit    old, small;

    CHECK_INT(0, cert_write(&one, certificate, key, false));
    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &old));
    small          = old;
    small.rlim_cur = 4;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &small));
    CHECK_INT(-ERR_DISK_FULL, cert_write_text(certificate, two.certificate, 0644, true));
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &old));
    check_content("one\n", "1\n");
    CHECK_INT(2, files_in_folder());
}

/* They may never end. */
TEST(devices_and_folders_are_not_read)
{
    size_t len;
    char  *text;

    CHECK_INT(-ERR_PERMISSION, cert_read_text("/dev/zero", &text, &len));
    CHECK(text == NULL);
    CHECK_INT(-ERR_PERMISSION, cert_read_text(temp.path, &text, &len));
}

TEST(a_file_too_large_to_be_a_certificate_is_refused)
{
    size_t len;
    char  *text;
    FILE  *file = fopen(certificate, "w");

    CHECK_INT(0, fseek(file, CERT_FILE_MAX, SEEK_SET));
    fputc('x', file);
    fclose(file);
    CHECK_INT(-ERR_TOO_LARGE, cert_read_text(certificate, &text, &len));
    CHECK(text == NULL);
}

TEST(a_path_too_long_is_refused)
{
    static char path[5000];

    memset(path, 'a', sizeof path - 1);
    CHECK_INT(-ERR_TOO_LARGE, cert_write_text(path, "x", 0644, true));
}

TEST(without_memory_nothing_is_read)
{
    struct cert_pair one = pair_of("one\n", "1\n"), got;

    CHECK_INT(0, cert_write(&one, certificate, key, false));
    for (unsigned n = 1; n <= 2; n++) {
        alloc_fail_at(n);
        CHECK_INT(-ERR_NO_MEMORY, cert_read_pair(certificate, key, &got));
        cert_pair_free(&got);
    }
    alloc_fail_at(0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_key_is_its_owners_alone_whatever_the_umask),
        IN_FOLDER(what_is_there_stays_unless_it_is_to_be_replaced),
        IN_FOLDER(one_file_of_the_two_is_enough_to_refuse_before_anything_is_written),
        IN_FOLDER(a_folder_that_is_not_there_is_said),
        IN_FOLDER(a_full_disk_is_said_and_what_was_there_is_left_as_it_was),
        IN_FOLDER(devices_and_folders_are_not_read),
        IN_FOLDER(a_file_too_large_to_be_a_certificate_is_refused),
        IN_FOLDER(a_path_too_long_is_refused),
        IN_FOLDER(without_memory_nothing_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
