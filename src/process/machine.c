/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The limit as cgroup v2 and v1 say it; none is "max", or more than any machine has. */
static uint64_t group_limit(const char *group, const char *file)
{
    char     path[256], text[32] = "";
    FILE    *f;
    uint64_t limit;

    snprintf(path, sizeof path, "%s/%s", group, file);
    f = fopen(path, "re");
    if (f == NULL)
        return UINT64_MAX;
    if (fgets(text, sizeof text, f) == NULL)
        text[0] = '\0';
    fclose(f);
    limit = strtoull(text, NULL, 10); /* 0 for "max"; out of range is the most there is */
    return limit > 0 ? limit : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t machine_memory(const char *group)
{
    static const uint64_t unknown = UINT64_C(1) << 30;
    long                  pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t              all = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : unknown;

    if (group == NULL)
        group = "/sys/fs/cgroup";
    all = least(all, group_limit(group, "memory.max"));
    return least(all, group_limit(group, "memory/memory.limit_in_bytes"));
}
