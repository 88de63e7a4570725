/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/progress_line.h"

#include "support/test.h"

static const char *line_of(struct progress_view v, size_t columns)
{
    static char memory[512];
    struct buf  b = BUF_ON(memory);

    progress_line_write(&b, &v, columns);
    return buf_cstr(&b);
}

#define CHECK_LINE(want, columns, ...)                                                                                 \
    CHECK_SLICE((want), slice_from(line_of((struct progress_view){ __VA_ARGS__ }, (columns))))

TEST(every_wait_has_its_words_and_its_seconds)
{
    CHECK_LINE("", 80, .phase = PROGRESS_NOTHING);
    CHECK_LINE("Registering sip:a@b 3 s", 80, .phase = PROGRESS_REGISTERING, .whom = SLICE("sip:a@b"), .time = 3999);
    CHECK_LINE("Registered sip:a@b 3 s", 80, .phase = PROGRESS_REGISTERED, .whom = SLICE("sip:a@b"), .time = 3999);
    CHECK_LINE("Waiting for calls 61 s", 80, .phase = PROGRESS_WAITING, .time = 61000);
    CHECK_LINE("Calling sip:a@b 0 s", 80, .phase = PROGRESS_CALLING, .whom = SLICE("sip:a@b"));
    CHECK_LINE("Ringing 5 s", 80, .phase = PROGRESS_RINGING, .time = 5000);
}

TEST(a_call_shows_its_time_levels_and_loss)
{
    CHECK_LINE("01:05", 80, .phase = PROGRESS_UP, .time = 65000);
    CHECK_LINE("00:12  heard ##########  said ..........  lost 2.5 %", 80, .phase = PROGRESS_UP, .time = 12000,
               .has_levels = true, .heard = 1, .said = 0, .has_loss = true, .loss = 0.025);
    CHECK_LINE("00:00  on hold", 80, .phase = PROGRESS_UP, .held = true);
}

/* Between -45 dB and 0 dB of full scale. */
TEST(bars_are_logarithmic)
{
    CHECK_LINE("00:00  heard ######....  said ..........", 80, .phase = PROGRESS_UP, .has_levels = true, .heard = 0.1,
               .said = 0.001);
}

TEST(it_never_wraps_nor_cuts_a_character)
{
    CHECK_LINE("Ringing", 7, .phase = PROGRESS_RINGING, .time = 5000);
    CHECK_LINE("Calling \xc3\xbc", 9, .phase = PROGRESS_CALLING, .whom = SLICE("\xc3\xbc\xc3\xbc"));
    CHECK_LINE("", 0, .phase = PROGRESS_RINGING);
}

TEST(whom_it_names_cannot_drive_the_terminal)
{
    CHECK_LINE("Calling ?[2J 0 s", 80, .phase = PROGRESS_CALLING, .whom = SLICE("\x1b[2J"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wait_has_its_words_and_its_seconds),
        cmocka_unit_test(a_call_shows_its_time_levels_and_loss),
        cmocka_unit_test(bars_are_logarithmic),
        cmocka_unit_test(it_never_wraps_nor_cuts_a_character),
        cmocka_unit_test(whom_it_names_cannot_drive_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
