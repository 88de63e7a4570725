/* SPDX-License-Identifier: BSD-2-Clause */
/* json_out.h - what commands do with the JSON that a server has answered. */

#ifndef CMD_JSON_OUT_H
#define CMD_JSON_OUT_H

#include <jansson.h>

/* The text of a member; "" if there is none.  Lives as long as `object`. */
const char *json_text_of(const json_t *object, const char *key);

/* In one line on stdout. */
void json_print_line(const json_t *object);

#endif
