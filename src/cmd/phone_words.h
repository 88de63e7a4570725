/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_words.h - what a phone tells, for people. */

#ifndef CMD_PHONE_WORDS_H
#define CMD_PHONE_WORDS_H

#include "base/buf.h"
#include "call/event.h"

enum { PHONE_WORDS = 16 * 1024 };

/* One line with its LF, or nothing.  What a peer has put into it cannot drive a terminal. */
void phone_words_of_event(struct buf *b, const struct phone_event *e);
/* Of a line of JSON that is no event of the phone: answers, errors, lists. */
void phone_words_of_line(struct buf *b, struct slice line);

#endif
