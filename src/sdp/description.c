/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/description.h"

#include "base/error.h"

#include <stdlib.h>

/* More than the limits of session.h let a description take. */
enum { ARENA_MAX = 256 * 1024 };

void description_clear(struct description *d)
{
    if (d->text == NULL)
        return;
    arena_fini(&d->arena);
    free(d->text);
    *d = (struct description){ 0 };
}

int description_set(struct description *d, struct slice text, struct sdp_fault *fault)
{
    *fault  = (struct sdp_fault){ 0 };
    *d      = (struct description){ 0 };
    d->text = malloc(text.len + 1);
    if (d->text == NULL)
        return -ERR_NO_MEMORY;
    if (text.len > 0)
        memcpy(d->text, text.ptr, text.len);
    arena_init(&d->arena, NULL, 0, ARENA_MAX);
    if (sdp_parse((struct slice){ d->text, text.len }, &d->arena, &d->sdp, fault))
        return 0;
    description_clear(d);
    return fault->expected == NULL ? -ERR_NO_MEMORY : -ERR_SYNTAX;
}

void description_move(struct description *to, struct description *from)
{
    description_clear(to);
    *to   = *from;
    *from = (struct description){ 0 };
}

void sdp_write_origin(struct buf *b, struct slice username, uint64_t session_id, uint64_t version,
                      const struct address *address)
{
    buf_put(b, SLICE("v=0\r\no="));
    buf_put(b, username);
    buf_put_byte(b, ' ');
    buf_put_number(b, session_id);
    buf_put_byte(b, ' ');
    buf_put_number(b, version);
    buf_put_byte(b, ' ');
    sdp_write_address(b, address);
    buf_put(b, SLICE("\r\n"));
}

void sdp_write_session(struct buf *b, const struct address *address, struct slice time)
{
    buf_put(b, SLICE("s=-\r\nc="));
    sdp_write_address(b, address);
    buf_put(b, SLICE("\r\nt="));
    buf_put(b, time);
    buf_put(b, SLICE("\r\n"));
}
