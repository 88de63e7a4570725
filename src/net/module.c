/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void *module_load(const char *file)
{
    static const char *const places[] = { "", "../lib/ahoy/" };
    char                     folder[PATH_MAX], path[PATH_MAX + 64];
    ssize_t                  len     = readlink("/proc/self/exe", folder, sizeof folder - 1);
    void                    *library = NULL;

    if (len <= 0 || strchr(file, '/') != NULL)
        return NULL;
    folder[len]             = '\0';
    strrchr(folder, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places && library == NULL; i++)
        if ((size_t)snprintf(path, sizeof path, "%s%s%s", folder, places[i], file) < sizeof path)
            library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    return library;
}
