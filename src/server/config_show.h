/* SPDX-License-Identifier: BSD-2-Clause */
/* config_show.h - the configuration as text again, as JSON, and its manual page. */

#ifndef SERVER_CONFIG_SHOW_H
#define SERVER_CONFIG_SHOW_H

#include "server/config.h"

#include <jansson.h>
#include <stdio.h>

/* Every key with its value, as a file that config_load reads to the same
 * configuration. */
void config_show(const struct config *c, FILE *out);

/* Durations in milliseconds.  NULL without memory; the caller drops the reference. */
json_t *config_to_json(const struct config *c);

/* ahoy.conf(5) in roff. */
void config_write_manual(FILE *out);

#endif
