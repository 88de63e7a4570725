/* SPDX-License-Identifier: BSD-2-Clause */
/* fold.h - all 128 bits of a product of two numbers, in 64: what spreads each bit of either over the result. */

#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdint.h>

/* By products of halves. */
static inline uint64_t fold_halves(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = (uint32_t)a, b1 = b >> 32, b0 = (uint32_t)b;
    uint64_t low = a0 * b0, one = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)one;

    return (other << 32 | (uint32_t)low) ^ (a1 * b1 + (one >> 32) + (other >> 32));
}

/* The same in one multiplication, where there is one. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    const wide                              product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    return fold_halves(a, b);
#endif
}

#endif
