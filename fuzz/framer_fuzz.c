/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes out of a stream does not depend on how it was cut: the input all
 * at once, byte by byte and in pieces of the size its first byte says. */
#include "base/buf.h"
#include "sip/framer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER_LIMIT = 400, MESSAGE_LIMIT = 600 };

/* Results and messages, one after the other. */
static void feed(struct slice text, size_t step, struct buf *out)
{
    enum framer_result result = FRAMER_MORE;
    struct framer      f;
    struct parse_fault fault;

    framer_init(&f, HEADER_LIMIT, MESSAGE_LIMIT);
    while (text.len > 0 && result != FRAMER_FAULT) {
        size_t       count = step < text.len ? step : text.len;
        char        *copy  = malloc(count);
        struct slice piece = { copy, count }, message;

        if (copy == NULL)
            abort();
        memcpy(copy, text.ptr, count);
        while ((result = framer_next(&f, &piece, &message, &fault)) != FRAMER_MORE) {
            buf_put_byte(out, (char)('0' + result));
            if (result == FRAMER_FAULT)
                break;
            if (message.len > MESSAGE_LIMIT || f.cap > 2 * MESSAGE_LIMIT)
                abort();
            buf_put(out, message);
        }
        if (result == FRAMER_FAULT)
            buf_put_number(out, fault.status);
        free(copy);
        text = (struct slice){ text.ptr + count, text.len - count };
    }
    framer_fini(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char  one[1 << 15], two[1 << 15];
    struct slice text = { (const char *)data, size };
    struct buf   a = BUF_ON(one), b = BUF_ON(two);

    if (size == 0 || size > 4096)
        return 0;
    feed(text, size, &a);
    feed(text, 1, &b);
    if (!slice_eq(buf_slice(&a), buf_slice(&b)))
        abort();
    b = BUF_ON(two);
    feed(text, data[0] % 64 + 2u, &b);
    if (!slice_eq(buf_slice(&a), buf_slice(&b)))
        abort();
    return 0;
}
