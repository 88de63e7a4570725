/* SPDX-License-Identifier: BSD-2-Clause */
/* reload.c - `ahoy reload`: let the running server take its configuration again. */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/option.h"
#include "cmd/settings.h"

#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_DRY_RUN, OPT_UNDO };

static const struct option_entry options[] = {
    { 'c', "config", "FILE", "find the server by this configuration instead of the usual one" },
    { OPT_DRY_RUN, "dry-run", NULL, "only look at it, and say what would change" },
    { OPT_UNDO, "undo", NULL, "back to the configuration before the last reload; once more: forth again" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

/* ---- what is printed ---- */

static const char *or_none(const json_t *change, const char *key)
{
    const char *text = json_string_value(json_object_get(change, key));

    return text != NULL ? text : "(none)";
}

static void print_change(const json_t *change)
{
    printf("%s: %s -> %s%s\n", json_text_of(change, "what"), or_none(change, "before"), or_none(change, "after"),
           json_is_true(json_object_get(change, "needs_restart")) ? "   (needs a restart)" : "");
}

static void print_outcome(const json_t *answer)
{
    const json_t *problems = json_object_get(answer, "problems"), *one;
    size_t        changes  = json_array_size(json_object_get(answer, "changes")), i;
    bool          dry_run  = json_is_true(json_object_get(answer, "dry_run"));

    json_array_foreach(json_object_get(answer, "changes"), i, one) print_change(one);
    fflush(stdout);
    json_array_foreach(problems, i, one) fprintf(stderr, "%s\n", json_string_value(one));
    if (json_array_size(problems) > 0)
        fprintf(stderr, "%s: nothing has been changed\n", json_text_of(answer, "file"));
    else if (dry_run)
        fprintf(stderr, "%s: %zu change%s, no mistakes; nothing has been changed\n", json_text_of(answer, "file"),
                changes, changes == 1 ? "" : "s");
    else
        fprintf(stderr, "%s: taken, with %zu change%s; it is configuration %lld since the start\n",
                json_text_of(answer, "file"), changes, changes == 1 ? "" : "s",
                (long long)json_integer_value(json_object_get(answer, "number")));
}

/* 3 for what is wrong in the file itself. */
static int exit_code_of(const json_t *answer)
{
    const char *name = json_string_value(json_object_get(answer, "error"));

    for (int error = 1; name != NULL && error < ERR_COUNT; error++)
        if (strcmp(error_name(error), name) == 0)
            return error == ERR_SYNTAX ? EXIT_CONFIG : (int)exit_code_of_error(error);
    return name == NULL ? EXIT_OK : EXIT_ERROR;
}

/* ---- where the server is ---- */

/* What stands behind `state =` in a file that has mistakes: it is from them that --undo is to save. */
static bool find_state(const char *path, char line[PATH_MAX + 64])
{
    FILE *file = fopen(path, "rbe");
    char  state[PATH_MAX];
    bool  found = false;

    while (file != NULL && !found && fgets(line, PATH_MAX + 64, file) != NULL)
        found =
            sscanf(line, " state = \"%4095[^\"]\"", state) == 1 || sscanf(line, " state = %4095[^ \t\n]", state) == 1;
    if (file != NULL)
        fclose(file);
    if (found)
        snprintf(line, PATH_MAX + 64, "state = \"%s\"", state);
    return found;
}

static int find_server(const char *path, bool undo, const struct config **config)
{
    char usual[PATH_MAX], line[PATH_MAX + 64] = "";
    int  code = settings_load(path, config);

    if (code == EXIT_OK || !undo)
        return code;
    if (path == NULL && settings_usual_path(usual, sizeof usual))
        path = usual;
    if (path == NULL || !find_state(path, line))
        line[0] = '\0';
    fprintf(stderr, "ahoy reload: in spite of these mistakes the last reload is undone\n");
    return config_parse(slice_from(line), "state", NULL, NULL, config) == 0 ? EXIT_OK : code;
}

/* The server may be in another folder.  NULL, after a complaint, if there is no such file. */
static char *absolute(const char *file)
{
    char *path = realpath(file, NULL);

    if (path == NULL)
        fprintf(stderr, "ahoy reload: %s cannot be opened: %m\n", file);
    return path;
}

static int order(const struct config *config, const char *path, bool dry_run, bool undo, bool json)
{
    json_t *params = json_pack("{s:b,s:b,s:s*}", "dry_run", dry_run, "undo", undo, "file", path), *answer;
    int     code   = endpoint_call_server("reload", config, "config.reload", params, &answer);

    if (code != EXIT_OK)
        return code;
    if (json)
        json_print_line(answer);
    else
        print_outcome(answer);
    code = exit_code_of(answer);
    json_decref(answer);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options       o       = options_of(command, argc, argv);
    const struct config *config  = NULL;
    const char          *found   = NULL;
    bool                 dry_run = false, undo = false, json = false;
    char                *path = NULL;
    int                  code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            found = o.value;
        dry_run = dry_run || letter == OPT_DRY_RUN;
        undo    = undo || letter == OPT_UNDO;
        json    = json || letter == OPT_JSON;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index + 1 < argc || (undo && o.index < argc))
        return options_complain(command, "unexpected argument '%s'", argv[argc - 1]);
    if (!options_is_text(command, argv[o.index]))
        return EXIT_USAGE;
    if (o.index < argc && (path = absolute(argv[o.index])) == NULL)
        return EXIT_NOT_FOUND;
    code = find_server(found, undo, &config);
    if (code == EXIT_OK)
        code = order(config, path, dry_run, undo, json);
    config_free(config);
    free(path);
    return code;
}

const struct command command_reload = {
    .name     = "reload",
    .summary  = "let the running server take its configuration again, or the one before",
    .synopsis = "[OPTION...] [FILE]",
    .details =
        "Without FILE the server reads what it was started with, as after SIGHUP. It looks at all of it,\n"
        "certificates and addresses included; then all workers take it between two messages, or, if\n"
        "something is no good, nothing changes and the reasons are printed. Calls in progress notice nothing.\n"
        "Listeners that are gone take nothing new; what is under way there is finished.\n"
        "Some keys need a restart (ahoy.conf(5)): a file in which one of these differs is refused.\n"
        "Exit status: 0 if it was taken (with --dry-run: could be), 1 if it needs a restart, 3 if the file has\n"
        "mistakes, 13 if there is nothing to undo or no such file, 15 if no server runs, 21 if an address is in use.",
    .options  = options,
    .examples = "  ahoy reload --dry-run               # what would change?\n"
                "  ahoy reload\n"
                "  ahoy reload --undo                  # it was not a good idea\n"
                "  ahoy reload /tmp/tonight.conf       # once; the next reload reads the usual file again\n",
    .run      = run,
};
