/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/entropy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static bool fetch(uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t got = getrandom(bytes, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

/* Bytes are used once: what has been handed out is wiped. */
static void take(struct entropy *e, void *out, size_t len)
{
    uint8_t *from = e->bytes + sizeof e->bytes - e->left;

    memcpy(out, from, len);
    memset(from, 0, len);
    e->left -= len;
}

bool entropy_init(struct entropy *e)
{
    e->left = fetch(e->bytes, sizeof e->bytes) ? sizeof e->bytes : 0;
    return e->left > 0;
}

void entropy_fill(void *entropy, void *bytes, size_t len)
{
    struct entropy *e   = entropy;
    uint8_t        *out = bytes;

    while (len > 0) {
        size_t part = len < e->left ? len : e->left;

        take(e, out, part);
        out += part;
        len -= part;
        /* getrandom worked once and cannot fail for good afterwards; tags and keys
         * that can be guessed would be worse than no service. */
        if (e->left == 0 && !entropy_init(e))
            abort();
    }
}
