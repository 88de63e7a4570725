/* SPDX-License-Identifier: BSD-2-Clause */
/* message_summary.h - application/simple-message-summary: how many messages wait in a mailbox (RFC 3842 5.2).
 *
 *     Messages-Waiting: yes
 *     Message-Account: sip:alice@vmail.example.com
 *     Voice-Message: 2/8 (0/2)            new/old (urgent: new/old) */

#ifndef SIP_MESSAGE_SUMMARY_H
#define SIP_MESSAGE_SUMMARY_H

#include "base/slice.h"

#include <stdint.h>

/* RFC 3458 6.2 */
enum message_class {
    MESSAGE_VOICE,
    MESSAGE_FAX,
    MESSAGE_PAGER,
    MESSAGE_MULTIMEDIA,
    MESSAGE_TEXT,
    MESSAGE_NONE,
    MESSAGE_CLASSES
};

struct message_counts {
    bool known;
    uint32_t new, old, new_urgent, old_urgent;
};

struct message_summary {
    bool                  waiting;
    struct slice          account; /* a URI, or empty; borrows */
    struct message_counts of[MESSAGE_CLASSES];
};

/* False: it does not begin with Messages-Waiting.  A later line that cannot be read is passed over; the headers of
 * single messages, behind an empty line, are not read.  Borrows. */
bool message_summary_parse(struct slice body, struct message_summary *out);

struct slice message_class_name(enum message_class c); /* "voice-message" */

#endif
