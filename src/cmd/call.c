/* SPDX-License-Identifier: BSD-2-Clause */
/* call.c - ahoy call: call somebody. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <stdio.h>

enum {
    OPT_DURATION = SHELL_OPTION_OWN,
    OPT_WAIT,
    OPT_DIGITS,
    OPT_LATE_OFFER,
    OPT_NO_REGISTER,
};

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    SOUND_OPTIONS(SHELL_PLAY, SHELL_RECORD, SHELL_NULL_AUDIO),
    { OPT_DURATION, "duration", "SECONDS", "hang up so long after the answer" },
    { OPT_WAIT, "wait", "SECONDS", "give up when nobody has answered by then (60)" },
    { OPT_DIGITS, "digits", "KEYS", "press these keys after the answer: 0-9 * # A-D" },
    { OPT_LATE_OFFER, "late-offer", NULL, "let the other side make the offer" },
    { OPT_NO_REGISTER, "no-register", NULL, "call without registering first" },
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct calling {
    const struct command *command;
    const char           *target; /* as typed */
    struct shell         *shell;
    struct timer          timer;
    object_id             call;
    const char           *digits;
    uint32_t              wait, duration; /* seconds, 0: no limit */
    bool                  rang, answered, heard, late_offer, no_register;
};

static void on_wait(struct timer *t, msec now)
{
    struct calling *c = CONTAINER_OF(t, struct calling, timer);

    (void)now;
    if (!c->answered)
        fprintf(stderr, "No answer after %u s\n", c->wait);
    call_hang_up(c->shell->phone, c->call);
}

static void limit(struct calling *c, uint32_t seconds)
{
    struct world *w = c->shell->world;

    world_timer(w, &c->timer, on_wait, seconds == 0 ? NEVER : world_now(w) + (msec)seconds * 1000);
}

static void on_answer(struct calling *c)
{
    int error = 0;

    c->answered = true;
    limit(c, c->duration);
    if (c->digits != NULL)
        error = call_send_digits(c->shell->phone, c->call, slice_from(c->digits));
    if (error != 0)
        fprintf(stderr, "ahoy call: cannot send the digits: %s\n", error_text(error));
}

static void on_end(struct calling *c, const struct phone_event *e)
{
    int code = report_exit_code(e, c->rang);

    /* Whoever wanted to hear somebody, and did not, has not been served. */
    if (code == EXIT_OK && !c->heard && !c->shell->sound.null)
        code = EXIT_NO_MEDIA;
    world_timer_stop(c->shell->world, &c->timer);
    shell_finish(c->shell, code);
}

static int place(struct shell *s, struct calling *c)
{
    char                target[ACCOUNT_TEXT * 2];
    struct call_options options = { .account = s->account, .late_offer = c->late_offer };
    int                 error;

    if (!shell_target(s, c->target, target, sizeof target))
        return options_complain(c->command, "'%s' is not an address like sip:bob@example.test", c->target);
    options.target = slice_from(target);
    error          = call_place(s->phone, &options, &c->call);
    if (error != 0) {
        fprintf(stderr, "ahoy call: %s: %s\n", target, error_text(error));
        return (int)exit_code_of_error(error);
    }
    fprintf(stderr, "Calling %s\n", target);
    s->calls[s->call_count++] = c->call;
    limit(c, c->wait);
    return EXIT_OK;
}

/* The call follows the registration; without one there is no point in trying. */
static void on_registration(struct calling *c, const struct phone_event *e)
{
    int code = EXIT_OK;

    if (c->call != 0 || c->shell->finishing)
        return;
    if (e->kind == PHONE_REGISTERED)
        code = place(c->shell, c);
    else
        code = report_registration_code(e);
    if (code != EXIT_OK)
        shell_finish(c->shell, code);
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct calling *c = s->user;

    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REGISTER_FAILED)
        on_registration(c, e);
    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 486);
    if (e->call != c->call)
        return;
    if (e->kind == PHONE_RINGING)
        c->rang = true;
    if (e->kind == PHONE_MEDIA)
        c->heard = true;
    if (e->kind == PHONE_ANSWERED)
        on_answer(c);
    if (e->kind == PHONE_ENDED)
        on_end(c, e);
}

static int read_options(struct options *o, struct shell_options *options, struct calling *c, struct sound *sound)
{
    for (int letter; (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, sound, letter, o->value))
            continue;
        if (letter == OPT_DIGITS)
            c->digits = o->value;
        else if (letter == OPT_LATE_OFFER)
            c->late_offer = true;
        else if (letter == OPT_NO_REGISTER)
            c->no_register = true;
        else if ((letter == OPT_DURATION && !options_number(o, 7 * 24 * 3600, &c->duration)) ||
                 (letter == OPT_WAIT && !options_number(o, 3600, &c->wait)))
            break;
    }
    return o->exit_code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell  shell;
    struct options       o       = options_of(command, argc, argv);
    struct shell_options options = { .node = "caller", .max_calls = 2 };
    struct calling       c       = { .command = command, .shell = &shell, .wait = 60 };
    char                 guess[ACCOUNT_TEXT];
    int                  code = read_options(&o, &options, &c, &shell.sound);

    if (code >= 0)
        return code;
    if (argc - o.index != 1)
        return options_complain(command, argc == o.index ? "whom?" : "one address at a time");
    code = sound_check(&shell.sound);
    if (code != EXIT_OK)
        return code;
    snprintf(guess, sizeof guess, "%s%s", scheme_for(argv[o.index]), argv[o.index]);
    options.target = guess;
    shell.on_event = on_event;
    shell.user     = &c;
    code           = shell_open(&shell, &options);
    if (code != EXIT_OK)
        return code;
    c.target = argv[o.index];
    if (shell.is_guest || c.no_register)
        code = place(&shell, &c);
    else
        phone_register(shell.phone, shell.account);
    if (code == EXIT_OK)
        code = shell_run(&shell);
    world_timer_stop(shell.world, &c.timer);
    shell_close(&shell);
    return code;
}

extern const struct command command_call;
const struct command        command_call = {
           .name     = "call",
           .summary  = "call somebody",
           .synopsis = "[OPTION...] ADDRESS",
           .details  = "Registers the account, calls, and takes the registration back in the end; without any account\n"
                              "it calls as a guest.  Without --play, --record and --null-audio the sound card is used.\n"
                              "Ctrl-C hangs up.",
           .options  = entries,
           .examples = "ahoy call sip:bob@example.test\n"
                              "ahoy call bob --play hello.wav --record answer.wav --duration 10\n"
                              "ahoy call sip:echo@192.0.2.1 --null-audio --json\n",
           .run      = run,
};
