/* SPDX-License-Identifier: BSD-2-Clause */
/* cert.c - `ahoy cert`: certificates for a lab, and those that a server uses. */

#include "cmd/cert.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/settings.h"

#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY };

static const struct option_entry options_reload[] = {
    { 'c', "config", "FILE", "read this configuration instead of the usual one" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static void say_change(const json_t *c)
{
    const char *change = text_of(c, "change"), *domain = text_of(c, "domain");

    fprintf(stderr, "%s: ", domain[0] == '\0' ? "any name" : domain);
    if (strcmp(change, "gone") == 0)
        fprintf(stderr, "gone\n");
    else
        fprintf(stderr, "%s, good until %s%s\n", strcmp(change, "same") == 0 ? "the same as before" : change,
                text_of(c, "not_after"), strcmp(text_of(c, "state"), "good") == 0 ? "" : ": that is soon, or over");
}

static void print_changes(const json_t *all, bool json)
{
    const json_t *one;
    size_t        i;

    json_array_foreach(all, i, one)
    {
        if (json) {
            json_dumpf(one, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            say_change(one);
        }
    }
    if (json_array_size(all) == 0)
        fprintf(stderr, "the server has no certificate\n");
}

static int run_reload(const struct command *command, int argc, char **argv)
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
        code = endpoint_call_server(command->name, config, "cert.reload", NULL, &result);
    if (code == EXIT_OK)
        print_changes(json_object_get(result, "certificates"), json);
    json_decref(result);
    config_free(config);
    return code;
}

static const struct command command_cert_reload = {
    .name     = "cert reload",
    .summary  = "let the running server read its certificates and keys again",
    .synopsis = "[OPTION...]",
    .details  = "New connections get the new ones, those that are open keep theirs. All or nothing: if a file is no\n"
                "good, the server keeps all that it had, says which file and why, and the exit status is not 0.\n"
                "The paths are those of the configuration that the server was started with.",
    .options  = options_reload,
    .examples = "  ahoy cert reload\n"
                "  certbot renew --deploy-hook 'ahoy cert reload'\n",
    .run      = run_reload,
};

static const struct command *const children[] = { &command_cert_lab, &command_cert_reload, &command_cert_show, NULL };

const struct command command_cert = {
    .name     = "cert",
    .summary  = "certificates: lab, reload, show",
    .synopsis = "SUBCOMMAND [OPTION...] [ARGUMENT...]",
    .children = children,
};
