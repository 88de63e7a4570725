/* SPDX-License-Identifier: BSD-2-Clause */
/* reply.h - what requests are answered, in and outside of calls.  As state.h: for the files of call/ alone. */

#ifndef CALL_REPLY_H
#define CALL_REPLY_H

#include "base/id.h"
#include "call/extensions.h"
#include "sip/message.h"

struct account;
struct call;
struct fork;
struct phone;

#define MULTIPART_TYPES "multipart/mixed, multipart/alternative, multipart/related"
/* The description in its body, or in a part of that; empty: there is none. */
struct slice message_sdp(const struct message *m);
bool         message_has_sdp(const struct message *m);
/* Has it a body of this type ("text/plain"), whatever parameters that has? */
bool message_is_type(const struct message *m, struct slice type);
/* Does its Accept list the type, by itself or within a range?  Not if it has none. */
bool message_accepts(const struct message *m, struct slice type);
void reply_allow(struct phone *p, object_id txn, const struct message *request, unsigned status);
void options_outside(struct phone *p, struct account *a, object_id txn, struct message *request);
void options_within(struct call *c, struct fork *f, object_id txn, struct message *request);
/* 421 with what a request would have had to support. */
void reply_extension_required(struct phone *p, object_id txn, const struct message *request, enum extension e);
/* 200 with what makes a dialog, and a description unless that is empty. */
void reply_with_sdp(struct call *c, object_id txn, const struct message *request, struct slice sdp);
void reply_retry_after(struct phone *p, object_id txn, const struct message *request, unsigned status);
/* A 422, if it asks for a session interval that is too small (RFC 4028 9): true if it was refused. */
bool reply_interval(struct phone *p, object_id txn, const struct message *request);
/* 423 with Min-Expires. */
void reply_brief(struct phone *p, object_id txn, const struct message *request, uint32_t least);
/* 489 with the packages that we tell of. */
void reply_bad_event(struct phone *p, object_id txn, const struct message *request);
/* 469 with the packages of INFO that we take: none. */
void reply_bad_package(struct phone *p, object_id txn, const struct message *request);
/* 415 with Accept. */
void reply_type(struct phone *p, object_id txn, const struct message *request, struct slice accept);
/* 406, if its Accept has no place for this type, which an answer of ours would have (21.4.7): true if it was refused.
 */
bool reply_unacceptable(struct phone *p, object_id txn, const struct message *request, struct slice type);
/* 488 or 606, with a Warning that says why, and what could be had as its body. */
void reply_incompatible(struct phone *p, object_id txn, const struct message *request, unsigned status);
/* Require, content type and coding (8.2.2.3, 8.2.3): true if it was refused.  `accept` lists the types
 * that there are; NULL: whoever takes the request looks at its content. */
bool reply_unsupported(struct phone *p, object_id txn, const struct message *request, const char *accept);

#endif
