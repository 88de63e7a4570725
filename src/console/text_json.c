/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/text_json.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdlib.h>

static const struct slice replacement = SLICE_INIT("\xef\xbf\xbd"); /* U+FFFD */

static void put_whole_characters(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        const unsigned char *at     = (const unsigned char *)text.ptr + i;
        size_t               length = *at < 0x80 ? 1 : utf8_length(at, text.len - i);

        buf_put(b, length > 0 ? (struct slice){ text.ptr + i, length } : replacement);
        i += length > 0 ? length : 1;
    }
}

json_t *text_to_json(struct slice text)
{
    size_t     room = text.len * replacement.len + 1;
    char      *memory;
    struct buf b;
    json_t    *json;

    if (text.len == 0)
        return json_string("");
    if (utf8_is_valid(text))
        return json_stringn(text.ptr, text.len);
    memory = malloc(room);
    if (memory == NULL)
        return NULL;
    b = buf_on(memory, room);
    put_whole_characters(&b, text);
    json = json_stringn(b.ptr, b.len);
    free(memory);
    return json;
}
