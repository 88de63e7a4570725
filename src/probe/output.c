/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "base/utf8.h"

#include <string.h>

static const struct output outputs[] = {
    { "text", output_text },     { "json", output_json },
    { "nagios", output_nagios }, { "prometheus", output_prometheus },
    { "junit", output_junit },
};

const struct output *output_find(const char *name)
{
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (strcmp(outputs[i].name, name) == 0)
            return &outputs[i];
    return NULL;
}

/* U+0080 to U+009F are some too; U+FFFE and U+FFFF are no characters, and XML wants none. */
static bool is_control(const unsigned char *s, size_t length)
{
    if (length == 2)
        return s[0] == 0xc2 && s[1] < 0xa0;
    if (length == 3)
        return s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe;
    return s[0] < ' ' || s[0] == 0x7f;
}

void output_put_safe(struct buf *b, struct slice text, const char *never)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;

    for (size_t i = 0; i < text.len; i++) {
        size_t length = bytes[i] < 0x80 ? 1 : utf8_length(bytes + i, text.len - i);

        if (length == 0 || is_control(bytes + i, length) || strchr(never, text.ptr[i]) != NULL)
            buf_put_byte(b, '?');
        else
            buf_put(b, (struct slice){ text.ptr + i, length });
        i += length > 0 ? length - 1 : 0;
    }
}

/* A text made safe comes in pieces, so that none is too long. */
static void put_escaped(struct buf *b, struct slice text, void (*put)(struct buf *b, char byte))
{
    enum { PIECE = 200 };

    while (text.len > 0) {
        char         memory[PIECE];
        struct buf   safe  = BUF_ON(memory);
        struct slice piece = { text.ptr, text.len < PIECE ? text.len : PIECE };

        while (piece.len < text.len && piece.len > PIECE - 4 && ((unsigned char)text.ptr[piece.len] & 0xc0) == 0x80)
            piece.len--; /* no character is torn apart */
        output_put_safe(&safe, piece, "");
        for (size_t i = 0; i < safe.len; i++)
            put(b, safe.ptr[i]);
        text.ptr += piece.len;
        text.len -= piece.len;
    }
}

static void put_xml_byte(struct buf *b, char byte)
{
    switch (byte) {
    case '&':
        buf_put(b, SLICE("&amp;"));
        return;
    case '<':
        buf_put(b, SLICE("&lt;"));
        return;
    case '>':
        buf_put(b, SLICE("&gt;"));
        return;
    case '"':
        buf_put(b, SLICE("&quot;"));
        return;
    default:
        buf_put_byte(b, byte);
    }
}

void output_put_xml(struct buf *b, struct slice text)
{
    put_escaped(b, text, put_xml_byte);
}

static void put_label_byte(struct buf *b, char byte)
{
    if (byte == '"' || byte == '\\')
        buf_put_byte(b, '\\');
    buf_put_byte(b, byte);
}

void output_put_label(struct buf *b, struct slice text)
{
    put_escaped(b, text, put_label_byte);
}
