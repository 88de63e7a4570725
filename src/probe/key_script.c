/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/key_script.h"

#include "base/duration.h"

static bool is_key(char c)
{
    char low = ascii_lower(c);

    return is_digit_byte(c) || c == '*' || c == '#' || (low >= 'a' && low <= 'd');
}

bool keys_are_good(struct slice keys)
{
    for (size_t i = 0; i < keys.len; i++)
        if (!is_key(keys.ptr[i]))
            return false;
    return keys.len > 0;
}

static struct slice scan_keys(struct scan *s)
{
    const char *from = s->at;

    while (s->at < s->end && is_key(*s->at) && s->at - from < KEY_SCRIPT_RUN)
        s->at++;
    return slice_between(from, s->at);
}

/* NULL, or what was expected where the scan is now. */
static const char *scan_step(struct scan *s, struct key_step *step)
{
    *step = (struct key_step){ .pause = 0 };
    if (scan_word(s, SLICE("pause:"))) {
        const char *from = s->at;

        if (duration_scan(s, &step->pause) && step->pause <= KEY_SCRIPT_PAUSE_MAX)
            return NULL;
        s->at = from;
        return "a duration of at most 1h like 500ms or 2s";
    }
    step->keys = scan_keys(s);
    return step->keys.len > 0 ? NULL : "a key of 0-9 * # A-D, or pause:500ms";
}

bool key_script_parse(struct slice text, struct key_script *out, struct key_fault *fault)
{
    struct scan s     = scan_from(text);
    const char *start = s.at;

    out->count = 0;
    for (;;) {
        fault->expected = out->count < KEY_SCRIPT_STEPS ? scan_step(&s, &out->steps[out->count]) : "no more steps";
        if (fault->expected != NULL)
            break;
        out->count++;
        if (scan_at_end(&s))
            return true;
        /* Too many keys in one step go on in the next. */
        if (!scan_byte(&s, ',') && !is_key(*s.at)) {
            fault->expected = "a key of 0-9 * # A-D, or a comma";
            break;
        }
    }
    fault->at = (size_t)(s.at - start);
    return false;
}

msec key_step_length(const struct key_step *step)
{
    return step->keys.len > 0 ? step->keys.len * KEY_SCRIPT_KEY : step->pause;
}
