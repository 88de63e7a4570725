/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.h - the configuration that a command works with: the file that was
 * named, else the usual one if it exists, else the defaults. */

#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include "server/config.h"

/* `path` NULL: $XDG_CONFIG_HOME/ahoy/ahoy.conf (for root /etc/ahoy/ahoy.conf) if it
 * is there.  Mistakes are printed on stderr.  Returns EXIT_OK or EXIT_CONFIG; the
 * caller frees `*out` with config_free. */
int settings_load(const char *path, const struct config **out);

/* The usual file's path into `path`; false if neither XDG_CONFIG_HOME nor HOME
 * says where. */
bool settings_usual_path(char *path, size_t size);

#endif
