/* SPDX-License-Identifier: BSD-2-Clause */
/* config_read.h - libConfuse reads a text and every value is checked, with the
 * line it stands on.  Used by config.c and config_together.c only. */

#ifndef SERVER_CONFIG_READ_H
#define SERVER_CONFIG_READ_H

#include "server/config_keys.h"

#include <confuse.h>

enum { CONFIG_PROBLEM = 512, CONFIG_KEYS_MAX = 256 };

struct config_reader {
    const char        *name;   /* of the file, for messages */
    config_problem_fn *report; /* may be NULL */
    void              *arg;
    unsigned           problems;
    unsigned           lines[CONFIG_KEYS_MAX];     /* where a key of config_keys() was last set, or 0 */
    char               last[CONFIG_PROBLEM + 256]; /* so that nothing is said twice in a row */
};

/* Reads prepared, NUL-terminated text.  The result holds what was found, whether or
 * not there were problems; free it with cfg_free().  NULL without memory. */
cfg_t *config_read(struct config_reader *r, const char *text);

/* "NAME:LINE: ..."; line 0 is left out. */
void config_problem(struct config_reader *r, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Where a key outside of sections was set last; 0: nowhere. */
unsigned config_line_of(const struct config_reader *r, const char *key);

#endif
