/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/sipfrag.h"

#include "base/scan.h"

bool sipfrag_is(struct slice content_type)
{
    struct scan s = scan_from(content_type);

    return scan_lws(&s) && scan_word(&s, SLICE("message")) && scan_lws(&s) && scan_byte(&s, '/') && scan_lws(&s) &&
           scan_word(&s, SLICE("sipfrag")) && scan_lws(&s) && (scan_at_end(&s) || *s.at == ';');
}

bool sipfrag_read(struct slice body, unsigned *status, struct slice *reason)
{
    struct scan s = scan_from(body);
    const char *code;
    uint32_t    number;

    *reason = SLICE("");
    if (!scan_word(&s, SLICE("SIP/2.0")) || !scan_byte(&s, ' '))
        return false;
    code = s.at;
    if (!scan_number(&s, 699, &number) || s.at - code != 3 || number < 100)
        return false;
    if (!scan_at_end(&s) && *s.at != '\r' && *s.at != '\n' && !scan_byte(&s, ' '))
        return false;
    (void)scan_until(&s, "\r\n", reason);
    *status = number;
    return true;
}

void sipfrag_write(struct buf *b, unsigned status, struct slice reason)
{
    buf_put(b, SLICE("SIP/2.0 "));
    buf_put_number(b, status);
    buf_put_byte(b, ' ');
    for (size_t i = 0; i < reason.len; i++)
        if ((unsigned char)reason.ptr[i] >= ' ' && reason.ptr[i] != 0x7f)
            buf_put_byte(b, reason.ptr[i]);
    buf_put(b, SLICE("\r\n"));
}
