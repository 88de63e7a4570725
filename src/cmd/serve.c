/* SPDX-License-Identifier: BSD-2-Clause */
/* serve.c - `ahoy serve`: the server, in the foreground. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"
#include "console/log_writer.h"
#include "console/service.h"
#include "console/worker.h"
#include "process/crash.h"

#include <jansson.h>
#include <limits.h>
#include <malloc.h>
#include <unistd.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_LOG_LEVEL, OPT_ALONE };
enum { OF_ITS_OWN = 512 << 10, LEFT_ON_TOP = 4 << 20 /* bytes */ };
enum { LEVELS = 32, SETTLE = 200 /* ms that the log has before the last words */ };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { OPT_LOG_LEVEL, "log-level", "[PART=]LEVEL",
      "debug, info, notice, warning or error, for all or one part; may be repeated; overrides the configuration" },
    { OPT_JSON, "json", NULL,
      "one JSON object a line on stdout: listening, self_signed, ready, stopped; died, hung, restarted, gave_up" },
    { OPT_ALONE, "alone", NULL, "no parent that starts the server again: for debuggers and supervisors" },
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

static void say_self_signed(const struct self_signed *self, bool json)
{
    if (self == NULL)
        return;
    if (json) {
        print_json(json_pack("{s:s, s:s, s:s?}", "event", "self_signed", "fingerprint_sha256", self->fingerprint,
                             "file", self->is_in_memory ? NULL : self->file));
        return;
    }
    if (self->is_in_memory)
        fprintf(stderr, "ahoy: %s; it is in memory, and the next start has another one\n", self->problem);
    fprintf(
        stderr,
        "ahoy: TLS with a self-signed certificate, which phones will not trust: they must be told its fingerprint,\n"
        "ahoy: SHA-256 %s\n"
        "ahoy: or given a CA; see ahoy cert lab --help\n",
        self->fingerprint);
}

