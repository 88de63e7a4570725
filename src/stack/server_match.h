/* SPDX-License-Identifier: BSD-2-Clause */
/* server_match.h - which server transaction a request belongs to: by the branch, sent-by and method of its top Via, or
 * by what RFC 2543 had (RFC 3261 17.2.3); and what a CANCEL names (9.2).  Nothing here changes a transaction but
 * server_txn_keep_key. */

#ifndef STACK_SERVER_MATCH_H
#define STACK_SERVER_MATCH_H

#include "stack/internal.h"

/* Where it stands in server_index. */
uint64_t server_txn_hash(const struct stack *s, const struct message *request);
/* Makes it, and has memory fetch what a search for it begins with. */
void server_txn_prefetch(const struct stack *s, struct message *request);

/* Awake and not ended, or asleep, or neither.  `method` is INVITE for an ACK, and what a CANCEL is looked up for. */
struct server_found {
    struct server_txn    *awake;
    struct server_asleep *asleep;
};
struct server_found server_txn_find(const struct stack *s, const struct message *m, enum method method, uint64_t hash);

/* A copy of what is compared, behind the transaction, which has room for it (server_txn_block). */
void server_txn_keep_key(struct server_txn *t, const struct message *request);

/* Is there an INVITE that this CANCEL means? */
bool server_txn_has_invite(const struct stack *s, const struct message *cancel);

/* What a CANCEL has to know of the transaction it names, whether that sleeps or not. */
struct cancelled {
    object_id id; /* 0: there is none */
    bool      is_invite;
    char      tag[TAG_LENGTH];
};
struct cancelled server_txn_cancelled(struct stack *s, const struct message *cancel);

#endif
