/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/settings.h"

#include "base/error.h"
#include "base/scan.h"

#include <stdlib.h>

static const struct load_option_entry table[LOAD_OPTION_COUNT] = {
#define LOAD_OPTION(id, letter, name, argument, meaning) { letter, name, argument, meaning },
#include "load/options.def"
#undef LOAD_OPTION
};

const struct load_option_entry *load_option_table(void)
{
    return table;
}

void load_settings_fini(struct load_settings *s)
{
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        free(s->values[i]);
    free(s->scenario);
    free(s->target);
    *s = (struct load_settings){ 0 };
}

static int replace(char **at, struct slice text)
{
    char *copy = malloc(text.len + 1);

    if (copy == NULL)
        return -ERR_NO_MEMORY;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    free(*at);
    *at = copy;
    return 0;
}

int load_settings_set(struct load_settings *s, enum load_option option, const char *value)
{
    return replace(&s->values[option], slice_from(value));
}

int load_settings_aim(struct load_settings *s, const char *scenario, const char *target)
{
    int error = replace(&s->scenario, slice_from(scenario));

    return error != 0 || target == NULL ? error : replace(&s->target, slice_from(target));
}

/* Where the value with this name goes, and whether it is a switch; NULL: there is none. */
static char **place_of(struct load_settings *s, struct slice name, bool *is_switch)
{
    *is_switch = false;
    if (slice_eq(name, SLICE("scenario")))
        return &s->scenario;
    if (slice_eq(name, SLICE("target")))
        return &s->target;
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        if (slice_eq(name, slice_from(table[i].name))) {
            *is_switch = table[i].argument == NULL;
            return &s->values[i];
        }
    return NULL;
}

static int complain(struct buf *why, unsigned number, const char *what, struct slice text)
{
    buf_put(why, SLICE("line "));
    buf_put_number(why, number);
    buf_put(why, SLICE(": "));
    buf_put(why, slice_from(what));
    buf_put(why, SLICE(" '"));
    buf_put(why, text.len < 60 ? text : (struct slice){ text.ptr, 60 });
    buf_put_byte(why, '\'');
    return -ERR_SYNTAX;
}

/* NULs and other controls would be cut off, or sent. */
static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return true;
}

static int read_line(struct load_settings *s, struct slice line, unsigned number, struct buf *why)
{
    const char  *equals = memchr(line.ptr, '=', line.len);
    struct slice name, value;
    bool         is_switch;
    char       **place;

    if (equals == NULL)
        return complain(why, number, "'name = value' is wanted, not", line);
    name  = slice_trim(slice_between(line.ptr, equals));
    value = slice_trim(slice_between(equals + 1, line.ptr + line.len));
    place = place_of(s, name, &is_switch);
    if (place == NULL)
        return complain(why, number, "unknown name", name);
    if (value.len == 0 || !is_plain(value))
        return complain(why, number, "no good value for", name);
    if (is_switch && !slice_eq(value, SLICE("yes")) && !slice_eq(value, SLICE("no")))
        return complain(why, number, "yes or no, not", value);
    return *place != NULL ? 0 : replace(place, value);
}

int load_settings_read(struct load_settings *s, struct slice text, struct buf *why)
{
    unsigned number = 0;

    while (text.len > 0) {
        const char  *end  = memchr(text.ptr, '\n', text.len);
        size_t       size = end == NULL ? text.len : (size_t)(end - text.ptr) + 1;
        struct slice line = slice_trim((struct slice){ text.ptr, size });
        int          error;

        text.ptr += size;
        text.len -= size;
        number++;
        error = line.len == 0 || *line.ptr == '#' ? 0 : read_line(s, line, number, why);
        if (error != 0)
            return error;
    }
    return 0;
}

static void write_line(struct buf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_put(out, slice_from(name));
    buf_put(out, SLICE(" = "));
    buf_put(out, slice_from(value));
    buf_put_byte(out, '\n');
}

void load_settings_write(const struct load_settings *s, struct buf *out)
{
    buf_put(out, SLICE("# ahoy load --repeat FILE\n"));
    write_line(out, "scenario", s->scenario);
    write_line(out, "target", s->target);
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        write_line(out, table[i].name, s->values[i]);
}
