/* SPDX-License-Identifier: BSD-2-Clause */
/* message.c - ahoy message: say something to somebody, and whether it has arrived (RFC 3428). */

#include "base/error.h"
#include "base/utf8.h"
#include "call/text.h"
#include "cmd/asking.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OPT_TYPE = ASKING_OPTION_OWN, OPT_WAIT, OPT_NO_REGISTER };

enum { HOUR_MS = 3600 * 1000, WAIT_MS = 40 * 1000, TEXT_MAX = 16 * 1024 };

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    { OPT_TYPE, "type", "TYPE", "what it is (text/plain;charset=utf-8)" },
    { OPT_WAIT, "wait", "DURATION", "give up when nobody has said by then whether it arrived (40s)" },
    { OPT_NO_REGISTER, "no-register", NULL, "send it without registering first" },
    ASKING_OPTIONS,
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct messaging {
    const struct command *command;
    struct shell         *shell;
    struct asking         asking;
    struct timer          timer;
    const char           *whom;                 /* as typed */
    char                  target[SHELL_TARGET]; /* a URI */
    const char           *type;
    struct slice          text;
    object_id             subject;
    msec                  wait;
    bool                  no_register;
};

static void on_wait(struct timer *t, msec now)
{
    struct messaging *m = CONTAINER_OF(t, struct messaging, timer);

    (void)now;
    progress_hide(&m->shell->progress);
    fputs("Nobody has said whether it arrived\n", stderr);
    exchange_give_up(&m->asking.exchange);
    shell_finish(m->shell, EXIT_TIMED_OUT);
}

static int send_text(struct messaging *m)
{
    struct shell       *s       = m->shell;
    struct text_options options = { .account = s->account, .text = m->text };
    int                 error;

    options.target = slice_from(m->target);
    if (m->type != NULL)
        options.type = slice_from(m->type);
    error = message_send(s->phone, &options, &m->subject);
    if (error == 0) {
        exchange_begin(&m->asking.exchange, world_now(s->world));
        progress_set(&s->progress, PROGRESS_SENDING, m->target);
        return EXIT_OK;
    }
    progress_hide(&s->progress);
    if (error == -ERR_SYNTAX) /* the address has been looked at */
        return options_complain(m->command, "--type '%s': wanted is a content type like text/plain", m->type);
    fprintf(stderr, "ahoy message: %s: %s\n", m->target,
            error == -ERR_TOO_LARGE ? "with all headers more than 1300 bytes, which only a sips: address may get"
                                    : error_text(error));
    return (int)exit_code_of_error(error);
}

static void on_registration(struct messaging *m, const struct phone_event *e)
{
    int code = EXIT_OK;

    if (m->subject != 0 || m->shell->finishing)
        return;
    if (e->kind == PHONE_REGISTERED)
        code = send_text(m);
    else
        code = report_registration_code(e);
    if (code != EXIT_OK)
        shell_finish(m->shell, code);
}

/* Nobody answered, whatever status stands for that (RFC 3261 8.1.3.1); or somebody did. */
static int code_of_failure(const struct phone_event *e)
{
    struct phone_event silent = *e;

    if (e->error != 0)
        silent.status = 0;
    return report_registration_code(&silent);
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct messaging *m = s->user;

    if (m->subject == 0 || e->subject == m->subject)
        asking_note(&m->asking, s, e);
    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REGISTER_FAILED)
        on_registration(m, e);
    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 480);
    if (m->subject == 0 || e->subject != m->subject)
        return;
    if (e->kind == PHONE_MESSAGE_SENT)
        shell_finish(s, EXIT_OK);
    if (e->kind == PHONE_MESSAGE_FAILED)
        shell_finish(s, code_of_failure(e));
}

/* ---- what to say ---- */

