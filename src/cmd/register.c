/* SPDX-License-Identifier: BSD-2-Clause */
/* register.c - ahoy register: be reachable under an account until Ctrl-C. */

#include "cmd/asking.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <stdio.h>

enum { OPT_ONCE = ASKING_OPTION_OWN, OPT_WATCH, OPT_WAIT, OPT_FOR };

enum { DAY_MS = 24 * 3600 * 1000, AGAIN_MS = 1000 };

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    { OPT_ONCE, "once", NULL, "exit when registered; the registration stays until it expires" },
    { OPT_WAIT, "wait", "DURATION", "try again until then if it fails, and exit with why if it still does (at once)" },
    { OPT_FOR, "for", "DURATION", "stay registered for so long, then take it back and exit" },
    { OPT_WATCH, "watch", NULL, "tell each refresh too, with flows and GRUUs" },
    ASKING_OPTIONS,
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct registering {
    struct shell *shell;
    struct asking asking;
    struct timer  timer; /* until the registration, then until the end */
    struct timer  again; /* until the next try                         */
    msec          wait, stay;
    bool          once, watch, up;
    int           code; /* of the last failure */
};

/* Who wants an outcome wants it now, if he does not say for how long it is to hold. */
static bool is_probe(const struct registering *r)
{
    return asking_is_probe(&r->asking) && r->stay == 0;
}

static void on_timer(struct timer *t, msec now)
{
    struct registering *r = CONTAINER_OF(t, struct registering, timer);

    (void)now;
    shell_finish(r->shell, r->up ? EXIT_OK : r->code);
}

static void limit(struct registering *r, msec time)
{
    struct world *w = r->shell->world;

    world_timer(w, &r->timer, on_timer, world_now(w) + time);
}

static void tell(const struct registering *r, const struct phone_event *e)
{
    if (!r->watch || r->shell->json)
        return;
    progress_hide(&r->shell->progress);
    fprintf(stderr, "%s for %u s", e->kind == PHONE_REFRESHED ? "Refreshed" : "  it holds", e->expires);
    if (e->flows > 0)
        fprintf(stderr, ", flow %u, %u alive%s", e->flow, e->flows, e->outbound ? ", kept by the registrar" : "");
    if (e->gruu.len > 0)
        fprintf(stderr, ", also %.*s", SLICE_ARG(e->gruu));
    fputc('\n', stderr);
}

static void on_registered(struct registering *r, const struct phone_event *e)
{
    struct shell *s = r->shell;

    if (e->kind == PHONE_REGISTERED)
        progress_set(&s->progress, PROGRESS_REGISTERED, s->entry.address);
    if (!r->up) {
        r->up = true;
        world_timer_stop(s->world, &r->timer);
        if (r->stay != 0)
            limit(r, r->stay);
    }
    tell(r, e);
    if (r->once)
        s->registered = false; /* nothing to take back */
    if (r->once || is_probe(r))
        shell_finish(s, EXIT_OK);
}

static void on_again(struct timer *t, msec now)
{
    struct registering *r = CONTAINER_OF(t, struct registering, again);

    (void)now;
    if (!r->shell->finishing)
        phone_register(r->shell->phone, r->shell->account);
}

/* Who waits for a server that is just starting does not mind its load, as the phone does
 * when it has lost its registration (RFC 5626 4.5). */
static void on_failure(struct registering *r, const struct phone_event *e)
{
    struct world *w = r->shell->world;

    r->code = report_registration_code(e);
    if (r->up)
        progress_set(&r->shell->progress, PROGRESS_REGISTERING, r->shell->entry.address);
    else if (r->wait != 0 && e->status == 0 && e->retry_in != NEVER)
        world_timer(w, &r->again, on_again, world_now(w) + AGAIN_MS);
    if (e->retry_in == NEVER || (r->wait == 0 && !r->up && (r->once || asking_is_probe(&r->asking))))
        shell_finish(r->shell, r->code);
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct registering *r = s->user;

    asking_note(&r->asking, s, e);
    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 480);
    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REFRESHED)
        on_registered(r, e);
    if (e->kind == PHONE_REGISTER_FAILED && e->flows == 0)
        on_failure(r, e);
}

