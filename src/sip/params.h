/* SPDX-License-Identifier: BSD-2-Clause */
/* params.h - ";a=b;c" after a header value or inside a URI (RFC 3261 25.1). */

#ifndef SIP_PARAMS_H
#define SIP_PARAMS_H

#include "base/scan.h"
#include "base/word.h"

/* One parameter of a header, after its ';': a name, perhaps "=" and a value
 * that may be quoted (`value` then is what stands between the quotes).  More
 * bytes are taken than the grammar's token and host allow, since peers use
 * them in tags; never SP, '"', ',', ';', '<', '>'.  On failure the cursor rests on
 * the byte that did not fit. */
bool param_scan(struct scan *s, struct slice *name, struct slice *value);

/* All of a value's parameters, from the first ';' (which SP may precede) to the
 * last byte of the last; empty if there is none. */
bool params_scan(struct scan *s, struct slice *params);
/* The same, with the first tag=... among them (empty if there is none) and how many there are. */
bool params_scan_tag(struct scan *s, struct slice *params, struct slice *tag, unsigned *tags);

/* Walk ";a=b;c" once it was checked, or a URI's parameters, where an empty one
 * is stepped over.  False at the end. */
bool params_next(struct scan *s, struct slice *name, struct slice *value);

/* One parameter by name, any case; the first if there are several. */
bool params_find(struct slice params, struct slice name, struct slice *value);

/* Is the name this literal of at most eight letters, any case? */
#define param_is(name, literal)                                                                                        \
    ((name).len == sizeof(literal) - 1 && word_lower(word_short((name).ptr, sizeof(literal) - 1)) == WORD(literal))

/* delta-seconds and other numbers of which more than 2^32-1 is as good as that
 * (RFC 4475 3.1.2.4).  False, and no change, if it is not all digits. */
bool delta_seconds_parse(struct slice text, uint32_t *value);

/* Are two pieces of a URI the same, escapes resolved but for those of reserved
 * characters (RFC 3261 19.1.4)? */
bool escaped_eq(struct slice a, struct slice b, bool nocase);

#endif
