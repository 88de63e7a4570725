/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/methods.h"

#include "call/reference.h"

/* ACK and CANCEL come by ways of their own (stack_events) and stand here for Allow. */
static const struct phone_method methods[] = {
    { METHOD_INVITE, "application/sdp", call_incoming, call_on_reinvite },
    { METHOD_ACK, NULL, NULL, NULL },
    { METHOD_BYE, "application/sdp", NULL, call_on_bye },
    { METHOD_CANCEL, NULL, NULL, NULL },
    { METHOD_PRACK, "application/sdp", NULL, call_on_prack },
    { METHOD_UPDATE, "application/sdp", NULL, call_on_update },
    { METHOD_OPTIONS, "application/sdp", options_outside, options_within },
    { METHOD_MESSAGE, TEXT_TYPES, text_outside, text_within },
    { METHOD_REFER, "application/sdp", referred_outside, referred_within },
    { METHOD_NOTIFY, NULL, notify_outside, notify_within },
    { METHOD_SUBSCRIBE, "application/sdp", subscribe_outside, referred_subscribe },
    { METHOD_INFO, "application/dtmf-relay, application/dtmf", NULL, info_within },
};

/* Dialogs that are no calls have fewer. */
static const struct {
    enum method      method;
    method_alone_fn *fn;
} lonely[] = {
    { METHOD_NOTIFY, notify_alone },
    { METHOD_SUBSCRIBE, subscribe_alone },
};

enum { METHODS = sizeof methods / sizeof *methods };

const struct phone_method *phone_method(enum method method)
{
    for (unsigned i = 0; i < METHODS; i++)
        if (methods[i].method == method)
            return &methods[i];
    return NULL;
}

method_alone_fn *method_alone(enum method method)
{
    for (size_t i = 0; i < sizeof lonely / sizeof *lonely; i++)
        if (lonely[i].method == method)
            return lonely[i].fn;
    return NULL;
}

/* Rows that accept the same say so in the same words. */
static bool is_first_with(unsigned row, const char *accept)
{
    for (unsigned i = 0; i < row; i++)
        if (methods[i].accept != NULL && strcmp(methods[i].accept, accept) == 0)
            return false;
    return true;
}

void put_accept_all(struct gather *g)
{
    size_t      mark = gather_mark(g);
    const char *lead = "Accept: ";

    for (unsigned i = 0; i < METHODS; i++) {
        if (methods[i].accept == NULL || !is_first_with(i, methods[i].accept))
            continue;
        buf_put(&g->scratch, slice_from(lead));
        buf_put(&g->scratch, slice_from(methods[i].accept));
        lead = ", ";
    }
    buf_put(&g->scratch, slice_from(lead));
    buf_put(&g->scratch, SLICE(MULTIPART_TYPES "\r\n"));
    gather_written(g, mark);
}

void put_allow_events(struct gather *g)
{
    gather_header(g, HEADER_ALLOW_EVENTS, SLICE("dialog, presence"));
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
