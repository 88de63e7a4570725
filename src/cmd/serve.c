/* SPDX-License-Identifier: BSD-2-Clause */
/* serve.c - `ahoy serve`: the server, in the foreground. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"
#include "console/admin.h"
#include "console/control.h"
#include "net/world_uv.h"
#include "server/config_keys.h"
#include "server/server.h"
#include "stack/trace.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_LOG_LEVEL };

static const struct option_entry options[] = {
    { 'c', "config", "FILE", "read this configuration instead of the usual one" },
    { OPT_LOG_LEVEL, "log-level", "LEVEL", "debug, info, notice, warning or error: overrides the configuration" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout: listening, ready, stopped" },
    OPTION_TABLE_END,
};

struct service {
    const struct config *config;
    struct log           log;
    struct world        *world;
    struct server       *server;
    struct store        *store;
    struct trace_writer *trace;
    struct control      *control;
    struct admin         admin;
    uint64_t             started_at; /* wall clock, ms */
    const char          *path;       /* of the configuration, if one was named */
    bool                 json;
};

/* ---- what it says ---- */

static void write_log(void *arg, enum log_level level, struct slice line)
{
    (void)arg;
    (void)level;
    fprintf(stderr, "%.*s\n", SLICE_ARG(line));
}

static void print_json(json_t *event)
{
    json_dumpf(event, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(event);
}

static void say_listening(const struct service *v)
{
    for (unsigned i = 0; i < server_listener_count(v->server); i++) {
        struct flow flow = server_listener(v->server, i);
        char        text[ADDRESS_TEXT];
        struct buf  b = BUF_ON(text);

        address_write(&b, &flow.local);
        if (v->json)
            print_json(json_pack("{s:s, s:s%, s:s, s:i}", "event", "listening", "transport",
                                 transport_param(flow.transport).ptr, transport_param(flow.transport).len, "address",
                                 buf_cstr(&b), "port", flow.local.port));
        else
            fprintf(stderr, "ahoy: listening on %.*s %s\n", SLICE_ARG(transport_param(flow.transport)), buf_cstr(&b));
    }
}

static void say_ready(const struct service *v)
{
    struct slice domain = v->config->domains[0];
    size_t       users  = users_count(server_users(v->server));

    if (v->json) {
        print_json(json_pack("{s:s, s:s%, s:I}", "event", "ready", "domain", domain.ptr, domain.len, "users",
                             (json_int_t)users));
        return;
    }
    fprintf(stderr, "ahoy: serving %.*s, %zu user%s; state in %.*s\n", SLICE_ARG(domain), users, users == 1 ? "" : "s",
            SLICE_ARG(v->config->state));
    if (!v->config->authentication)
        fprintf(stderr, "ahoy: authentication is off: anyone may register as anyone\n");
    else if (users == 0)
        fprintf(stderr, "ahoy: no users yet; next, in another terminal:  ahoy user add alice%s%s\n",
                v->path != NULL ? " --config " : "", v->path != NULL ? v->path : "");
}

static int fail(const char *problem, int error)
{
    fprintf(stderr, "ahoy serve: %s\n", problem);
    return exit_code_of_error(error);
}

/* ---- start and stop ---- */

/* Every folder of the path that is missing, private to us. */
static int make_folder(struct slice path)
{
    char text[PATH_MAX];

    if (path.len >= sizeof text)
        return -ENAMETOOLONG;
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    for (char *at = text + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(text, 0755) != 0 && errno != EEXIST)
            return -errno;
        *at = '/';
    }
    return mkdir(text, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static void on_signal(void *arg)
{
    struct service *v = arg;

    world_uv_stop(v->world);
}

static int open_store(struct service *v)
{
    char       path[PATH_MAX], problem[512];
    struct buf b     = BUF_ON(path);
    int        error = make_folder(v->config->state);

    if (error != 0) {
        fprintf(stderr, "ahoy serve: cannot make the folder %.*s: %s\n", SLICE_ARG(v->config->state), strerror(-error));
        return EXIT_ERROR;
    }
    config_state_path(v->config, &b, "ahoy.db");
    error = store_sqlite_open(v->world, buf_cstr(&b), v->config->store_queue, v->config->store_queue_age,
                              server_on_report, v->server, &v->store, problem, sizeof problem);
    if (error == 0 && problem[0] != '\0') /* it was damaged, and a new one begun */
        fprintf(stderr, "ahoy serve: %s\n", problem);
    return error == 0 ? EXIT_OK : fail(problem, error);
}

static json_t *listening_to_json(const struct server *server)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < server_listener_count(server); i++) {
        struct flow          flow   = server_listener(server, i);
        struct config_listen listen = { flow.transport, flow.local };
        char                 text[ADDRESS_TEXT + 8];
        struct buf           b = BUF_ON(text);

        config_listen_write(&b, &listen);
        json_array_append_new(list, json_string(buf_cstr(&b)));
    }
    return list;
}

