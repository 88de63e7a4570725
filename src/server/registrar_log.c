/* SPDX-License-Identifier: BSD-2-Clause */
/* What the registrar logs: each change of a binding, by whom and for how long.  A
 * refresh changes little and is by far the most common: it is a detail. */
#include "server/registrar.h"

#include "sip/peek.h"

struct change_words {
    const char    *event;
    enum log_level level;
};

static struct change_words words_of(enum binding_change_kind kind)
{
    switch (kind) {
    case BINDING_ADD:
        return (struct change_words){ "binding_added", LOG_INFO };
    case BINDING_REFRESH:
        return (struct change_words){ "binding_refreshed", LOG_DEBUG };
    case BINDING_REPLACE:
        return (struct change_words){ "binding_replaced", LOG_INFO };
    case BINDING_REMOVE:
        return (struct change_words){ "binding_removed", LOG_INFO };
    case BINDING_REMOVE_ALL:
        break;
    }
    return (struct change_words){ "all_bindings_removed", LOG_INFO };
}

void registrar_log_change(struct server *s, const struct message *request, struct slice key,
                          const struct binding_change *change)
{
    struct change_words words = words_of(change->kind);
    struct log_line     line;

    if (!log_begin(&line, s->world->log, words.level, LOG_PART_REGISTRAR, words.event))
        return;
    log_slice(&line, "call", request->call_id);
    log_slice(&line, "aor", key);
    if (change->kind != BINDING_REMOVE_ALL)
        peek_log_masked(&line, "contact", change->contact.uri.text);
    if (change->kind != BINDING_REMOVE_ALL && change->kind != BINDING_REMOVE)
        log_number(&line, "expires", change->expires);
    log_address(&line, "remote", &request->flow.remote);
    log_end(&line);
}

void registrar_log_expired(struct server *s, const struct aor *a, const struct binding *b)
{
    struct log_line line;

    if (!log_begin(&line, s->world->log, LOG_INFO, LOG_PART_REGISTRAR, "binding_expired"))
        return;
    log_slice(&line, "call", b->call_id);
    log_slice(&line, "aor", aor_key(a));
    peek_log_masked(&line, "contact", b->contact);
    log_end(&line);
}
