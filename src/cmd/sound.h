/* SPDX-License-Identifier: BSD-2-Clause */
/* sound.h - what --play, --record, --record-both, --echo and --null-audio mean: files,
 * nothing, or the sound card if none of them is given. */

#ifndef CMD_SOUND_H
#define CMD_SOUND_H

#include "call/phone.h"
#include "media/audio_tap.h"

struct sound {
    const char *play, *record; /* NULL: silence, discard       */
    const char *both;          /* stereo: said, heard; or NULL */
    const char *device;        /* part of a card's name, or NULL: the default one */
    bool        null, echo;
    bool        meter; /* levels are wanted */
    unsigned    calls; /* opened so far: the second recording is FILE-2.wav */

    struct audio_tap *tap; /* of the call whose sound was opened last, or NULL */
    object_id         tapped;
    unsigned          tapped_stream;
};

/* The options, as a command's table has them; the letters are the caller's. */
#define SOUND_OPTIONS(play_letter, record_letter, both_letter, device_letter, null_letter)                             \
    { (play_letter), "play", "FILE", "a WAV file to speak instead of the microphone" },                                \
        { (record_letter), "record", "FILE", "write what is heard to this WAV file" },                                 \
        { (both_letter), "record-both", "FILE",                                                                        \
          "write both sides to this WAV file, in stereo: left what is said, right what is heard" },                    \
        { (device_letter), "device", "NAME", "the sound card with this in its name, see 'ahoy devices'" },             \
    {                                                                                                                  \
        (null_letter), "null-audio", NULL, "no sound card: silence unless --play or --record say otherwise"            \
    }

/* Can all this be opened?  Says on stderr what to do if not, and returns an exit
 * code; EXIT_OK if it can. */
int sound_check(const struct sound *s);

/* Borrows `s`. */
struct phone_media sound_media(struct sound *s);

/* How loud the call is whose sound was opened last; false if there is none, or nobody
 * wanted to know. */
bool sound_levels(const struct sound *s, struct audio_levels *out);

#endif
