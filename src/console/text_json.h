/* SPDX-License-Identifier: BSD-2-Clause */
/* text_json.h - what peers have written, for JSON, which knows UTF-8 only.  A phone may
 * give any bytes for its name. */

#ifndef CONSOLE_TEXT_JSON_H
#define CONSOLE_TEXT_JSON_H

#include "base/slice.h"

#include <jansson.h>

/* Each byte that belongs to no character becomes U+FFFD.  NULL without memory. */
json_t *text_to_json(struct slice text);

#endif
