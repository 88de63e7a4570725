/* SPDX-License-Identifier: BSD-2-Clause */
/* alloc.h - make the n-th allocation fail (malloc, calloc, realloc, as called
 * from our own code and the test; libraries and test/support/ are not touched).
 *
 *     for (unsigned n = 1;; n++) {
 *         alloc_fail_at(n);
 *         ... what is tested must survive ...
 *         if (!alloc_failed())
 *             break;              (it needed fewer than n allocations)
 *     }
 *     alloc_fail_at(0); */

#ifndef TEST_SUPPORT_ALLOC_H
#define TEST_SUPPORT_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on returns NULL, once; 0: none does. */
void alloc_fail_at(unsigned n);

/* Has it happened since? */
bool alloc_failed(void);

/* Allocations asked for since alloc_fail_at was called. */
unsigned alloc_count(void);
/* And how many bytes they came to. */
unsigned long long alloc_bytes(void);

/* What this thread allocates meanwhile is the test's own: neither counted nor made to fail. */
void alloc_spare(bool on);

/* For the test's own scenery, which must stand while what is tested starves:
 * neither counted nor made to fail; aborts when there really is no memory.
 * alloc_new gives zeroed memory; free() either as usual. */
void *alloc_new(size_t size);
void *alloc_grow(void *memory, size_t size);

#endif
