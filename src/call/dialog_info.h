/* SPDX-License-Identifier: BSD-2-Clause */
/* dialog_info.h - which calls somebody has, as a document: application/dialog-info+xml (RFC 4235).  Not for anybody but
 * call/.
 *
 * Written is always the full state; read are partial ones too, of which a `struct dialog_view` keeps the sum. */

#ifndef CALL_DIALOG_INFO_H
#define CALL_DIALOG_INFO_H

#include "base/buf.h"
#include "call/xml.h"

#include <stdint.h>

struct call;
struct account;

enum { DIALOG_VIEW = 16 };

/* What a watcher knows: the dialogs that are not terminated, by the hash of their ids. */
struct dialog_view {
    uint64_t up[DIALOG_VIEW];
    unsigned count;
    bool     overflow; /* there are more                                     */
    bool     known;    /* a document has come                                */
    uint32_t version;
};

/* Take one document.  False: it is none, or older than the last one (4.3): nothing has changed. */
bool dialog_view_take(struct dialog_view *v, const struct xml_node *root);
/* Does he talk, ring or call? */
bool dialog_view_busy(const struct dialog_view *v);

/* The dialogs that one document tells of, which stay in the tree and in `arena`, for an event: full if it is the whole
 * state and all of it is told: PHONE_DIALOGS at most, without those of which a text is longer than PHONE_DIALOG_TEXT.
 */
struct phone_event;
void dialog_info_list(const struct xml_node *root, struct arena *arena, struct phone_event *e);

/* The calls of this account that have not ended: their state and direction; `details`: and with whom, and the names of
 * their dialogs. */
void dialog_info_write(struct buf *b, const struct account *a, uint32_t version, bool details);

#endif
