/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a branch is cancelled, for a phone that would else tell its user of a call missed (RFC 3326). */
#include "server/proxy_context.h"

enum { REASON_TEXT = 1024 };

/* The status of who has answered, or refused for all; or that the time was over. */
static void put_status(struct buf *b, unsigned status)
{
    struct slice text = status / 100 == 2 ? SLICE("Call completed elsewhere") : status_reason(status);

    buf_put(b, SLICE("Reason: SIP;cause="));
    buf_put_number(b, status);
    buf_put(b, SLICE(";text="));
    buf_put_quoted(b, text);
    buf_put(b, SLICE("\r\n"));
}

/* RFC 3326 2: what the client's own CANCEL says is copied.  What does not fit is left out. */
static void put_clients(struct buf *b, const struct message *cancel)
{
    for (const struct header *line = message_header(cancel, HEADER_REASON); line != NULL;
         line                      = message_next(cancel, line)) {
        buf_put(b, SLICE("Reason: "));
        buf_put(b, line->value);
        buf_put(b, SLICE("\r\n"));
    }
}

void proxy_cancel_branch(struct context *c, unsigned branch, unsigned status)
{
    char       memory[REASON_TEXT];
    struct buf b = BUF_ON(memory);

    if (status != 0)
        put_status(&b, status);
    else if (c->cancel != NULL)
        put_clients(&b, c->cancel);
    stack_cancel(c->server->stack, c->branches[branch].client, buf_ok(&b) ? buf_slice(&b) : SLICE(""));
}
