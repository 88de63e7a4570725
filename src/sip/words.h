/* SPDX-License-Identifier: BSD-2-Clause */
/* words.h - the tables behind header_name and header_parse, for the parts of
 * sip/ that need more than the name. */

#ifndef SIP_WORDS_H
#define SIP_WORDS_H

#include "base/run.h"
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
extern const uint8_t            header_single[HEADER_COUNT]; /* 0xff or 0: HEADER_IS_SINGLE */

/* Where the name of a header is found, in lower case and with the colon behind it (header_slots.def,
 * written by tools/header-slots). */
enum { HEADER_SLOTS = 256, HEADER_SLOT_NAME = 24, HEADER_SLOT_LOOK = 16 };
struct header_slot {
    /* What the first bytes of a line are, with ':' SP behind the name, once the bits in `any` are set: 0x20 of each
     * letter, all of what is behind.  No line's, where the name is longer than fifteen bytes. */
    _Alignas(64) unsigned char look[HEADER_SLOT_LOOK];
    unsigned char any[HEADER_SLOT_LOOK];
    char          name[HEADER_SLOT_NAME];
    uint8_t       id, other; /* the slot of another name with the same key; 0: there is none */
    uint8_t       single;    /* header_single */
};
extern const struct header_slot header_slots[HEADER_SLOTS];

#define MULTIPLIER(number) static const uint32_t header_multiplier = (number);
#define SLOT(at, header, text, other)
#define COMPACT(letter, header)
#include "sip/header_slots.def"
#undef MULTIPLIER
#undef SLOT
#undef COMPACT

/* By the length and the first four bytes, of which the third of "To" is the colon and the fourth a SP or
 * 0; tools/header-slots does the same sum. */
static inline const struct header_slot *header_slot_of(uint32_t four, size_t len)
{
    return &header_slots[(((four | 0x20202020u) * header_multiplier >> 24) + 8 * len) % HEADER_SLOTS];
}

#ifdef __x86_64__
/* The slot of a name that ':' SP follow, where sixteen bytes may be read, and the first ':' of them is at `len`;
 * those of more than fifteen bytes, that share a key with another one, and compact forms, are missed: NULL.  With
 * fifteen the SP is not among what is compared.  It does not wait for the length to look at the name; by a perfect
 * hash of the whole name an INVITE took 20 ns longer. */
static inline const struct header_slot *header_find(const char *name, size_t len)
{
    const struct header_slot *s = header_slot_of((uint32_t)word_load(name), len);
    const __m128i *look = (const __m128i *)(const void *)s->look, *any = (const __m128i *)(const void *)s->any;
    __m128i        v = run_or(run_load(name), _mm_load_si128(any));

    return _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_load_si128(look))) == 0xffff ? s : NULL;
}
#endif

#endif
