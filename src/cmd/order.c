/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/order.h"

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/settings.h"

int order_give(const struct command *command, int argc, char **argv, const char *method, bool *json, json_t **result)
{
    struct options       o      = options_of(command, argc, argv);
    const struct config *config = NULL;
    const char          *path   = NULL;
    int                  code;

    *json   = false;
    *result = NULL;
    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            path = o.value;
        else if (letter == ORDER_JSON)
            *json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(path, &config);
    if (code == EXIT_OK)
        code = endpoint_call_server(command->name, config, method, NULL, result);
    config_free(config);
    return code;
}
