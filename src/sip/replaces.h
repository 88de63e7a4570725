/* SPDX-License-Identifier: BSD-2-Clause */
/* replaces.h - headers that name a dialog: Replaces (RFC 3891 6.1), Join (RFC 3911
 * 7.1) and Target-Dialog (RFC 4538 7).
 *
 *     Replaces: 425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only
 *
 * The tags are named from the point of view of who receives the header: to-tag
 * (Target-Dialog: local-tag) is its own. */

#ifndef SIP_REPLACES_H
#define SIP_REPLACES_H

#include "base/buf.h"

struct replaces {
    struct slice call_id;
    struct slice to_tag, from_tag; /* the receiver's own, the other side's; "0" may stand for none */
    bool         early_only;
};

/* Read the whole value of a Replaces or Join.  Borrows.  False unless there are a
 * Call-ID and exactly one of each tag. */
bool replaces_parse(struct slice value, struct replaces *out);
/* The same for Target-Dialog. */
bool replaces_parse_target(struct slice value, struct replaces *out);

/* Write what replaces_parse reads. */
void replaces_write(struct buf *b, const struct replaces *r);
void replaces_write_target(struct buf *b, const struct replaces *r);

/* Does it name the dialog with these tags?  "0" names an absent tag, too (6.1). */
bool replaces_names(const struct replaces *r, struct slice call_id, struct slice local_tag, struct slice remote_tag);

#endif
