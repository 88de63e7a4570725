/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

static void *map(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

/* By as much more as may be in front, and what stands over at both ends goes back. */
static void *map_aligned(size_t size)
{
    char  *whole = size <= SIZE_MAX - PAGES_HUGE ? map(size + PAGES_HUGE) : NULL;
    size_t before;

    if (whole == NULL)
        return NULL;
    before = -(uintptr_t)whole % PAGES_HUGE;
    if (before > 0)
        munmap(whole, before);
    munmap(whole + before + size, PAGES_HUGE - before);
    return whole + before;
}

void *pages_take(size_t size)
{
    return size < PAGES_HUGE ? map(size) : map_aligned(size);
}

void pages_give(void *pages, size_t size)
{
    if (pages != NULL)
        munmap(pages, size);
}

void pages_make_huge(void *pages, size_t size)
{
#ifdef MADV_HUGEPAGE
    (void)madvise(pages, size, MADV_HUGEPAGE);
#else
    (void)pages;
    (void)size;
#endif
}