static void say_ready(const struct service *v, const struct config *config, const char *path, bool json)
{
    struct slice domain = config->domains[0];
    size_t       users  = service_user_count(v);

    if (json) {
        print_json(json_pack("{s:s, s:s%, s:I, s:i}", "event", "ready", "domain", domain.ptr, domain.len, "users",
                             (json_int_t)users, "pid", (int)getpid()));
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

/* ---- what is logged ---- */

/* Each --log-level, in their order. */
struct log_choice {
    const char *texts[LEVELS];
    unsigned    count;
};

/* The configuration's levels, then those of the command line; NULL, or why one of these is none. */
static const char *choose_levels(const struct log_choice *choice, const struct config *config,
                                 struct log_levels *levels, unsigned *which)
{
    const char *why = NULL;

    config_log_levels(config, levels);
    for (unsigned i = 0; i < choice->count; i++) {
        *which = i;
        if (!log_levels_assign(levels, slice_from(choice->texts[i]), &why))
            return why;
    }
    return NULL;
}

/* ---- the child ---- */

struct serving {
    const struct config *config;
    struct log_choice    choice;
    const char          *path; /* of the configuration, if one was named */
    bool                 json, alone;
};

static int serve(const struct serving *s, const struct service_setup *setup, struct log_writer *log,
                 const struct place *place)
{
    struct service *v;
    char            problem[1024];
    int             error = service_open(setup, log, place, &v, problem, sizeof problem);

    if (problem[0] != '\0')
        fprintf(stderr, "ahoy serve: %s\n", problem);
    if (error != 0)
        return exit_code_of_error(error);
    child_ready(place->child); /* before anybody who reads what follows can make us end */
    say_listening(v, s->json);
    say_self_signed(service_self_signed(v), s->json);
    say_ready(v, setup->taken.now, s->path, s->json);
    error = service_run(v);
    if (s->json)
        print_json(json_pack("{s:s}", "event", "stopped"));
    else
        fprintf(stderr, "ahoy: stopped\n");
    if (service_close(v) != 0)
        fprintf(stderr, "ahoy: the trace is incomplete: it could not be written\n");
    return (int)exit_code_of_error(error);
}

static void settle(void *log)
{
    (void)log_writer_settle(log, SETTLE);
}

/* They were good when the program began. */
static void take_levels(void *serving, const struct config *config, struct log_levels *levels)
{
    const struct serving *s = serving;
    unsigned              which;

    (void)choose_levels(&s->choice, config, levels, &which);
}

/* What is that large is the kernel's again once it is freed: tables, above all, that were full while much was under
 * way. Glibc would take it from the heap from the second time on, where what is freed stays between what lives for
 * hours. */
static void keep_heap_small(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, OF_ITS_OWN);
    (void)mallopt(M_TRIM_THRESHOLD, LEFT_ON_TOP);
#endif
}

/* Threads begin here: the parent has none. */
static int serve_with_log(const struct serving *s, const struct service_setup *setup, const struct place *place)
{
    struct log_levels  levels;
    struct log_writer *log;
    char               file[PATH_MAX], problem[512];
    int                code;

    keep_heap_small();
    take_levels((void *)s, setup->taken.now, &levels);
    snprintf(file, sizeof file, "%.*s", SLICE_ARG(setup->taken.now->log_file));
    code = log_writer_start(file[0] != '\0' ? file : NULL, &levels, LOG_RING_BYTES, &log, problem, sizeof problem);
    if (code != 0) {
        fprintf(stderr, "ahoy serve: %s\n", problem);
        return exit_code_of_error(code);
    }
    code = crash_install(log_writer_fd(log), settle, log);
    if (code == 0)
        code = serve(s, setup, log, place);
    else
        code = (int)exit_code_of_error(code);
    crash_forget_settle();
    log_writer_stop(log);
    return code;
}

/* A reload that was cut short may have left its sockets with the parent, or taken away those of `config`. */
static int fit(const struct serving *s, const struct place *place, const struct config *config)
{
    char problem[512];
    int  error = place_fit(place, config, workers_wanted(s->config), problem, sizeof problem);

    if (error != 0)
        fprintf(stderr, "ahoy serve: %s\n", problem);
    return error;
}

/* The first child begins with what its parent has read; one after a crash goes on with what was taken last. */
static int recall(const struct serving *s, const struct place *place, struct taken *taken)
{
    bool again = place->child->restarts > 0;
    int  error = again ? taken_read(s->config, taken) : -ERR_NOT_FOUND;

    if (error != 0) {
        if (error != -ERR_NOT_FOUND)
            fprintf(stderr, "ahoy serve: what was taken by a reload cannot be read (%s): back to that of the start\n",
                    error_text(error));
        taken_forget(s->config);
        *taken = (struct taken){ .number = 1, .now = config_hold(s->config) };
    }
    return again ? fit(s, place, taken->now) : 0;
}

static int serve_as_taken(void *arg, const struct place *place)
{
    const struct serving *s     = arg;
    struct service_setup  setup = { .path = s->path, .levels = take_levels, .arg = arg };
    char                  usual[PATH_MAX];
    int                   code = (int)exit_code_of_error(recall(s, place, &setup.taken));

    if (s->path == NULL && settings_usual_path(usual, sizeof usual)) {
        setup.path          = usual;
        setup.path_may_lack = true;
    }
    if (code == EXIT_OK)
        code = serve_with_log(s, &setup, place);
    taken_fini(&setup.taken);
    return code;
}

/* ---- the parent ---- */

static const char *how_it_ended(const struct supervisor_report *r, char *text, size_t size)
{
    if (r->signal != 0)
        snprintf(text, size, "by signal %d, %s", r->signal, strsignal(r->signal));
    else
        snprintf(text, size, "with exit code %d", r->code);
    return text;
}

static void say_json(const struct supervisor_report *r)
{
    switch (r->event) {
    case SUPERVISOR_DIED:
        print_json(json_pack("{s:s, s:i, s:i, s:i, s:I}", "event", "died", "pid", (int)r->pid, "signal", r->signal,
                             "code", r->code, "delay_msec", (json_int_t)r->delay));
        break;
    case SUPERVISOR_HUNG:
        print_json(json_pack("{s:s, s:i, s:i}", "event", "hung", "pid", (int)r->pid, "worker", (int)r->worker));
        break;
    case SUPERVISOR_RESTARTED:
        print_json(json_pack("{s:s, s:i, s:i, s:I}", "event", "restarted", "pid", (int)r->pid, "restarts",
                             (int)r->restarts, "after_msec", (json_int_t)r->delay));
        break;
    case SUPERVISOR_GAVE_UP:
        print_json(json_pack("{s:s, s:i, s:i, s:i}", "event", "gave_up", "pid", (int)r->pid, "signal", r->signal,
                             "code", r->code));
        break;
    }
}

static void say_text(const struct supervisor_report *r)
{
    char how[128];

    switch (r->event) {
    case SUPERVISOR_DIED:
        fprintf(stderr, "ahoy: process %d has ended %s; starting another one\n", (int)r->pid,
                how_it_ended(r, how, sizeof how));
        break;
    case SUPERVISOR_HUNG:
        fprintf(stderr, "ahoy: worker %u of process %d hangs; ending it\n", r->worker, (int)r->pid);
        break;
    case SUPERVISOR_RESTARTED:
        fprintf(stderr, "ahoy: serving again after %llu ms\n", (unsigned long long)r->delay);
        break;
    case SUPERVISOR_GAVE_UP:
        fprintf(stderr, "ahoy: process %d has ended %s; giving up\n", (int)r->pid, how_it_ended(r, how, sizeof how));
        break;
    }
}

static void on_report(void *arg, const struct supervisor_report *r)
{
    const struct serving *s = arg;

    say_text(r);
    if (s->json)
        say_json(r);
}

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "ahoy serve: %s\n", text);
}

