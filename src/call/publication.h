/* SPDX-License-Identifier: BSD-2-Clause */
/* publication.h - tell others whether an account's user is there (RFC 3903, RFC 3856): through a server that collects
 * it, and those whom the phone tells itself (presence.h), whether the server takes it or not. */

#ifndef CALL_PUBLICATION_H
#define CALL_PUBLICATION_H

#include "call/phone.h"

/* Publish that the account's user is there (`open`) or not, with a few words that may be empty, and keep that up until
 * it is taken back or something else is published: PHONE_PUBLISHED follows each time that it is what others see, or
 * PHONE_PUBLISH_FAILED.  Keeps copies.  -ERR_NOT_FOUND, -ERR_TOO_LARGE (a note of more than 256 bytes), -ERR_NO_MEMORY.
 */
int presence_publish(struct phone *p, object_id account, bool open, struct slice note);

/* Take it back.  PHONE_UNPUBLISHED follows, if a server has it.  -ERR_NOT_FOUND: there is none. */
int presence_unpublish(struct phone *p, object_id account);

#endif
