/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.c - ahoy answer: wait for calls and answer them, and tell how they were. */

#include "base/duration.h"
#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/probing.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <stdio.h>

enum {
    OPT_HANGUP_AFTER = PROBING_OPTION_OWN,
    OPT_AFTER,
    OPT_AUTO,
    OPT_RING_ONLY,
    OPT_REJECT,
    OPT_BUSY,
    OPT_DECLINE,
    OPT_COUNT,
    OPT_WAIT_CALL,
    OPT_ECHO,
    OPT_PORT,
    OPT_GUEST,
};

enum { WEEK_MS = 7 * 24 * 3600 * 1000, AFTER_MAX_MS = 170 * 1000, AFTER_MS = 2000 };

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    SOUND_OPTIONS(SHELL_PLAY, SHELL_RECORD, SHELL_RECORD_BOTH, SHELL_DEVICE, SHELL_NULL_AUDIO),
    { OPT_ECHO, "echo", NULL, "let whoever calls hear himself" },
    { OPT_AFTER, "after", "DURATION", "ring so long before answering (2s)" },
    { OPT_AUTO, "auto", NULL, "answer at once, without ringing" },
    { OPT_RING_ONLY, "ring-only", NULL, "ring, and never answer" },
    { OPT_REJECT, "reject", "CODE", "refuse each call with this status, 300 to 699" },
    { OPT_BUSY, "busy", NULL, "the same as --reject 486" },
    { OPT_DECLINE, "decline", NULL, "the same as --reject 603" },
    { OPT_COUNT, "count", "N", "exit after N calls" },
    { OPT_WAIT_CALL, "wait-call", "DURATION", "exit with 17 when nobody has called by then" },
    { OPT_HANGUP_AFTER, "hangup-after", "DURATION", "hang up so long after the answer" },
    { OPT_HANGUP_AFTER, "duration", "DURATION", "the same" },
    PROBING_OPTIONS,
    { OPT_GUEST, "no-account", NULL,
      "register nowhere, take calls that come straight to this host (IPv4; --proxy 'sip:[::1]' for IPv6)" },
    { OPT_PORT, "port", "PORT", "listen there (any free one; without an account 5060)" },
    SHELL_RELIABLE_OPTION,
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

/* One call at a time: a second one is told that we are busy. */
struct answering {
    struct shell  *shell;
    struct probing probing;
    struct timer   timer; /* until a call, its answer, its end */
    object_id      call;  /* the one at hand, or 0             */
    msec           after, hangup_after, wait;
    uint32_t       count, done, refuse;
    int            code; /* of the first call that was not as it should be */
    bool           at_once, ring_only, answered, heard, told;
};

static void on_timer(struct timer *t, msec now);

static void limit(struct answering *a, msec time)
{
    struct world *w = a->shell->world;

    world_timer(w, &a->timer, on_timer, world_now(w) + time);
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
    if (a->call == 0) {
        progress_hide(&a->shell->progress);
        fputs("Nobody has called\n", stderr);
        shell_finish(a->shell, EXIT_TIMED_OUT);
    } else if (a->answered) {
        call_hang_up(a->shell->phone, a->call);
    } else {
        answer(a);
    }
}

static void on_incoming(struct answering *a, const struct phone_event *e)
{
    struct phone *p = a->shell->phone;

    if (a->call != 0) {
        call_reject(p, e->call, 486);
        return;
    }
    world_timer_stop(a->shell->world, &a->timer);
    a->wait     = 0;
    a->call     = e->call;
    a->answered = a->heard = false;
    probing_call(&a->probing, e->call, e->peer, false);
    if (e->replaces != 0) /* it is answered, and the one before it ended */
        return;
    if (a->refuse != 0) {
        call_reject(p, e->call, a->refuse);
    } else if (a->at_once) {
        answer(a);
    } else {
        call_ring(p, e->call);
        if (!a->ring_only)
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
    int code = probing_judge(&a->probing, a->shell->interrupts > 0 ? EXIT_INTERRUPTED : code_of(a, e));

    world_timer_stop(a->shell->world, &a->timer);
    a->told = true;
    a->call = 0;
    if (a->code == EXIT_OK)
        a->code = code;
    if (a->count != 0 && ++a->done == a->count)
        shell_finish(a->shell, a->code);
    else
        progress_set(&a->shell->progress, PROGRESS_WAITING, NULL);
}

static void on_event(struct shell *s, const struct phone_event *e)
{
    struct answering *a = s->user;

    if (e->kind == PHONE_REGISTERED && a->call == 0)
        progress_set(&s->progress, PROGRESS_WAITING, NULL);
    if (e->kind == PHONE_REGISTER_FAILED && e->flows == 0 && e->retry_in == NEVER)
        shell_finish(s, report_registration_code(e));
    if (e->kind == PHONE_INCOMING)
        on_incoming(a, e);
    if (e->call == 0 || e->call != a->call)
        return;
    probing_note(&a->probing, e);
    if (e->kind == PHONE_MEDIA)
        a->heard = true;
    if (e->kind == PHONE_ANSWERED) {
        a->answered = true;
        if (a->hangup_after != 0)
            limit(a, a->hangup_after);
    }
    if (e->kind == PHONE_ENDED)
        on_end(a, e);
}

/* ---- options ---- */

static void read_status(struct options *o, uint32_t *status)
{
    if (!options_number(o, 699, status))
        return;
    if (*status < 300)
        o->exit_code = options_complain(o->command, "--reject %u: wanted is a status from 300 to 699", *status);
}

/* True if it was one of these; the value may have been refused. */
static bool read_value(struct options *o, int letter, struct answering *a, struct shell_options *options)
{
    uint32_t port = 0;

    if (letter == OPT_AFTER)
        options_duration(o, AFTER_MAX_MS, &a->after);
    else if (letter == OPT_HANGUP_AFTER)
        options_span(o, WEEK_MS, &a->hangup_after);
    else if (letter == OPT_WAIT_CALL)
        options_span(o, WEEK_MS, &a->wait);
    else if (letter == OPT_COUNT)
        options_count(o, 1000000, &a->count);
    else if (letter == OPT_REJECT)
        read_status(o, &a->refuse);
    else if (letter == OPT_PORT && options_number(o, UINT16_MAX, &port))
        options->port = (uint16_t)port;
    else
        return letter == OPT_PORT;
    return true;
}

static int read_options(struct options *o, struct shell_options *options, struct answering *a, struct sound *sound)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, sound, letter, o->value) || probing_option(&a->probing, o, letter) ||
            read_value(o, letter, a, options))
            continue;
        if (letter == OPT_AUTO)
            a->at_once = true;
        else if (letter == OPT_RING_ONLY)
            a->ring_only = true;
        else if (letter == OPT_ECHO)
            sound->echo = true;
        else if (letter == OPT_BUSY)
            a->refuse = 486;
        else if (letter == OPT_DECLINE)
            a->refuse = 603;
        else if (letter == OPT_GUEST)
            options->guest_only = true;
    }
    if (o->exit_code < 0 && a->at_once + a->ring_only + (a->refuse != 0) > 1)
        o->exit_code = options_complain(o->command, "--auto, --ring-only and --reject exclude each other");
    if (o->exit_code < 0 && sound->echo && (sound->play != NULL || sound->record != NULL))
        o->exit_code = options_complain(o->command, "--echo goes with --record-both, not with --play or --record");
    return o->exit_code < 0 ? probing_check(&a->probing, o, options->json) : o->exit_code;
}

