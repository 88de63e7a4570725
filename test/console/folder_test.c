/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/folder.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <sys/stat.h>

static struct temp_folder temp;
static char               path[128], problem[512];

static int make(const char *name)
{
    return folder_make(slice_from(temp_folder_file(&temp, name, path)), problem, sizeof problem);
}

TEST(every_folder_of_a_path_is_made_and_the_last_is_ours_alone)
{
    struct stat st;

    temp_folder_init(&temp);
    CHECK_INT(0, make("one/two/three"));
    CHECK_INT(0, stat(path, &st));
    CHECK_INT(0700, st.st_mode & 0777);
    CHECK_INT(0, make("one/two/three")); /* there already */
    temp_folder_fini(&temp);
}

TEST(a_file_in_the_way_is_said)
{
    FILE *file;

    temp_folder_init(&temp);
    file = fopen(temp_folder_file(&temp, "file", path), "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK_INT(-ERR_IO, make("file/state"));
    CHECK(strstr(problem, "cannot make the folder ") == problem);
    CHECK(strstr(problem, "file/state: Not a directory") != NULL);
    temp_folder_fini(&temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_folder_of_a_path_is_made_and_the_last_is_ours_alone),
        cmocka_unit_test(a_file_in_the_way_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
