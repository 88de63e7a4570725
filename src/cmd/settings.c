/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/settings.h"

#include "base/error.h"
#include "cmd/exit_code.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool settings_usual_path(char *path, size_t size)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (geteuid() == 0 && (xdg == NULL || *xdg == '\0'))
        snprintf(path, size, "/etc/ahoy/ahoy.conf");
    else if (xdg != NULL && *xdg != '\0')
        snprintf(path, size, "%s/ahoy/ahoy.conf", xdg);
    else if (home != NULL && *home != '\0')
        snprintf(path, size, "%s/.config/ahoy/ahoy.conf", home);
    else
        return false;
    return true;
}

static void print_problem(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

int settings_load(const char *path, const struct config **out)
{
    char usual[PATH_MAX];
    int  error;

    if (path == NULL && settings_usual_path(usual, sizeof usual) && access(usual, F_OK) == 0)
        path = usual;
    if (path != NULL) {
        error = config_load(path, print_problem, NULL, out);
        return error == 0 ? EXIT_OK : EXIT_CONFIG;
    }
    error = config_default(out);
    if (error != 0)
        fprintf(stderr, "ahoy: %s\n", error_text(error));
    return error == 0 ? EXIT_OK : EXIT_CONFIG;
}
