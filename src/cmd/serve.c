/* SPDX-License-Identifier: BSD-2-Clause */
/* serve.c - `ahoy serve`: the server, in the foreground. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"
#include "console/log_writer.h"
#include "console/service.h"

#include <jansson.h>
#include <limits.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_LOG_LEVEL, LEVELS = 32 };

static const struct option_entry options[] = {
    { 'c', "config", "FILE", "read this configuration instead of the usual one" },
    { OPT_LOG_LEVEL, "log-level", "[PART=]LEVEL",
      "debug, info, notice, warning or error, for all or one part; may be repeated; overrides the configuration" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout: listening, ready, stopped" },
    OPTION_TABLE_END,
};

/* ---- what it says ---- */

static void print_json(json_t *event)
{
    json_dumpf(event, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(event);
}

static void say_listening(const struct service *v, bool json)
{
    for (unsigned i = 0; i < service_listener_count(v); i++) {
        struct flow flow = service_listener(v, i);
        char        text[ADDRESS_TEXT];
        struct buf  b = BUF_ON(text);

        address_write(&b, &flow.local);
        if (json)
            print_json(json_pack("{s:s, s:s%, s:s, s:i}", "event", "listening", "transport",
                                 transport_param(flow.transport).ptr, transport_param(flow.transport).len, "address",
                                 buf_cstr(&b), "port", flow.local.port));
        else
            fprintf(stderr, "ahoy: listening on %.*s %s\n", SLICE_ARG(transport_param(flow.transport)), buf_cstr(&b));
    }
}

static void say_ready(const struct service *v, const struct config *config, const char *path, bool json)
{
    struct slice domain = config->domains[0];
    size_t       users  = service_user_count(v);

    if (json) {
        print_json(json_pack("{s:s, s:s%, s:I}", "event", "ready", "domain", domain.ptr, domain.len, "users",
                             (json_int_t)users));
        return;
    }
    fprintf(stderr, "ahoy: serving %.*s, %zu user%s; state in %.*s\n", SLICE_ARG(domain), users, users == 1 ? "" : "s",
            SLICE_ARG(config->state));
    if (!config->authentication)
        fprintf(stderr, "ahoy: authentication is off: anyone may register as anyone\n");
    else if (users == 0)
        fprintf(stderr, "ahoy: no users yet; next, in another terminal:  ahoy user add alice%s%s\n",
                path != NULL ? " --config " : "", path != NULL ? path : "");
}

static int serve(const struct config *config, struct log_writer *log, const char *path, bool json)
{
    struct service *v;
    char            problem[1024];
    int             error = service_open(config, log, &v, problem, sizeof problem);

    if (problem[0] != '\0')
        fprintf(stderr, "ahoy serve: %s\n", problem);
    if (error != 0)
        return exit_code_of_error(error);
    say_listening(v, json);
    say_ready(v, config, path, json);
    service_run(v);
    if (json)
        print_json(json_pack("{s:s}", "event", "stopped"));
    else
        fprintf(stderr, "ahoy: stopped\n");
    if (service_close(v) != 0)
        fprintf(stderr, "ahoy: the trace is incomplete: it could not be written\n");
    return EXIT_OK;
}

static int serve_with_log(const struct config *config, struct log_levels *levels, const char *path, bool json)
{
    struct log_writer *log;
    char               file[PATH_MAX], problem[512];
    int                code;

    snprintf(file, sizeof file, "%.*s", SLICE_ARG(config->log_file));
    code = log_writer_start(file[0] != '\0' ? file : NULL, levels, LOG_RING_BYTES, &log, problem, sizeof problem);
    if (code != 0) {
        fprintf(stderr, "ahoy serve: %s\n", problem);
        return exit_code_of_error(code);
    }
    code = serve(config, log, path, json);
    log_writer_stop(log);
    return code;
}

/* Each --log-level, in their order. */
struct log_choice {
    const char *texts[LEVELS];
    unsigned    count;
};

/* The configuration's levels, then those of the command line. */
static int choose_levels(const struct command *command, const struct config *config, const struct log_choice *choice,
                         struct log_levels *levels)
{
    const char *why;

    config_log_levels(config, levels);
    for (unsigned i = 0; i < choice->count; i++)
        if (!log_levels_assign(levels, slice_from(choice->texts[i]), &why))
            return options_complain(command, "'%s' is not a log level; give %s", choice->texts[i], why);
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options       o      = options_of(command, argc, argv);
    struct log_choice    choice = { .count = 0 };
    struct log_levels    levels;
    const struct config *config;
    const char          *path = NULL;
    bool                 json = false;
    int                  code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            path = o.value;
        else if (letter == OPT_LOG_LEVEL)
            choice.texts[choice.count < LEVELS ? choice.count++ : LEVELS - 1] = o.value;
        else if (letter == OPT_JSON)
            json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(path, &config);
    if (code != EXIT_OK)
        return code;
    code = choose_levels(command, config, &choice, &levels);
    if (code == EXIT_OK)
        code = serve_with_log(config, &levels, path, json);
    config_free(config);
    return code;
}

const struct command command_serve = {
    .name     = "serve",
    .summary  = "run the server: registrar, proxy and redirect server",
    .synopsis = "[OPTION...]",
    .details  = "Serves in the foreground until SIGINT or SIGTERM.  Without a configuration the domain is\n"
                "this host's name, UDP and TCP port 5060 of all addresses are listened on, users must\n"
                "authenticate, and the state is kept in /var/lib/ahoy (root) or ~/.local/state/ahoy.",
    .options  = options,
    .examples = "  ahoy serve                          # then, elsewhere: ahoy user add alice\n"
                "  ahoy serve --config ./ahoy.conf     # see ahoy.conf(5)\n",
    .run      = run,
};
