/* SPDX-License-Identifier: BSD-2-Clause */
/* output_json.h - which members the objects of `--output json` have, for their schema. */

#ifndef PROBE_OUTPUT_JSON_H
#define PROBE_OUTPUT_JSON_H

#include <stdbool.h>

struct output_member {
    const char *key, *schema, *meaning; /* schema: JSON Schema of the value, without its braces */
    bool        always;
};

struct output_object {
    const char                 *name, *meaning; /* in #/$defs */
    const struct output_member *members;        /* a row without a key ends them */
};

/* The summary itself comes first, without its "event"; a row without a name ends them. */
const struct output_object *output_json_objects(void);

#endif
