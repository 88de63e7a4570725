/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/phone_news.h"
#include "scenario/phone_state.h"

static struct slice aor_of(const struct phone_actor *a, object_id account)
{
    for (unsigned i = 0; i < a->account_count; i++)
        if (a->accounts[i] == account)
            return a->account_configs[i].aor;
    return SLICE("nobody");
}

static void note_registered(struct phone_actor *a, const struct phone_event *e, const char *name)
{
    actor_event(&a->actor, "%s %u %.*s flow %u lives %u%s%s", name, e->expires, SLICE_ARG(e->peer), e->flow, e->flows,
                e->outbound ? " outbound" : "", e->gruu.len > 0 ? " gruu" : "");
}

/* changed [held] [held-by-peer] [0:DIRECTION 1:DIRECTION ..., if it has or had more than one stream] */
static void note_change(struct phone_actor *a, const struct phone_event *e)
{
    char       memory[128];
    struct buf streams = BUF_ON(memory);

    for (size_t i = 0; i < e->stream_count && e->stream_count > 1; i++) {
        struct slice does = e->streams[i].on ? sdp_direction_name(e->streams[i].direction) : SLICE("over");

        buf_printf(&streams, " %u:%.*s", e->streams[i].index, SLICE_ARG(does));
    }
    actor_event(&a->actor, "%s%s%s%s", phone_event_name(e->kind), e->held ? " held" : "",
                e->held_by_peer ? " held-by-peer" : "", buf_cstr(&streams));
}

void phone_note(struct phone_actor *a, const struct phone_event *e)
{
    const char *name = phone_event_name(e->kind);

    switch (e->kind) {
    case PHONE_REGISTERED:
    case PHONE_REFRESHED:
        note_registered(a, e, name);
        return;
    case PHONE_REGISTER_FAILED:
        actor_event(&a->actor, "%s %u%s flow %u lives %u", name, e->status, e->retry_in == NEVER ? " for good" : "",
                    e->flow, e->flows);
        return;
    case PHONE_UNREGISTERED:
        actor_event(&a->actor, "%s %u%s", name, e->status, e->expires > 0 ? " kept" : "");
        return;
    case PHONE_TRANSFER:
    case PHONE_TRANSFERRED:
    case PHONE_TRANSFER_FAILED:
    case PHONE_RINGING:
    case PHONE_UNCHANGED:
        actor_event(&a->actor, "%s %u", name, e->status);
        return;
    case PHONE_INCOMING:
        actor_event(&a->actor, "%s %.*s for %.*s%s%s", name, SLICE_ARG(e->peer), SLICE_ARG(aor_of(a, e->account)),
                    e->replaces != 0 ? " replacing" : "", e->joins != 0 ? " joining" : "");
        return;
    case PHONE_REFERRED:
        actor_event(&a->actor, "%s %.*s%s", name, SLICE_ARG(e->target), e->asking ? " asking" : "");
        return;
    case PHONE_CHANGED:
        note_change(a, e);
        return;
    case PHONE_CONFERENCE:
        actor_event(&a->actor, "%s %zu", name, e->member_count);
        return;
    case PHONE_MESH:
        actor_event(&a->actor, "%s %s %u", name, e->direct ? "direct" : "mixed", e->status);
        return;
    case PHONE_ASKED:
        actor_event(&a->actor, "%s %.*s by %.*s", name, SLICE_ARG(e->target), SLICE_ARG(e->peer));
        return;
    case PHONE_REFER:
        actor_event(&a->actor, "%s %u", name, e->status);
        return;
    case PHONE_DIGIT:
        actor_event(&a->actor, "%s %c", name, e->digit);
        return;
    case PHONE_ENDED:
        actor_event(&a->actor, "%s %s %s %u", name, call_cause_name(e->cause), call_side_name(e->side), e->status);
        return;
    case PHONE_MESSAGE:
    case PHONE_MESSAGE_SENT:
    case PHONE_MESSAGE_FAILED:
    case PHONE_SUBSCRIBED:
    case PHONE_NOTIFIED:
    case PHONE_WAITING:
    case PHONE_SUBSCRIPTION_ENDED:
    case PHONE_ENGAGED:
    case PHONE_WATCHER:
    case PHONE_FREE:
    case PHONE_PRESENCE:
    case PHONE_PUBLISHED:
    case PHONE_UNPUBLISHED:
    case PHONE_PUBLISH_FAILED:
        news_note(&a->actor, e);
        return;
    case PHONE_EARLY_MEDIA:
    case PHONE_ANSWERED:
    case PHONE_MEDIA:
    case PHONE_NO_MEDIA:
    case PHONE_SOURCE_ENDED:
    case PHONE_EVENT_COUNT:
        actor_event(&a->actor, "%s", name);
        return;
    }
}
