/* SPDX-License-Identifier: BSD-2-Clause */
/* stop.c - `ahoy stop`: end the server that runs here. */

#include "cmd/exit_code.h"
#include "cmd/order.h"

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { ORDER_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static int run(const struct command *command, int argc, char **argv)
{
    json_t *result;
    bool    json;
    int     code = order_give(command, argc, argv, "server.stop", &json, &result);

    if (result != NULL && json)
        puts("{\"stopping\":true}");
    else if (result != NULL)
        fprintf(stderr, "the server stops\n");
    json_decref(result);
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
