/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_file.h"
#include "media/audio_tone.h"
#include "media/compare.h"
#include "support/test.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS = 3, COUNT = SECONDS * AUDIO_RATE };

static char path[64];
static char why_text[256];

static int make_path(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/ahoy_audio_XXXXXX");
    fd = mkstemp(path);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static int open_path(bool loop, struct audio_source **out)
{
    struct buf why   = BUF_ON(why_text);
    int        error = audio_file_source_open(path, AUDIO_RATE, loop, &why, out);

    buf_cstr(&why);
    return error;
}

/* Sample by sample, but as fast as the file can be read. */
static void hear(struct audio_source *s, int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        audio_file_source_wait(s, 1);
        audio_pull(s, samples + i, 1);
    }
}

static bool has_ended(struct audio_source *s)
{
    audio_file_source_wait(s, 1);
    return audio_ended(s);
}

/* The same tone in a file of any rate, format and number of channels. */
static void write_tone(int rate, int channels, int format, size_t count)
{
    SF_INFO              info = { .samplerate = rate, .channels = channels, .format = format };
    SNDFILE             *file = sf_open(path, SFM_WRITE, &info);
    struct audio_source *tone = audio_tone_new(5, (unsigned)rate, NEVER);
    int16_t              sample, frame[8];

    assert_non_null(file);
    sf_command(file, SFC_SET_SCALE_INT_FLOAT_WRITE, NULL, SF_TRUE);
    for (size_t i = 0; i < count; i++) {
        audio_pull(tone, &sample, 1);
        for (int c = 0; c < channels; c++)
            frame[c] = sample;
        CHECK_INT(1, sf_writef_short(file, frame, 1));
    }
    audio_source_close(tone);
    sf_close(file);
}

static void write_bytes(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    CHECK_INT(len, fwrite(bytes, 1, len, file));
    fclose(file);
}

TEST(a_file_at_our_rate_is_played_sample_by_sample_and_ends)
{
    static int16_t       heard[COUNT + 160], wanted[COUNT];
    struct audio_source *s, *tone = audio_tone_new(5, AUDIO_RATE, NEVER);

    write_tone(AUDIO_RATE, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, COUNT);
    CHECK_INT(0, open_path(false, &s));
    audio_pull(tone, wanted, COUNT);
    hear(s, heard, COUNT - 1);
    CHECK(!has_ended(s));
    hear(s, heard + COUNT - 1, 161);
    CHECK(has_ended(s));
    CHECK(memcmp(heard, wanted, sizeof wanted) == 0);
    for (int i = COUNT; i < COUNT + 160; i++)
        CHECK_INT(0, heard[i]);
    audio_source_close(s);
    audio_source_close(tone);
}

TEST(a_looped_file_starts_again_and_never_ends)
{
    int16_t              heard[10];
    struct audio_source *s;

    write_bytes("RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\6\0\0\0\1\0\2\0\3\0",
                50);
    CHECK_INT(0, open_path(true, &s));
    for (int round = 0; round < 3 * AUDIO_RATE; round++) { /* more than is read ahead */
        hear(s, heard, 9);
        for (int i = 0; i < 9; i++)
            CHECK_INT(i % 3 + 1, heard[i]);
    }
    CHECK(!has_ended(s));
    audio_source_close(s);
}

/* Other rates, formats and channels: the same speech to the comparer. */
TEST(any_rate_and_format_is_brought_to_ours)
{
    static const struct {
        int rate, channels, format;
    } files[] = {
        { 22050, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16 }, { 44100, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT },
        { 48000, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_24 }, { 16000, 6, SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
        { 8000, 1, SF_FORMAT_WAV | SF_FORMAT_ULAW },    { 8000, 1, SF_FORMAT_AU | SF_FORMAT_ALAW },
    };
    static int16_t        heard[COUNT + AUDIO_RATE], again[COUNT + AUDIO_RATE];
    struct compare_result r;
    struct audio_source  *s;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t count = 0;

        write_tone(files[i].rate, files[i].channels, files[i].format, (size_t)files[i].rate * SECONDS);
        CHECK_INT(0, open_path(false, &s));
        while (!has_ended(s) && count < COUNT + 4000)
            hear(s, heard + count++, 1);
        audio_source_close(s);
        CHECK(count >= COUNT - 2 && count <= COUNT + 2);

        /* The tone made at that rate, thinned out by the plainest means, is the reference. */
        s = audio_tone_new(5, (unsigned)files[i].rate, NEVER);
        for (size_t k = 0, at = 0; k < COUNT; k++) {
            double  sum = 0;
            int16_t sample;
            size_t  n = 0;

            for (; at < (k + 1) * (size_t)files[i].rate / AUDIO_RATE; at++, n++) {
                audio_pull(s, &sample, 1);
                sum += sample;
            }
            again[k] = (int16_t)(n > 0 ? sum / (double)n : 0);
        }
        audio_source_close(s);
        CHECK_INT(0, compare_speech(again, COUNT, heard, count, AUDIO_RATE, &r));
        CHECK(r.heard);
        CHECK(fabs(r.delay_ms) < 1);
    }
}

TEST(a_file_cut_off_in_the_middle_plays_what_is_there)
{
    struct audio_source *s;
    int16_t              heard[COUNT];
    size_t               count = 0;

    write_tone(AUDIO_RATE, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, COUNT);
    CHECK_INT(0, truncate(path, 44 + 1000 * 2 + 1));
    CHECK_INT(0, open_path(false, &s));
    while (!has_ended(s) && count < COUNT)
        hear(s, heard + count++, 1);
    CHECK_INT(1000, count);
    audio_source_close(s);
}

