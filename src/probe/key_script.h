/* SPDX-License-Identifier: BSD-2-Clause */
/* key_script.h - keys to press in a call, with pauses: "1,pause:500ms,42#".
 *
 *     script = step *("," step)
 *     step   = 1*("0"-"9" / "*" / "#" / "A"-"D") / "pause:" duration
 *
 * Without a pause each key follows the one before as fast as RFC 4733 sends them. */

#ifndef PROBE_KEY_SCRIPT_H
#define PROBE_KEY_SCRIPT_H

#include "base/msec.h"
#include "base/slice.h"

enum {
    KEY_SCRIPT_STEPS = 64,
    KEY_SCRIPT_RUN   = 32,  /* keys in one step                                    */
    KEY_SCRIPT_KEY   = 160, /* ms: how long a key takes, its silence included      */
};

#define KEY_SCRIPT_PAUSE_MAX ((msec)3600 * 1000)
#define KEY_SCRIPT_FORM      "'1,pause:500ms,42#' with keys of 0-9 * # A-D"

struct key_step {
    struct slice keys; /* empty: a pause */
    msec         pause;
};

struct key_script {
    struct key_step steps[KEY_SCRIPT_STEPS];
    size_t          count;
};

struct key_fault {
    size_t      at;       /* byte of the text, from 0 */
    const char *expected; /* "a key of 0-9 * # A-D"   */
};

/* Borrows `text`.  False: `fault` says where and why. */
bool key_script_parse(struct slice text, struct key_script *out, struct key_fault *fault);

/* How long the step takes, before the next one may begin. */
msec key_step_length(const struct key_step *step);

/* Keys alone, as --expect-digits has them: false if there is another byte, or none at all. */
bool keys_are_good(struct slice keys);

#endif
