/* SPDX-License-Identifier: BSD-2-Clause */
/* line_ends.h - where the lines of a message end, up to its empty line.
 *
 * 64 bytes at a time become two masks, a bit for each LF and each CR: by AVX2 where
 * the processor has it, by SSE2 on any other x86-64, by words of eight bytes
 * elsewhere.  Nothing behind the text is read.  Against a walk over the bytes that
 * looks at eight together, this took 1,050 of the 9,700 instructions that an INVITE
 * cost; AVX2 instead of SSE2 is 150 of what is left. */

#ifndef SIP_LINE_ENDS_H
#define SIP_LINE_ENDS_H

#include "base/slice.h"

#include <stdint.h>

enum { LINE_ENDS_BLOCK = 64, LINE_ENDS_ROOM = 5 * LINE_ENDS_BLOCK };

/* A bit for each LF and each CR of a block. */
struct line_masks {
    uint64_t lf, cr;
};

struct line_ends {
    const char *text;
    uint32_t    size, scanned;      /* bytes, and how many of them were looked at         */
    uint32_t    before;             /* the last LF among them                             */
    uint64_t    last_cr;            /* 1: the last of them is a CR                        */
    uint32_t    bare_cr;            /* the first CR that no LF follows; `size` if none    */
    bool        empty_line;         /* the last of `at` ends the empty line               */
    bool        finished;           /* that, or the text                                  */
    unsigned    count;              /* ends in `at`                                       */
    uint32_t    at[LINE_ENDS_ROOM]; /* the LF; `size` for a last line without one         */
};

/* Look for the first line ends of `text`, which is borrowed and shorter than 4 GB;
 * a bare_cr may be one behind the empty line. */
void line_ends_start(struct line_ends *e, struct slice text);
/* Unless finished: forget those in `at` and look for more. */
void line_ends_more(struct line_ends *e);

/* ---- how it is done: for the test that compares the ways ---- */

typedef struct line_masks line_masks_fn(const char *at); /* of the 64 bytes there */

line_masks_fn  line_masks_portable;
line_masks_fn *line_masks_sse2(void); /* NULL if this processor cannot */
line_masks_fn *line_masks_avx2(void);

#endif
