/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/line_ends.h"

#include "base/word.h"

/* ---- eight bytes at a time ---- */

/* A bit for each byte of `word` that is the one repeated in `eight`: no carry
 * leaves its byte, and the multiplication gathers the high bits. */
static uint64_t bits_of(uint64_t word, uint64_t eight)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t       x = word ^ eight, hits = ~(((x & low) + low) | x | low);

    return (hits >> 7) * 0x0102040810204080u >> 56;
}

void line_masks_portable(const char *at, unsigned count, struct line_masks *masks)
{
    for (unsigned i = 0; i < count; i++, at += LINE_ENDS_BLOCK) {
        masks[i] = (struct line_masks){ 0, 0 };
        for (unsigned k = 0; k < LINE_ENDS_BLOCK; k += 8) {
            uint64_t word = word_load(at + k);

            masks[i].lf |= bits_of(word, 0x0a0a0a0a0a0a0a0au) << k;
            masks[i].cr |= bits_of(word, 0x0d0d0d0d0d0d0d0du) << k;
        }
    }
}

/* ---- sixteen, or thirty-two ---- */

#ifdef __x86_64__
#include <immintrin.h>

static inline uint64_t bits_16(__m128i bytes, char wanted)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}

static void masks_sse2(const char *at, unsigned count, struct line_masks *masks)
{
    for (unsigned i = 0; i < count; i++, at += LINE_ENDS_BLOCK) {
        const __m128i *p = (const __m128i *)(const void *)at;
        __m128i        a = _mm_loadu_si128(p), b = _mm_loadu_si128(p + 1);
        __m128i        c = _mm_loadu_si128(p + 2), d = _mm_loadu_si128(p + 3);

        masks[i].lf = bits_16(a, '\n') | bits_16(b, '\n') << 16 | bits_16(c, '\n') << 32 | bits_16(d, '\n') << 48;
        masks[i].cr = bits_16(a, '\r') | bits_16(b, '\r') << 16 | bits_16(c, '\r') << 32 | bits_16(d, '\r') << 48;
    }
}

__attribute__((target("avx2"))) static inline uint64_t bits_32(__m256i bytes, char wanted)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(wanted)));
}

__attribute__((target("avx2"))) static void masks_avx2(const char *at, unsigned count, struct line_masks *masks)
{
    for (unsigned i = 0; i < count; i++, at += LINE_ENDS_BLOCK) {
        const __m256i *p = (const __m256i *)(const void *)at;
        __m256i        a = _mm256_loadu_si256(p), b = _mm256_loadu_si256(p + 1);

        masks[i].lf = bits_32(a, '\n') | bits_32(b, '\n') << 32;
        masks[i].cr = bits_32(a, '\r') | bits_32(b, '\r') << 32;
    }
}

line_masks_fn *line_masks_sse2(void)
{
    return masks_sse2;
}

line_masks_fn *line_masks_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? masks_avx2 : NULL;
}

static void line_masks(const char *at, unsigned count, struct line_masks *masks)
{
    if (__builtin_cpu_supports("avx2"))
        masks_avx2(at, count, masks);
    else
        masks_sse2(at, count, masks);
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

static void line_masks(const char *at, unsigned count, struct line_masks *masks)
{
    line_masks_portable(at, count, masks);
}
#endif

/* ---- from masks to lines ---- */

/* Those parts of a struct line_ends that change with every line, in registers. */
struct walk {
    uint32_t scanned, start, bare_cr, count;
    uint64_t after_cr;
    bool     empty_line;
};

/* The LFs of a block, until one ends the empty line.  (The start line is never that.) */
static inline void take_lines(struct walk *w, struct line_ends *e, uint64_t lf)
{
    for (; lf != 0; lf &= lf - 1) {
        uint32_t at = w->scanned + (uint32_t)__builtin_ctzll(lf), length = at - w->start;

        e->at[w->count++] = at;
        if (length < 2 && w->start > 0 && (length == 0 || e->text[w->start] == '\r')) {
            w->empty_line = true;
            return;
        }
        w->start = at + 1;
    }
}

/* What is found in `bytes` more bytes, at most a block. */
static inline void take_block(struct walk *w, struct line_ends *e, const struct line_masks *m, uint32_t bytes)
{
    uint64_t bare = (m->cr << 1 | w->after_cr) & ~m->lf;

    if (bytes < LINE_ENDS_BLOCK)
        bare &= ((uint64_t)1 << bytes) - 1; /* what may follow the last byte comes later */
    if (bare != 0 && w->bare_cr == e->size)
        w->bare_cr = w->scanned + (uint32_t)__builtin_ctzll(bare) - 1;
    take_lines(w, e, m->lf);
    w->after_cr = m->cr >> (bytes - 1) & 1;
    w->scanned += bytes;
}

/* So many whole blocks as there are, and as there is room for their lines. */
static inline void take_blocks(struct walk *w, struct line_ends *e)
{
    struct line_masks m[LINE_ENDS_BLOCKS];

    while (e->size - w->scanned >= LINE_ENDS_BLOCK) {
        uint32_t blocks = (e->size - w->scanned) / LINE_ENDS_BLOCK;

        blocks = blocks < LINE_ENDS_BLOCKS ? blocks : LINE_ENDS_BLOCKS;
        if (w->count + blocks * LINE_ENDS_BLOCK > LINE_ENDS_ROOM)
            return;
        line_masks(e->text + w->scanned, blocks, m);
        for (uint32_t i = 0; i < blocks; i++) {
            take_block(w, e, &m[i], LINE_ENDS_BLOCK);
            if (w->empty_line)
                return;
        }
    }
}

/* The last bytes, and what the end of the text means. */
static void take_tail(struct walk *w, struct line_ends *e)
{
    uint32_t          left                  = e->size - w->scanned;
    char              copy[LINE_ENDS_BLOCK] = { 0 };
    struct line_masks m;

    if (left > 0) {
        memcpy(copy, e->text + w->scanned, left);
        line_masks(copy, 1, &m);
        take_block(w, e, &m, left);
    }
    e->finished = true;
    if (w->empty_line)
        return;
    if (w->after_cr != 0 && w->bare_cr == e->size)
        w->bare_cr = e->size - 1;
    if (w->start < e->size || e->size == 0)
        e->at[w->count++] = e->size;
}

void line_ends_more(struct line_ends *e)
{
    struct walk w = { e->scanned, e->start, e->bare_cr, 0, e->after_cr, false };

    take_blocks(&w, e);
    e->finished = w.empty_line;
    if (!w.empty_line && e->size - w.scanned < LINE_ENDS_BLOCK && w.count + LINE_ENDS_BLOCK < LINE_ENDS_ROOM)
        take_tail(&w, e);
    e->scanned    = w.scanned;
    e->start      = w.start;
    e->bare_cr    = w.bare_cr;
    e->count      = w.count;
    e->after_cr   = w.after_cr;
    e->empty_line = w.empty_line;
}

void line_ends_start(struct line_ends *e, struct slice text)
{
    e->text       = text.ptr;
    e->size       = (uint32_t)text.len;
    e->scanned    = 0;
    e->bare_cr    = e->size;
    e->start      = 0;
    e->after_cr   = 0;
    e->empty_line = e->finished = false;
    line_ends_more(e);
}
