/* SPDX-License-Identifier: BSD-2-Clause */
/* raw_message.h - a SIP message as lines of bytes, read by nothing of src/sip, so that what is under test does not
 * judge itself. */

#ifndef TEST_SUPPORT_RAW_MESSAGE_H
#define TEST_SUPPORT_RAW_MESSAGE_H

#include "base/buf.h"

#include <stdbool.h>

enum { RAW_LINES = 512 };

struct raw_line {
    struct slice name; /* without blanks                                      */
    struct slice text; /* all of it, folds included, with its line end         */
};

struct raw_message {
    struct slice    text, start; /* the start line with its line end */
    struct raw_line lines[RAW_LINES];
    unsigned        count;
    bool            has_length;
    struct slice    behind; /* all that stands behind the empty line             */
    struct slice    body;   /* so much of it as Content-Length says, or all      */
};

/* Borrows `text`.  False: it has no empty line, or too many lines, or a line without a colon. */
bool raw_read(struct raw_message *m, struct slice text);

/* With CRLF at its end, whatever it had. */
void raw_put_line(struct buf *b, struct slice line);

#endif
