/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_pack.h - a binding as one value of a row: SQLite takes longer for fourteen columns than
 * for all else that it does with a row, when it is written and when it is read.
 *
 *     | format | outbound | cseq | q | gruu | expires_at | seven lengths | seven texts |
 *
 * Numbers take seven bits a byte, the lowest first; the texts stand in the order of struct
 * stored_binding.  `row` and `lease_until` are columns of their own. */

#ifndef STORE_SQLITE_PACK_H
#define STORE_SQLITE_PACK_H

#include "base/buf.h"
#include "store/store.h"

struct sqlite3;

/* Bytes that suffice. */
size_t sqlite_pack_room(const struct stored_binding *b);
void   sqlite_pack(const struct stored_binding *b, struct buf *out);
/* All but `row` and `lease_until`; the texts borrow from `packed`.  False: nothing that sqlite_pack wrote. */
bool sqlite_unpack(struct slice packed, struct stored_binding *out);

/* pack_binding(aor, contact, params, call_id, user_agent, path, flow, cseq, q, expires_at, outbound,
 * gruu), for the migration of what has columns.  Returns 0 or an error of SQLite. */
int sqlite_pack_register(struct sqlite3 *db);

#endif
