/* SPDX-License-Identifier: BSD-2-Clause */
/* stop.c - `ahoy stop`: end the server that runs here. */

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

static int run(const struct command *command, int argc, char **argv)
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
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(path, &config);
    if (code == EXIT_OK)
        code = endpoint_call_server(command->name, config, "server.stop", NULL, &result);
    if (code == EXIT_OK && json)
        puts("{\"stopping\":true}");
    else if (code == EXIT_OK)
        fprintf(stderr, "the server stops\n");
    json_decref(result);
    config_free(config);
    return code;
}

const struct command command_stop = {
    .name     = "stop",
    .summary  = "end the running server, as SIGTERM does",
    .synopsis = "[OPTION...]",
    .details  = "What the server has accepted is on the disk before it ends. If none runs, the exit status is 15.",
    .options  = options,
    .examples = "  ahoy stop\n",
    .run      = run,
};
