/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c - ahoy answer: wait for calls and answer them. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <stdio.h>

enum {
    OPT_DURATION = SHELL_OPTION_OWN,
    OPT_AFTER,
    OPT_AUTO,
    OPT_COUNT,
    OPT_BUSY,
    OPT_DECLINE,
    OPT_PORT,
    OPT_GUEST,
};

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    SOUND_OPTIONS(SHELL_PLAY, SHELL_RECORD, SHELL_NULL_AUDIO),
    { OPT_AFTER, "after", "SECONDS", "ring so long before answering (2)" },
    { OPT_AUTO, "auto", NULL, "answer at once, without ringing" },
    { OPT_COUNT, "count", "N", "exit after N calls" },
    { OPT_DURATION, "duration", "SECONDS", "hang up so long after the answer" },
    { OPT_BUSY, "busy", NULL, "refuse each call: busy (486)" },
    { OPT_DECLINE, "decline", NULL, "refuse each call: declined (603)" },
    { OPT_GUEST, "no-account", NULL,
      "register nowhere, take calls that come straight to this host (IPv4; --proxy 'sip:[::1]' for IPv6)" },
    { OPT_PORT, "port", "PORT", "listen there (any free one; without an account 5060)" },
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

/* One call at a time: a second one is told that we are busy. */
struct answering {
    struct shell *shell;
    struct timer  timer; /* until the answer, then until the end */
    object_id     call;  /* the one at hand, or 0                */
    uint32_t      after, duration, count, done;
    unsigned      refuse;
    bool          at_once, answered, heard;
};

static void on_timer(struct timer *t, msec now);

static void limit(struct answering *a, uint32_t seconds)
{
    struct world *w = a->shell->world;

    world_timer(w, &a->timer, on_timer, world_now(w) + (msec)seconds * 1000);
}

static void answer(struct answering *a)
{
    int error = call_answer(a->shell->phone, a->call);

    if (error != 0)
        fprintf(stderr, "ahoy answer: cannot answer: %s\n", error_text(error));
}

static void on_timer(struct timer *t, msec now)
{
    struct answering *a = CONTAINER_OF(t, struct answering, timer);

    (void)now;
    if (a->answered)
        call_hang_up(a->shell->phone, a->call);
    else
        answer(a);
}

static void on_incoming(struct answering *a, const struct phone_event *e)
{
    struct phone *p = a->shell->phone;

    if (a->call != 0) {
        call_reject(p, e->call, 486);
        return;
    }
    a->call     = e->call;
    a->answered = a->heard = false;
    if (a->refuse != 0) {
        call_reject(p, e->call, a->refuse);
    } else if (a->at_once) {
        answer(a);
    } else {
        call_ring(p, e->call);
        limit(a, a->after);
    }
}

static int code_of(const struct answering *a, const struct phone_event *e)
{
    if (a->refuse != 0)
        return EXIT_OK;
    if (e->cause == CALL_NORMAL && !a->heard && !a->shell->sound.null)
        return EXIT_NO_MEDIA;
    return report_exit_code(e, true);
}

static void on_end(struct answering *a, const struct phone_event *e)
{
    world_timer_stop(a->shell->world, &a->timer);
    a->call = 0;
    if (a->count != 0 && ++a->done == a->count)
        shell_finish(a->shell, code_of(a, e));
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct answering *a = s->user;

    if (e->kind == PHONE_REGISTER_FAILED && e->retry_in == NEVER)
        shell_finish(s, report_registration_code(e));
    if (e->kind == PHONE_INCOMING)
        on_incoming(a, e);
    if (e->call == 0 || e->call != a->call)
        return;
    if (e->kind == PHONE_MEDIA)
        a->heard = true;
    if (e->kind == PHONE_ANSWERED) {
        a->answered = true;
        if (a->duration != 0)
            limit(a, a->duration);
    }
    if (e->kind == PHONE_ENDED)
        on_end(a, e);
}

/* True if it was one of the numbers; the value may have been refused. */
static bool read_number(struct options *o, int letter, struct answering *a, struct shell_options *options)
{
    uint32_t port = 0;

    if (letter == OPT_AFTER)
        options_number(o, 170, &a->after);
    else if (letter == OPT_DURATION)
        options_number(o, 7 * 24 * 3600, &a->duration);
    else if (letter == OPT_COUNT)
        options_number(o, 1000000, &a->count);
    else if (letter == OPT_PORT && options_number(o, UINT16_MAX, &port))
        options->port = (uint16_t)port;
    else
        return letter == OPT_PORT;
    return true;
}

static int read_options(struct options *o, struct shell_options *options, struct answering *a, struct sound *sound)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, sound, letter, o->value) || read_number(o, letter, a, options))
            continue;
        if (letter == OPT_AUTO)
            a->at_once = true;
        else if (letter == OPT_BUSY)
            a->refuse = 486;
        else if (letter == OPT_DECLINE)
            a->refuse = 603;
        else if (letter == OPT_GUEST)
            options->guest_only = true;
    }
    return o->exit_code;
}

static void say_where(const struct shell *s)
{
    struct address at = phone_address(s->phone);
    char           text[ADDRESS_TEXT];
    struct buf     b = BUF_ON(text);

    address_write(&b, &at);
    fprintf(stderr, "Waiting for calls to sip:%s\n", buf_cstr(&b));
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell  shell;
    struct options       o       = options_of(command, argc, argv);
    struct shell_options options = { .node = "answerer", .max_calls = 2 };
    struct answering     a       = { .shell = &shell, .after = 2 };
    struct account_list *list    = &shell.accounts;
    int                  code    = read_options(&o, &options, &a, &shell.sound);

    if (code >= 0)
        return code;
    if (o.index != argc)
        return options_complain(command, "no argument is wanted");
    if (a.refuse == 0 && (code = sound_check(&shell.sound)) != EXIT_OK)
        return code;
    if (!options.guest_only && (code = account_file_load(list)) != EXIT_OK)
        return code;
    options.any_address = list->count == 0;
    if (options.port == 0 && list->count == 0)
        options.port = 5060;
    shell.on_event = on_event;
    shell.user     = &a;
    code           = shell_open(&shell, &options);
    if (code != EXIT_OK)
        return code;
    if (shell.is_guest)
        say_where(&shell);
    else
        phone_register(shell.phone, shell.account);
    code = shell_run(&shell);
    world_timer_stop(shell.world, &a.timer);
    shell_close(&shell);
    return code;
}

extern const struct command command_answer;
const struct command        command_answer = {
           .name     = "answer",
           .summary  = "wait for calls and answer them",
           .synopsis = "[OPTION...]",
           .details = "Registers the account and waits.  Without any account it takes calls that come straight to this host.",
           .options  = entries,
           .examples = "ahoy answer --play hello.wav --record heard.wav --count 1\n"
                              "ahoy answer --no-account --port 5070 --auto --null-audio\n",
           .run      = run,
};