TEST(what_holds_no_sound_is_refused_with_a_sentence)
{
    static const struct {
        const char *bytes;
        size_t      len;
    } files[] = {
        { "", 0 },
        { "this is not a sound file, whatever its name says", 48 },
        { "RIFF", 4 },
        { "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0", 44 },
        { "RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\1\0\0\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\6\0\0\0\1\0\2\0\3\0", 50 },
        { "RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\0\0\0\0\x80\x3e\0\0\2\0\x10\0data\6\0\0\0\1\0\2\0\3\0", 50 },
    };
    struct audio_source *s;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_bytes(files[i].bytes, files[i].len);
        CHECK_INT(-ERR_CORRUPT, open_path(false, &s));
        CHECK(strstr(why_text, path) == why_text);
        CHECK(strlen(why_text) > strlen(path) + 4);
    }
}

/* Every prefix, then every single damaged byte of the header: no crash, no leak. */
TEST(a_damaged_header_is_survived)
{
    char bytes[60] = "RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x10\0\0\0";
    struct audio_source *s;

    for (size_t len = 0; len <= sizeof bytes; len++) {
        write_bytes(bytes, len);
        if (open_path(false, &s) == 0)
            audio_source_close(s);
    }
    for (size_t at = 0; at < 44; at++) {
        bytes[at] = (char)~bytes[at];
        write_bytes(bytes, sizeof bytes);
        if (open_path(false, &s) == 0)
            audio_source_close(s);
        bytes[at] = (char)~bytes[at];
    }
}

TEST(a_file_that_is_not_there_and_one_that_is_a_folder_say_so)
{
    struct audio_source *s;
    struct buf           why = BUF_ON(why_text);

    CHECK_INT(-ERR_NOT_FOUND, audio_file_source_open("/nowhere/at/all.wav", AUDIO_RATE, false, &why, &s));
    CHECK(strstr(buf_cstr(&why), "/nowhere/at/all.wav: ") != NULL);
    CHECK(audio_file_source_open("/tmp", AUDIO_RATE, false, NULL, &s) < 0);
}

/* A pipe whose writer never comes, and a device that never ends: nobody waits for them. */
TEST(what_is_no_file_is_refused_at_once)
{
    struct audio_source *s;
    struct buf           why = BUF_ON(why_text);

    CHECK_INT(0, unlink(path));
    CHECK_INT(0, mkfifo(path, 0600));
    CHECK_INT(-ERR_CORRUPT, open_path(false, &s));
    CHECK(strstr(why_text, "not a file") != NULL);
    CHECK_INT(-ERR_CORRUPT, audio_file_source_open("/dev/zero", AUDIO_RATE, false, &why, &s));
}

/* Hours of a ramp: only what is ahead by some seconds is in memory, and leaving it waits for nothing. */
TEST(a_file_of_any_length_is_played_piece_by_piece)
{
    struct audio_source *s;
    char                 header[44] =
        "RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\xff\xff\xff\x7f";
    static int16_t heard[AUDIO_RATE];

    write_bytes(header, sizeof header);
    CHECK_INT(0, truncate(path, 44 + (off_t)100000 * AUDIO_RATE));
    CHECK_INT(0, open_path(false, &s));
    for (int second = 0; second < 20; second++) {
        memset(heard, 0, sizeof heard);
        hear(s, heard, AUDIO_RATE);
        CHECK_INT(INT16_MIN, heard[0]); /* 0 in a file of unsigned bytes */
        CHECK_INT(INT16_MIN, heard[AUDIO_RATE - 1]);
    }
    CHECK(!has_ended(s));
    audio_source_close(s);
}

/* Who pulls faster than the disk gives hears silence, not an end. */
TEST(a_disk_that_is_too_slow_makes_silence_and_loses_nothing)
{
    static int16_t       heard[30 * AUDIO_RATE], frame[160];
    struct audio_source *s;
    size_t               frames = 0, loud = 0;

    write_tone(AUDIO_RATE, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, sizeof heard / sizeof *heard);
    CHECK_INT(0, open_path(false, &s));
    while (!audio_ended(s)) { /* as fast as can be: the reader may fall behind at any time */
        audio_pull(s, frame, 160);
        for (int i = 0; i < 160; i++)
            loud += frame[i] != 0;
        frames++;
    }
    audio_source_close(s);
    CHECK(frames >= sizeof heard / sizeof *heard / 160);
    CHECK_INT(0, open_path(false, &s));
    hear(s, heard, sizeof heard / sizeof *heard);
    audio_source_close(s);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; i++)
        loud -= heard[i] != 0;
    CHECK_INT(0, loud);
}

#define WITH_PATH(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PATH(a_file_at_our_rate_is_played_sample_by_sample_and_ends),
        WITH_PATH(a_looped_file_starts_again_and_never_ends),
        WITH_PATH(any_rate_and_format_is_brought_to_ours),
        WITH_PATH(a_file_cut_off_in_the_middle_plays_what_is_there),
        WITH_PATH(what_holds_no_sound_is_refused_with_a_sentence),
        WITH_PATH(a_damaged_header_is_survived),
        WITH_PATH(a_file_that_is_not_there_and_one_that_is_a_folder_say_so),
        WITH_PATH(what_is_no_file_is_refused_at_once),
        WITH_PATH(a_file_of_any_length_is_played_piece_by_piece),
        WITH_PATH(a_disk_that_is_too_slow_makes_silence_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
