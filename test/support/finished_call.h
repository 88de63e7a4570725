/* SPDX-License-Identifier: BSD-2-Clause */
/* finished_call.h - a call through the server, from INVITE to the 200 to BYE, for tests of
 * what is left of it.  Alice's branches are "invite" and "bye". */

#ifndef TEST_SUPPORT_FINISHED_CALL_H
#define TEST_SUPPORT_FINISHED_CALL_H

#include "support/server_bench.h"

/* Alice calls bob, who is registered, and he has answered 200 with the tag "b". */
void raw_call_answer(struct bench *b, const char *call_id);
/* ... she has acknowledged it, hung up, and he has answered that. */
void raw_call_finish(struct bench *b, const char *call_id);
/* The INVITE, or the BYE, once more, to the byte. */
void raw_invite_again(struct bench *b, const char *call_id);
void raw_bye_again(struct bench *b, const char *call_id);

#endif
