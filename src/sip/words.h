/* SPDX-License-Identifier: BSD-2-Clause */
/* words.h - the tables behind header_name and header_parse, for the parts of
 * sip/ that need more than the name. */

#ifndef SIP_WORDS_H
#define SIP_WORDS_H

#include "sip/message.h"

enum {
    HEADER_IS_SINGLE = 1 << 0, /* twice in one message is malformed   */
    HEADER_IS_LIST   = 1 << 1, /* values may be separated by commas   */
};

struct header_word {
    struct slice name, compact;
    unsigned     flags;
    const char  *only_one; /* the fault's words when a SINGLE one is repeated */
};

extern const struct header_word header_words[HEADER_COUNT];

/* header_parse, for a name of fewer than sixteen bytes where sixteen may be read.  One step to a
 * perfect hash (header_slots.def, written by tools/header-slots) and a comparison in words of
 * eight bytes: of an INVITE's 9,700 instructions names took 1,100. */
enum header_id header_lookup(const char *name, size_t len);

#endif
