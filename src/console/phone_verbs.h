/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs.h - what the rows of phone_commands.def do.  For phone_command.c. */

#ifndef CONSOLE_PHONE_VERBS_H
#define CONSOLE_PHONE_VERBS_H

#include "console/phone_desk.h"

#define PHONE_COMMAND(name, key, summary, example, fits, ...)                                                          \
    int verb_##name(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a);
#include "console/phone_commands.def"
#undef PHONE_COMMAND

#endif
