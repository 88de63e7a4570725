/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin_private.h"
#include "console/text_json.h"
#include "server/route_explain.h"

enum { THOUSANDTHS = 1000 };

static json_t *steps_to_json(const struct explain *explain)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < explain->count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o}", "text", text_to_json(explain->steps[i].text), "rule",
                                              text_to_json(explain->steps[i].rule)));
    return list;
}

static json_t *targets_to_json(const struct route_explanation *e)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < e->target_count; i++) {
        const struct asked_branch *b = &e->targets[i];

        json_array_append_new(list, json_pack("{s:i,s:o,s:o,s:o,s:o,s:f,s:o,s:o}", "group", (int)b->group + 1, "uri",
                                              text_to_json(b->uri), "route", text_to_json(b->route), "way",
                                              text_to_json(b->way), "capabilities", text_to_json(b->params), "q",
                                              (double)b->q / THOUSANDTHS, "why", text_to_json(b->why), "rule",
                                              text_to_json(b->rule)));
    }
    return list;
}

/* The Contacts of a redirect, in their order. */
static json_t *contacts_to_json(const struct message *answer)
{
    json_t              *list   = json_array();
    struct header_values values = message_values(answer, HEADER_CONTACT);
    struct name_addr     contact;

    while (values_next_name_addr(&values, &contact))
        json_array_append_new(list, text_to_json(contact.uri.text));
    return list;
}

static void add_answer(json_t *result, const struct route_explanation *e)
{
    struct parse_fault fault;
    struct message    *answer = message_parse(e->answer, &fault);

    json_object_set_new(result, "status", json_integer((json_int_t)e->status));
    json_object_set_new(result, "phrase", text_to_json(answer != NULL ? answer->reason : status_reason(e->status)));
    json_object_set_new(result, "contacts", answer != NULL ? contacts_to_json(answer) : json_array());
    json_object_set_new(result, "why", text_to_json(e->why));
    json_object_set_new(result, "rule", text_to_json(e->rule));
    message_drop(answer);
}

static json_t *explanation_to_json(const struct route_explanation *e)
{
    const char *outcome = e->registers ? "register" : e->status != 0 ? "answer" : "forward";
    json_t *result = json_pack("{s:o,s:o,s:o,s:s,s:o,s:o,s:i}", "method", text_to_json(e->request->method_text), "uri",
                               text_to_json(e->request->uri_text), "from", text_to_json(e->request->from.uri.text),
                               "outcome", outcome, "targets", targets_to_json(e), "steps", steps_to_json(e->explain),
                               "steps_left_out", (int)e->explain->left_out);

    if (result != NULL && e->route.len > 0)
        json_object_set_new(result, "route", text_to_json(e->route));
    if (result != NULL && e->status != 0)
        add_answer(result, e);
    return result;
}

static void on_explained(void *call, int error, const struct route_explanation *e)
{
    if (e != NULL)
        control_reply(call, explanation_to_json(e));
    else
        control_fail(call, error, "it cannot be said where this would go: %s", error_text(error));
}

/* Each a line of its own, "Name: value".  False if one is none. */
static bool take_headers(const json_t *list, struct buf *b)
{
    const json_t *one;
    size_t        i;

    json_array_foreach(list, i, one)
    {
        struct slice line = admin_cell(list, i);

        if (memchr(line.ptr, ':', line.len) == NULL || memchr(line.ptr, '\n', line.len) != NULL ||
            memchr(line.ptr, '\r', line.len) != NULL)
            return false;
        buf_put(b, line);
        buf_put(b, SLICE("\r\n"));
    }
    return buf_ok(b);
}

static bool take_source(const json_t *params, struct address *source)
{
    struct slice text = admin_text(params, "source");

    return text.len == 0 || address_parse(text, source);
}

static bool take_transport(const json_t *params, enum transport *transport)
{
    struct slice text = admin_text(params, "transport");

    *transport = text.len > 0 ? transport_parse(text) : TRANSPORT_NONE;
    return text.len == 0 || *transport != TRANSPORT_NONE;
}

void admin_route_explain(void *user, struct control_call *call, const json_t *params)
{
    struct admin         *a = user;
    char                  lines[ROUTE_REQUEST_TEXT], problem[256];
    struct buf            headers = BUF_ON(lines);
    struct route_question q       = { .method        = admin_text(params, "method"),
                                      .uri           = admin_text(params, "uri"),
                                      .from          = admin_text(params, "from"),
                                      .trunk         = admin_text(params, "trunk"),
                                      .authenticated = !json_is_false(json_object_get(params, "authenticated")) };
    int                   error;

    if (q.method.len == 0)
        q.method = SLICE("INVITE");
    if (a->server == NULL)
        control_fail(call, -ERR_UNSUPPORTED, "no server is there to ask");
    else if (!take_headers(json_object_get(params, "headers"), &headers))
        control_fail(call, -ERR_SYNTAX, "headers are lines such as 'Accept-Contact: *;video'");
    else if (!take_source(params, &q.source))
        control_fail(call, -ERR_SYNTAX, "a source is an address such as 192.0.2.7:5060");
    else if (!take_transport(params, &q.transport))
        control_fail(call, -ERR_SYNTAX, "a transport is udp, tcp, tls, ws or wss");
    else {
        q.headers = buf_slice(&headers);
        error     = route_explain(a->server, &q, on_explained, call, problem, sizeof problem);
        if (error != 0)
            control_fail(call, error, "%s", problem);
    }
}
