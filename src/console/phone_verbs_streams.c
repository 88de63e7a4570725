/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_streams.c - the command about the streams of a call. */

#include "base/error.h"
#include "console/phone_desk_state.h"

/* The choices of "do", and of "does", in the order of the row. */
enum what { STREAM_ADD, STREAM_REMOVE, STREAM_TURN };

_Static_assert(SDP_INACTIVE == 0 && SDP_SENDONLY == 1 && SDP_RECVONLY == 2 && SDP_SENDRECV == 3,
               "a choice of \"does\" is a direction");

static enum sdp_direction direction_of(const struct phone_order *o)
{
    const struct phone_value *does = phone_order_value(o, "does");

    return does->given ? (enum sdp_direction)does->number : SDP_SENDRECV;
}

static int change(struct phone_desk *d, const struct phone_order *o, object_id call, unsigned *index)
{
    switch ((enum what)phone_order_value(o, "do")->number) {
    case STREAM_ADD:
        return call_add_stream(d->phone, call, SLICE("audio"), direction_of(o), index);
    case STREAM_REMOVE:
        return call_remove_stream(d->phone, call, *index);
    case STREAM_TURN:
        return call_turn_stream(d->phone, call, *index, direction_of(o));
    }
    return -ERR_UNSUPPORTED;
}

int verb_stream(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *which = phone_order_value(o, "stream");
    bool                      add   = phone_order_value(o, "do")->number == STREAM_ADD;
    unsigned           index = which->given && which->number < PHONE_STREAMS ? (unsigned)which->number : PHONE_STREAMS;
    struct phone_event e     = { 0 };
    int                error = desk_call_of(d, o, a, &e.call);

    if (error != 0)
        return error;
    if (!add && !which->given)
        return desk_refuse(a, -ERR_SYNTAX, "'stream' is missing");
    error = change(d, o, e.call, &index);
    if (error == -ERR_NOT_FOUND)
        return desk_refuse(a, error, "the call has no such stream");
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "the call is not up, or it has no other stream");
    if (error != 0)
        return error;
    phone_report_put(a->line, FIELD_CALL, &e);
    json_line_number(a->line, "stream", index);
    return 0;
}
