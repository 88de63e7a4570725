/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_convert IN OUT: any sound file to a WAV file of 8 kHz, 16 bit, mono. */

#include "base/buf.h"
#include "media/audio_file.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    char                 text[256];
    struct buf           why = BUF_ON(text);
    struct audio_source *in;
    struct audio_sink   *out;
    int16_t              sample;

    if (argc != 3) {
        fprintf(stderr, "usage: audio_convert IN OUT.wav\n");
        return 2;
    }
    if (audio_file_source_open(argv[1], AUDIO_RATE, false, &why, &in) != 0) {
        fprintf(stderr, "audio_convert: %s\n", buf_cstr(&why));
        return 1;
    }
    if (audio_file_sink_open(argv[2], AUDIO_RATE, &why, &out) != 0) {
        fprintf(stderr, "audio_convert: %s\n", buf_cstr(&why));
        audio_source_close(in);
        return 1;
    }
    for (audio_file_source_wait(in, 1); !audio_ended(in); audio_file_source_wait(in, 1)) {
        audio_pull(in, &sample, 1);
        audio_push(out, &sample, 1);
    }
    audio_source_close(in);
    return audio_sink_close(out) != 0;
}
