/* SPDX-License-Identifier: BSD-2-Clause */
/* description.h - a description that somebody keeps, and the first lines of one
 * that is written. */

#ifndef SDP_DESCRIPTION_H
#define SDP_DESCRIPTION_H

#include "sdp/session.h"

/* All zero: none. */
struct description {
    char        *text;
    struct arena arena;
    struct sdp   sdp; /* its slices point into `text` */
};

/* Keeps a copy of `text`, parsed; `*d` must hold none.  0; -ERR_SYNTAX and why in
 * `*fault`, or -ERR_NO_MEMORY: then it still holds none. */
int  description_set(struct description *d, struct slice text, struct sdp_fault *fault);
void description_clear(struct description *d);

/* What `to` held is gone; `from` holds none afterwards. */
void description_move(struct description *to, struct description *from);

/* v= and o=; then s=-, c= and t=.  Check with buf_ok(). */
void sdp_write_origin(struct buf *b, struct slice username, uint64_t session_id, uint64_t version,
                      const struct address *address);
void sdp_write_session(struct buf *b, const struct address *address, struct slice time);

#endif
