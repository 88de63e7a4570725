/* SPDX-License-Identifier: BSD-2-Clause */
/* payload_types.h - which payload type number means which format on one stream
 * (RFC 3264 8.3.2): what a number has meant once, it means to the end of the
 * session, in the offers and answers of both sides. */

#ifndef SDP_PAYLOAD_TYPES_H
#define SDP_PAYLOAD_TYPES_H

#include "sdp/attribute.h"

enum { PAYLOAD_TYPES_FORMATS = 32 };

struct payload_types {
    uint8_t           bound[128]; /* 0: free, else 1 + index in formats, or PAYLOAD_TYPES_FOREIGN */
    struct sdp_format formats[PAYLOAD_TYPES_FORMATS];
    size_t            count;
};

enum { PAYLOAD_TYPES_FOREIGN = 255 };

/* The peer, or we, have used `payload_type` for a format that we know.  The
 * format's name must outlive the table. */
void payload_types_bind(struct payload_types *t, uint8_t payload_type, const struct sdp_format *format);

/* The peer has used it for something that we do not know. */
void payload_types_bind_foreign(struct payload_types *t, uint8_t payload_type);

/* A number for an offer: `wish` if that is static (below 96) and free; else the one
 * that the format has had; else `wish` or another dynamic one that is free.  Binds it.
 * False if there is none. */
bool payload_types_choose(struct payload_types *t, const struct sdp_format *format, uint8_t wish, uint8_t *out);

#endif
