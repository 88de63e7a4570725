/* SPDX-License-Identifier: BSD-2-Clause */
/* user_private.h - the subcommands of `ahoy user`, each in its file user_NAME.c. */

#ifndef CMD_USER_PRIVATE_H
#define CMD_USER_PRIVATE_H

#include "cmd/option.h"

#define USER_EFFECTIVE "Works on a running server, where it is effective at once, or else on its database."

extern const struct command command_user_import, command_user_export, command_user_alias;

#endif
