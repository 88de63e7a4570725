/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/reloading.h"

#include "base/error.h"
#include "console/text_json.h"
#include "server/config_changes.h"

#include <stdio.h>
#include <unistd.h>

enum { LOOK_AGAIN = 1000 /* ms between looks whether sockets have closed */, SENTENCE = 1536 };

/* ---- the answer ---- */

/* What quotes a file may have bytes that JSON cannot say. */
static json_t *text_of(const char *text)
{
    return text_to_json(slice_from(text));
}

static void add_problem(void *reloading, const char *text)
{
    struct reloading *r = reloading;

    json_array_append_new(json_object_get(r->answer, "problems"), text_of(text));
}

/* Returns `error`. */
static int refuse(struct reloading *r, int error, const char *text)
{
    if (text != NULL)
        add_problem(r, text);
    json_object_set_new(r->answer, "error", json_string(error_name(error)));
    return error;
}

static void add_change(void *reloading, const struct config_change *c)
{
    struct reloading *r   = reloading;
    json_t           *one = json_pack("{s:o,s:o,s:o,s:b}", "what", text_of(c->what), "before",
                            c->before != NULL ? text_of(c->before) : json_null(), "after",
                            c->after != NULL ? text_of(c->after) : json_null(), "needs_restart", c->needs_restart);

    json_array_append_new(json_object_get(r->answer, "changes"), one);
}

static int64_t count_of(const struct reloading *r, const char *list)
{
    return (int64_t)json_array_size(json_object_get(r->answer, list));
}

static bool has_problems(const struct reloading *r)
{
    return count_of(r, "problems") > 0;
}

/* ---- the log ---- */

static void log_outcome(const struct reloading *r)
{
    bool            taken   = json_is_true(json_object_get(r->answer, "taken"));
    const json_t   *problem = json_array_get(json_object_get(r->answer, "problems"), 0);
    struct log_line l;

    if (json_is_true(json_object_get(r->answer, "dry_run")) ||
        !log_begin(&l, r->world->log, taken ? LOG_NOTICE : LOG_ERROR, LOG_PART_PROCESS,
                   taken ? "configuration_taken" : "configuration_refused"))
        return;
    log_text(&l, "file", json_string_value(json_object_get(r->answer, "file")));
    if (taken) {
        log_number(&l, "number", r->taken.number);
        log_number(&l, "changes", count_of(r, "changes"));
    } else {
        log_number(&l, "problems", count_of(r, "problems"));
        log_text(&l, "problem", problem != NULL ? json_string_value(problem) : "");
    }
    log_end(&l);
}

/* The end of the order, whatever came of it. */
static void finish(struct reloading *r)
{
    reloading_done_fn *done   = r->done;
    json_t            *answer = r->answer;

    config_free(r->next);
    certificates_drop(&r->certificates);
    log_outcome(r);
    r->next   = NULL;
    r->answer = NULL;
    r->done   = NULL;
    done(r->done_arg, answer);
}

/* ---- sockets that are no longer used ---- */

static void on_closing_timer(struct timer *timer, msec now);

static bool is_closing(const struct listening *l)
{
    for (unsigned i = 0; i < LISTENING_PLACES; i++)
        if (l->places[i].state == PLACE_CLOSING)
            return true;
    return false;
}

static void close_unused(struct reloading *r)
{
    struct listening *l = &r->shared->listening;
    enum transport    transport;
    struct address    address;

    while (listening_closed(l, &transport, &address))
        if (!listening_uses(l, transport, &address))
            place_drop(r->place, transport, &address);
    if (is_closing(l))
        world_timer(r->world, &r->closing, on_closing_timer, world_now(r->world) + LOOK_AGAIN);
}

static void on_closing_timer(struct timer *timer, msec now)
{
    struct reloading *r = CONTAINER_OF(timer, struct reloading, closing);

    (void)now;
    if (r->next == NULL) /* else it looks at its end */
        close_unused(r);
}

/* ---- what is new ---- */

static int read_next(struct reloading *r, const struct reloading_order *order)
{
    const char *path = order->path != NULL ? order->path : r->path;
    int         error;

    if (order->undo && r->taken.before == NULL)
        return refuse(r, -ERR_NOT_FOUND, "there is nothing to undo: this is the configuration of the start");
    if (order->undo)
        r->next = config_hold(r->taken.before);
    else if (path == NULL || (order->path == NULL && r->path_may_lack && access(path, F_OK) != 0))
        (void)config_default(&r->next);
    else if ((error = config_load(path, add_problem, r, &r->next)) != 0)
        return refuse(r, error, has_problems(r) ? NULL : error_text(error));
    if (r->next == NULL)
        return refuse(r, -ERR_NO_MEMORY, error_text(ERR_NO_MEMORY));
    json_object_set_new(r->answer, "file", json_stringn(r->next->name.ptr, r->next->name.len));
    return 0;
}

static int refuse_restarts(struct reloading *r)
{
    const json_t *one;
    size_t        i;

    json_array_foreach(json_object_get(r->answer, "changes"), i, one)
    {
        char text[SENTENCE];

        if (!json_is_true(json_object_get(one, "needs_restart")))
            continue;
        snprintf(text, sizeof text, "%s: a change from %s to %s needs a restart of the server",
                 json_string_value(json_object_get(one, "what")), json_string_value(json_object_get(one, "before")),
                 json_string_value(json_object_get(one, "after")));
        add_problem(r, text);
    }
    return has_problems(r) ? refuse(r, -ERR_UNSUPPORTED, NULL) : 0;
}

