/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h - how far a run of bytes of one class goes: sixteen at a time where the
 * processor can (SSE2, which every x86-64 has), by a table elsewhere and for the last
 * few.  Nothing at or behind `end` is read.
 *
 * These are the inner loops of everything that reads a message; walking the table byte
 * by byte, an INVITE cost 1,900 instructions more. */

#ifndef BASE_RUN_H
#define BASE_RUN_H

#include "base/word.h"

/* The classes.  RUN_HOST: letters, digits, '-', '.', '_' ('_' is in no host name by the book,
 * but in many by practice).  RUN_URI: all but controls, SP, '"', '<', '>', DEL; RUN_BARE: nor
 * ',', ';', '?'.  RUN_NAME: all but controls, SP, '"', ',', ';', '<', '=', '>', DEL;
 * RUN_VALUE: '=' too.  RUN_TEXT: all but controls and SP.  RUN_QUOTED: all but controls, '"', '\\', DEL.
 * RUN_PART: as RUN_URI, but for '%', '?' and '@'.  RUN_PLAIN: what most values are made of, '-' to '9' and
 * '@' to '~'. */
enum {
    RUN_HOST   = 1,
    RUN_URI    = 2,
    RUN_BARE   = 4,
    RUN_NAME   = 8,
    RUN_VALUE  = 16,
    RUN_TEXT   = 32,
    RUN_QUOTED = 64,
    RUN_PART   = 128,
    RUN_PLAIN  = 256, /* not in run_class */
};

enum { RUN_PAD = 16 }; /* bytes behind a text that may be looked at, where it is padded */

extern const uint8_t run_class[256];

/* The class is known where they are called, and only then they are worth it. */
#define RUN_INLINE static inline __attribute__((always_inline))

/* The first byte that is not in `class`, or end. */
static inline const char *run_walk(const char *at, const char *end, uint8_t class)
{
    while (at < end && (run_class[(unsigned char)*at] & class) != 0)
        at++;
    return at;
}

/* A run of RUN_URI or RUN_BARE, and what its parts hang on: the first '@' and the first
 * '%' in it, or NULL. */
struct run_uri {
    const char *end, *at_sign, *escape;
};

static inline void run_uri_walk(struct run_uri *u, const char *at, const char *end, uint8_t class)
{
    for (; at < end && (run_class[(unsigned char)*at] & class) != 0; at++) {
        if (*at == '@' && u->at_sign == NULL)
            u->at_sign = at;
        if (*at == '%' && u->escape == NULL)
            u->escape = at;
    }
    u->end = at;
}

#ifdef __x86_64__
#include <emmintrin.h>

static inline __m128i run_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i run_is(__m128i v, char c)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/* Bytes from `low` to `high`, moved so that `high` is the greatest there is, and one comparison is enough. */
static inline __m128i run_between(__m128i v, char low, char high)
{
    return _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(0x7f - high))),
                          _mm_set1_epi8((char)(0x7f - high + low - 1)));
}

/* Controls and SP. */
static inline __m128i run_is_low(__m128i v)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(' ')), v);
}

static inline __m128i run_or(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

/* Controls, SP, '"', '<', '>', DEL; '<' and '>' differ in one bit. */
static inline __m128i run_ends_uri(__m128i v)
{
    return run_or(run_or(run_is_low(v), run_is(v, '"')),
                  run_or(run_is(_mm_and_si128(v, _mm_set1_epi8((char)~2)), '<'), run_is(v, 0x7f)));
}

RUN_INLINE unsigned run_stops(__m128i v, unsigned class)
{
    __m128i stops;

    switch (class) {
    case RUN_HOST:
        stops = run_or(run_between(run_or(v, _mm_set1_epi8(0x20)), 'a', 'z'),
                       run_or(_mm_andnot_si128(run_is(v, '/'), run_between(v, '-', '9')), run_is(v, '_')));
        return (unsigned)_mm_movemask_epi8(stops) ^ 0xffff;
    case RUN_PLAIN:
        stops = run_or(run_between(v, '-', '9'), run_between(v, '@', '~'));
        return (unsigned)_mm_movemask_epi8(stops) ^ 0xffff;
    case RUN_BARE:
        stops = run_or(run_or(run_ends_uri(v), run_is(v, ',')), run_or(run_is(v, ';'), run_is(v, '?')));
        break;
    case RUN_PART:
        stops = run_or(run_or(run_ends_uri(v), run_is(v, '%')), run_or(run_is(v, '@'), run_is(v, '?')));
        break;
    case RUN_NAME:
        stops = run_or(run_or(run_ends_uri(v), run_is(v, ',')), run_or(run_is(v, ';'), run_is(v, '=')));
        break;
    case RUN_VALUE:
        stops = run_or(run_or(run_ends_uri(v), run_is(v, ',')), run_is(v, ';'));
        break;
    case RUN_TEXT:
        stops = run_is_low(v);
        break;
    case RUN_QUOTED:
        stops = run_or(run_or(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v), run_is(v, 0x7f)),
                       run_or(run_is(v, '"'), run_is(v, '\\')));
        break;
    default:
        stops = run_ends_uri(v);
        break;
    }
    return (unsigned)_mm_movemask_epi8(stops);
}

