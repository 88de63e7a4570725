/* SPDX-License-Identifier: BSD-2-Clause */
/* route.c - `ahoy route`: where would this request go, and why?  Nothing is sent. */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/option.h"
#include "cmd/route_print.h"
#include "cmd/settings.h"
#include "cmd/shell.h"

#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_EXPLAIN, OPT_SOURCE, OPT_TRANSPORT, OPT_TRUNK, OPT_HEADER, OPT_AUTHENTICATED };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { OPT_EXPLAIN, "explain", NULL, "with every step on the way, and the rule behind it" },
    { 'f', "from", "URI", "who calls (default: anonymous); NAME is one of the first domain" },
    { OPT_AUTHENTICATED, "authenticated", "yes|no", "whether the caller has proved to be that, if it is a user (yes)" },
    { OPT_SOURCE, "source", "ADDRESS",
      "where it comes from, 192.0.2.7:5060 (default: 203.0.113.1, which is nobody's)" },
    { OPT_TRANSPORT, "transport", "NAME", "what it comes by: udp, tcp, tls, ws, wss (udp, but tls for sips)" },
    { OPT_TRUNK, "trunk", "NAME", "the trunk that it comes from, whatever the source is" },
    { OPT_HEADER, "header", "LINE", "a further header, 'Accept-Contact: *;video'; may be repeated" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const struct config  *config;
    const char           *path, *from;
    json_t               *params;
    bool                  json, explain;
};

static bool take_yes_or_no(struct request *r, const char *value)
{
    bool yes = strcmp(value, "yes") == 0;

    if (!yes && strcmp(value, "no") != 0) {
        options_complain(r->command, "--authenticated wants yes or no, not '%s'", value);
        return false;
    }
    json_object_set_new(r->params, "authenticated", json_boolean(yes));
    return true;
}

/* False after a complaint. */
static bool take_option(struct request *r, int letter, const char *value)
{
    if (!options_is_text(r->command, value))
        return false;
    switch (letter) {
    case 'c':
        r->path = value;
        break;
    case 'f':
        r->from = value;
        break;
    case OPT_EXPLAIN:
        r->explain = true;
        break;
    case OPT_AUTHENTICATED:
        return take_yes_or_no(r, value);
    case OPT_SOURCE:
        json_object_set_new(r->params, "source", json_string(value));
        break;
    case OPT_TRANSPORT:
        json_object_set_new(r->params, "transport", json_string(value));
        break;
    case OPT_TRUNK:
        json_object_set_new(r->params, "trunk", json_string(value));
        break;
    case OPT_HEADER:
        json_array_append_new(json_object_get(r->params, "headers"), json_string(value));
        break;
    case OPT_JSON:
        r->json = true;
        break;
    }
    return true;
}

/* "bob", "bob@example.com" or a URI of any scheme. */
static json_t *uri_of(const struct request *r, const char *word)
{
    if (strchr(word, ':') != NULL && strchr(word, '@') == NULL)
        return json_string(word); /* tel:, sip:example.com, whatever */
    if (strchr(word, '@') == NULL)
        return json_sprintf("sip:%s@%.*s", word, SLICE_ARG(r->config->domains[0]));
    return json_sprintf("%s%s", scheme_for(word), word);
}

/* 'INVITE sip:bob@example.com', in one argument or two, or the address alone. */
static bool take_words(struct request *r, int count, char **words)
{
    const char *method = count == 2 ? words[0] : "INVITE", *uri = words[count - 1];
    const char *space = count == 1 ? strchr(uri, ' ') : NULL;

    for (int i = 0; i < count; i++)
        if (!options_is_text(r->command, words[i]))
            return false;
    if (space != NULL) {
        json_object_set_new(r->params, "method", json_stringn(uri, (size_t)(space - uri)));
        uri = space + strspn(space, " ");
    } else {
        json_object_set_new(r->params, "method", json_string(method));
    }
    json_object_set_new(r->params, "uri", uri_of(r, uri));
    if (r->from != NULL)
        json_object_set_new(r->params, "from", uri_of(r, r->from));
    return true;
}

static void print_short(const json_t *explanation)
{
    const json_t *targets = json_object_get(explanation, "targets");
    json_t       *target;
    size_t        i;

    if (json_array_size(targets) == 0)
        route_print_outcome(stdout, explanation, "");
    json_array_foreach(targets, i, target) route_print_target(stdout, target);
}

/* What a caller would be told, if it is no success or redirection. */
static int code_of(const json_t *explanation)
{
    json_int_t status = json_integer_value(json_object_get(explanation, "status"));

    return status < 400 ? EXIT_OK : (int)exit_code_of_status((unsigned)status, false);
}

static int ask(struct request *r)
{
    json_t *explanation = NULL;
    int     code =
        endpoint_call_reading(r->command->name, r->config, "route.explain", json_incref(r->params), &explanation);

    if (code != EXIT_OK)
        return code;
    if (r->json) {
        json_print_line(explanation);
    } else if (r->explain) {
        printf("%s %s\nfrom %s\n\n", json_text_of(explanation, "method"), json_text_of(explanation, "uri"),
               json_text_of(explanation, "from"));
        route_print_steps(stdout, explanation, "  ");
        putchar('\n');
        route_print_outcome(stdout, explanation, "");
    } else {
        print_short(explanation);
    }
    code = code_of(explanation);
    json_decref(explanation);
    return code;
}

static int read_request(struct request *r, int argc, char **argv)
{
    struct options o = options_of(r->command, argc, argv);
    int            code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        if (!take_option(r, letter, o.value))
            return EXIT_USAGE;
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index == argc)
        return options_complain(r->command, "give %s", r->command->synopsis);
    if (argc - o.index > 2)
        return options_complain(r->command, "unexpected argument '%s'", argv[o.index + 2]);
    code = settings_load(r->path, &r->config);
    if (code == EXIT_OK && !take_words(r, argc - o.index, argv + o.index))
        code = EXIT_USAGE;
    return code == EXIT_OK ? ask(r) : code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct request r    = { .command = command, .params = json_pack("{s:[]}", "headers") };
    int            code = read_request(&r, argc, argv);

    json_decref(r.params);
    config_free(r.config);
    return code;
}

const struct command command_route = {
    .name     = "route",
    .summary  = "where a request would go, and why, without sending it",
    .synopsis = "[OPTION...] [METHOD] URI",
    .details =
        "Asks the running server, which knows where its users are; or, if none runs, goes by the configuration and the "
        "database. The decision is made by the code that makes those of real requests. The DNS is not asked; 'ahoy "
        "resolve' does that. Exits with 0 if the request would be forwarded, registered, or answered with success or a "
        "redirection; else with the code of what it would be answered.",
    .options  = options,
    .examples = "  ahoy route bob\n"
                "  ahoy route --explain 'INVITE sip:bob@example.com' --from alice@example.com\n"
                "  ahoy route --explain sip:bob@example.com --from sip:eve@elsewhere.example --source 198.51.100.7\n"
                "  ahoy route --explain +4930123 --from +33123 --trunk carrier\n"
                "  ahoy route MESSAGE bob --from alice --authenticated no\n"
                "  ahoy route bob --header 'Accept-Contact: *;video;require' --json | jq -r '.targets[].uri'\n",
    .run      = run,
};
