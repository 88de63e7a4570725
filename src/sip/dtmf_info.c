/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/dtmf_info.h"

#include "base/scan.h"

static const char keys[] = "0123456789*#ABCD";

/* A key as itself or as the number of its event (RFC 4733 3.2). */
static char key_of(struct slice text)
{
    struct scan s = scan_from(text);
    uint32_t    number;

    if (text.len == 1 && *text.ptr != '\0') {
        char c = *text.ptr >= 'a' && *text.ptr <= 'd' ? (char)(*text.ptr - 'a' + 'A') : *text.ptr;

        return strchr(keys, c) != NULL ? c : '\0';
    }
    if (!scan_number(&s, sizeof keys - 2, &number) || !scan_at_end(&s))
        return '\0';
    return keys[number];
}

char dtmf_read(struct slice body)
{
    return key_of(slice_trim(body));
}

char dtmf_relay_read(struct slice body)
{
    struct scan  s = scan_from(body);
    struct slice line;

    while (scan_lws(&s) && scan_until(&s, "\r\n", &line)) {
        struct scan l = scan_from(line);

        if (scan_word(&l, SLICE("Signal")) && scan_lws(&l) && scan_byte(&l, '='))
            return key_of(slice_trim(scan_rest(&l)));
    }
    return '\0';
}

void dtmf_relay_write(struct buf *b, char digit, unsigned duration)
{
    buf_put(b, SLICE("Signal="));
    buf_put_byte(b, digit);
    buf_put(b, SLICE("\r\nDuration="));
    buf_put_number(b, duration);
    buf_put(b, SLICE("\r\n"));
}
