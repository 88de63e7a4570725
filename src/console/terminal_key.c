/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/terminal_key.h"

#include "base/utf8.h"

/* What is no UTF-8 is taken as it is. */
static bool character_is_whole(const unsigned char *keys, size_t count)
{
    return utf8_length(keys, count) > 0 || count >= 4 || (count > 1 && (keys[count - 1] & 0xc0) != 0x80);
}

static bool sequence_is_whole(const unsigned char *keys, size_t count)
{
    if (count == 1)
        return false;
    if (keys[1] != '[' && keys[1] != 'O')
        return true;
    for (size_t i = 2; i < count; i++)
        if (keys[i] >= 0x40 && keys[i] <= 0x7e)
            return true;
    return count > TERMINAL_KEY_MAX;
}

bool terminal_key_is_whole(const unsigned char *keys, size_t count)
{
    if (keys[0] == TERMINAL_KEY_ESCAPE)
        return sequence_is_whole(keys, count);
    return keys[0] < 0xc2 || character_is_whole(keys, count);
}

size_t terminal_key_length(const unsigned char *keys, size_t count)
{
    size_t len = keys[0] < 0x80 ? 1 : utf8_length(keys, count);

    return len == 0 ? 1 : len;
}