static int read_options(struct options *o, struct shell_options *options, struct registering *r)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, NULL, letter, o->value) || asking_option(&r->asking, o, letter))
            continue;
        if (letter == OPT_ONCE)
            r->once = true;
        else if (letter == OPT_WATCH)
            r->watch = true;
        else if (letter == OPT_WAIT)
            options_duration(o, DAY_MS, &r->wait);
        else if (letter == OPT_FOR)
            options_span(o, 7 * (msec)DAY_MS, &r->stay);
    }
    return asking_check(&r->asking, o, options->json);
}

static int stay_registered(struct registering *r)
{
    struct shell *s = r->shell;
    int           code;

    progress_set(&s->progress, PROGRESS_REGISTERING, s->entry.address);
    exchange_begin(&r->asking.exchange, world_now(s->world));
    phone_register(s->phone, s->account);
    if (r->wait != 0)
        limit(r, r->wait);
    code = shell_run(s);
    code = asking_judge(&r->asking, s, code);
    world_timer_stop(s->world, &r->timer);
    world_timer_stop(s->world, &r->again);
    return code;
}

/* `tried`: it has been judged already. */
static int register_it(struct registering *r, const struct shell_options *options, bool *tried)
{
    struct shell *s    = r->shell;
    int           code = shell_open(s, options);

    if (code != EXIT_OK)
        return code;
    if (s->is_guest) {
        fprintf(stderr, "ahoy register: there is no account yet; try 'ahoy account add sip:alice@example.test'\n");
        code = EXIT_NOT_FOUND;
    } else {
        *tried = true;
        exchange_init(&r->asking.exchange, EXCHANGE_REGISTER, slice_from(s->entry.address));
        code = stay_registered(r);
    }
    shell_close(s);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell       shell;
    static struct registering r;
    struct options            o       = options_of(command, argc, argv);
    struct shell_options      options = { .node = "phone", .max_calls = 1 };
    bool                      tried   = false;
    int                       code;

    r = (struct registering){ .shell = &shell, .code = EXIT_TIMED_OUT };
    asking_init(&r.asking, EXCHANGE_REGISTER);
    code = read_options(&o, &options, &r);
    if (code < 0 && o.index != argc)
        code = options_complain(command, "no argument is wanted");
    if (code < 0) {
        shell.on_event = on_event;
        shell.user     = &r;
        code           = register_it(&r, &options, &tried);
    }
    return tried ? code : asking_give_up(&r.asking, argc, argv, code);
}

extern const struct command command_register;
const struct command        command_register = {
           .name     = "register",
           .summary  = "register an account and stay registered until Ctrl-C",
           .synopsis = "[OPTION...]",
           .details =
               "Who calls meanwhile is told that nobody is there (480).  Durations are like 20s, 500ms, 2m or a plain\n"
                      "number of seconds.\n\n"
                      "With --output or --expect it is a probe: it registers, takes that back unless --once is given, and exits; "
                      "with\n"
                      "--for it is judged at the end of that time.  With --expect the conditions alone decide on the exit code; a\n"
                      "condition on what was not measured is not met.  The conditions:\n"
#define RULE(kind, form, test, figure, unit, meaning) REGISTER_LINE_##kind("  " form ": " meaning "\n")
#define REGISTER_LINE_REGISTER(line)                  line
#define REGISTER_LINE_MESSAGE(line)
#define REGISTER_LINE_ANY(line) line
#include "probe/exchange.def"
#undef RULE
    ,
    .options  = entries,
    .examples = "ahoy register --watch\n"
                "ahoy register --account alice --once             # is the password right?\n"
                "ahoy register --account alice --once --wait 2m   # the server is just starting\n"
                "ahoy register --for 1h\n"
                "ahoy register --account alice --output nagios --expect registered,max-time=2s\n",
    .run      = run,
};
