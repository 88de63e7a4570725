/* SPDX-License-Identifier: BSD-2-Clause */
/* A message that makes a dialog, then a request in it: what we write must be a
 * message again, whatever the peer put into its Contact, Record-Route and From. */
#include "dialog/dialog.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dialog_half half = {
    .call_id   = SLICE_INIT("c"),
    .local_tag = SLICE_INIT("a"),
    .local     = SLICE_INIT("<sip:alice@example.test>"),
    .remote    = SLICE_INIT("<sip:bob@example.test>"),
    .target    = SLICE_INIT("sip:bob@example.test"),
    .cseq      = 1,
};

static void check_request(const struct dialog *d, enum method method)
{
    static struct gather g;
    static char          text[LIMIT_MESSAGE];
    struct buf           b = BUF_ON(text);
    struct request_start start;
    struct parse_fault   fault;
    struct message      *m;

    if (dialog_write_request(d, method, 7, &g, &start) != 0)
        return;
    gather_body(&g, SLICE(""), SLICE(""));
    buf_put(&b, start.start_line);
    buf_put(&b, SLICE("Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"));
    if (!gather_ok(&g))
        return;
    gather_flatten(&g, &b);
    if (!buf_ok(&b))
        return;
    m = message_parse(buf_slice(&b), &fault);
    if (m == NULL && fault.expected != NULL && fault.status != 413 && fault.status != 513)
        abort();
    if (m != NULL && (m->method != method || m->body.len != 0 || !slice_eq(m->call_id, d->call_id)))
        abort();
    message_drop(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parse_fault fault;
    struct message    *m = message_parse((struct slice){ (const char *)data, size }, &fault);
    struct dialog     *d = NULL;
    int                error;

    if (m == NULL)
        return 0;
    error = m->is_request ? dialog_new_uas(m, SLICE("local"), false, &d) : dialog_new_uac(&half, m, &d);
    if (error == 0) {
        dialog_confirm(d, m->is_request ? NULL : m);
        check_request(d, METHOD_BYE);
        dialog_refresh(d, m);
        check_request(d, METHOD_INVITE);
        dialog_free(d);
    }
    message_drop(m);
    return 0;
}
