/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/prometheus.h"

#include <stdlib.h>
#include <unistd.h>

/* False: the call has failed, because no server runs. */
static bool has_server(const struct admin *a, struct control_call *call)
{
    if (a->numbers != NULL)
        return true;
    control_fail(call, -ERR_UNSUPPORTED, "no server runs");
    return false;
}

static json_t *domains_to_json(const struct config *config)
{
    json_t *domains = json_array();

    for (size_t i = 0; i < config->domain_count; i++)
        json_array_append_new(domains, json_stringn(config->domains[i].ptr, config->domains[i].len));
    return domains;
}

void admin_server_status(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a     = user;
    struct slice  realm = users_realm(a->users);
    json_t       *status, *numbers;

    (void)params;
    if (!has_server(a, call))
        return;
    status  = json_pack("{s:s,s:i,s:i,s:I,s:s%,s:o,s:I}", "version", AHOY_VERSION, "pid", (int)getpid(), "workers",
                        (int)a->workers, "uptime_msec", (json_int_t)(world_wall(a->world) - a->started_at), "realm",
                        realm.ptr, realm.len, "domains", domains_to_json(a->config), "users",
                        (json_int_t)users_count(a->users));
    numbers = numbers_to_json(a->numbers);
    if (status != NULL && (numbers == NULL || json_object_update(status, numbers) != 0)) {
        json_decref(status);
        status = NULL;
    }
    json_decref(numbers);
    if (status != NULL)
        a->add_status(a->arg, status);
    control_reply(call, status);
}

void admin_server_counters(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a = user;

    (void)params;
    if (has_server(a, call))
        control_reply(call, numbers_to_json(a->numbers));
}

void admin_server_metrics(void *user, struct control_call *call, const json_t *params)
{
    struct admin           *a     = user;
    struct prometheus_facts facts = { AHOY_VERSION, a->workers, a->started_at, a->memory, a->tls };
    struct counters_sum     sum;
    struct buf              b;
    char                   *text;

    (void)params;
    if (!has_server(a, call))
        return;
    text = malloc(PROMETHEUS_TEXT_MAX);
    b    = buf_on(text, text == NULL ? 0 : PROMETHEUS_TEXT_MAX);
    numbers_sum(a->numbers, &sum);
    prometheus_write(&b, &sum, &facts);
    control_reply(call, buf_ok(&b) ? json_pack("{s:s%}", "text", b.ptr, b.len) : NULL);
    free(text);
}

void admin_server_reset(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a = user;

    (void)params;
    if (!has_server(a, call))
        return;
    a->forget_high(a->arg);
    numbers_forget_high(a->numbers);
    control_reply(call, json_object());
}

static json_t *param_to_json(const struct control_param *p)
{
    json_t *one = json_pack("{s:s,s:s,s:b,s:s}", "name", p->name, "type", control_type_name(p->type), "required",
                            p->required, "help", p->help);

    if (p->type == CONTROL_INTEGER || p->type == CONTROL_NUMBER)
        json_object_update_new(one, json_pack("{s:I,s:I}", "minimum", p->minimum, "maximum", p->maximum));
    return one;
}

static json_t *method_to_json(const struct control_method *m)
{
    json_t *params = json_array();

    for (const struct control_param *p = m->params; p != NULL && p->name != NULL; p++)
        json_array_append_new(params, param_to_json(p));
    return json_pack("{s:s,s:s,s:o,s:s,s:s?}", "name", m->name, "summary", m->summary, "params", params, "result",
                     m->result, "errors", m->errors);
}

void admin_server_methods(void *user, struct control_call *call, const json_t *params)
{
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *list    = json_array();

    (void)user;
    (void)params;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, method_to_json(&methods[i]));
    control_reply(call, json_pack("{s:o}", "methods", list));
}

void admin_server_stop(void *user, struct control_call *call, const json_t *params)
{
    struct admin *a = user;

    (void)params;
    if (a->stop == NULL) {
        control_fail(call, -ERR_UNSUPPORTED, "there is no server to stop");
        return;
    }
    control_reply(call, json_object());
    a->stop(a->arg);
}

static json_t *levels_to_json(const struct log_levels *levels)
{
    json_t *all = json_object();

    for (int part = 0; part < LOG_PARTS; part++)
        json_object_set_new(all, log_part_name((enum log_part)part),
                            json_string(log_level_name(log_levels_get(levels, (enum log_part)part))));
    return json_pack("{s:o}", "levels", all);
}

void admin_log_level(void *user, struct control_call *call, const json_t *params)
{
    struct admin  *a    = user;
    const char    *part = json_string_value(json_object_get(params, "part"));
    struct slice   text = admin_text(params, "level");
    enum log_level level;

    if (a->levels == NULL)
        control_fail(call, -ERR_UNSUPPORTED, "no server runs");
    else if (text.len == 0 && part != NULL)
        control_fail(call, -ERR_SYNTAX, "parameter 'level' is missing");
    else if (text.len > 0 && !log_level_parse(text, &level))
        control_fail(call, -ERR_SYNTAX, "a level is debug, info, notice, warning or error");
    else if (text.len > 0 && log_levels_set(a->levels, part, level) != 0)
        control_fail(call, -ERR_NOT_FOUND, "the log has no part '%.64s'; log.level without parameters names them",
                     part);
    else
        control_reply(call, levels_to_json(a->levels));
}
