/* SPDX-License-Identifier: BSD-2-Clause */
/* dialog.h - what two user agents know of each other (RFC 3261 12).
 *
 *              Call-ID, local tag, remote tag      who: never changes
 *              local and remote URI                From and To to write
 *              remote target, route set            where requests go
 *              local and remote CSeq               in what order
 *
 *       dialog_new_uac (1xx)  ---> EARLY ---+
 *       dialog_new_uas        --->          | dialog_confirm (2xx)
 *       dialog_new_uac (2xx)  ----------> CONFIRMED ---> TERMINATED
 *       dialog_new_notified   --------->
 *
 * An INVITE that forks gives the caller one dialog for each To tag that answers.
 * A dialog keeps copies of all it needs in memory of its own and borrows nothing
 * from a message. */

#ifndef DIALOG_DIALOG_H
#define DIALOG_DIALOG_H

#include "base/arena.h"
#include "base/limits.h"
#include "dialog/request.h"

enum dialog_state { DIALOG_EARLY, DIALOG_CONFIRMED, DIALOG_TERMINATED };

struct dialog {
    enum dialog_state state;
    bool              is_uac;                         /* we sent the request that began it: we own the Call-ID */
    bool              secure;                         /* sips all the way, RFC 3261 12.1.1                     */
    struct slice      call_id, local_tag, remote_tag; /* remote_tag is empty with an RFC 2543 peer */
    struct slice      local, remote;                  /* name-addr without tag                     */
    struct slice      target;                         /* URI: where requests go                    */
    struct slice      routes[LIMIT_ROUTE_SET];        /* name-addr each, in the order to write     */
    unsigned          route_count;
    uint32_t          local_cseq; /* of the last request we sent            */
    uint32_t          remote_cseq;
    bool              has_remote_cseq;

    char        *target_memory; /* replaced at each refresh, so apart from the arena */
    struct arena arena;
};

/* What the caller chose when it sent the request that may begin a dialog. */
struct dialog_half {
    struct slice call_id, local_tag;
    struct slice local, remote; /* name-addr, without tag                                  */
    struct slice target;        /* the Request-URI: used when a response names no Contact  */
    uint32_t     cseq;
    bool         secure; /* sent over TLS to a sips URI                             */
};

/* As a UAC (12.1.2): from what we sent and a 101-299 response.  The dialog is
 * early or confirmed by its status.  Keeps copies.  Returns 0, -ERR_NO_MEMORY,
 * -ERR_LIMIT (too long a route set) or -ERR_SYNTAX (a Record-Route or Contact
 * that cannot be read). */
int dialog_new_uac(const struct dialog_half *half, const struct message *response, struct dialog **out);

/* As a UAS (12.1.1): early until dialog_confirm.  `secure`: the request came over
 * TLS.  Errors as above, and -ERR_SYNTAX without a Contact (8.1.1.8). */
int dialog_new_uas(const struct message *request, struct slice local_tag, bool secure, struct dialog **out);

/* As a subscriber, from the first NOTIFY that our SUBSCRIBE has brought (RFC 6665 4.4.1): of `half` the tag and CSeq
 * count.  It is confirmed.  Errors as dialog_new_uas. */
int dialog_new_notified(const struct dialog_half *half, const struct message *notify, struct dialog **out);

void dialog_free(struct dialog *d); /* NULL is fine */

/* A 2xx came (UAC: its route set and Contact replace those of the early dialog,
 * 13.2.2.4) or was sent (`response` NULL).  Errors as dialog_new_uac; the dialog
 * is confirmed all the same, with what it had. */
int  dialog_confirm(struct dialog *d, const struct message *response);
void dialog_terminate(struct dialog *d);

/* The remote target becomes the Contact of a re-INVITE or UPDATE, or of the 2xx
 * to one (12.2.1.2, 12.2.2).  No Contact: nothing changes.  Returns 0,
 * -ERR_NO_MEMORY or -ERR_SYNTAX. */
int dialog_refresh(struct dialog *d, const struct message *m);

/* Does this message that we received belong here (12.2.2)? */
bool dialog_matches_request(const struct dialog *d, const struct message *request);
bool dialog_matches_response(const struct dialog *d, const struct message *response);

/* A request other than ACK arrived in the dialog: false if its CSeq is not above
 * the last one, which deserves a 500 (12.2.2).  Gaps are fine. */
bool dialog_take_cseq(struct dialog *d, uint32_t number);

/* The CSeq for the next request of ours; not for ACK, which has its INVITE's. */
uint32_t dialog_next_cseq(struct dialog *d);

/* Begin a request in the dialog (12.2.1.1); see request_begin. */
int dialog_write_request(const struct dialog *d, enum method method, uint32_t cseq, struct gather *g,
                         struct request_start *out);

#endif
