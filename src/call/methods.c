/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/methods.h"

/* ACK and CANCEL come by ways of their own (stack_events) and stand here for Allow. */
static const struct phone_method methods[] = {
    { METHOD_INVITE, "application/sdp", call_incoming, call_on_reinvite },
    { METHOD_ACK, NULL, NULL, NULL },
    { METHOD_BYE, "application/sdp", NULL, call_on_bye },
    { METHOD_CANCEL, NULL, NULL, NULL },
    { METHOD_OPTIONS, "application/sdp", options_outside, options_within },
};

enum { METHODS = sizeof methods / sizeof *methods };

const struct phone_method *phone_method(enum method method)
{
    for (unsigned i = 0; i < METHODS; i++)
        if (methods[i].method == method)
            return &methods[i];
    return NULL;
}

void put_allow(struct gather *g)
{
    size_t      mark = gather_mark(g);
    const char *lead = "Allow: ";

    for (unsigned i = 0; i < METHODS; i++) {
        buf_put(&g->scratch, slice_from(lead));
        buf_put(&g->scratch, method_name(methods[i].method));
        lead = ", ";
    }
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}
