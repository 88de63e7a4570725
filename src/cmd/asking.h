/* SPDX-License-Identifier: BSD-2-Clause */
/* asking.h - what `ahoy register` and `ahoy message` share as probes: conditions, the outcome
 * and its form.
 *
 *     asking_init --> asking_option for each option --> asking_check --> exchange_begin, asking_note
 *     for each event --> asking_judge: prints, and says how to exit; or asking_give_up */

#ifndef CMD_ASKING_H
#define CMD_ASKING_H

#include "cmd/option.h"
#include "cmd/shell.h"
#include "probe/exchange.h"
#include "probe/finding_output.h"
#include "probe/output.h"

/* Letters of the shared options; a command's own begin at ASKING_OPTION_OWN. */
enum { ASKING_EXPECT = SHELL_OPTION_OWN, ASKING_EXPECT_WARNING, ASKING_OUTPUT, ASKING_OPTION_OWN };

#define ASKING_OPTIONS                                                                                                 \
    { ASKING_EXPECT, "expect", "CONDITIONS",                                                                           \
      "what it has to fulfil, with commas between; else exit with 23; may be repeated" },                              \
        { ASKING_EXPECT_WARNING, "expect-warning", "CONDITIONS", "only warn if one of these is not met" },             \
    {                                                                                                                  \
        ASKING_OUTPUT, "output", "FORMAT",                                                                             \
            "the outcome on stdout as " OUTPUT_NAMES "; with nagios the exit code is 0 to 3"                           \
    }

struct asking {
    struct exchange           exchange;
    struct finding_conditions conditions;
    finding_fn               *output; /* NULL: text if there are conditions, else nothing */
};

void asking_init(struct asking *a, enum exchange_kind kind);
/* Take one of the shared options; false: it is another's. */
bool asking_option(struct asking *a, struct options *o, int letter);
/* Behind the last option: o->exit_code, or a complaint about options that do not go together. */
int asking_check(const struct asking *a, const struct options *o, bool json);
/* Somebody wants to have the outcome. */
bool asking_is_probe(const struct asking *a);

void asking_note(struct asking *a, struct shell *s, const struct phone_event *e);

/* It is over; `code`: how, without conditions.  Prints, and returns what to exit with. */
int asking_judge(struct asking *a, const struct shell *s, int code);
/* It did not come to that: whoever reads the outcome gets one all the same, a monitor also where
 * the options are wrong. */
int asking_give_up(struct asking *a, int argc, char **argv, int code);

#endif
