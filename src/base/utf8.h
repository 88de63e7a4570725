/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.h - is it UTF-8 (RFC 3629 4: no overlong forms, no surrogates, nothing above
 * U+10FFFF). */

#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* Bytes of the character of more than one byte at `s`; 0 if there is none.  `len`
 * (> 0) bytes may be read. */
size_t utf8_length(const unsigned char *s, size_t len);

/* All of it, ASCII included; an empty text is. */
bool utf8_is_valid(struct slice text);

#endif
