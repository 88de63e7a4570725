/* SPDX-License-Identifier: BSD-2-Clause */
/* audio_module.h - what a sound card module is to the program: one struct of
 * functions under one symbol, and two rings.
 *
 * A module includes this header and ring.h, links its sound library, and nothing
 * of ours.  Its thread writes what the microphone hears into `captured` and
 * reads what the loudspeaker plays from `to_play`; both rings outlive the card. */

#ifndef MEDIA_AUDIO_MODULE_H
#define MEDIA_AUDIO_MODULE_H

#include "media/ring.h"

#include <stdbool.h>

#define AUDIO_MODULE_SYMBOL "ahoy_audio_module"

enum { AUDIO_MODULE_VERSION = 2 };

enum audio_card_error { AUDIO_CARD_OK, AUDIO_CARD_NONE, AUDIO_CARD_UNSUPPORTED, AUDIO_CARD_FAILED };

struct audio_card;

struct audio_card_info {
    char     name[128];       /* what `open` takes; ended by NUL                 */
    char     system[32];      /* "ALSA"                                          */
    unsigned inputs, outputs; /* channels                                        */
    double   rate;            /* samples a second that it likes best             */
    bool     default_input, default_output;
};

struct audio_module {
    unsigned version; /* AUDIO_MODULE_VERSION */
    /* Start the default card (`name` NULL) or the first whose name contains
     * `name`, mono, 16 bit.  A card with one side only uses one ring.  On an error
     * `why` gets a sentence. */
    enum audio_card_error (*open)(const char *name, unsigned rate, struct ring *captured, struct ring *to_play,
                                  char *why, size_t why_size, struct audio_card **out);
    /* Stop it; the rings are not touched after it returns. */
    void (*close)(struct audio_card *card);
    /* The cards there are, at most `room` of them; none is no error. */
    enum audio_card_error (*list)(struct audio_card_info *cards, size_t room, size_t *count, char *why,
                                  size_t why_size);
};

#endif
