/* SPDX-License-Identifier: BSD-2-Clause */
/* pages.h - memory in whole pages, from the kernel and back to it, past malloc: for what is large and lives long.
 *
 * A page is not resident before it is written to, and then costs a fault: dear where the machine is a guest, whose
 * tables of pages are looked up in its host's.  A huge page (2 MiB) is one fault instead of 512, and one entry of the
 * TLB; but all of it is resident.  So who has little takes small pages, and who has much takes huge ones.
 *
 * Not known to sanitizers: who asks for exact blocks there (POOL_SANITIZED) does not come here. */

#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

enum { PAGES_HUGE = 2 << 20 };

/* All zeros; NULL without memory.  Of PAGES_HUGE bytes or more, it begins at a multiple of that, and is to be a
 * multiple of a page. */
void *pages_take(size_t size);
/* `size` is what it was taken with; `pages` may be NULL. */
void pages_give(void *pages, size_t size);

/* Huge ones from now on, where it has not been written to yet.  A kernel without goes on as before. */
void pages_make_huge(void *pages, size_t size);

#endif
