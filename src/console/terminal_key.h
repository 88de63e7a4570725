/* SPDX-License-Identifier: BSD-2-Clause */
/* terminal_key.h - the bytes that a terminal sends for a key: a character in UTF-8, a control, or an escape
 * sequence (ECMA-48 5.4).  They may come in pieces. */

#ifndef CONSOLE_TERMINAL_KEY_H
#define CONSOLE_TERMINAL_KEY_H

#include <stdbool.h>
#include <stddef.h>

enum { TERMINAL_KEY_ESCAPE = 0x1b, TERMINAL_KEY_MAX = 16 /* bytes; what is longer is no key */ };

/* Is the key at the beginning of these bytes there as a whole?  False: the rest may be on its way.  An
 * escape alone is not: it may be the key itself, which only time can tell.  `count` > 0. */
bool terminal_key_is_whole(const unsigned char *keys, size_t count);

/* How many bytes the character at the beginning has; 1 if it is none.  `count` > 0. */
size_t terminal_key_length(const unsigned char *keys, size_t count);

#endif
