/* SPDX-License-Identifier: BSD-2-Clause */
/* config.c - `ahoy config`: is it right, and what does it say? */

#include "base/error.h"
#include "cmd/config_test.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"
#include "server/certificates.h"
#include "server/config_show.h"
#include "server/config_tls.h"

#include <limits.h>
#include <time.h>

enum { OPT_JSON = OPTION_LONG_ONLY };

static void print_problem(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

static int check(const char *path)
{
    const struct config *config = NULL;
    int                  error  = config_load(path, print_problem, NULL, &config);

    if (error == 0)
        error = config_tls_check(config, (uint64_t)time(NULL), print_problem, NULL);
    if (error == 0) {
        config_report_old_certificates(config, (uint64_t)time(NULL), print_problem, NULL);
        fprintf(stderr, "%s: no mistakes\n", path);
    } else if (error == -ERR_NO_MEMORY)
        fprintf(stderr, "%s: %s\n", path, error_text(error));
    config_free(config);
    return error == 0 ? EXIT_OK : EXIT_ERROR;
}

static int run_check(const struct command *command, int argc, char **argv)
{
    struct options o    = options_of(command, argc, argv);
    const char    *path = NULL;
    char           usual[PATH_MAX];

    while (options_next(&o) != OPTIONS_END)
        path = o.value; /* there is one option */
    if (o.exit_code >= 0)
        return o.exit_code;
    if (path == NULL && o.index < argc)
        path = argv[o.index++];
    if (o.index < argc)
        return options_complain(command, "unexpected argument '%s'", argv[o.index]);
    if (path != NULL)
        return check(path);
    if (!settings_usual_path(usual, sizeof usual))
        return options_complain(command, "give the file: HOME does not say where the usual one is");
    return check(usual);
}

static int show_json(const struct config *config)
{
    json_t *json = config_to_json(config);
    int     code = json != NULL && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 ? EXIT_OK : EXIT_ERROR;

    putchar('\n');
    json_decref(json);
    return code;
}

static int run_show(const struct command *command, int argc, char **argv)
{
    struct options       o      = options_of(command, argc, argv);
    const struct config *config = NULL;
    const char          *path   = NULL;
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
        return options_complain(command, "unexpected argument '%s'", argv[o.index]);
    code = settings_load(path, &config);
    if (code == EXIT_OK && json)
        code = show_json(config);
    else if (code == EXIT_OK)
        config_show(config, stdout);
    config_free(config);
    return code;
}

static int run_manual(const struct command *command, int argc, char **argv)
{
    struct options o = options_of(command, argc, argv);

    while (options_next(&o) != OPTIONS_END)
        ;
    if (o.exit_code >= 0)
        return o.exit_code;
    config_write_manual(stdout);
    return EXIT_OK;
}

static const struct option_entry options_show[] = {
    OPTION_CONFIG,
    { OPT_JSON, "json", NULL, "as JSON, times in milliseconds" },
    OPTION_TABLE_END,
};

/* All other commands take their file so. */
static const struct option_entry options_check[] = {
    { 'c', "config", "FILE", "the same as the argument" },
    OPTION_TABLE_END,
};

static const struct command command_config_check = {
    .name     = "config check",
    .summary  = "report every mistake in a configuration, with its line",
    .synopsis = "[OPTION...] [FILE]",
    .details  = "Without FILE: the usual one. Exits with 0 if there is no mistake, with 1 if there is.",
    .options  = options_check,
    .examples = "  ahoy config check /etc/ahoy/ahoy.conf\n",
    .run      = run_check,
};

static const struct command command_config_show = {
    .name     = "config show",
    .summary  = "print every key with the value in force",
    .synopsis = "[OPTION...]",
    .details  = "What is printed can be used as a configuration.",
    .options  = options_show,
    .examples = "  ahoy config show > ahoy.conf\n"
                "  ahoy config show --json | jq .listen\n",
    .run      = run_show,
};

static const struct command command_config_manual = {
    .name     = "config manual",
    .summary  = "print the manual page ahoy.conf(5)",
    .synopsis = "",
    .examples = "  ahoy config manual | man -l -\n",
    .run      = run_manual,
};

static const struct command *const children[] = { &command_config_check, &command_config_test, &command_config_show,
                                                  &command_config_manual, NULL };

const struct command command_config = {
    .name     = "config",
    .summary  = "the configuration: check, test, show, manual",
    .synopsis = "SUBCOMMAND [OPTION...] [FILE]",
    .children = children,
};
