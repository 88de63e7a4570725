/* SPDX-License-Identifier: BSD-2-Clause */
/* config_show.h - the configuration as text again, as JSON, and its manual page. */

#ifndef SERVER_CONFIG_SHOW_H
#define SERVER_CONFIG_SHOW_H

#include "server/config_keys.h"

#include <jansson.h>
#include <stdio.h>

/* Every key with its value, as a file that config_load reads to the same
 * configuration. */
void config_show(const struct config *c, FILE *out);

/* One key outside of sections, or all sections of a kind; the i-th of them, which is there. */
void config_show_key(const struct config *c, const struct config_key *key, FILE *out);
void config_show_section(const struct config *c, const struct config_key *key, size_t i, FILE *out);

/* Durations in milliseconds.  NULL without memory; the caller drops the reference. */
json_t *config_to_json(const struct config *c);

/* ahoy.conf(5) in roff. */
void config_write_manual(FILE *out);

#endif
