/* SPDX-License-Identifier: BSD-2-Clause */
/* load.c - ahoy load: what can this server carry, and what does it cost?
 * The work is done in load/; here are options, files, the clock and what is printed. */

#include "load/load.h"
#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/load_alarm.h"
#include "cmd/load_input.h"
#include "cmd/option.h"
#include "load/report.h"
#include "net/tls_shared.h"
#include "net/world_uv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OPT_SAVE = OPTION_LONG_ONLY + LOAD_OPTION_COUNT, OPT_REPEAT, SHOW_EACH = 1000, LINE_EACH = 10 };

static const struct option_entry entries[] = {
#define LOAD_OPTION(id, letter, name, argument, meaning)                                                               \
    { (letter) != 0 ? (letter) : OPTION_LONG_ONLY + LOAD_##id, name, argument, meaning },
#include "load/options.def"
#undef LOAD_OPTION
    { OPT_SAVE, "save", "FILE", "write what was asked for into FILE, and go" },
    { OPT_REPEAT, "repeat", "FILE", "do what FILE says; what the command line says goes before" },
    OPTION_TABLE_END,
};

/* CPU time of this process, in seconds. */
struct own_cpu {
    double user, system;
};

struct running {
    struct load_plan   plan;
    struct world      *world;
    struct load       *load;
    struct load_alarm  alarm;
    struct load_report report;
    struct own_cpu     own;    /* when counting began */
    struct process_cpu server; /* the same */
    int                pids[PROCESS_CPU_MAX];
    unsigned           pid_count;
    struct timer       timer; /* of the progress */
    bool               on_terminal, shown, interrupted;
    unsigned           shows;
    uint64_t           shown_at, shown_ok; /* for the rate since */
    struct own_cpu     shown_own;
};

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static struct own_cpu own_now(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (struct own_cpu){ seconds_of(&u.ru_utime), seconds_of(&u.ru_stime) };
}

/* ---- what the generator asks for ---- */

static uint64_t host_now(void *arg)
{
    (void)arg;
    return load_clock();
}

static void host_wake(void *arg, uint64_t us)
{
    struct running *r = arg;

    load_alarm_set(&r->alarm, us);
}

static const char *const phase_names[] = { "connects", "asks", "prepares", "runs", "drains", "cleans", "done" };

static void on_phase(void *arg, enum load_phase phase)
{
    struct running *r = arg;

    r->report.phase = phase_names[phase];
    if (phase == LOAD_DONE)
        world_uv_stop(r->world);
}

static void on_counting(void *arg, bool counting)
{
    struct running    *r   = arg;
    struct own_cpu     own = own_now();
    struct process_cpu server;
    bool               there = r->pid_count > 0 && process_cpu_read("/proc", r->pids, r->pid_count, &server);

    if (counting) {
        r->own               = own_now();
        r->report.has_server = there;
        r->server            = there ? server : (struct process_cpu){ 0 };
        return;
    }
    r->report.own_user   = own.user - r->own.user;
    r->report.own_system = own.system - r->own.system;
    r->report.has_server = r->report.has_server && there;
    if (r->report.has_server)
        r->report.server = (struct process_cpu){ server.user - r->server.user, server.system - r->server.system,
                                                 server.total - r->server.total };
}

static void on_alarm(void *arg)
{
    load_tick(((struct running *)arg)->load);
}

static void on_signal(void *arg)
{
    struct running *r = arg;

    r->interrupted = true;
    load_stop(r->load);
}

/* ---- progress ---- */

static void print(FILE *out, const char *before, const struct buf *b, const char *after)
{
    if (!buf_ok(b))
        return;
    fputs(before, out);
    fwrite(b->ptr, 1, b->len, out);
    fputs(after, out);
    fflush(out);
}

static void show(struct running *r, double rate, double busy)
{
    char       memory[1024];
    struct buf b     = BUF_ON(memory);
    bool       lines = r->plan.progress && r->shows % LINE_EACH == 0;

    if (r->plan.progress && r->plan.json) {
        load_progress_json(&r->report, rate, busy, &b);
        print(stdout, "", &b, "\n");
    } else if (r->on_terminal || lines) {
        load_progress_text(&r->report, rate, busy, &b);
        print(stderr, r->on_terminal ? "\r\033[K" : "", &b, r->on_terminal ? "" : "\n");
        r->shown = r->on_terminal;
    }
}

static void on_timer(struct timer *timer, msec now)
{
    struct running *r    = CONTAINER_OF(timer, struct running, timer);
    struct tally   *t    = load_tally(r->load);
    uint64_t        at   = load_clock();
    double          time = (double)(at - r->shown_at) / 1e6;
    struct own_cpu  own  = own_now();

    r->report.now         = at;
    r->report.in_progress = load_in_progress(r->load);
    r->shows++;
    if (time > 0)
        show(r, (double)(t->all_ok - r->shown_ok) / time,
             (own.user + own.system - r->shown_own.user - r->shown_own.system) / time);
    histogram_clear(&t->recent);
    r->shown_at  = at;
    r->shown_ok  = t->all_ok;
    r->shown_own = own;
    world_timer(r->world, timer, on_timer, now + SHOW_EACH);
}

/* ---- the run ---- */

static int complain(const char *what, int error)
{
    fprintf(stderr, "ahoy load: %s: %s\n", what, error_text(error));
    return (int)exit_code_of_error(error);
}

static void print_report(struct running *r)
{
    char      *memory = malloc(LOAD_REPORT_SIZE);
    struct buf b      = buf_on(memory, memory == NULL ? 0 : LOAD_REPORT_SIZE);

    if (r->shown)
        fputs("\r\033[K", stderr);
    r->report.now         = load_clock();
    r->report.interrupted = r->interrupted;
    if (r->plan.json)
        load_report_json(&r->report, &b);
    else
        load_report_text(&r->report, &b);
    print(stdout, "", &b, r->plan.json ? "\n" : "");
    free(memory);
}

/* Nothing has been measured: why. */
static int explain(const struct running *r, int error)
{
    const struct tally *t = r->report.tally;

    if (error == -ERR_PERMISSION && t->not_registered > 0) {
        fprintf(stderr, "ahoy load: %llu of %u users could not register: do they exist, and is the password theirs?\n",
                (unsigned long long)t->not_registered, r->plan.users);
        return EXIT_NOT_AUTHORISED;
    }
    if (error == -ERR_PERMISSION) {
        fprintf(stderr, "ahoy load: the certificate of %s is not good enough: --tls-trust names whose are\n",
                r->plan.server);
        return EXIT_UNREACHABLE;
    }
    if (error == -ERR_TIMEOUT && r->plan.transport == TRANSPORT_UDP) {
        fprintf(stderr,
                "ahoy load: %s does not answer OPTIONS: nobody is shot at who has not spoken first; "
                "--force begins all the same\n",
                r->plan.server);
        return EXIT_TIMED_OUT;
    }
    return complain(r->plan.server, error);
}

static int verdict(struct running *r)
{
    int error = load_error(r->load);

    if (r->report.tally->counting_from == 0 && error != 0)
        return explain(r, error);
    print_report(r);
    if (error != 0)
        return complain("the run ended early", error);
    if (r->interrupted && r->plan.callers)
        return EXIT_INTERRUPTED;
    return r->report.tally->failed > r->plan.max_errors ? EXIT_ERROR : EXIT_OK;
}

static int go(struct running *r, const struct load_setup *setup)
{
    int error = load_alarm_open(&r->alarm, r->world, on_alarm, r);

    if (error == 0 &&
        (world_uv_signal(r->world, SIGINT, on_signal, r) != 0 || world_uv_signal(r->world, SIGTERM, on_signal, r) != 0))
        error = -ERR_LIMIT;
    if (error == 0) {
        r->load = load_new(r->world, setup);
        error   = r->load == NULL ? -ERR_NO_MEMORY : 0;
    }
    if (error != 0)
        return complain("cannot begin", error);
    r->report.tally = load_tally(r->load);
    error           = load_start(r->load);
    if (error != 0)
        return complain("cannot begin", error);
    r->shown_at = load_clock();
    world_timer(r->world, &r->timer, on_timer, world_now(r->world) + SHOW_EACH);
    world_uv_run(r->world);
    world_timer_stop(r->world, &r->timer);
    return verdict(r);
}

/* A connection is a descriptor: as many as we may have. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int begin(struct running *r, const struct load_settings *settings)
{
    char                    password[LOAD_PASSWORD_SIZE];
    struct load_setup       setup   = { .plan = &r->plan, .host = { host_now, host_wake, on_phase, on_counting, r } };
    struct world_uv_options options = { .udp_queue = (size_t)64 * 1024 * 1024 };
    int                     code    = load_input_password(settings, password);

    if (code == EXIT_OK)
        code = load_input_tls(settings, &r->plan, &setup.tls);
    if (code != EXIT_OK)
        return code;
    setup.password = slice_from(password);
    raise_limit();
    r->world = world_uv_new_with(NULL, &options);
    if (r->world == NULL)
        code = complain("cannot begin", -ERR_NO_MEMORY);
    if (code == EXIT_OK)
        code = load_input_addresses(r->world, &r->plan, &setup.server, &setup.local);
    if (code == EXIT_OK)
        code = go(r, &setup);
    load_free(r->load);
    if (r->world != NULL)
        world_uv_free(r->world);
    load_alarm_close(&r->alarm);
    tls_shared_free(setup.tls);
    explicit_bzero(password, sizeof password);
    return code;
}

static int run_with(const struct command *command, const struct load_settings *settings)
{
    static struct running r;
    char                  text[512];
    struct buf            why = BUF_ON(text);

    r.alarm.fd = -1;
    if (!load_plan_make(&r.plan, settings, &why))
        return options_complain(command, "%s", buf_cstr(&why));
    if (settings->values[LOAD_PID] != NULL && !process_cpu_parse(settings->values[LOAD_PID], r.pids, &r.pid_count))
        return options_complain(command, "--pid wants process numbers, not '%s'", settings->values[LOAD_PID]);
    r.report.plan  = &r.plan;
    r.report.phase = phase_names[LOAD_CONNECT];
    r.on_terminal  = isatty(STDERR_FILENO) != 0;
    return begin(&r, settings);
}

/* Options and arguments into `settings`; an exit code, or -1. */
static int read_command_line(struct options *o, struct load_settings *settings, const char **save, const char **repeat)
{
    int error = 0;

    for (int letter; error == 0 && (letter = options_next(o)) != OPTIONS_END;) {
        const struct option_entry *e = entries;

        while (e->letter != letter)
            e++;
        if (letter == OPT_SAVE)
            *save = o->value;
        else if (letter == OPT_REPEAT)
            *repeat = o->value;
        else
            error = load_settings_set(settings, (enum load_option)(e - entries), o->value != NULL ? o->value : "yes");
    }
    if (error == 0 && o->exit_code < 0 && o->index < o->argc)
        error = load_settings_aim(settings, o->argv[o->index], o->index + 1 < o->argc ? o->argv[o->index + 1] : NULL);
    if (error != 0)
        return complain("cannot begin", error);
    if (o->exit_code < 0 && o->argc - o->index > 2)
        return options_complain(o->command, "one scenario and one TARGET are wanted");
    return o->exit_code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options       o        = options_of(command, argc, argv);
    struct load_settings settings = { 0 };
    const char          *save = NULL, *repeat = NULL;
    int                  code = read_command_line(&o, &settings, &save, &repeat);

    if (code < 0)
        code = repeat != NULL ? load_input_repeat(command, &settings, repeat) : EXIT_OK;
    else
        repeat = save = NULL;
    if (o.exit_code < 0 && code == EXIT_OK && save != NULL)
        code = load_input_save(&settings, save);
    if (o.exit_code < 0 && code == EXIT_OK)
        code = run_with(command, &settings);
    load_settings_fini(&settings);
    return code;
}

extern const struct command command_load;
const struct command        command_load = {
           .name     = "load",
           .summary  = "generate load: register, options, message or invite, and measure",
           .synopsis = "[OPTION...] register|options|message|invite [TARGET]",
           .details =
               "TARGET is the domain of the users, and the server unless --server says another. Callers and callees are "
                      "played by one process, which registers the callees first and takes the registrations back at the end. "
                      "With --window a new operation begins when another has ended, with --rate at its time.\n"
                      "A time is written 10s, 500ms or 2m; a number alone is seconds. The target has to answer a first OPTIONS, "
                      "unless --force is given: load only what is yours.\n"
                      "Exits with 0 if no more than --max-errors operations have failed, else with 1; with 14 if the users could "
                      "not register, with 15 or 17 if the server was not there.",
           .options  = entries,
           .examples = "ahoy load options 192.0.2.1\n"
                              "ahoy load invite 127.0.0.1 --window 64 --duration 10s --pid $(pidof ahoy)\n"
                              "ahoy load invite example.test --server 127.0.0.1:5060 --rate 2000 --ramp 5s --hold 30s --media\n"
                              "AHOY_LOAD_PASSWORD=secret ahoy load register 127.0.0.1 --users 100000 --count 100000\n"
                              "ahoy load message 127.0.0.1 --transport tls --tls-trust ca.pem --connections 200\n"
                              "ahoy load invite 127.0.0.1 --save run.load --json; ahoy load --repeat run.load\n",
           .run      = run,
};
