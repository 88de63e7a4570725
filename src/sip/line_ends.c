/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/line_ends.h"

#include "base/run.h"

/* So far before the first byte that no line there is an empty one. */
#define NO_LINE_END ((uint32_t)-4)

/* ---- the masks of a block: eight bytes at a time ---- */

/* A bit for each byte of `word` that is the one repeated in `eight`: no carry
 * leaves its byte, and the multiplication gathers the high bits. */
static uint64_t bits_of(uint64_t word, uint64_t eight)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t       x = word ^ eight, hits = ~(((x & low) + low) | x | low);

    return (hits >> 7) * 0x0102040810204080u >> 56;
}

struct line_masks line_masks_portable(const char *at)
{
    struct line_masks m = { 0, 0 };

    for (unsigned k = 0; k < LINE_ENDS_BLOCK; k += 8) {
        uint64_t word = word_load(at + k);

        m.lf |= bits_of(word, 0x0a0a0a0a0a0a0a0au) << k;
        m.cr |= bits_of(word, 0x0d0d0d0d0d0d0d0du) << k;
    }
    return m;
}

/* ---- from masks to lines ---- */

/* Those parts of a struct line_ends that change with every block, in registers. */
struct walk {
    size_t    scanned;
    uint32_t *next; /* of `at` */
    uint32_t  bare_cr, before;
    uint64_t  last_cr;
    bool      empty_line;
};

/* Is the line empty that ends with the LF at `at`, behind the one at `before`? */
static inline bool is_empty(const struct line_ends *e, uint32_t before, uint32_t at)
{
    return at - before == 1 || (at - before == 2 && e->text[at - 1] == '\r');
}

/* What is found in the block at `start`; what stands before `scanned` has been. */
RUN_INLINE void take_block(struct walk *w, struct line_ends *e, struct line_masks m, size_t start)
{
    uint64_t fresh = UINT64_MAX << (w->scanned - start);
    uint64_t bare  = (m.cr << 1 | w->last_cr) & ~m.lf & fresh;

    if (bare != 0 && w->bare_cr == e->size)
        w->bare_cr = (uint32_t)start + (uint32_t)__builtin_ctzll(bare) - 1;
    for (uint64_t lf = m.lf & fresh; lf != 0; lf &= lf - 1) {
        uint32_t at = (uint32_t)start + (uint32_t)__builtin_ctzll(lf);

        *w->next++ = at;
        if (at <= w->before + 2 && is_empty(e, w->before, at)) {
            w->empty_line = true;
            break;
        }
        w->before = at;
    }
    w->last_cr = m.cr >> 63;
    w->scanned = start + LINE_ENDS_BLOCK;
}

/* So many whole blocks as there are, and as there is room for their lines. */
RUN_INLINE void take_blocks(struct walk *w, struct line_ends *e, line_masks_fn *masks)
{
    const char     *text = e->text;
    const size_t    size = e->size;
    const uint32_t *most = e->at + LINE_ENDS_ROOM - LINE_ENDS_BLOCK;

    while (!w->empty_line && size - w->scanned >= LINE_ENDS_BLOCK && w->next <= most)
        take_block(w, e, masks(text + w->scanned), w->scanned);
}

/* All of a text that is shorter than a block. */
static __attribute__((noinline)) struct line_masks short_masks(const struct line_ends *e, line_masks_fn *masks)
{
    char copy[LINE_ENDS_BLOCK] = { 0 };

    memcpy(copy, e->text, e->size);
    return masks(copy);
}

/* The last bytes, fewer than a block: by a look at the last block, of which most has been seen. */
RUN_INLINE void take_tail(struct walk *w, struct line_ends *e, line_masks_fn *masks)
{
    size_t start = e->size - LINE_ENDS_BLOCK;

    if (e->size < LINE_ENDS_BLOCK)
        take_block(w, e, short_masks(e, masks), 0);
    else
        take_block(w, e, masks(e->text + start), start);
    w->scanned = e->size;
}

/* What the end of the text means. */
static void take_end(struct walk *w, struct line_ends *e)
{
    char last = e->size > 0 ? e->text[e->size - 1] : '\0';

    if (last == '\r' && w->bare_cr == e->size)
        w->bare_cr = e->size - 1;
    if (last != '\n')
        *w->next++ = e->size;
}

RUN_INLINE void find_ends(struct line_ends *e, line_masks_fn *masks)
{
    struct walk w = { e->scanned, e->at, e->bare_cr, e->before, e->last_cr, false };

    take_blocks(&w, e, masks);
    e->finished = w.empty_line;
    if (!w.empty_line && e->size - w.scanned < LINE_ENDS_BLOCK && w.next < e->at + LINE_ENDS_ROOM - LINE_ENDS_BLOCK) {
        e->finished = true;
        if (w.scanned < e->size)
            take_tail(&w, e, masks);
        if (!w.empty_line)
            take_end(&w, e);
    }
    e->scanned    = (uint32_t)w.scanned;
    e->bare_cr    = w.bare_cr;
    e->count      = (unsigned)(w.next - e->at);
    e->before     = w.before;
    e->last_cr    = w.last_cr;
    e->empty_line = w.empty_line;
}

/* ---- sixteen bytes at a time, or thirty-two: the walk is compiled for each ---- */

#ifdef __x86_64__
#include <immintrin.h>

static inline uint64_t bits_16(__m128i bytes, char wanted)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}

static inline struct line_masks masks_sse2(const char *at)
{
    __m128i           a = run_load(at), b = run_load(at + 16), c = run_load(at + 32), d = run_load(at + 48);
    struct line_masks m;

    m.lf = bits_16(a, '\n') | bits_16(b, '\n') << 16 | bits_16(c, '\n') << 32 | bits_16(d, '\n') << 48;
    m.cr = bits_16(a, '\r') | bits_16(b, '\r') << 16 | bits_16(c, '\r') << 32 | bits_16(d, '\r') << 48;
    return m;
}

#define WITH_AVX2 __attribute__((target("avx2,bmi")))

WITH_AVX2 static inline uint64_t bits_32(__m256i bytes, char wanted)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(wanted)));
}

WITH_AVX2 static inline struct line_masks masks_avx2(const char *at)
{
    const __m256i    *p = (const __m256i *)(const void *)at;
    __m256i           a = _mm256_loadu_si256(p), b = _mm256_loadu_si256(p + 1);
    struct line_masks m;

    m.lf = bits_32(a, '\n') | bits_32(b, '\n') << 32;
    m.cr = bits_32(a, '\r') | bits_32(b, '\r') << 32;
    return m;
}

WITH_AVX2 static void find_ends_avx2(struct line_ends *e)
{
    find_ends(e, masks_avx2);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

line_masks_fn *line_masks_sse2(void)
{
    return masks_sse2;
}

line_masks_fn *line_masks_avx2(void)
{
    return has_avx2() ? masks_avx2 : NULL;
}

void line_ends_more(struct line_ends *e)
{
    if (has_avx2())
        find_ends_avx2(e);
    else
        find_ends(e, masks_sse2);
}
#else
line_masks_fn *line_masks_sse2(void)
{
    return NULL;
}

line_masks_fn *line_masks_avx2(void)
{
    return NULL;
}

void line_ends_more(struct line_ends *e)
{
    find_ends(e, line_masks_portable);
}
#endif

void line_ends_start(struct line_ends *e, struct slice text)
{
    e->text    = text.ptr;
    e->size    = (uint32_t)text.len;
    e->scanned = 0;
    e->bare_cr = e->size;
    e->before  = NO_LINE_END;
    e->last_cr = 0;
    line_ends_more(e);
}
