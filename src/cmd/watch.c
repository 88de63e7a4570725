/* SPDX-License-Identifier: BSD-2-Clause */
/* watch.c - ahoy watch: be told what somebody's presence, calls, mailbox or registrations come to (RFC 6665). */

#include "base/error.h"
#include "call/subscription.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"
#include "probe/output.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPT_EVENT = SHELL_OPTION_OWN, OPT_ACCEPT, OPT_COUNT, OPT_FOR, OPT_ONCE, OPT_EXPIRES, OPT_NO_REGISTER };

#define WEEK_MS ((msec)7 * 24 * 3600 * 1000)

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    { OPT_EVENT, "event", "PACKAGE", "what to watch: presence, dialog, message-summary, reg or any other (presence)" },
    { OPT_ACCEPT, "accept", "TYPES", "the content types that will do, instead of those of the package" },
    { OPT_COUNT, "count", "N", "exit when N states have been told" },
    { OPT_FOR, "for", "DURATION", "exit after that" },
    { OPT_ONCE, "once", NULL, "ask for the state now and exit" },
    { OPT_EXPIRES, "expires", "DURATION", "how long to subscribe for before each refresh" },
    { OPT_NO_REGISTER, "no-register", NULL, "subscribe without registering first" },
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct watching {
    const struct command    *command;
    struct shell            *shell;
    struct timer             timer;
    const char              *whom;                 /* as typed */
    char                     target[SHELL_TARGET]; /* a URI */
    struct subscribe_options options;
    object_id                id;
    uint32_t                 count, told;
    msec                     stay;
    bool                     no_register;
};

static void on_timer(struct timer *t, msec now)
{
    struct watching *w = CONTAINER_OF(t, struct watching, timer);

    (void)now;
    shell_finish(w->shell, EXIT_OK);
}

/* However it ends, Ctrl-C included, the notifier learns of it. */
static void on_finish(struct shell *s)
{
    struct watching *w = s->user;

    if (w->id != 0)
        unsubscribe(s->phone, w->id);
}

static int begin(struct watching *w)
{
    struct shell *s = w->shell;
    int           error;

    w->options.account = s->account;
    w->options.target  = slice_from(w->target);
    error              = subscribe(s->phone, &w->options, &w->id);
    if (error == 0) {
        progress_set(&s->progress, PROGRESS_WATCHING, w->target);
        return EXIT_OK;
    }
    progress_hide(&s->progress);
    if (error == -ERR_SYNTAX) /* the address has been looked at */
        return options_complain(w->command,
                                "--event wants a name like presence, --accept content types like text/plain");
    fprintf(stderr, "ahoy watch: %s: %s\n", w->target, error_text(error));
    return (int)exit_code_of_error(error);
}

/* Each line of the document is indented; nothing in it drives a terminal. */
static void print_body(struct slice body)
{
    struct scan  s      = scan_from(body);
    size_t       size   = 4 * body.len + 1; /* no byte becomes more than that */
    char        *memory = malloc(size);
    struct slice line;

    while (memory != NULL && !scan_at_end(&s)) {
        struct buf b = buf_on(memory, size);

        if (!scan_until(&s, "\n", &line))
            line = SLICE("");
        scan_byte(&s, '\n');
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        output_put_safe(&b, line, "");
        printf("    %.*s\n", SLICE_ARG(buf_slice(&b)));
    }
    free(memory);
}

static void on_notified(struct watching *w, const struct phone_event *e)
{
    struct shell *s = w->shell;

    if (!s->json) {
        progress_hide(&s->progress);
        printf("%.*s of %s: %.*s%s%.*s\n", SLICE_ARG(e->package), w->target, SLICE_ARG(e->state),
               e->content_type.len > 0 ? ", " : "", SLICE_ARG(e->content_type));
        print_body(e->body);
        fflush(stdout);
    }
    if (w->count != 0 && ++w->told == w->count)
        shell_finish(s, EXIT_OK);
}

