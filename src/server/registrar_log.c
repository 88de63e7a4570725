/* SPDX-License-Identifier: BSD-2-Clause */
/* What the registrar logs: each change of a binding, by whom and for how long.  A
 * refresh changes little and is by far the most common: it is a detail. */
#include "server/registrar.h"

#include "sip/peek.h"

struct event_words {
    const char    *event;
    enum log_level level;
};

static struct event_words words_of(enum binding_event event)
{
    switch (event) {
    case BINDING_REGISTERED:
        return (struct event_words){ "binding_registered", LOG_INFO };
    case BINDING_REFRESHED:
        return (struct event_words){ "binding_refreshed", LOG_DEBUG };
    case BINDING_EXPIRED:
        return (struct event_words){ "binding_expired", LOG_INFO };
    case BINDING_UNREGISTERED:
        return (struct event_words){ "binding_unregistered", LOG_INFO };
    case BINDING_REJECTED:
        break;
    }
    return (struct event_words){ "binding_rejected", LOG_INFO };
}

/* Rounded up, as the 200 says it. */
static int64_t seconds_left(struct server *s, const struct binding *b)
{
    return (int64_t)((b->expires_at - world_now(s->world) + SECOND - 1) / SECOND);
}

void registrar_tell(struct server *s, const struct message *request, struct slice key, const struct binding *b,
                    enum binding_event event)
{
    const struct workers *workers = s->shared->workers;
    struct event_words    words   = words_of(event);
    struct log_line       line;

    binding_events_tell(s->shared->events, s->world, workers != NULL ? workers_home_of_name(workers, key) : 0, key, b,
                        event);
    if (!log_begin(&line, s->world->log, words.level, LOG_PART_REGISTRAR, words.event))
        return;
    log_slice(&line, "call", request != NULL ? request->call_id : b->call_id);
    log_slice(&line, "aor", key);
    peek_log_masked(&line, "contact", b->contact);
    if (event == BINDING_REGISTERED || event == BINDING_REFRESHED)
        log_number(&line, "expires", seconds_left(s, b));
    if (request != NULL)
        log_address(&line, "remote", &request->flow.remote);
    log_end(&line);
}
