/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/taken.h"

#include "base/error.h"
#include "server/config_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a line of numbers says is behind it. */
struct sizes {
    unsigned number;
    uint64_t at;
    size_t   name, text, name_before, text_before;
    bool     has_before;
};

static const char *path_of(const struct config *c, const char *file, char path[PATH_MAX])
{
    struct buf b = buf_on(path, PATH_MAX);

    config_state_path(c, &b, file);
    return buf_cstr(&b);
}

static int error_of(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return -ERR_NOT_FOUND;
    if (number == ENOSPC || number == EDQUOT)
        return -ERR_DISK_FULL;
    return number == EACCES || number == EPERM || number == EROFS ? -ERR_PERMISSION : -ERR_IO;
}

static void put(FILE *out, struct slice text)
{
    if (text.len > 0)
        (void)fwrite(text.ptr, 1, text.len, out);
}

static void write_all(FILE *out, const struct taken *t)
{
    static const struct config none = { .name = { NULL, 0 } };
    const struct config       *b    = t->before != NULL ? t->before : &none;

    fprintf(out, "ahoy configuration 1: %u %" PRIu64 " %zu %zu %zu %zu %d\n", t->number, t->at, t->now->name.len,
            t->now->text.len, b->name.len, b->text.len, t->before != NULL);
    put(out, t->now->name);
    put(out, t->now->text);
    put(out, b->name);
    put(out, b->text);
}

/* It outlives a crash of the process, not one of the machine, after which the file of the operator counts: so
 * nobody waits for the disk. */
int taken_write(const struct taken *t)
{
    char        path[PATH_MAX], fresh[PATH_MAX];
    const char *to   = path_of(t->now, "configuration", path);
    const char *from = path_of(t->now, "configuration.new", fresh);
    int         fd   = open(from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), number;
    FILE       *out  = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool        good;

    if (out == NULL) {
        number = errno;
        if (fd >= 0)
            close(fd);
        return error_of(number);
    }
    write_all(out, t);
    good   = ferror(out) == 0;
    good   = fclose(out) == 0 && good;
    good   = good && rename(from, to) == 0;
    number = errno;
    if (good)
        return 0;
    (void)unlink(from);
    return error_of(number);
}

/* ---- reading ---- */

static bool take_number(char **at, uint64_t most, uint64_t *number)
{
    char *end;

    errno   = 0;
    *number = strtoull(*at, &end, 10);
    if (end == *at || errno != 0 || *number > most)
        return false;
    *at = end;
    return true;
}

static bool read_sizes(FILE *in, struct sizes *s)
{
    static const char     head[] = "ahoy configuration 1:";
    static const uint64_t most[] = { UINT_MAX,        INT64_MAX, PATH_MAX - 1, CONFIG_TEXT_MAX, PATH_MAX - 1,
                                     CONFIG_TEXT_MAX, 1 };
    enum { NUMBERS = sizeof most / sizeof *most };
    char     line[256], *at = line + sizeof head - 1;
    uint64_t n[NUMBERS];

    if (fgets(line, sizeof line, in) == NULL || strncmp(line, head, sizeof head - 1) != 0)
        return false;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!take_number(&at, most[i], &n[i]))
            return false;
    *s = (struct sizes){ (unsigned)n[0], n[1], n[2], n[3], n[4], n[5], n[6] != 0 };
    return *at == '\n';
}

/* So many bytes, with a NUL behind them; NULL if there are fewer, and without memory. */
static char *read_text(FILE *in, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL || fread(text, 1, size, in) != size) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

static int read_one(FILE *in, size_t name_size, size_t text_size, const struct config **out)
{
    char *name  = read_text(in, name_size);
    char *text  = name != NULL ? read_text(in, text_size) : NULL;
    int   error = -ERR_CORRUPT;

    if (text != NULL)
        error = config_parse((struct slice){ text, text_size }, name, NULL, NULL, out);
    free(name);
    free(text);
    return error;
}

int taken_read(const struct config *start, struct taken *t)
{
    char         path[PATH_MAX];
    FILE        *in = fopen(path_of(start, "configuration", path), "rbe");
    struct sizes s;
    int          error;

    *t = (struct taken){ .number = 1 };
    if (in == NULL)
        return error_of(errno);
    error = read_sizes(in, &s) ? read_one(in, s.name, s.text, &t->now) : -ERR_CORRUPT;
    if (error == 0 && s.has_before)
        error = read_one(in, s.name_before, s.text_before, &t->before);
    fclose(in);
    if (error != 0) {
        taken_fini(t);
        return error;
    }
    t->number = s.number;
    t->at     = s.at;
    return 0;
}

void taken_forget(const struct config *start)
{
    char path[PATH_MAX];

    (void)unlink(path_of(start, "configuration", path));
}

void taken_fini(struct taken *t)
{
    config_free(t->now);
    config_free(t->before);
    t->now = t->before = NULL;
}
