/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "media/audio_file.h"
#include "media/audio_tone.h"
#include "support/test.h"

#include <poll.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME = 160, COUNT = 3 * AUDIO_RATE };

static char path[64];

static int make_path(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/ahoy_record_XXXXXX");
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

/* The samples of the file at `path`, or -1 if it is no WAV file of ours. */
static int64_t read_back(int16_t *samples, size_t room)
{
    SF_INFO  info = { 0 };
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    int64_t  count;

    if (file == NULL)
        return -1;
    CHECK_INT(AUDIO_RATE, info.samplerate);
    CHECK_INT(1, info.channels);
    CHECK_INT(SF_FORMAT_WAV | SF_FORMAT_PCM_16, info.format);
    count = sf_read_short(file, samples, (sf_count_t)room);
    sf_close(file);
    return count;
}

TEST(everything_pushed_is_in_the_file_after_the_close)
{
    static int16_t       pushed[COUNT], read[COUNT + 1];
    struct audio_source *tone = audio_tone_new(3, AUDIO_RATE, NEVER);
    struct audio_sink   *s;

    audio_pull(tone, pushed, COUNT);
    audio_source_close(tone);
    CHECK_INT(0, audio_file_sink_open(path, AUDIO_RATE, NULL, &s));
    for (size_t i = 0; i < COUNT; i += FRAME)
        audio_push(s, pushed + i, FRAME);
    CHECK_INT(0, audio_sink_close(s));
    CHECK_INT(COUNT, read_back(read, COUNT + 1));
    CHECK(memcmp(pushed, read, sizeof pushed) == 0);
}

TEST(two_channels_are_pushed_in_turns)
{
    static const int16_t pushed[6] = { 1, -1, 2, -2, 3, -3 };
    int16_t              read[8];
    SF_INFO              info = { 0 };
    SNDFILE             *file;
    struct audio_sink   *s;

    CHECK_INT(0, audio_file_sink_open_stereo(path, AUDIO_RATE, NULL, &s));
    audio_push(s, pushed, 6);
    CHECK_INT(0, audio_sink_close(s));
    file = sf_open(path, SFM_READ, &info);
    CHECK(file != NULL);
    CHECK_INT(2, info.channels);
    CHECK_INT(3, info.frames);
    CHECK_INT(6, sf_read_short(file, read, 8));
    CHECK(memcmp(read, pushed, sizeof pushed) == 0);
    sf_close(file);
}

TEST(an_older_file_is_replaced_whole)
{
    static int16_t     samples[COUNT];
    struct audio_sink *s;

    for (size_t length = COUNT; length > 0; length /= 10) {
        CHECK_INT(0, audio_file_sink_open(path, AUDIO_RATE, NULL, &s));
        audio_push(s, samples, length);
        CHECK_INT(0, audio_sink_close(s));
        CHECK_INT(length, read_back(samples, COUNT));
    }
}

static void push_and_wait_for_the_end(int ready)
{
    static int16_t     samples[COUNT];
    struct audio_sink *s;

    if (audio_file_sink_open(path, AUDIO_RATE, NULL, &s) != 0 || write(ready, "o", 1) != 1)
        _exit(1);
    for (size_t i = 0; i < COUNT; i += FRAME)
        audio_push(s, samples + i, FRAME);
    for (;;)
        pause();
}

/* A child pushes three seconds and is killed; the parent finds a file whose
 * header tells of all but the last second. */
TEST(a_killed_process_leaves_a_file_that_can_be_read)
{
    static int16_t samples[COUNT];
    char           events[4096], byte;
    int            ready[2], changes = inotify_init1(IN_CLOEXEC);
    pid_t          child;

    CHECK_INT(0, pipe(ready));
    CHECK(inotify_add_watch(changes, path, IN_MODIFY) >= 0);
    child = fork();
    if (child == 0)
        push_and_wait_for_the_end(ready[1]);
    CHECK_INT(1, read(ready[0], &byte, 1));
    do
        CHECK(read_back(samples, COUNT) >= 0); /* valid from the very start */
    while (read_back(samples, COUNT) < COUNT - AUDIO_RATE &&
           poll(&(struct pollfd){ .fd = changes, .events = POLLIN }, 1, 10000) == 1 &&
           read(changes, events, sizeof events) > 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(read_back(samples, COUNT) >= COUNT - AUDIO_RATE);
    close(ready[0]);
    close(ready[1]);
    close(changes);
}

TEST(a_file_that_cannot_be_written_is_refused_with_a_sentence)
{
    char               text[256];
    struct buf         why = BUF_ON(text);
    struct audio_sink *s;

    CHECK_INT(-ERR_NOT_FOUND, audio_file_sink_open("/nowhere/at/all.wav", AUDIO_RATE, &why, &s));
    CHECK(strstr(buf_cstr(&why), "/nowhere/at/all.wav: ") != NULL);
    CHECK_INT(-ERR_PERMISSION, audio_file_sink_open("/tmp", AUDIO_RATE, NULL, &s));
    CHECK_INT(-ERR_DISK_FULL, audio_file_sink_open("/dev/full", AUDIO_RATE, NULL, &s));
}

/* A limit on the size of files stands in for a disk that fills up meanwhile. */
TEST(a_disk_that_fills_up_is_reported_and_what_was_written_stays)
{
    static int16_t     samples[COUNT];
    struct audio_sink *s;
    struct rlimit      was;
    int                error;

    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &was));
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 44 + 2 * AUDIO_RATE, was.rlim_max }));
    CHECK_INT(0, audio_file_sink_open(path, AUDIO_RATE, NULL, &s));
    audio_push(s, samples, COUNT);
    error = audio_sink_close(s);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &was));
    CHECK_INT(-ERR_IO, error);
    CHECK(read_back(samples, COUNT) > 0);
}

TEST(more_than_the_ring_holds_is_dropped_and_reported_not_waited_for)
{
    static int16_t     samples[200 * AUDIO_RATE];
    struct audio_sink *s;

    CHECK_INT(0, audio_file_sink_open(path, AUDIO_RATE, NULL, &s));
    audio_push(s, samples, 200 * AUDIO_RATE);
    CHECK_INT(-ERR_LIMIT, audio_sink_error(s));
    CHECK_INT(-ERR_LIMIT, audio_sink_close(s));
    CHECK(read_back(samples, 200 * AUDIO_RATE) >= 60 * AUDIO_RATE);
}

#define WITH_PATH(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PATH(everything_pushed_is_in_the_file_after_the_close),
        WITH_PATH(two_channels_are_pushed_in_turns),
        WITH_PATH(an_older_file_is_replaced_whole),
        WITH_PATH(a_killed_process_leaves_a_file_that_can_be_read),
        WITH_PATH(a_file_that_cannot_be_written_is_refused_with_a_sentence),
        WITH_PATH(a_disk_that_fills_up_is_reported_and_what_was_written_stays),
        WITH_PATH(more_than_the_ring_holds_is_dropped_and_reported_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
