/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/file_fault.h"
#include "support/test.h"

#include <errno.h>

TEST(what_the_system_says_becomes_an_error_of_ours)
{
    static const struct {
        int number, error;
    } cases[] = {
        { ENOENT, -ERR_NOT_FOUND },  { ENOTDIR, -ERR_NOT_FOUND },
        { EACCES, -ERR_PERMISSION }, { EISDIR, -ERR_PERMISSION },
        { EROFS, -ERR_PERMISSION },  { ENOSPC, -ERR_DISK_FULL },
        { EDQUOT, -ERR_DISK_FULL },  { ENOMEM, -ERR_NO_MEMORY },
        { EMFILE, -ERR_IO },         { 0, -ERR_IO },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(cases[i].error, file_fault_errno(NULL, "x", cases[i].number));
}

TEST(the_sentence_names_the_file)
{
    char       text[128];
    struct buf why = BUF_ON(text);

    CHECK_INT(-ERR_CORRUPT, file_fault(&why, "a.wav", "there is no sound in it", -ERR_CORRUPT));
    CHECK_SLICE("a.wav: there is no sound in it", buf_slice(&why));
    why = BUF_ON(text);
    CHECK_INT(-ERR_NOT_FOUND, file_fault_errno(&why, "b.wav", ENOENT));
    CHECK_SLICE("b.wav: No such file or directory", buf_slice(&why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_system_says_becomes_an_error_of_ours),
        cmocka_unit_test(the_sentence_names_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
