/* SPDX-License-Identifier: BSD-2-Clause */
/* message.h - a SIP message: one block, indexed once, parsed on demand
 * (RFC 3261 7, 25).
 *
 *   +----------------+--------------+-----------------------+-----+
 *   | struct message | header index | the bytes as received | pad |
 *   +----------------+--------------+-----------------------+-----+
 *
 * Every slice in a message points into its bytes, which never change; the pad behind
 * them is zeros, so that whoever reads may look at sixteen bytes at once.  What
 * opens a transaction (start line, top Via, From, To, Call-ID, CSeq,
 * Max-Forwards, Content-Length, no SINGLE header twice) is checked when the
 * message is parsed; everything else when someone asks for it, and a proxy does
 * not ask.  A message is immutable and, alone in Ahoy, counts its holders; they
 * are all on one thread.  It goes to another only while it has one holder. */

#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "base/budget.h"
#include "base/pool.h"
#include "sip/name_addr.h"
#include "sip/via.h"

enum method {
    METHOD_OTHER,
#define METHOD(name) METHOD_##name,
#include "sip/methods.def"
#undef METHOD
    METHOD_COUNT
};

enum header_id {
    HEADER_OTHER,
#define HEADER(id, name, compact, flags) HEADER_##id,
#include "sip/headers.def"
#undef HEADER
    HEADER_COUNT
};

struct header {
    enum header_id id;
    uint8_t        next;  /* 1 + index of the next with that id, 0: none                 */
    struct slice   name;  /* as written                                                  */
    struct slice   value; /* trimmed; folds kept (scan_lws steps over them)              */
    struct slice   line;  /* all of it with its line end(s): what a proxy copies         */
};

struct cseq {
    uint32_t     number;
    enum method  method;
    struct slice method_text;
};

struct message {
    unsigned     holders;
    struct flow  flow; /* where it came from; set by whoever received it */
    struct slice text; /* from the first byte of the start line to the end of the body */

    bool         is_request;
    enum method  method; /* of a response: that of its CSeq */
    struct slice method_text;
    struct slice uri_text; /* the Request-URI as written      */
    struct uri   uri;      /* scheme URI_OTHER if it could not be read; then 416 or 400 is the answer */
    unsigned     status;   /* 0 in a request                  */
    struct slice reason;

    struct header *headers; /* in order of appearance */
    unsigned       header_count;
    uint8_t        first[HEADER_COUNT]; /* 1 + index of the first with that id, 0: none */
    bool           all_crlf;            /* each of their lines ends so; false if nobody looked */

    struct slice from_tag, to_tag;
    struct slice call_id;
    struct cseq  cseq;
    int          max_forwards; /* -1: absent */
    bool         has_length;   /* Content-Length was there */
    struct slice body;

    struct budget_share *account;              /* who accounts for it until it is freed; or NULL */
    uint32_t             account_number, size; /* of the block */
    struct pool         *pool;                 /* where the block goes; or NULL */
    /* What others have found out; 0 in a new message, as all that stands before `via`. */
    uint64_t ahead;    /* of who acts on it: see stack_on_ahead; or 0 */
    uint64_t found_by; /* of the stack: server_txn_hash of a request; or 0 */

    struct via       via; /* the topmost Via value */
    struct name_addr from, to;
};

/* What is wrong and where: the makings of a 400's reason phrase. */
struct parse_fault {
    size_t      offset;     /* from the start of the message                                 */
    const char *expected;   /* "a token after Via's slash", a static string                  */
    unsigned    status;     /* what a request deserves: 400, 413, 416, 505, 513, ...         */
    bool        answerable; /* Via, From, To, Call-ID and CSeq could be read: send that status */
};

/* Read a message that fills `bytes` (a datagram: bytes after Content-Length are
 * ignored; a stream: exactly one message).  Keeps a copy of `bytes`.  Leading
 * CRLFs are skipped.  Returns NULL and says why in `fault`, which may then still
 * be answered: message_parse_broken gives what could be read.
 *
 * -ERR_NO_MEMORY shows as fault->expected == NULL. */
struct message *message_parse(struct slice bytes, struct parse_fault *fault);
/* The same in a block of this pool, which lives longer than the message. */
struct message *message_parse_in(struct pool *pool, struct slice bytes, struct parse_fault *fault);

/* The parts of a malformed request that an answer needs (RFC 3261 8.2.6), when
 * fault.answerable; NULL otherwise (an ACK, a response, a Via without sent-by, no
 * From, To, Call-ID or CSeq, no memory).  Only via, method and the header index
 * may be used: From, To, Call-ID and CSeq are there, to be copied as they are,
 * but what is in them may be what is wrong.  A request with nothing wrong is
 * answerable too. */
struct message *message_parse_broken(struct slice bytes, struct parse_fault *fault);

struct message *message_hold(struct message *m);
void            message_drop(struct message *m); /* NULL is fine */

/* Bytes of memory that it takes. */
size_t message_size(const struct message *m);
/* Account for it in `share` until it is freed, on the same thread.  Borrows the share. */
void message_account(struct message *m, struct budget_share *share, unsigned account);
/* It goes to another thread: neither account nor pool is its own any longer.  And it has come to one,
 * whose pool this is. */
void message_leave(struct message *m);
void message_arrive(struct message *m, struct pool *pool);

/* The first header with this id, or NULL; the next with the same id after `h`. */
const struct header *message_header(const struct message *m, enum header_id id);
const struct header *message_next(const struct message *m, const struct header *h);

enum { MESSAGE_PAD = 16 }; /* RUN_PAD of base/run.h: zeros behind the bytes received */

/* Bytes of a message up to here may be looked at. */
static inline const char *message_readable(const struct message *m)
{
    return m->text.ptr + m->text.len + MESSAGE_PAD;
}

/* A cursor over its value. */
static inline struct scan scan_value_of(const struct message *m, const struct header *h)
{
    return scan_within(h->value, message_readable(m));
}

/* Walk the values of a comma list through all its lines, as one list:
 *
 *     struct header_values v = message_values(m, HEADER_ROUTE);
 *     while (values_next_name_addr(&v, &route)) ...
 *
 * After the walk `v.broken` tells whether it ended at text that did not fit
 * ("Contact: *" among it: look for that first). */
struct header_values {
    const struct message *message;
    const struct header  *header;
    struct scan           scan;
    bool                  broken;
};
struct header_values message_values(const struct message *m, enum header_id id);
bool                 values_next_name_addr(struct header_values *v, struct name_addr *out);
bool                 values_next_via(struct header_values *v, struct via *out);
bool                 values_next_token(struct header_values *v, struct slice *out); /* Require, Supported, Allow */

/* Is `token` a value of the list, any case? */
bool message_lists(const struct message *m, enum header_id id, struct slice token);

/* Did its sender send it to us himself: has it one Via? */
bool message_is_direct(const struct message *m);

/* A header whose value is a decimal number, perhaps with parameters or a comment
 * behind it: false if absent or not one.  More than 2^32-1 is taken as that
 * (RFC 4475 3.1.2.4). */
bool message_number(const struct message *m, enum header_id id, uint32_t *value);

/* Canonical names ("Call-ID"), methods and reason phrases. */
struct slice   header_name(enum header_id id);
enum header_id header_parse(struct slice name); /* long or compact form, any case */
struct slice   method_name(enum method method);
enum method    method_parse(struct slice name); /* exact case */
struct slice   status_reason(unsigned status);  /* "" + class default for an unknown code, never empty */

#endif
