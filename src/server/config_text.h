/* SPDX-License-Identifier: BSD-2-Clause */
/* config_text.h - what is done to the text of a configuration before libConfuse
 * sees it.
 *
 * libConfuse 3.3 counts lines wrongly after a comment, refuses comments inside a
 * list, takes the end of the file for the end of a section, and keeps its lexer in
 * the state in which an unterminated string left it.  So comments are blanked out
 * first, and what is unterminated never reaches it. */

#ifndef SERVER_CONFIG_TEXT_H
#define SERVER_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFIG_TEXT_MAX = 1 << 20, CONFIG_TEXT_DEPTH = 8 };

struct config_text_fault {
    unsigned    line; /* from 1 */
    const char *what;
};

/* Replace comments by blanks, keeping the line ends.  False: unterminated string
 * or comment, a NUL byte, an open brace at the end, or braces
 * deeper than CONFIG_TEXT_DEPTH. */
bool config_text_prepare(char *text, size_t len, struct config_text_fault *fault);

#endif
