/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What cannot be made shows when a file is to be written there. */
static void make_folders(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
}

static bool find(char path[PATH_MAX], const char *variable, const char *usual, const char *name)
{
    const char *xdg = getenv(variable), *home = getenv("HOME");
    int         n = -1;

    if (xdg != NULL && *xdg != '\0')
        n = snprintf(path, PATH_MAX, "%s/ahoy/%s", xdg, name);
    else if (home != NULL && *home != '\0')
        n = snprintf(path, PATH_MAX, "%s/%s/ahoy/%s", home, usual, name);
    if (n > 0 && n < PATH_MAX)
        return true;
    path[0] = '\0';
    return false;
}

void phone_files_find(struct phone_files *f)
{
    if (find(f->contacts, "XDG_CONFIG_HOME", ".config", "contacts"))
        make_folders(f->contacts);
    if (find(f->calls, "XDG_STATE_HOME", ".local/state", "phone.calls"))
        make_folders(f->calls);
    (void)find(f->typed, "XDG_STATE_HOME", ".local/state", "phone.history");
}
