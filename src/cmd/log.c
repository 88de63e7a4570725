/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - `ahoy log level`: how much does the running server tell? */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"

enum { OPT_JSON = OPTION_LONG_ONLY };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static void print_levels(json_t *result, bool json)
{
    const char *part;
    json_t     *level;

    if (json) {
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    json_object_foreach(json_object_get(result, "levels"), part, level)
        printf("%-12s %s\n", part, json_string_value(level));
}

/* "[PART] LEVEL", or nothing. */
static json_t *params_of(int count, char **words)
{
    if (count == 0)
        return NULL;
    return count == 1 ? json_pack("{s:s}", "level", words[0])
                      : json_pack("{s:s,s:s}", "part", words[0], "level", words[1]);
}

static int run_level(const struct command *command, int argc, char **argv)
{
    struct options       o      = options_of(command, argc, argv);
    const struct config *config = NULL;
    const char          *path   = NULL;
    json_t              *result = NULL;
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
    if (argc - o.index > 2)
        return options_complain(command, "unexpected argument '%s'", argv[o.index + 2]);
    for (int i = o.index; i < argc; i++)
        if (!options_is_text(command, argv[i]))
            return EXIT_USAGE;
    code = settings_load(path, &config);
    if (code == EXIT_OK)
        code = endpoint_call_server(command->name, config, "log.level", params_of(argc - o.index, argv + o.index),
                                    &result);
    if (code == EXIT_OK && (json || o.index == argc))
        print_levels(result, json);
    json_decref(result);
    config_free(config);
    return code;
}

static const struct command command_log_level = {
    .name     = "log level",
    .summary  = "change what the running server logs, or tell it",
    .synopsis = "[OPTION...] [[PART] LEVEL]",
    .details =
        "Lines of this level and above are logged: debug, info, notice, warning, error. It holds until the server "
        "ends; for good it stands in ahoy.conf(5) as log_level and log_levels. Without arguments the level of each "
        "part is printed. If no server runs, the exit status is 15.",
    .options  = options,
    .examples = "  ahoy log level                      # which parts there are\n"
                "  ahoy log level transport debug      # every message from now on\n"
                "  ahoy log level notice               # all parts\n",
    .run      = run_level,
};

static const struct command *const children[] = { &command_log_level, NULL };

const struct command command_log = {
    .name     = "log",
    .summary  = "the running server's log: level",
    .synopsis = "SUBCOMMAND [OPTION...]",
    .children = children,
};
