/* SPDX-License-Identifier: BSD-2-Clause */
/* status.c - `ahoy status`: how is the server that runs here? */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"

enum { OPT_JSON = OPTION_LONG_ONLY };

static const struct option_entry options[] = {
    { 'c', "config", "FILE", "read this configuration instead of the usual one" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);

    return text == NULL ? "" : text;
}

static void print_list(const char *name, const json_t *list)
{
    json_t *one;
    size_t  i;

    printf("%-10s", name);
    json_array_foreach(list, i, one) printf("%s%s", i == 0 ? "" : " ", text_of(one));
    putchar('\n');
}

static json_int_t number_of(const json_t *status, const char *key)
{
    return json_integer_value(json_object_get(status, key));
}

static void print_status(const json_t *status)
{
    json_int_t seconds = number_of(status, "uptime_msec") / 1000;

    printf("%-10s%s, process %" JSON_INTEGER_FORMAT "\n", "version", text_of(json_object_get(status, "version")),
           number_of(status, "pid"));
    printf("%-10s%" JSON_INTEGER_FORMAT "d %02d:%02d:%02d\n", "up", seconds / 86400, (int)(seconds / 3600 % 24),
           (int)(seconds / 60 % 60), (int)(seconds % 60));
    print_list("domains", json_object_get(status, "domains"));
    printf("%-10s%s\n", "realm", text_of(json_object_get(status, "realm")));
    print_list("listening", json_object_get(status, "listening"));
    printf("%-10s%" JSON_INTEGER_FORMAT "\n", "users", number_of(status, "users"));
    printf("%-10s%" JSON_INTEGER_FORMAT "\n", "bindings", number_of(status, "bindings"));
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options       o      = options_of(command, argc, argv);
    const struct config *config = NULL;
    const char          *path   = NULL;
    json_t              *status = NULL;
    bool                 json   = false;
    int                  code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            path = o.value;
        else if (letter == OPT_JSON)
            json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(path, &config);
    if (code == EXIT_OK)
        code = endpoint_call_server(command->name, config, "server.status", NULL, &status);
    if (status != NULL && json) {
        json_dumpf(status, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (status != NULL) {
        print_status(status);
    }
    json_decref(status);
    config_free(config);
    return code;
}

const struct command command_status = {
    .name     = "status",
    .summary  = "tell how the running server is",
    .synopsis = "[OPTION...]",
    .details  = "Asks the server whose state folder the configuration names. If none runs, the exit status is 15.",
    .options  = options,
    .examples = "  ahoy status\n"
                "  ahoy status --json | jq .bindings\n",
    .run      = run,
};
