/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/temp_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void temp_folder_init(struct temp_folder *t)
{
    strcpy(t->path, "/tmp/ahoy-test-XXXXXX");
    if (mkdtemp(t->path) == NULL)
        abort();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void temp_folder_fini(struct temp_folder *t)
{
    nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *temp_folder_file(const struct temp_folder *t, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", t->path, name);
    return path;
}