/* ---- the command ---- */

static void say_where(const struct shell *s)
{
    struct address at = phone_address(s->phone);
    char           text[ADDRESS_TEXT];
    struct buf     b = BUF_ON(text);

    address_write(&b, &at);
    fprintf(stderr, "Waiting for calls to sip:%s\n", buf_cstr(&b));
}

static void wait_for_calls(struct answering *a)
{
    struct shell *s = a->shell;

    if (s->is_guest) {
        say_where(s);
        progress_set(&s->progress, PROGRESS_WAITING, NULL);
    } else {
        progress_set(&s->progress, PROGRESS_REGISTERING, s->entry.address);
        phone_register(s->phone, s->account);
    }
    if (a->wait != 0)
        limit(a, a->wait);
}

static int prepare(struct answering *a, struct shell_options *options)
{
    struct shell        *s    = a->shell;
    struct account_list *list = &s->accounts;
    int                  code = EXIT_OK;

    if (a->refuse == 0 && !a->ring_only)
        code = sound_check(&s->sound);
    if (code == EXIT_OK && !options->guest_only)
        code = account_file_load(list);
    if (code != EXIT_OK)
        return code;
    options->any_address = list->count == 0;
    if (options->port == 0 && list->count == 0)
        options->port = 5060;
    code = probing_begin(&a->probing, s, options);
    return code == EXIT_OK ? shell_open(s, options) : code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell     shell;
    static struct answering a;
    struct options          o       = options_of(command, argc, argv);
    struct shell_options    options = { .node = "answerer", .max_calls = 2 };
    int                     code;

    a = (struct answering){ .shell = &shell, .after = AFTER_MS };
    probing_call(&a.probing, 0, SLICE(""), false);
    code = read_options(&o, &options, &a, &shell.sound);
    if (code < 0 && o.index != argc)
        code = options_complain(command, "no argument is wanted");
    if (code < 0) {
        shell.on_event = on_event;
        shell.user     = &a;
        code           = prepare(&a, &options);
    }
    if (code != EXIT_OK || o.exit_code >= 0)
        return probing_give_up(&a.probing, argc, argv, code);
    wait_for_calls(&a);
    code = shell_run(&shell);
    world_timer_stop(shell.world, &a.timer);
    shell_close(&shell);
    probing_close(&a.probing);
    return a.told ? code : probing_give_up(&a.probing, argc, argv, code);
}

extern const struct command command_answer;
const struct command        command_answer = {
           .name     = "answer",
           .summary  = "wait for calls and answer them",
           .synopsis = "[OPTION...]",
           .details =
               "Registers the account and waits.  Without any account it takes calls that come straight to this host.\n"
                      "Durations are like 20s, 500ms, 2m or a plain number of seconds.  Each call is judged by the conditions;\n"
                      "they are those of 'ahoy call --help'.  The exit code is that of the first call that was not as it should\n"
                      "be; the ladder is that of the last one.",
           .options  = entries,
           .examples = "ahoy answer --play hello.wav --record heard.wav --count 1\n"
                              "ahoy answer --no-account --port 5070 --auto --echo\n"
                              "ahoy answer --count 1 --wait-call 30s --null-audio --expect-digits 42 --output junit > answer.xml\n",
           .run      = run,
};
