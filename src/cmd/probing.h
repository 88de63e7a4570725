/* SPDX-License-Identifier: BSD-2-Clause */
/* probing.h - what `ahoy call` and `ahoy answer` share as probes: keys to press,
 * conditions, the ladder, the summary and its form.
 *
 *     probing_option for each option --> probing_begin --> probing_note for each event
 *     --> probing_end when the phone is closed: prints, and says how to exit */

#ifndef CMD_PROBING_H
#define CMD_PROBING_H

#include "call/call.h"
#include "cmd/option.h"
#include "cmd/shell.h"
#include "probe/key_script.h"
#include "probe/output.h"

/* Letters of the shared options; a command's own begin at PROBING_OPTION_OWN. */
enum {
    PROBING_DIGITS = SHELL_OPTION_OWN,
    PROBING_DIGITS_BY,
    PROBING_EXPECT_DIGITS,
    PROBING_EXPECT,
    PROBING_EXPECT_WARNING,
    PROBING_OUTPUT,
    PROBING_LADDER,
    PROBING_OPTION_OWN,
};

#define PROBING_OPTIONS                                                                                                \
    { PROBING_DIGITS, "digits", "SCRIPT", "press these keys after the answer: 1,pause:500ms,42#" },                    \
        { PROBING_DIGITS_BY, "digits-by", "auto|rtp|info",                                                             \
          "press them in the sound (RFC 4733), by INFO, or as the other side can (auto)" },                            \
        { PROBING_EXPECT_DIGITS, "expect-digits", "KEYS", "the same as --expect digits=KEYS" },                        \
        { PROBING_EXPECT, "expect", "CONDITIONS",                                                                      \
          "what the call has to fulfil, with commas between; else exit with 23; may be repeated" },                    \
        { PROBING_EXPECT_WARNING, "expect-warning", "CONDITIONS", "only warn if one of these is not met" },            \
        { PROBING_OUTPUT, "output", "FORMAT",                                                                          \
          "the summary on stdout as " OUTPUT_NAMES "; with nagios the exit code is 0 to 3" },                          \
    {                                                                                                                  \
        PROBING_LADDER, "ladder", NULL, "draw the call's messages on stderr in the end"                                \
    }

struct probing {
    struct expectations  expectations;
    const struct output *output; /* NULL: text, and nothing with --json */
    struct key_script    keys;
    enum digits_way      way; /* of pressing them */
    size_t               next_key;
    char                 expect_digits[SUMMARY_DIGITS + 16];
    bool                 ladder, keys_failed, broken_off;
    int                  ladder_fd;
    char                 ladder_path[40]; /* where the trace is if the user wants none himself */
    const char          *trace;
    struct summary       summary;
    struct timer         timer; /* until the next step of the keys */
    struct shell        *shell;
    object_id            call;
};

/* Take one of the shared options; false: it is another's.  What is wrong with it has been
 * said, and o->exit_code is set then. */
bool probing_option(struct probing *p, struct options *o, int letter);

/* Behind the last option: o->exit_code, or a complaint about options that do not go together. */
int probing_check(const struct probing *p, const struct options *o, bool json);

/* Before shell_open.  Returns an exit code. */
int probing_begin(struct probing *p, struct shell *s, struct shell_options *options);

/* A call begins: the one to be summed up from now on. */
void probing_call(struct probing *p, object_id call, struct slice peer, bool outgoing);
/* An event of it, or of its account before it.  Presses the keys after the answer. */
void probing_note(struct probing *p, const struct phone_event *e);
/* How it ended, once it has: `code` if there are no conditions.  Prints the summary. */
int probing_judge(struct probing *p, int code);

/* When the phone is closed: the ladder. */
void probing_close(struct probing *p);

/* Whoever reads the outcome gets one even if there was no call at all, a monitor also where the
 * options are wrong: what to exit with after `code`, when no summary was printed. */
int probing_give_up(struct probing *p, int argc, char **argv, int code);
/* Is there an --output nagios among them?  What is before it may be wrong. */
bool probing_is_for_nagios(int argc, char **argv);

#endif
