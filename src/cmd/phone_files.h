/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_files.h - where a person's phone keeps things: contacts beside the accounts
 * ($XDG_CONFIG_HOME/ahoy, else ~/.config/ahoy), what was typed and the past calls with what else
 * outlives a program ($XDG_STATE_HOME/ahoy, else ~/.local/state/ahoy). */

#ifndef CMD_PHONE_FILES_H
#define CMD_PHONE_FILES_H

#include <limits.h>

struct phone_files {
    char contacts[PATH_MAX], calls[PATH_MAX], typed[PATH_MAX]; /* "": nobody says where */
};

/* Makes the folders, for nobody else to look into. */
void phone_files_find(struct phone_files *f);

#endif