/* What `ahoy status` shows beyond the users. */
static void add_status(void *arg, json_t *status)
{
    struct service               *v = arg;
    const struct stack_counters  *c = stack_counters(server_stack(v->server));
    const struct server_counters *n = server_counters(v->server);
    json_t                       *counters;

    json_object_set_new(status, "listening", listening_to_json(v->server));
    json_object_set_new(status, "uptime_msec", json_integer((json_int_t)(world_wall(v->world) - v->started_at)));
    counters = json_object();
#define COUNTER(name, help) json_object_set_new(counters, #name, json_integer((json_int_t)c->name));
#include "stack/counters.def"
#undef COUNTER
#define COUNTER(name, help) json_object_set_new(counters, #name, json_integer((json_int_t)n->name));
#include "server/counters.def"
#undef COUNTER
    json_object_set_new(status, "bindings", json_integer((json_int_t)location_count(server_location(v->server))));
    json_object_set_new(status, "counters", counters);
}

/* Where commands such as `ahoy user add` reach us. */
static int open_control(struct service *v)
{
    const struct control_method *methods;
    size_t                       count;
    char                         path[PATH_MAX], problem[512];
    struct buf                   b = BUF_ON(path);
    int                          error;

    v->started_at = world_wall(v->world);
    v->admin      = (struct admin){ v->config, server_users(v->server), add_status, on_signal, v };
    methods       = admin_methods(&count);
    config_state_path(v->config, &b, "control.sock");
    error = control_start(v->world, buf_cstr(&b), methods, count, &v->admin, v->config->control_clients, &v->control,
                          problem, sizeof problem);
    return error == 0 ? EXIT_OK : fail(problem, error);
}

static int open_trace(struct service *v)
{
    char path[PATH_MAX];
    char text[PATH_MAX + 128];
    int  error;

    if (v->config->trace.len == 0)
        return EXIT_OK;
    snprintf(path, sizeof path, "%.*s", SLICE_ARG(v->config->trace));
    error = trace_open(v->world, path, v->config->domains[0], &v->trace);
    if (error == 0)
        return EXIT_OK;
    snprintf(text, sizeof text, "cannot write the trace %s: %s", path, error_text(error));
    return fail(text, error);
}

static struct world *open_world(struct service *v)
{
    char                    servers[1024];
    struct world_uv_options limits = {
        .dns_queries  = v->config->dns_queries,
        .udp_queue    = v->config->udp_queue,
        .stream_queue = v->config->stream_queue,
    };

    snprintf(servers, sizeof servers, "%.*s", SLICE_ARG(v->config->dns_servers));
    if (servers[0] != '\0')
        limits.dns_servers = servers;
    return world_uv_new_with(&v->log, &limits);
}

static int start(struct service *v)
{
    struct stack_trace trace;
    char               problem[512];
    int                error, code;

    v->world = open_world(v);
    if (v->world == NULL)
        return fail("no memory or descriptors for the event loop, or dns_servers makes no sense", -ERR_NO_MEMORY);
    code = open_trace(v);
    if (code != EXIT_OK)
        return code;
    trace     = trace_hook(v->trace);
    v->server = server_new(v->world, v->config, &trace);
    if (v->server == NULL)
        return fail(error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
    code = open_store(v);
    if (code != EXIT_OK)
        return code;
    error = server_start(v->server, v->store, problem, sizeof problem);
    if (error != 0)
        return fail(problem, error);
    code = open_control(v);
    if (code != EXIT_OK)
        return code;
    world_uv_signal(v->world, SIGTERM, on_signal, v);
    world_uv_signal(v->world, SIGINT, on_signal, v);
    return EXIT_OK;
}

/* No new commands; then the store: what waits in its queue is committed before the end. */
static void stop(struct service *v)
{
    if (v->control != NULL)
        control_stop(v->control);
    if (v->store != NULL)
        store_close(v->store);
    server_free(v->server);
    if (v->world != NULL)
        world_uv_turn(v->world, 0); /* what the two had still posted */
    if (trace_close(v->trace) != 0)
        fprintf(stderr, "ahoy: the trace is incomplete: it could not be written\n");
    if (v->world != NULL)
        world_uv_free(v->world);
    config_free(v->config);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options o     = options_of(command, argc, argv);
    struct service v     = { .log = { .sink = write_log } };
    const char    *level = NULL;
    int            code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            v.path = o.value;
        else if (letter == OPT_LOG_LEVEL)
            level = o.value;
        else if (letter == OPT_JSON)
            v.json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(v.path, &v.config);
    if (code != EXIT_OK)
        return code;
    v.log.level = v.config->log_level;
    if (level != NULL && !log_level_parse(slice_from(level), &v.log.level)) {
        config_free(v.config);
        return options_complain(command, "'%s' is not a log level", level);
    }
    code = start(&v);
    if (code == EXIT_OK) {
        say_listening(&v);
        say_ready(&v);
        world_uv_run(v.world);
        if (v.json)
            print_json(json_pack("{s:s}", "event", "stopped"));
        else
            fprintf(stderr, "ahoy: stopped\n");
    }
    stop(&v);
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
