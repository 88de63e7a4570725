/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h - what `ahoy load` was told, as text: by its command line, or by a file
 * that another run has saved.
 *
 *     # ahoy load
 *     scenario = invite
 *     target = 127.0.0.1
 *     window = 64
 *     media = yes
 *
 * Of a password the name of its file is kept, never itself. */

#ifndef LOAD_SETTINGS_H
#define LOAD_SETTINGS_H

#include "base/buf.h"

enum load_option {
#define LOAD_OPTION(id, letter, name, argument, meaning) LOAD_##id,
#include "load/options.def"
#undef LOAD_OPTION
    LOAD_OPTION_COUNT
};

struct load_option_entry {
    int         letter;
    const char *name, *argument, *meaning;
};

/* LOAD_OPTION_COUNT of them. */
const struct load_option_entry *load_option_table(void);

/* All zero: told nothing. */
struct load_settings {
    char *values[LOAD_OPTION_COUNT]; /* NULL: not given; a switch: "yes" or "no" */
    char *scenario, *target;
};

void load_settings_fini(struct load_settings *s);

/* Keeps a copy, instead of what was given before.  Returns 0 or -ERR_NO_MEMORY. */
int load_settings_set(struct load_settings *s, enum load_option option, const char *value);
/* The same for the scenario, and for the target. */
int load_settings_aim(struct load_settings *s, const char *scenario, const char *target);

/* Take from a file's text what was not given yet.  Returns 0, -ERR_NO_MEMORY, or
 * -ERR_SYNTAX: then `why` says what is wrong in which line. */
int load_settings_read(struct load_settings *s, struct slice text, struct buf *why);
/* The text for load_settings_read. */
void load_settings_write(const struct load_settings *s, struct buf *out);

#endif
