/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_typed.h - commands as people type them, by the rows of phone_commands.def.
 *
 *     call bob account work          {"command":"call","to":"bob","account":"work"}
 *     digits 42#                     {"command":"digits","keys":"42#"}
 *
 * Words are parted by blanks; '...' and "..." keep them together.  A word that is the name
 * of an argument takes the next one as its value; others fill the places in their order. */

#ifndef CONSOLE_PHONE_TYPED_H
#define CONSOLE_PHONE_TYPED_H

#include "console/phone_command.h"

/* The command as JSON, for phone_desk_order; the caller drops it.  NULL with the reason in
 * `f`, which is empty for a line without words. */
json_t *phone_line_read(struct slice line, struct phone_fault *f);

/* What may stand at the end of a line that is being typed: calls fn for each word, the last
 * of which is begun in `line` and is `*begun` bytes long.  ARGUMENT_ACCOUNT, _CALL and _ADDRESS
 * are asked of `names`, which may be NULL. */
struct phone_completion {
    void (*fn)(void *arg, struct slice word);
    void (*names)(void *arg, enum phone_argument_type type); /* calls fn for each */
    void *arg;
};
void phone_line_complete(struct slice line, const struct phone_completion *c, size_t *begun);

#endif
