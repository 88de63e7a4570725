/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/event.h"

const char *phone_event_name(enum phone_event_kind kind)
{
    static const char *const names[PHONE_EVENT_COUNT] = {
        [PHONE_REGISTERED]         = "registered",
        [PHONE_REFRESHED]          = "refreshed",
        [PHONE_REGISTER_FAILED]    = "register_failed",
        [PHONE_UNREGISTERED]       = "unregistered",
        [PHONE_INCOMING]           = "incoming",
        [PHONE_RINGING]            = "ringing",
        [PHONE_EARLY_MEDIA]        = "early_media",
        [PHONE_ANSWERED]           = "answered",
        [PHONE_CHANGED]            = "changed",
        [PHONE_UNCHANGED]          = "unchanged",
        [PHONE_MEDIA]              = "media",
        [PHONE_NO_MEDIA]           = "no_media",
        [PHONE_SOURCE_ENDED]       = "source_ended",
        [PHONE_DIGIT]              = "digit",
        [PHONE_REFERRED]           = "referred",
        [PHONE_TRANSFER]           = "transfer",
        [PHONE_TRANSFERRED]        = "transferred",
        [PHONE_TRANSFER_FAILED]    = "transfer_failed",
        [PHONE_CONFERENCE]         = "conference",
        [PHONE_ENDED]              = "ended",
        [PHONE_MESSAGE]            = "message",
        [PHONE_MESSAGE_SENT]       = "message_sent",
        [PHONE_MESSAGE_FAILED]     = "message_failed",
        [PHONE_SUBSCRIBED]         = "subscribed",
        [PHONE_NOTIFIED]           = "notified",
        [PHONE_WAITING]            = "waiting",
        [PHONE_SUBSCRIPTION_ENDED] = "subscription_ended",
        [PHONE_ENGAGED]            = "engaged",
        [PHONE_FREE]               = "free",
        [PHONE_PRESENCE]           = "presence",
        [PHONE_PUBLISHED]          = "published",
        [PHONE_UNPUBLISHED]        = "unpublished",
        [PHONE_PUBLISH_FAILED]     = "publish_failed",
        [PHONE_WATCHER]            = "watcher",
        [PHONE_MESH]               = "mesh",
        [PHONE_ASKED]              = "asked",
        [PHONE_REFER]              = "refer",
    };

    return kind < PHONE_EVENT_COUNT ? names[kind] : "";
}

const char *call_cause_name(enum call_cause cause)
{
    switch (cause) {
    case CALL_NORMAL:
        return "normal";
    case CALL_CANCELLED:
        return "cancelled";
    case CALL_REFUSED:
        return "refused";
    case CALL_TIMED_OUT:
        return "timed_out";
    case CALL_UNREACHABLE:
        return "unreachable";
    case CALL_NO_ACK:
        return "no_ack";
    case CALL_ELSEWHERE:
        return "elsewhere";
    case CALL_EXPIRED:
        return "expired";
    case CALL_LOST:
        return "lost";
    case CALL_BAD_SDP:
        return "bad_sdp";
    case CALL_REPLACED:
        return "replaced";
    case CALL_TRANSFERRED:
        return "transferred";
    case CALL_LOCAL_FAULT:
        return "local_fault";
    }
    return "";
}

const char *call_side_name(enum call_side side)
{
    switch (side) {
    case SIDE_LOCAL:
        return "local";
    case SIDE_REMOTE:
        return "remote";
    case SIDE_NETWORK:
        return "network";
    }
    return "";
}
