/* SPDX-License-Identifier: BSD-2-Clause */
/* slice.h - a borrowed run of bytes: never NUL-terminated, never freed. */

#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Whoever hands out a slice says in its own comment how long it stays valid. */
struct slice {
    const char *ptr;
    size_t      len;
};

/* For literals only: SLICE("INVITE"); SLICE_INIT for static tables. */
#define SLICE(lit) ((struct slice){ (lit), sizeof(lit) - 1 })
#define SLICE_INIT(lit)                                                                                                \
    {                                                                                                                  \
        (lit), sizeof(lit) - 1                                                                                         \
    }

/* printf("%.*s", SLICE_ARG(s)) */
#define SLICE_ARG(s) ((int)(s).len), ((s).ptr)

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline struct slice slice_from(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

bool slice_eq_nocase(struct slice a, struct slice b); /* of ASCII, too */

/* The bytes from `from` up to, not including, `to`. */
static inline struct slice slice_between(const char *from, const char *to)
{
    return (struct slice){ from, (size_t)(to - from) };
}

static inline bool slice_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the SP, HTAB, CR and LF at both ends. */
static inline struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && slice_is_space(*s.ptr)) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && slice_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

#endif