/* Fewer than sixteen bytes, by loads that overlap; behind them zeros, which are in no class. */
static inline __m128i run_load_few(const char *at, size_t count)
{
    if (count <= 8)
        return _mm_cvtsi64_si128((long long)word_short(at, count));
    return _mm_set_epi64x((long long)(word_load(at + count - 8) >> (16 - count) * 8), (long long)word_load(at));
}

RUN_INLINE const char *run_end(const char *at, const char *end, uint8_t class)
{
    for (; end - at >= 16; at += 16) {
        unsigned stops = run_stops(run_load(at), class);

        if (stops != 0)
            return at + __builtin_ctz(stops);
    }
    return at + __builtin_ctz(run_stops(run_load_few(at, (size_t)(end - at)), class));
}

/* The same where bytes up to `readable` may be looked at, though the run is to end before: mostly one look, and no
 * asking how many are left, which is wrongly guessed.  `readable` may be NULL. */
RUN_INLINE const char *run_end_in(const char *at, const char *end, const char *readable, uint8_t class)
{
    while (word_sees(at, readable, 16)) {
        unsigned stops = run_stops(run_load(at), class);

        at += stops != 0 ? __builtin_ctz(stops) : 16;
        if (stops != 0 || at >= end)
            return at < end ? at : end;
    }
    return run_end(at, end, class);
}

/* The same where RUN_PAD bytes behind `end` may be looked at: nothing is to be asked before a look. */
RUN_INLINE const char *run_end_padded(const char *at, const char *end, unsigned class)
{
    unsigned stops;

    while ((stops = run_stops(run_load(at), class)) == 0 && at + RUN_PAD < end)
        at += RUN_PAD;
    at += stops != 0 ? __builtin_ctz(stops) : RUN_PAD;
    return at < end ? at : end;
}

/* The same for RUN_VALUE, where mostly nothing but RUN_PLAIN stands before the end or the next parameter: half the
 * instructions for sixteen bytes. */
RUN_INLINE const char *run_value_padded(const char *at, const char *end)
{
    at = run_end_padded(at, end, RUN_PLAIN);
    return at == end || *at == ';' ? at : run_end_padded(at, end, RUN_VALUE);
}

/* The first `wanted`, which is not 0, before `end`, or NULL: memchr for what is near. */
static inline const char *run_find(const char *at, const char *end, char wanted)
{
    unsigned hits;

    for (; end - at >= 16; at += 16) {
        hits = (unsigned)_mm_movemask_epi8(run_is(run_load(at), wanted));

        if (hits != 0)
            return at + __builtin_ctz(hits);
    }
    hits = (unsigned)_mm_movemask_epi8(run_is(run_load_few(at, (size_t)(end - at)), wanted));
    return hits != 0 ? at + __builtin_ctz(hits) : NULL;
}

/* Notes the first of `hits` at `at`, unless there was one. */
static inline void run_note(const char **first, const char *at, unsigned hits)
{
    if (hits != 0 && *first == NULL)
        *first = at + __builtin_ctz(hits);
}

RUN_INLINE struct run_uri run_uri(const char *at, const char *end, uint8_t class)
{
    struct run_uri u = { NULL, NULL, NULL };

    for (;; at += 16) {
        __m128i  v     = end - at >= 16 ? run_load(at) : run_load_few(at, (size_t)(end - at));
        unsigned stops = run_stops(v, class), in_run = stops ^ (stops - 1); /* bits up to the first stop */

        run_note(&u.at_sign, at, (unsigned)_mm_movemask_epi8(run_is(v, '@')) & in_run);
        run_note(&u.escape, at, (unsigned)_mm_movemask_epi8(run_is(v, '%')) & in_run);
        if (stops != 0) {
            u.end = at + __builtin_ctz(stops);
            return u;
        }
    }
}
#else
RUN_INLINE const char *run_end(const char *at, const char *end, uint8_t class)
{
    return run_walk(at, end, class);
}

RUN_INLINE const char *run_end_in(const char *at, const char *end, const char *readable, uint8_t class)
{
    (void)readable;
    return run_walk(at, end, class);
}

RUN_INLINE const char *run_end_padded(const char *at, const char *end, uint8_t class)
{
    return run_walk(at, end, class);
}

RUN_INLINE struct run_uri run_uri(const char *at, const char *end, uint8_t class)
{
    struct run_uri u = { NULL, NULL, NULL };

    run_uri_walk(&u, at, end, class);
    return u;
}

RUN_INLINE const char *run_value_padded(const char *at, const char *end)
{
    return run_walk(at, end, RUN_VALUE);
}

static inline const char *run_find(const char *at, const char *end, char wanted)
{
    return at < end ? memchr(at, wanted, (size_t)(end - at)) : NULL;
}
#endif

#endif
