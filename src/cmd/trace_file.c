/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/trace_file.h"

#include "cmd/exit_code.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const char *name, const char *path)
{
    fprintf(stderr, "ahoy %s: %s: %s\n", name, path, strerror(errno));
}

static int read_lines(FILE *file, const char *name, const char *path, trace_line_fn *fn, void *arg)
{
    char         *line   = NULL;
    size_t        size   = 0;
    unsigned long number = 0;
    int           code   = EXIT_OK;
    ssize_t       len;

    while (code == EXIT_OK && (len = getline(&line, &size, file)) > 0)
        code = fn(arg, path, ++number, (struct slice){ line, (size_t)len });
    if (code == EXIT_OK && ferror(file)) {
        say(name, path);
        code = EXIT_ERROR;
    }
    free(line);
    return code;
}

int trace_file_read(const char *name, const char *path, trace_line_fn *fn, void *arg)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    int   code;

    if (file == NULL) {
        code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_ERROR;
        say(name, path);
        return code;
    }
    code = read_lines(file, name, path, fn, arg);
    if (file != stdin)
        fclose(file);
    return code;
}