/* The line end of `echo` is no part of it. */
static int read_text(const struct command *command, const char *argument, struct slice *text)
{
    static char memory[TEXT_MAX + 1];

    *text = slice_from(argument);
    if (strcmp(argument, "-") == 0) {
        *text = (struct slice){ memory, fread(memory, 1, sizeof memory, stdin) };
        if (ferror(stdin)) {
            fprintf(stderr, "ahoy message: standard input: %s\n", strerror(errno));
            return EXIT_ERROR;
        }
        if (text->len > 0 && memory[text->len - 1] == '\n')
            text->len--;
    }
    if (text->len > TEXT_MAX)
        return options_complain(command, "more than %d bytes", TEXT_MAX);
    if (!utf8_is_valid(*text))
        return options_complain(command, "the text is not UTF-8");
    return EXIT_OK;
}

static int read_options(struct options *o, struct shell_options *options, struct messaging *m)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, NULL, letter, o->value) || asking_option(&m->asking, o, letter))
            continue;
        if (letter == OPT_TYPE)
            m->type = o->value;
        else if (letter == OPT_NO_REGISTER)
            m->no_register = true;
        else if (letter == OPT_WAIT)
            options_span(o, HOUR_MS, &m->wait);
    }
    return asking_check(&m->asking, o, options->json);
}

/* `tried`: it has been judged already. */
static int deliver(struct messaging *m, struct shell_options *options, bool *tried)
{
    struct shell *s    = m->shell;
    int           code = shell_open_for(s, m->command, options, m->whom, m->target);

    if (code != EXIT_OK)
        return code;
    exchange_init(&m->asking.exchange, EXCHANGE_MESSAGE, slice_from(m->target));
    progress_set(&s->progress, PROGRESS_REGISTERING, s->entry.address);
    if (s->is_guest || m->no_register)
        code = send_text(m);
    else
        phone_register(s->phone, s->account);
    if (code == EXIT_OK) {
        world_timer(s->world, &m->timer, on_wait, world_now(s->world) + m->wait);
        code   = asking_judge(&m->asking, s, shell_run(s));
        *tried = true;
        world_timer_stop(s->world, &m->timer);
    }
    shell_close(s);
    return code;
}

/* -1: go on. */
static int prepare(struct messaging *m, struct options *o, struct shell_options *options)
{
    int code = read_options(o, options, m);

    if (code >= 0)
        return code;
    if (o->argc - o->index != 2)
        return options_complain(o->command, o->argc == o->index ? "to whom?" : "one address and one text");
    code    = read_text(o->command, o->argv[o->index + 1], &m->text);
    m->whom = o->argv[o->index];
    return code == EXIT_OK ? -1 : code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell     shell;
    static struct messaging m;
    struct options          o       = options_of(command, argc, argv);
    struct shell_options    options = { .node = "sender", .max_calls = 1 };
    bool                    tried   = false;
    int                     code;

    m = (struct messaging){ .command = command, .shell = &shell, .wait = WAIT_MS };
    asking_init(&m.asking, EXCHANGE_MESSAGE);
    code = prepare(&m, &o, &options);
    if (code < 0) {
        shell.on_event = on_event;
        shell.user     = &m;
        code           = deliver(&m, &options, &tried);
    }
    return tried ? code : asking_give_up(&m.asking, argc, argv, code);
}

extern const struct command command_message;
const struct command        command_message = {
           .name     = "message",
           .summary  = "say something to somebody, and whether it arrived",
           .synopsis = "[OPTION...] ADDRESS TEXT|-",
           .details =
               "Registers the account, sends, and takes the registration back in the end; without any account it\n"
                      "sends as a guest.  '-' reads the text from standard input.  Exits with 0 when it has arrived, or is kept\n"
                      "for later (202), else as a call does: 13 if nobody is known by that name, 17 if there was no answer.\n\n"
                      "With --expect the conditions alone decide on the exit code, once a text was sent:\n"
#define RULE(kind, form, test, figure, unit, meaning) MESSAGE_LINE_##kind("  " form ": " meaning "\n")
#define MESSAGE_LINE_REGISTER(line)
#define MESSAGE_LINE_MESSAGE(line) line
#define MESSAGE_LINE_ANY(line)     line
#include "probe/exchange.def"
#undef RULE
    ,
    .options  = entries,
    .examples = "ahoy message bob 'lunch?'\n"
                "df -h | ahoy message sip:admin@example.test -\n"
                "ahoy message sip:echo@example.test 'are you there?' --output nagios --expect delivered,max-time=2s\n",
    .run      = run,
};