static int run_house(struct serving *s)
{
    const struct house_life life = { serve_as_taken, on_report, s, s->alone };
    struct house            house;
    char                    problem[1024];
    int error = house_open(&house, s->config, workers_wanted(s->config), on_notice, NULL, problem, sizeof problem),
        code;

    if (error != 0) {
        fprintf(stderr, "ahoy serve: %s\n", problem);
        code = exit_code_of_error(error);
    } else {
        code = house_run(&house, &life);
        if (code < 0) {
            fprintf(stderr, "ahoy serve: %s\n", error_text(code));
            code = exit_code_of_error(code);
        }
    }
    house_close(&house);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options    o = options_of(command, argc, argv);
    struct log_levels levels;
    struct serving    s = { .json = false };
    const char       *why;
    unsigned          which;
    int               code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            s.path = o.value;
        else if (letter == OPT_LOG_LEVEL)
            s.choice.texts[s.choice.count < LEVELS ? s.choice.count++ : LEVELS - 1] = o.value;
        else if (letter == OPT_JSON)
            s.json = true;
        else if (letter == OPT_ALONE)
            s.alone = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    code = settings_load(s.path, &s.config);
    if (code != EXIT_OK)
        return code;
    why  = choose_levels(&s.choice, s.config, &levels, &which);
    code = why == NULL ? run_house(&s)
                       : options_complain(command, "'%s' is not a log level; give %s", s.choice.texts[which], why);
    config_free(s.config);
    return code;
}

const struct command command_serve = {
    .name     = "serve",
    .summary  = "run the server: registrar, proxy and redirect server",
    .synopsis = "[OPTION...]",
    .details  = "Serves in the foreground until SIGINT or SIGTERM, then finishes what is in progress (drain in\n"
                "ahoy.conf).  A parent keeps the addresses and starts the server again when it dies or hangs.\n"
                "Started as root it serves as user.  Sockets of LISTEN_FDS are taken; NOTIFY_SOCKET is told.\n"
                "Without a configuration the domain is\n"
                "this host's name, UDP and TCP port 5060, TLS port 5061 and secure WebSocket port 5443 of all\n"
                "addresses are listened on, users must authenticate, and the state is kept in /var/lib/ahoy (root)\n"
                "or ~/.local/state/ahoy.  Without a certificate it makes one and signs it itself.",
    .options  = options,
    .examples = "  ahoy serve                          # then, elsewhere: ahoy user add alice\n"
                "  ahoy serve --config ./ahoy.conf     # see ahoy.conf(5)\n"
                "  gdb --args ahoy serve --alone       # one process, which nobody kills for being slow\n",
    .run      = run,
};