static void on_end(struct watching *w, const struct phone_event *e)
{
    if (e->retry_in != NEVER)
        return;
    w->id = 0;
    if (w->options.fetch && e->status < 300 && e->error == 0)
        shell_finish(w->shell, EXIT_OK);
    else
        shell_finish(w->shell, e->status != 0 || e->error != 0 ? report_registration_code(e) : EXIT_ERROR);
}

static void on_registration(struct watching *w, const struct phone_event *e)
{
    int code = EXIT_OK;

    if (w->id != 0 || w->shell->finishing)
        return;
    if (e->kind == PHONE_REGISTERED)
        code = begin(w);
    else
        code = report_registration_code(e);
    if (code != EXIT_OK)
        shell_finish(w->shell, code);
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct watching *w = s->user;

    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REGISTER_FAILED)
        on_registration(w, e);
    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 480);
    if (w->id == 0 || e->subject != w->id)
        return;
    if (e->kind == PHONE_NOTIFIED)
        on_notified(w, e);
    if (e->kind == PHONE_SUBSCRIPTION_ENDED)
        on_end(w, e);
}

static void read_expires(struct options *o, uint32_t *seconds)
{
    msec duration;

    if (!options_duration(o, WEEK_MS, &duration))
        return;
    *seconds = (uint32_t)(duration / 1000);
    if (*seconds == 0)
        o->exit_code = options_complain(o->command, "--expires must be 1s or more; for the state now: --once");
}

static int read_options(struct options *o, struct shell_options *options, struct watching *w)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, NULL, letter, o->value))
            continue;
        if (letter == OPT_EVENT)
            w->options.package = slice_from(o->value);
        else if (letter == OPT_ACCEPT)
            w->options.accept = slice_from(o->value);
        else if (letter == OPT_COUNT)
            options_count(o, 1000000, &w->count);
        else if (letter == OPT_FOR)
            options_span(o, WEEK_MS, &w->stay);
        else if (letter == OPT_EXPIRES)
            read_expires(o, &w->options.expires);
        else if (letter == OPT_ONCE)
            w->options.fetch = true;
        else if (letter == OPT_NO_REGISTER)
            w->no_register = true;
    }
    return o->exit_code;
}

static int watch(struct watching *w, struct shell_options *options)
{
    struct shell *s    = w->shell;
    int           code = shell_open_for(s, w->command, options, w->whom, w->target);

    if (code != EXIT_OK)
        return code;
    progress_set(&s->progress, PROGRESS_REGISTERING, s->entry.address);
    if (s->is_guest || w->no_register)
        code = begin(w);
    else
        phone_register(s->phone, s->account);
    if (code == EXIT_OK) {
        if (w->stay != 0)
            world_timer(s->world, &w->timer, on_timer, world_now(s->world) + w->stay);
        code = shell_run(s);
        world_timer_stop(s->world, &w->timer);
    }
    shell_close(s);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell  shell;
    struct options       o       = options_of(command, argc, argv);
    struct shell_options options = { .node = "watcher", .max_calls = 1 };
    struct watching      w       = { .command = command, .shell = &shell, .options.package = SLICE("presence") };
    int                  code    = read_options(&o, &options, &w);

    if (code >= 0)
        return code;
    if (argc - o.index != 1)
        return options_complain(command, argc == o.index ? "whom?" : "one address at a time");
    w.whom          = argv[o.index];
    shell.on_event  = on_event;
    shell.on_finish = on_finish;
    shell.user      = &w;
    return watch(&w, &options);
}

extern const struct command command_watch;
const struct command        command_watch = {
           .name     = "watch",
           .summary  = "be told of somebody's presence, calls, mailbox or registrations",
           .synopsis = "[OPTION...] ADDRESS",
           .details =
               "Registers the account, subscribes, and prints each state on stdout until Ctrl-C; then the subscription\n"
                      "is taken back.  Exits with why if it is refused or ends for good.  An Ahoy phone tells its calls\n"
                      "(dialog) and, to whom its user allows it, presence; mailboxes and registrations are told by servers\n"
                      "that have them.",
           .options  = entries,
           .examples = "ahoy watch bob --event dialog\n"
                              "ahoy watch bob --json\n"
                              "ahoy watch sip:alice@example.test --event message-summary --once\n",
           .run      = run,
};
