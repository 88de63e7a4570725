/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_rpc.h"

#include "base/error.h"
#include "console/control_call.h"

#include <stdlib.h>
#include <string.h>

static bool is_id(const json_t *id)
{
    return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* What is wrong with it, or NULL. */
static const char *fault_of(const json_t *request)
{
    const json_t *version = json_object_get(request, "jsonrpc"), *params = json_object_get(request, "params");
    const json_t *id    = json_object_get(request, "id");
    size_t        known = 2U + (size_t)(params != NULL) + (size_t)(id != NULL);

    if (!json_is_object(request))
        return "a request is an object: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"...\",\"params\":{...}}";
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        return "want \"jsonrpc\":\"2.0\"";
    if (!json_is_string(json_object_get(request, "method")))
        return "want \"method\" with a string";
    if (params != NULL && !json_is_object(params) && !json_is_array(params))
        return "\"params\" is an object or an array";
    if (id != NULL && !is_id(id))
        return "\"id\" is a string, a number or null";
    return json_object_size(request) == known ? NULL : "a request has jsonrpc, method, params and id, and nothing else";
}

void rpc_finish(struct rpc_exchange *x, json_t *id, json_t *outcome)
{
    if (id == NULL) {
        json_decref(outcome);
        return;
    }
    if (outcome == NULL || json_object_set_new(outcome, "jsonrpc", json_string("2.0")) != 0 ||
        json_object_set(outcome, "id", id) != 0 || json_array_append(x->answers, outcome) != 0)
        x->lost = true;
    json_decref(outcome);
}

/* The id is null if there is none that could be read (JSON-RPC 2.0, 5). */
static void refuse(struct rpc_exchange *x, json_t *id, int code, const char *why)
{
    json_t *known = id != NULL && is_id(id) ? json_incref(id) : json_null();

    rpc_finish(x, known, control_error_new(code, ERR_SYNTAX, why));
    json_decref(known);
}

static void take(struct rpc_exchange *x, json_t *requests, json_t *one)
{
    const char *fault = fault_of(one);

    if (fault != NULL)
        refuse(x, json_object_get(one, "id"), CONTROL_INVALID_REQUEST, fault);
    else if (json_array_append(requests, one) != 0)
        x->lost = true;
}

static void take_batch(struct rpc_exchange *x, json_t *requests, json_t *batch)
{
    json_t *one;
    size_t  i;

    if (json_array_size(batch) == 0 || json_array_size(batch) > RPC_BATCH_MAX) {
        refuse(x, NULL, CONTROL_INVALID_REQUEST, "a batch has 1 to 100 requests");
        return;
    }
    x->batch = true;
    json_array_foreach(batch, i, one) take(x, requests, one);
}

json_t *rpc_read(struct rpc_exchange *x, const char *line, size_t len)
{
    json_error_t where;
    json_t      *root     = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    json_t      *requests = json_array();

    *x = (struct rpc_exchange){ .answers = json_array() };
    if (requests == NULL || x->answers == NULL)
        x->lost = true;
    else if (root == NULL)
        refuse(x, NULL, CONTROL_PARSE_ERROR, where.text);
    else if (json_is_array(root))
        take_batch(x, requests, root);
    else
        take(x, requests, root);
    json_decref(root);
    if (!x->lost)
        return requests;
    json_decref(requests);
    rpc_drop(x);
    return NULL;
}

static char *dump(const json_t *value, size_t *len)
{
    char *text = json_dumps(value, JSON_COMPACT);

    if (text == NULL)
        return NULL;
    *len           = strlen(text) + 1;
    text[*len - 1] = '\n'; /* in place of the NUL */
    return text;
}

char *rpc_write(struct rpc_exchange *x, size_t *len)
{
    char *text = NULL;

    *len = 0;
    if (!x->lost && json_array_size(x->answers) == 0)
        text = calloc(1, 1);
    else if (!x->lost)
        text = dump(x->batch ? x->answers : json_array_get(x->answers, 0), len);
    rpc_drop(x);
    return text;
}

void rpc_drop(struct rpc_exchange *x)
{
    json_decref(x->answers);
    *x = (struct rpc_exchange){ .answers = NULL };
}
