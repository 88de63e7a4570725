/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/dtmf_info.h"

#include "support/test.h"

static char relay(const char *text)
{
    return dtmf_relay_read(test_guarded(slice_from(text)));
}

static char plain(const char *text)
{
    return dtmf_read(test_guarded(slice_from(text)));
}

TEST(a_key_is_read_as_itself_or_by_its_number)
{
    CHECK_INT('5', relay("Signal=5\r\nDuration=160\r\n"));
    CHECK_INT('#', relay("Duration= 100\nsignal = #\n"));
    CHECK_INT('*', relay("Signal=10"));
    CHECK_INT('D', relay("Signal=d\r\n"));
    CHECK_INT('7', plain("7\r\n"));
    CHECK_INT('#', plain("11"));
    CHECK_INT('A', plain(" A "));
}

TEST(what_is_no_key_is_none)
{
    CHECK_INT('\0', relay(""));
    CHECK_INT('\0', relay("Signal=16\r\n"));
    CHECK_INT('\0', relay("Signal=\r\n"));
    CHECK_INT('\0', relay("Duration=160\r\n"));
    CHECK_INT('\0', relay("Signals=5"));
    CHECK_INT('\0', plain(""));
    CHECK_INT('\0', plain("x"));
    CHECK_INT('\0', plain("99999999999"));
    CHECK_INT('\0', dtmf_read((struct slice){ "\0", 1 }));
}

TEST(what_is_written_reads_the_same)
{
    for (const char *key = "0123456789*#ABCD"; *key != '\0'; key++) {
        char       memory[64];
        struct buf b = BUF_ON(memory);

        dtmf_relay_write(&b, *key, 160);
        CHECK_INT(*key, dtmf_relay_read(buf_slice(&b)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_itself_or_by_its_number),
        cmocka_unit_test(what_is_no_key_is_none),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
