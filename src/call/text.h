/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - short texts to people and from them, alone or within a call (RFC 3428).
 *
 * What comes is answered 200 and told as PHONE_MESSAGE: text/plain (of UTF-8, or Latin-1, which is turned into that)
 * and text/html, up to 16 KiB.  That somebody is typing (RFC 3994) is answered and not told. */

#ifndef CALL_TEXT_H
#define CALL_TEXT_H

#include "call/phone.h"

struct text_options {
    object_id    account;
    struct slice target; /* URI                                             */
    object_id    call;   /* or within this call: account and target are its */
    struct slice type;   /* empty: "text/plain;charset=utf-8"               */
    struct slice text;
};

/* Keeps copies.  Returns 0 and an id: PHONE_MESSAGE_SENT or _FAILED follows, once.
 *
 * -ERR_NOT_FOUND (account or call), -ERR_SYNTAX (target or type), -ERR_UNSUPPORTED (its scheme; or the call is not
 * answered), -ERR_TOO_LARGE: more than 1300 bytes with all headers, which may go to a sips target alone (RFC 3428 8:
 * nobody knows that no hop is UDP), -ERR_LIMIT (64 are under way), -ERR_NO_MEMORY. */
int message_send(struct phone *p, const struct text_options *options, object_id *id);

#endif
