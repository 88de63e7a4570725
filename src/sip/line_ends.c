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

/* Note an LF; true if it ends the empty line.  (The start line is never that.) */
static bool take_end(struct line_ends *e, uint32_t at)
{
    uint32_t start = e->start, length = at - start;

    e->at[e->count++] = at;
    e->start          = at + 1;
    return start > 0 && (length == 0 || (length == 1 && e->text[start] == '\r'));
}

/* What is found in `bytes` more bytes, at most a block. */
static void take_block(struct line_ends *e, struct line_masks m, uint32_t bytes)
{
    uint64_t bare = (m.cr << 1 | e->after_cr) & ~m.lf;

    if (bytes < LINE_ENDS_BLOCK)
        bare &= ((uint64_t)1 << bytes) - 1; /* what may follow the last byte comes later */
    if (bare != 0 && e->bare_cr == e->size)
        e->bare_cr = e->scanned + (uint32_t)__builtin_ctzll(bare) - 1;
    for (; m.lf != 0; m.lf &= m.lf - 1)
        if (take_end(e, e->scanned + (uint32_t)__builtin_ctzll(m.lf))) {
            e->finished = true;
            return;
        }
    e->after_cr = (m.cr >> (bytes - 1) & 1) != 0;
    e->scanned += bytes;
}

static void take_tail(struct line_ends *e)
{
    uint32_t          left                  = e->size - e->scanned;
    char              copy[LINE_ENDS_BLOCK] = { 0 };
    struct line_masks m;

    if (left > 0) {
        memcpy(copy, e->text + e->scanned, left);
        line_masks(copy, 1, &m);
        take_block(e, m, left);
    }
    if (e->finished)
        return;
    e->finished = true;
    if (e->after_cr && e->bare_cr == e->size)
        e->bare_cr = e->size - 1;
    if (e->start < e->size || e->count == 0)
        e->at[e->count++] = e->size;
}

void line_ends_more(struct line_ends *e)
{
    struct line_masks m[LINE_ENDS_BLOCKS];

    e->count = 0;
    while (e->size - e->scanned >= LINE_ENDS_BLOCK) {
        uint32_t blocks = (e->size - e->scanned) / LINE_ENDS_BLOCK;

        blocks = blocks < LINE_ENDS_BLOCKS ? blocks : LINE_ENDS_BLOCKS;
        if (e->count + blocks * LINE_ENDS_BLOCK + 1 > LINE_ENDS_ROOM)
            return;
        line_masks(e->text + e->scanned, blocks, m);
        for (uint32_t i = 0; i < blocks && !e->finished; i++)
            take_block(e, m[i], LINE_ENDS_BLOCK);
        if (e->finished)
            return;
    }
    if (e->count + LINE_ENDS_BLOCK + 1 <= LINE_ENDS_ROOM)
        take_tail(e);
}

void line_ends_start(struct line_ends *e, struct slice text)
{
    e->text     = text.ptr;
    e->size     = (uint32_t)text.len;
    e->scanned  = 0;
    e->bare_cr  = e->size;
    e->start    = 0;
    e->after_cr = false;
    e->finished = false;
    line_ends_more(e);
}
