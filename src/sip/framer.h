/* SPDX-License-Identifier: BSD-2-Clause */
/* framer.h - messages out of a byte stream (RFC 3261 18.3, RFC 5626 3.5.1).
 *
 *        idle --byte--> header --empty line--> body --Content-Length--> idle
 *
 * A message that lies whole in the bytes just received is handed over where it
 * lies; only one that arrives in pieces is copied.  At most one partial message
 * is kept, in memory that grows with what arrived (not with what was announced)
 * and is given back when the message is done: an idle stream costs none. */

#ifndef SIP_FRAMER_H
#define SIP_FRAMER_H

#include "sip/message.h"

enum framer_result {
    FRAMER_MORE,    /* all input is used up: read again                              */
    FRAMER_MESSAGE, /* `*message` is one message                                     */
    FRAMER_PING,    /* CRLFCRLF came: answer CRLF                                    */
    FRAMER_FAULT,   /* see `fault`: answer if you can, then close; -ERR_NO_MEMORY
                       shows as fault->expected == NULL                              */
};

struct framer {
    size_t             header_limit, message_limit;
    char              *memory;
    size_t             len, cap;
    size_t             line;       /* where the header line begins that is not whole */
    size_t             scanned;    /* it does not end before this offset             */
    size_t             length_at;  /* where Content-Length stands, 0: not yet        */
    size_t             length_end; /* with the lines that continue it                */
    size_t             again_at;   /* where it stands once more, 0: nowhere          */
    bool               in_length;  /* the line before is of it                       */
    size_t             total;      /* bytes of header and body, 0 until that is known */
    size_t             pinged;     /* bytes of CRLFCRLF seen between messages        */
    bool               done;       /* what memory holds has been handed over         */
    bool               failed;
    struct parse_fault fault;
};

/* Limits are in bytes: start line and header fields with the empty line; all of
 * a message. */
void framer_init(struct framer *f, size_t header_limit, size_t message_limit);
void framer_fini(struct framer *f);

/* Take bytes from the front of `*input` until something is complete.  Call again
 * with what is left of it until it says FRAMER_MORE.
 *
 * `*message` lives until the next call, and not longer than the memory behind
 * `*input`.  With FRAMER_FAULT it is what there is of the message: if
 * fault->answerable, message_parse_broken() reads it.  The faults: 400 for a
 * Content-Length that is missing, twice there, or no number; 413 for one that
 * passes message_limit, 513 for headers that pass header_limit.  After a fault
 * the stream is lost, and every call says so again. */
enum framer_result framer_next(struct framer *f, struct slice *input, struct slice *message, struct parse_fault *fault);

/* Has a message begun that is not whole? */
static inline bool framer_is_partial(const struct framer *f)
{
    return f->len > 0 && !f->done;
}

#endif