static int compare(struct reloading *r)
{
    int error = config_changes(r->taken.now, r->next, add_change, r);

    return error == 0 ? refuse_restarts(r) : refuse(r, error, error_text(error));
}

static int bind_all(struct reloading *r, struct listening_plan *plan)
{
    char problem[SENTENCE];

    for (unsigned i = 0; i < plan->count;) {
        const struct planned_listener *p     = &plan->list[i];
        int                            error = 0;

        if (p->is_new)
            error = place_bind(r->place, &p->listen, r->count, problem, sizeof problem);
        if (error == 0) {
            i++;
        } else if (error == -ERR_NO_ADDRESS && r->next->listen_is_default) {
            listening_leave_out(&r->shared->listening, plan, i);
        } else {
            listening_give_up(&r->shared->listening, plan);
            return refuse(r, error, problem);
        }
    }
    return 0;
}

/* Everything that can go wrong, but for what only the workers can say. */
static int get_ready(struct reloading *r, const struct reloading_order *order, const struct snapshot **snapshot,
                     struct listening_plan *plan)
{
    char problem[SENTENCE];
    int  error = read_next(r, order);

    if (error == 0)
        error = compare(r);
    if (error != 0)
        return error;
    error =
        certificates_read(r->shared, r->next, world_wall(r->world) / 1000, &r->certificates, problem, sizeof problem);
    if (error != 0)
        return refuse(r, error, problem);
    *snapshot = snapshot_new(r->next, problem, sizeof problem);
    if (*snapshot == NULL)
        return refuse(r, -ERR_SYNTAX, problem);
    error = listening_plan(&r->shared->listening, r->next, plan, problem, sizeof problem);
    if (error == 0)
        return bind_all(r, plan);
    return refuse(r, error, problem);
}

/* ---- taking it ---- */

static int on_ready(void *reloading, char *problem, size_t problem_size)
{
    struct reloading *r     = reloading;
    struct taken      taken = { r->taken.number + 1, world_wall(r->world), r->next, r->taken.now };
    int               error = taken_write(&taken);

    if (error != 0)
        snprintf(problem, problem_size, "cannot keep the configuration in %.*s: %s", SLICE_ARG(r->next->state),
                 error_text(error));
    else
        certificates_use(r->shared, &r->certificates);
    return error;
}

static void on_done(void *reloading, int error, const char *problem)
{
    struct reloading    *r      = reloading;
    const struct config *before = r->taken.now, *older = r->taken.before;

    if (error != 0) {
        refuse(r, error, problem);
        r->events->give_up(r->arg);
    } else {
        r->taken = (struct taken){ r->taken.number + 1, world_wall(r->world), config_hold(r->next), before };
        r->events->take(r->arg, r->next, before);
        config_free(older);
        json_object_set_new(r->answer, "taken", json_true());
        json_object_set_new(r->answer, "number", json_integer(r->taken.number));
    }
    close_unused(r);
    finish(r);
}

static void take(struct reloading *r, const struct snapshot *snapshot, const struct listening_plan *plan)
{
    static const struct reload_events events = { on_ready, on_done };
    char                              problem[SENTENCE];
    int                               error = r->events->prepare(r->arg, r->next, problem, sizeof problem);

    if (error == 0) {
        reload_begin(&r->reload, r->servers, r->count, snapshot, plan, &events, r);
        return;
    }
    refuse(r, error, problem);
    listening_give_up(&r->shared->listening, plan);
    close_unused(r);
    finish(r);
}

void reloading_order(struct reloading *r, const struct reloading_order *order, reloading_done_fn *done, void *arg)
{
    const struct snapshot *snapshot = NULL;
    struct listening_plan  plan;
    const char            *path = order->path != NULL ? order->path : r->path;

    if (r->answer != NULL) {
        done(arg, json_pack("{s:b,s:b,s:s,s:I,s:[],s:[s],s:s}", "taken", 0, "dry_run", order->dry_run, "file",
                            path != NULL ? path : "", "number", (json_int_t)r->taken.number, "changes", "problems",
                            "another reload is under way", "error", error_name(ERR_LIMIT)));
        return;
    }
    r->answer = json_pack("{s:b,s:b,s:o,s:I,s:[],s:[],s:n}", "taken", 0, "dry_run", order->dry_run, "file",
                          text_of(path != NULL ? path : ""), "number", (json_int_t)r->taken.number, "changes",
                          "problems", "error");
    if (r->answer == NULL) {
        done(arg, NULL);
        return;
    }
    r->done     = done;
    r->done_arg = arg;
    if (get_ready(r, order, &snapshot, &plan) != 0) {
        close_unused(r);
        finish(r);
    } else if (order->dry_run) {
        listening_give_up(&r->shared->listening, &plan);
        close_unused(r);
        finish(r);
    } else {
        take(r, snapshot, &plan);
    }
    snapshot_drop(snapshot);
}

/* ---- life ---- */

void reloading_begin(struct reloading *r, const struct taken *taken)
{
    r->taken = *taken;
    config_hold(taken->now);
    if (taken->at == 0)
        r->taken.at = world_wall(r->world);
    if (taken->before != NULL)
        config_hold(taken->before);
}

void reloading_end(struct reloading *r)
{
    if (r->world != NULL)
        world_timer_stop(r->world, &r->closing);
    if (reload_is_under_way(&r->reload))
        r->events->give_up(r->arg);
    reload_forget(&r->reload);
    if (r->answer != NULL) {
        refuse(r, -ERR_CLOSED, "the server ends");
        finish(r);
    }
    taken_fini(&r->taken);
}
