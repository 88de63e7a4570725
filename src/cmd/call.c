/* SPDX-License-Identifier: BSD-2-Clause */
/* call.c - ahoy call: call somebody, and tell how it was. */

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
    OPT_WAIT_ANSWER,
    OPT_LATE_OFFER,
    OPT_NO_REGISTER,
};

enum { WEEK_MS = 7 * 24 * 3600 * 1000, HOUR_MS = 3600 * 1000, WAIT_MS = 60 * 1000 };

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    SOUND_OPTIONS(SHELL_PLAY, SHELL_RECORD, SHELL_RECORD_BOTH, SHELL_DEVICE, SHELL_NULL_AUDIO),
    { OPT_WAIT_ANSWER, "wait-answer", "DURATION", "give up when nobody has answered by then (60s)" },
    { OPT_HANGUP_AFTER, "hangup-after", "DURATION", "hang up so long after the answer" },
    { OPT_HANGUP_AFTER, "duration", "DURATION", "the same" },
    PROBING_OPTIONS,
    { OPT_LATE_OFFER, "late-offer", NULL, "let the other side make the offer" },
    { OPT_NO_REGISTER, "no-register", NULL, "call without registering first" },
    SHELL_RELIABLE_OPTION,
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct calling {
    const struct command *command;
    char                  target[SHELL_TARGET]; /* a URI */
    struct shell         *shell;
    struct probing        probing;
    struct timer          timer;
    object_id             call;
    msec                  wait, hangup_after; /* 0: no limit */
    bool                  rang, answered, heard, late_offer, no_register;
};

static void on_wait(struct timer *t, msec now)
{
    struct calling *c = CONTAINER_OF(t, struct calling, timer);
    char            memory[32];
    struct buf      b = BUF_ON(memory);

    (void)now;
    duration_write(&b, c->wait);
    progress_hide(&c->shell->progress);
    if (!c->answered)
        fprintf(stderr, "No answer after %s\n", buf_cstr(&b));
    call_hang_up(c->shell->phone, c->call);
}

static void limit(struct calling *c, msec time)
{
    struct world *w = c->shell->world;

    world_timer(w, &c->timer, on_wait, time == 0 ? NEVER : world_now(w) + time);
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
    struct call_options options = { .target     = slice_from(c->target),
                                    .account    = s->account,
                                    .late_offer = c->late_offer };
    int                 error   = call_place(s->phone, &options, &c->call);

    if (error != 0) {
        fprintf(stderr, "ahoy call: %s: %s\n", c->target, error_text(error));
        return EXIT_ERROR; /* what failed is here: it says nothing about the callee */
    }
    progress_hide(&s->progress);
    fprintf(stderr, "Calling %s\n", c->target);
    progress_set(&s->progress, PROGRESS_CALLING, c->target);
    probing_call(&c->probing, c->call, options.target, true);
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

    if (c->call == 0)
        probing_note(&c->probing, e);
    if (e->kind == PHONE_REGISTERED || (e->kind == PHONE_REGISTER_FAILED && e->flows == 0))
        on_registration(c, e);
    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 486);
    if (e->call == 0 || e->call != c->call)
        return;
    probing_note(&c->probing, e);
    if (e->kind == PHONE_RINGING)
        c->rang = true;
    if (e->kind == PHONE_MEDIA)
        c->heard = true;
    if (e->kind == PHONE_ANSWERED) {
        c->answered = true;
        limit(c, c->hangup_after);
    }
    if (e->kind == PHONE_ENDED)
        on_end(c, e);
}

static int read_options(struct options *o, struct shell_options *options, struct calling *c, struct sound *sound)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (shell_option(options, sound, letter, o->value) || probing_option(&c->probing, o, letter))
            continue;
        if (letter == OPT_LATE_OFFER)
            c->late_offer = true;
        else if (letter == OPT_NO_REGISTER)
            c->no_register = true;
        else if (letter == OPT_HANGUP_AFTER)
            options_span(o, WEEK_MS, &c->hangup_after);
        else if (letter == OPT_WAIT_ANSWER)
            options_span(o, HOUR_MS, &c->wait);
    }
    return o->exit_code < 0 ? probing_check(&c->probing, o, options->json) : o->exit_code;
}

/* The whole life of the phone; the summary is printed if a call, or the registration
 * before it, was tried. */
static int call(struct calling *c, const char *whom, struct shell_options *options, bool *told)
{
    struct shell *s    = c->shell;
    int           code = probing_begin(&c->probing, s, options);

    if (code == EXIT_OK)
        code = shell_open_for(s, c->command, options, whom, c->target);
    if (code != EXIT_OK)
        return code;
    probing_call(&c->probing, 0, slice_from(c->target), true);
    progress_set(&s->progress, PROGRESS_REGISTERING, s->entry.address);
    if (s->is_guest || c->no_register)
        code = place(s, c);
    else
        phone_register(s->phone, s->account);
    if (code == EXIT_OK)
        code = shell_run(s);
    *told = c->probing.summary.state != SUMMARY_BEGUN;
    if (*told)
        code = probing_judge(&c->probing, code);
    world_timer_stop(s->world, &c->timer);
    shell_close(s);
    probing_close(&c->probing);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell   shell;
    static struct calling c;
    struct options        o       = options_of(command, argc, argv);
    struct shell_options  options = { .node = "caller", .max_calls = 2 };
    bool                  told    = false;
    int                   code;

    c    = (struct calling){ .command = command, .shell = &shell, .wait = WAIT_MS };
    code = read_options(&o, &options, &c, &shell.sound);
    if (code < 0 && argc - o.index != 1)
        code = options_complain(command, argc == o.index ? "whom?" : "one address at a time");
    if (code < 0)
        code = sound_check(&shell.sound);
    if (code != EXIT_OK || o.exit_code >= 0)
        return probing_give_up(&c.probing, argc, argv, code);
    probing_call(&c.probing, 0, slice_from(argv[o.index]), true);
    shell.on_event = on_event;
    shell.user     = &c;
    code           = call(&c, argv[o.index], &options, &told);
    return told ? code : probing_give_up(&c.probing, argc, argv, code);
}

extern const struct command command_call;
const struct command        command_call = {
           .name     = "call",
           .summary  = "call somebody, and tell how it was",
           .synopsis = "[OPTION...] ADDRESS",
           .details  = "Registers the account, calls, and takes the registration back in the end; without any account\n"
                              "it calls as a guest.  Without --play, --record and --null-audio the sound card is used.\n"
                              "Ctrl-C hangs up.\n\n"
                              "Durations are like 20s, 500ms, 2m or a plain number of seconds.\n\n"
                              "With --expect the conditions alone decide on the exit code, once a call was tried; a condition\n"
                              "on what was not measured is not met.  The conditions:\n"
#define CONDITION(name, value, form, meaning, fn) "  " form ": " meaning "\n"
#include "probe/conditions.def"
#undef CONDITION
    ,
    .options  = entries,
    .examples = "ahoy call sip:bob@example.test\n"
                "ahoy call bob --play hello.wav --record answer.wav --hangup-after 10s\n"
                "ahoy call sip:ivr@192.0.2.1 --wait-answer 20s --play hi.wav --digits '1,pause:500ms,42#' \\\n"
                "    --expect-digits 9 --record-both both.wav --hangup-after 10s --ladder\n"
                "ahoy call sip:echo@192.0.2.1 --null-audio --hangup-after 5s --output nagios \\\n"
                "    --expect answered,media,max-setup=2s,max-loss=1% --expect-warning min-mos=4\n"
                "ahoy call sip:echo@192.0.2.1 --null-audio --json\n",
    .run      = run,
};
