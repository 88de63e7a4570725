/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/page_probe.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool page_is_mapped(const void *at)
{
    uintptr_t     page = (uintptr_t)at & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    unsigned char seen;

    return mincore((void *)page, 1, &seen) == 0;
}

bool page_wants_huge(const void *at)
{
    FILE         *f = fopen("/proc/self/smaps", "r");
    char          line[512];
    unsigned long from = 0, to = 0;
    bool          huge = false;

    CHECK(f != NULL);
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long a, b;

        if (sscanf(line, "%lx-%lx ", &a, &b) == 2) {
            from = a;
            to   = b;
        } else if ((uintptr_t)at >= from && (uintptr_t)at < to && strncmp(line, "VmFlags:", 8) == 0) {
            huge = strstr(line, " hg") != NULL;
        }
    }
    fclose(f);
    return huge;
}

bool page_huge_known(void)
{
    return access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
}
