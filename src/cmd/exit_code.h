/* SPDX-License-Identifier: BSD-2-Clause */
/* exit_code.h - what a script learns from a command (exit_codes.def). */

#ifndef CMD_EXIT_CODE_H
#define CMD_EXIT_CODE_H

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
#define EXIT_CODE(name, number, meaning) EXIT_##name = (number),
#include "cmd/exit_codes.def"
#undef EXIT_CODE
};

struct exit_code_entry {
    const char *name; /* "NOT_FOUND" */
    int         number;
    const char *meaning;
};

/* All of them, in order of number. */
const struct exit_code_entry *exit_code_table(size_t *count);

/* For a final SIP response, after a provisional one or not. */
enum exit_code exit_code_of_status(unsigned status, bool rang);
/* For 0 or -ERR_X. */
enum exit_code exit_code_of_error(int error);
/* For the -ERR_X of a request that nobody has answered: whose certificate is no good, who speaks something else or
 * hangs up is not reached. */
enum exit_code exit_code_of_silence(int error);

#endif
