/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/dialog.h"

#include "base/error.h"

#include <stdlib.h>

enum { DIALOG_MEMORY = 64 * 1024 };

static struct dialog *new_dialog(void)
{
    struct dialog *d = calloc(1, sizeof *d);

    if (d != NULL)
        arena_init(&d->arena, NULL, 0, DIALOG_MEMORY);
    return d;
}

/* The memory of the last target goes: a dialog that is refreshed for days stays small. */
static int set_target(struct dialog *d, struct slice uri)
{
    char *copy = malloc(uri.len + 1);

    if (copy == NULL)
        return -ERR_NO_MEMORY;
    if (uri.len > 0)
        memcpy(copy, uri.ptr, uri.len);
    free(d->target_memory);
    d->target_memory = copy;
    d->target        = (struct slice){ copy, uri.len };
    return 0;
}

/* The first Contact of `m`; `otherwise` if there is none. */
static int set_target_from(struct dialog *d, const struct message *m, struct slice otherwise)
{
    struct header_values values = message_values(m, HEADER_CONTACT);
    struct name_addr     contact;

    if (values_next_name_addr(&values, &contact))
        return set_target(d, contact.uri.text);
    if (values.broken || otherwise.len == 0)
        return -ERR_SYNTAX;
    return set_target(d, otherwise);
}

/* Record-Route as it stands for a UAS (12.1.1), in reverse for a UAC (12.1.2).
 * The old set stays if the new one cannot be had. */
static int set_routes(struct dialog *d, const struct message *m, bool reverse)
{
    struct header_values values = message_values(m, HEADER_RECORD_ROUTE);
    struct slice         routes[LIMIT_ROUTE_SET];
    struct name_addr     route;
    unsigned             count = 0;

    while (values_next_name_addr(&values, &route)) {
        if (count == LIMIT_ROUTE_SET)
            return -ERR_LIMIT;
        routes[count++] = arena_copy(&d->arena, route.text);
    }
    if (values.broken)
        return -ERR_SYNTAX;
    if (!arena_ok(&d->arena))
        return -ERR_NO_MEMORY;
    for (unsigned i = 0; i < count; i++)
        d->routes[i] = routes[reverse ? count - 1 - i : i];
    d->route_count = count;
    return 0;
}

/* name-addr without the header's parameters: the tag is kept apart. */
static struct slice copy_party(struct dialog *d, const struct name_addr *party)
{
    struct slice text = party->text;

    if (party->params.len > 0)
        text = slice_trim(slice_between(text.ptr, party->params.ptr));
    return arena_copy(&d->arena, text);
}

static int finish(struct dialog *d, int error, struct dialog **out)
{
    if (error == 0 && !arena_ok(&d->arena))
        error = -ERR_NO_MEMORY;
    if (error != 0) {
        dialog_free(d);
        return error;
    }
    *out = d;
    return 0;
}

int dialog_new_uac(const struct dialog_half *half, const struct message *response, struct dialog **out)
{
    struct dialog *d = new_dialog();
    int            error;

    if (d == NULL)
        return -ERR_NO_MEMORY;
    d->state      = response->status >= 200 ? DIALOG_CONFIRMED : DIALOG_EARLY;
    d->is_uac     = true;
    d->secure     = half->secure;
    d->call_id    = arena_copy(&d->arena, half->call_id);
    d->local_tag  = arena_copy(&d->arena, half->local_tag);
    d->remote_tag = arena_copy(&d->arena, response->to_tag);
    d->local      = arena_copy(&d->arena, half->local);
    d->remote     = arena_copy(&d->arena, half->remote);
    d->local_cseq = half->cseq;

    error = set_target_from(d, response, half->target);
    if (error == 0)
        error = set_routes(d, response, true);
    return finish(d, error, out);
}

int dialog_new_uas(const struct message *request, struct slice local_tag, bool secure, struct dialog **out)
{
    struct dialog *d = new_dialog();
    int            error;

    if (d == NULL)
        return -ERR_NO_MEMORY;
    d->state           = DIALOG_EARLY;
    d->secure          = secure && request->uri.scheme == URI_SIPS;
    d->call_id         = arena_copy(&d->arena, request->call_id);
    d->local_tag       = arena_copy(&d->arena, local_tag);
    d->remote_tag      = arena_copy(&d->arena, request->from_tag);
    d->local           = copy_party(d, &request->to);
    d->remote          = copy_party(d, &request->from);
    d->remote_cseq     = request->cseq.number;
    d->has_remote_cseq = true;

    error = set_target_from(d, request, (struct slice){ NULL, 0 });
    if (error == 0)
        error = set_routes(d, request, false);
    return finish(d, error, out);
}

int dialog_new_notified(const struct dialog_half *half, const struct message *notify, struct dialog **out)
{
    int error = dialog_new_uas(notify, half->local_tag, half->secure, out);

    if (error != 0)
        return error;
    (*out)->state      = DIALOG_CONFIRMED;
    (*out)->is_uac     = true;
    (*out)->local_cseq = half->cseq;
    return 0;
}

void dialog_free(struct dialog *d)
{
    if (d == NULL)
        return;
    arena_fini(&d->arena);
    free(d->target_memory);
    free(d);
}

int dialog_confirm(struct dialog *d, const struct message *response)
{
    int routes, target;

    if (d->state != DIALOG_EARLY)
        return 0;
    d->state = DIALOG_CONFIRMED;
    if (response == NULL)
        return 0;
    routes = set_routes(d, response, true);
    target = dialog_refresh(d, response);
    return routes != 0 ? routes : target;
}

void dialog_terminate(struct dialog *d)
{
    d->state = DIALOG_TERMINATED;
}

int dialog_refresh(struct dialog *d, const struct message *m)
{
    if (message_header(m, HEADER_CONTACT) == NULL)
        return 0;
    return set_target_from(d, m, (struct slice){ NULL, 0 });
}

bool dialog_matches_request(const struct dialog *d, const struct message *request)
{
    return slice_eq(d->call_id, request->call_id) && slice_eq(d->local_tag, request->to_tag) &&
           slice_eq(d->remote_tag, request->from_tag);
}

bool dialog_matches_response(const struct dialog *d, const struct message *response)
{
    return slice_eq(d->call_id, response->call_id) && slice_eq(d->local_tag, response->from_tag) &&
           slice_eq(d->remote_tag, response->to_tag);
}

bool dialog_take_cseq(struct dialog *d, uint32_t number)
{
    if (d->has_remote_cseq && number <= d->remote_cseq)
        return false;
    d->remote_cseq     = number;
    d->has_remote_cseq = true;
    return true;
}

uint32_t dialog_next_cseq(struct dialog *d)
{
    return ++d->local_cseq;
}

int dialog_write_request(const struct dialog *d, enum method method, uint32_t cseq, struct gather *g,
                         struct request_start *out)
{
    struct request_head head = {
        .method      = method,
        .target      = d->target,
        .from        = d->local,
        .to          = d->remote,
        .from_tag    = d->local_tag,
        .to_tag      = d->remote_tag,
        .call_id     = d->call_id,
        .cseq        = cseq,
        .routes      = d->routes,
        .route_count = d->route_count,
    };

    return request_begin(g, &head, out);
}
