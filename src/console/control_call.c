/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_call.h"

#include "base/error.h"
#include "console/control_params.h"
#include "console/text_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 512 };

void control_reply(struct control_call *call, json_t *result)
{
    if (result == NULL)
        control_fail(call, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    else
        call->finish(call, json_pack("{s:o}", "result", result));
}

json_t *control_error_new(int code, int error, const char *message)
{
    return json_pack("{s:{s:i,s:o,s:{s:s}}}", "error", "code", code, "message", text_to_json(slice_from(message)),
                     "data", "error", error_name(error));
}

static void fail(struct control_call *call, int code, int error, const char *message)
{
    call->finish(call, control_error_new(code, error, message));
}

void control_fail(struct control_call *call, int error, const char *format, ...)
{
    char    message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fail(call, error == -ERR_SYNTAX ? CONTROL_INVALID_PARAMS : CONTROL_FAILED, error, message);
}

const struct control_method *control_method_find(const struct control_method *methods, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

void control_dispatch(const struct control_method *methods, size_t count, void *user, struct control_call *call,
                      const char *name, const json_t *params)
{
    const struct control_method *method = control_method_find(methods, count, name);
    char                         problem[256];
    json_t                      *named;

    if (method == NULL) {
        fail(call, CONTROL_METHOD_NOT_FOUND, -ERR_UNSUPPORTED, "no such method; server.methods lists them");
        return;
    }
    named = control_params(method, params, problem, sizeof problem);
    if (named != NULL)
        method->fn(user, call, named);
    else if (problem[0] != '\0')
        fail(call, CONTROL_INVALID_PARAMS, -ERR_SYNTAX, problem);
    else
        fail(call, CONTROL_FAILED, -ERR_NO_MEMORY, error_text(ERR_NO_MEMORY));
    json_decref(named);
}

static int error_named(const char *name)
{
    for (int error = 1; name != NULL && error < ERR_COUNT; error++)
        if (strcmp(error_name(error), name) == 0)
            return -error;
    return -ERR_IO;
}

int control_outcome_read(const json_t *outcome, json_t **result, const char **message)
{
    const json_t *error = json_object_get(outcome, "error");

    *result = json_object_get(outcome, "result");
    if (*result != NULL && error == NULL)
        return 0;
    *message = json_string_value(json_object_get(error, "message"));
    if (*message == NULL)
        *message = "the server's answer makes no sense";
    return error_named(json_string_value(json_object_get(json_object_get(error, "data"), "error")));
}
