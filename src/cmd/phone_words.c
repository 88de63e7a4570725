/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_words.h"

#include "cmd/json_out.h"
#include "cmd/report.h"
#include "console/phone_report.h"
#include "probe/output.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

static void put_text(struct buf *b, const json_t *object, const char *key)
{
    output_put_safe(b, slice_from(json_text_of(object, key)), "");
}

void phone_words_of_event(struct buf *b, const struct phone_event *e)
{
    char       memory[PHONE_WORDS / 2], handle[32];
    struct buf words = BUF_ON(memory), name = BUF_ON(handle);

    report_write_human(&words, e);
    if (words.len == 0 || !buf_ok(&words))
        return;
    if (e->call != 0) {
        phone_handle_write(&name, e->call);
        buf_printf(b, "[%s] ", buf_cstr(&name));
    }
    output_put_safe(b, buf_slice(&words), "");
    buf_put_byte(b, '\n');
}

/* ---- answers ---- */

static void put_seconds(struct buf *b, const json_t *object, const char *key)
{
    json_int_t ms = json_integer_value(json_object_get(object, key));

    buf_printf(b, "%02lld:%02lld", (long long)ms / 60000, (long long)ms / 1000 % 60);
}

static void put_call(struct buf *b, const json_t *call)
{
    buf_printf(b, "  %-6s %-8s %-3s ", json_text_of(call, "call"), json_text_of(call, "state"),
               json_text_of(call, "direction"));
    put_seconds(b, call, "duration_ms");
    buf_put(b, SLICE("  "));
    put_text(b, call, "peer");
    buf_put_byte(b, '\n');
}

static void put_account(struct buf *b, const json_t *account)
{
    buf_put(b, SLICE("  "));
    put_text(b, account, "name");
    buf_put(b, SLICE("  "));
    put_text(b, account, "account");
    buf_printf(b, "  %s, incoming calls: %s\n",
               json_is_true(json_object_get(account, "registered")) ? "registered" : "not registered",
               json_text_of(account, "incoming"));
}

static void put_command(struct buf *b, const json_t *command)
{
    buf_printf(b, "  %s\n      %s; for example: %s\n", json_text_of(command, "form"), json_text_of(command, "summary"),
               json_text_of(command, "example"));
}

static void put_contact(struct buf *b, const json_t *contact)
{
    buf_put(b, SLICE("  "));
    put_text(b, contact, "name");
    buf_put(b, SLICE("  "));
    put_text(b, contact, "address");
    buf_put_byte(b, '\n');
}

static void put_past(struct buf *b, const json_t *call)
{
    time_t     t = (time_t)(json_integer_value(json_object_get(call, "t")) / 1000);
    struct tm  local;
    char       when[32];
    const bool answered = json_is_true(json_object_get(call, "answered"));

    localtime_r(&t, &local);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &local);
    buf_printf(b, "  %s  %-3s ", when, json_text_of(call, "direction"));
    if (answered)
        put_seconds(b, call, "duration_ms");
    else
        put_text(b, call, "cause");
    buf_put(b, SLICE("  "));
    put_text(b, call, "peer");
    buf_put_byte(b, '\n');
}

static void put_list(struct buf *b, const json_t *list, const char *none, void (*put)(struct buf *, const json_t *))
{
    if (list == NULL)
        return;
    if (json_array_size(list) == 0)
        buf_printf(b, "%s\n", none);
    for (size_t i = 0; i < json_array_size(list); i++)
        put(b, json_array_get(list, i));
}

static void put_media(struct buf *b, const json_t *media)
{
    const char *key;
    json_t     *value;

    json_object_foreach((json_t *)media, key, value)
    {
        if (json_is_real(value))
            buf_printf(b, "  %s %.1f\n", key, json_real_value(value));
        else if (json_is_integer(value))
            buf_printf(b, "  %s %" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
        else
            buf_printf(b, "  %s %s\n", key, json_string_value(value));
    }
}

static void put_result(struct buf *b, const json_t *o)
{
    put_list(b, json_object_get(o, "calls"), "There is no call", put_call);
    put_list(b, json_object_get(o, "accounts"), "There is no account", put_account);
    put_list(b, json_object_get(o, "commands"), "", put_command);
    put_list(b, json_object_get(o, "contacts"), "There is no contact", put_contact);
    put_list(b, json_object_get(o, "history"), "There was no call", put_past);
    put_media(b, json_object_get(o, "media"));
}

static void put_error(struct buf *b, const json_t *o)
{
    put_text(b, o, "reason");
    buf_put_byte(b, '\n');
    if (json_text_of(o, "form")[0] == '\0')
        return;
    buf_put(b, SLICE("Usage: "));
    put_text(b, o, "form");
    buf_put_byte(b, '\n');
}

void phone_words_of_line(struct buf *b, struct slice line)
{
    json_t     *o     = json_loadb(line.ptr, line.len, 0, NULL);
    const char *event = json_text_of(o, "event");

    if (strcmp(event, "result") == 0)
        put_result(b, o);
    if (strcmp(event, "error") == 0)
        put_error(b, o);
    if (strcmp(event, "played") == 0)
        buf_printf(b, "[%s] Played to its end\n", json_text_of(o, "call"));
    if (strcmp(event, "ready") == 0)
        buf_printf(b, "Listening on %s\n", json_text_of(o, "address"));
    json_decref(o);
}
