/* SPDX-License-Identifier: BSD-2-Clause */
/* ban.c - `ahoy ban`: who is not listened to. */

#include "base/prefix.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/option.h"
#include "cmd/settings.h"
#include "server/config_keys.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY, SECOND_MS = 1000 };

static const struct option_entry options_list[] = {
    OPTION_CONFIG,
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_add[] = {
    OPTION_CONFIG,
    { 'f', "for", "TIME", "for so long: 90s, 10m, 1h, 30d (default: for ever)" },
    { 'r', "reason", "TEXT", "for those who look at the list" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_remove[] = {
    OPTION_CONFIG,
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const struct config  *config;
    const char           *path, *reason, *network;
    msec                  span; /* 0: for ever */
    bool                  json;
};

/* As in the configuration. */
static void take_span(struct request *r, struct options *o)
{
    static const struct config_key key = {
        .type = CONFIG_DURATION, .name = "for", .minimum = SECOND_MS, .maximum = UINT64_C(315360000) * SECOND_MS
    };
    struct config_value value;
    char                memory[128];
    struct buf          why = BUF_ON(memory);

    if (config_value_parse(&key, slice_from(o->value), &value, &why))
        r->span = value.number;
    else
        o->exit_code = options_complain(r->command, "--for '%s' must be %s", o->value, buf_cstr(&why));
}

static void take_option(struct request *r, struct options *o, int letter)
{
    switch (letter) {
    case 'c':
        r->path = o->value;
        break;
    case 'f':
        take_span(r, o);
        break;
    case 'r':
        r->reason = o->value;
        break;
    case OPT_JSON:
        r->json = true;
        break;
    }
}

/* True to go on; else `*code` is what to end with. */
static bool read_request(struct request *r, int argc, char **argv, bool wants_network, int *code)
{
    struct options o = options_of(r->command, argc, argv);
    struct prefix  network;

    for (int letter; o.exit_code < 0 && (letter = options_next(&o)) != OPTIONS_END;)
        take_option(r, &o, letter);
    *code = o.exit_code;
    if (o.exit_code >= 0)
        return false;
    r->network = wants_network && o.index < argc ? argv[o.index] : NULL;
    *code      = EXIT_USAGE;
    if (wants_network && r->network == NULL)
        *code = options_complain(r->command, "give an address or a network: 192.0.2.7, 192.0.2.0/24");
    else if (argc - o.index > wants_network)
        *code = options_complain(r->command, "unexpected argument '%s'", argv[o.index + wants_network]);
    else if (wants_network && !prefix_parse(slice_from(r->network), &network))
        *code = options_complain(r->command, "'%s' is no address and no network such as 192.0.2.0/24", r->network);
    else if (options_is_text(r->command, r->reason))
        *code = settings_load(r->path, &r->config);
    return *code == EXIT_OK;
}

/* ---- list ---- */

static void print_time(const json_t *left)
{
    char       memory[32];
    struct buf b = BUF_ON(memory);

    if (!json_is_integer(left)) {
        fputs("for ever    ", stdout);
        return;
    }
    config_duration_write(&b, (msec)json_integer_value(left) * SECOND_MS);
    printf("%-12s", buf_cstr(&b));
}

static void print_ban(const struct request *r, const json_t *b)
{
    if (r->json) {
        json_print_line(b);
        return;
    }
    printf("%-24s ", json_text_of(b, "network"));
    print_time(json_object_get(b, "expires"));
    printf("%10" JSON_INTEGER_FORMAT "  %-10s  %s\n", json_integer_value(json_object_get(b, "hits")),
           json_text_of(b, "what"), json_text_of(b, "reason"));
}

/* Page by page. */
static int list(const struct request *r)
{
    json_t *page = NULL, *cursor = NULL, *one;
    size_t  i;
    int     code;

    do {
        json_t *params = json_object(), *last = page;

        if (cursor != NULL)
            json_object_set(params, "cursor", cursor);
        page = NULL;
        code = endpoint_call(r->command->name, r->config, "ban.list", params, &page);
        json_decref(last);
        json_array_foreach(json_object_get(page, "bans"), i, one) print_ban(r, one);
        cursor = json_object_get(page, "cursor");
    } while (code == EXIT_OK && json_is_string(cursor));
    json_decref(page);
    return code;
}

static int run_list(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, false, &code))
        code = list(&r);
    config_free(r.config);
    return code;
}

/* ---- add and remove ---- */

static int change(const struct request *r, const char *method, json_t *params, const char *verb)
{
    json_t *result = NULL;
    int     code   = endpoint_call(r->command->name, r->config, method, params, &result);

    if (result != NULL && r->json)
        json_print_line(result);
    else if (result != NULL)
        fprintf(stderr, "%s %s\n", verb, json_text_of(result, "network"));
    json_decref(result);
    return code;
}

static int run_add(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, true, &code)) {
        json_t *params = json_object();

        json_object_set_new(params, "network", json_string(r.network));
        if (r.span > 0)
            json_object_set_new(params, "for", json_integer((json_int_t)(r.span / SECOND_MS)));
        if (r.reason != NULL)
            json_object_set_new(params, "reason", json_string(r.reason));
        code = change(&r, "ban.add", params, "banned");
    }
    config_free(r.config);
    return code;
}

static int run_remove(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, true, &code))
        code = change(&r, "ban.remove", json_pack("{s:s}", "network", r.network), "not banned any more:");
    config_free(r.config);
    return code;
}

#define EFFECTIVE "Works on a running server, where it is effective at once, or else on its database."

static const struct command command_ban_list = {
    .name     = "ban list",
    .summary  = "print who is banned, one a line: whom, for how long yet, what was kept away, what is banned, why",
    .synopsis = "[OPTION...]",
    .details  = "In the order of addresses. A ban of datagrams alone was earned by UDP, whose senders can be made up: "
                "connections are accepted. Others are of everything. " EFFECTIVE,
    .options  = options_list,
    .examples = "  ahoy ban list\n"
                "  ahoy ban list --json | jq -r 'select(.hits > 1000) | .network'\n",
    .run      = run_list,
};

static const struct command command_ban_add = {
    .name     = "ban add",
    .summary  = "listen no more to an address or a network",
    .synopsis = "[OPTION...] ADDRESS|NETWORK",
    .details =
        "Its datagrams are dropped unread, its connections closed. Who is in key 'allow' of the configuration is "
        "heard all the same. One that is there already gets the new time and reason. " EFFECTIVE,
    .options  = options_add,
    .examples = "  ahoy ban add 192.0.2.66 --for 1h --reason 'guesses passwords'\n"
                "  ahoy ban add 2001:db8:bad::/48\n",
    .run      = run_add,
};

static const struct command command_ban_remove = {
    .name     = "ban remove",
    .summary  = "listen to them again",
    .synopsis = "[OPTION...] ADDRESS|NETWORK",
    .details  = "As the list names them. " EFFECTIVE,
    .options  = options_remove,
    .examples = "  ahoy ban remove 192.0.2.66\n",
    .run      = run_remove,
};

static const struct command *const children[] = { &command_ban_add, &command_ban_list, &command_ban_remove, NULL };

const struct command command_ban = {
    .name     = "ban",
    .summary  = "who is not listened to: list, add, remove",
    .synopsis = "SUBCOMMAND [OPTION...] [ADDRESS|NETWORK]",
    .children = children,
};
