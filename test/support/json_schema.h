/* SPDX-License-Identifier: BSD-2-Clause */
/* json_schema.h - does a line of JSON fit a schema?  Of JSON Schema what our own schemas use: type,
 * const, enum, pattern, minimum, maximum, properties, required, additionalProperties, items, oneOf
 * and $ref to #/$defs/NAME; any other word is a mistake of the schema. */

#ifndef TEST_SUPPORT_JSON_SCHEMA_H
#define TEST_SUPPORT_JSON_SCHEMA_H

#include "base/buf.h"

#include <jansson.h>

/* False with the reason in `why`. */
bool json_schema_fits(const json_t *schema, const json_t *value, struct buf *why);

/* The schema of the phone's events, made once; lives until the program ends. */
const json_t *json_schema_of_events(void);
/* The same for its commands. */
const json_t *json_schema_of_commands(void);

/* One line of JSON of the phone. */
bool json_schema_line_fits(const json_t *schema, struct slice line, struct buf *why);

#endif
