/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/json_out.h"

#include <stdio.h>

const char *json_text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

void json_print_line(const json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
}
