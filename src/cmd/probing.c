/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/probing.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/trace_ladder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- options ---- */

static void add_conditions(struct probing *p, struct options *o, const char *text, bool warning)
{
    struct expectation_fault fault;

    if (!expectations_add(&p->expectations, slice_from(text), warning, &fault))
        o->exit_code = options_complain(o->command, "'%.*s': wanted is %s%s%s", SLICE_ARG(fault.text), fault.expected,
                                        fault.meaning[0] != '\0' ? ": " : "", fault.meaning);
}

static void add_digits(struct probing *p, struct options *o)
{
    if (!keys_are_good(slice_from(o->value)) || strlen(o->value) > SUMMARY_DIGITS || p->expect_digits[0] != '\0') {
        o->exit_code = options_complain(o->command, "'%s': wanted are keys of 0-9 * # A-D, once", o->value);
        return;
    }
    snprintf(p->expect_digits, sizeof p->expect_digits, "digits=%s", o->value);
    add_conditions(p, o, p->expect_digits, false);
}

static void read_keys(struct probing *p, struct options *o)
{
    struct key_fault fault;

    if (!key_script_parse(slice_from(o->value), &p->keys, &fault))
        o->exit_code = options_complain(o->command, "'%s': wanted is %s at '%s', in the form of " KEY_SCRIPT_FORM,
                                        o->value, fault.expected, o->value + fault.at);
}

static void read_way(struct probing *p, struct options *o)
{
    static const char *const names[] = { [DIGITS_AUTO] = "auto", [DIGITS_RTP] = "rtp", [DIGITS_INFO] = "info" };

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], o->value) == 0) {
            p->way = (enum digits_way)i;
            return;
        }
    o->exit_code = options_complain(o->command, "'%s': wanted is auto, rtp or info", o->value);
}

static void read_output(struct probing *p, struct options *o)
{
    p->output = output_find(o->value);
    if (p->output == NULL)
        o->exit_code = options_complain(o->command, "'%s': wanted is " OUTPUT_NAMES, o->value);
}

bool probing_option(struct probing *p, struct options *o, int letter)
{
    if (letter == PROBING_EXPECT || letter == PROBING_EXPECT_WARNING)
        add_conditions(p, o, o->value, letter == PROBING_EXPECT_WARNING);
    else if (letter == PROBING_EXPECT_DIGITS)
        add_digits(p, o);
    else if (letter == PROBING_DIGITS)
        read_keys(p, o);
    else if (letter == PROBING_DIGITS_BY)
        read_way(p, o);
    else if (letter == PROBING_OUTPUT)
        read_output(p, o);
    else if (letter == PROBING_LADDER)
        p->ladder = true;
    else
        return false;
    return true;
}

int probing_check(const struct probing *p, const struct options *o, bool json)
{
    if (!json || p->output == NULL || p->output->write == output_json)
        return o->exit_code;
    return options_complain(o->command, "--json goes with --output json alone, not with %s", p->output->name);
}

/* ---- the call ---- */

/* The ladder is drawn from a trace: the user's, or one in memory. */
int probing_begin(struct probing *p, struct shell *s, struct shell_options *options)
{
    p->shell     = s;
    p->ladder_fd = -1;
    if (!p->ladder)
        return EXIT_OK;
    if (options->trace == NULL) {
        p->ladder_fd = memfd_create("ladder", MFD_CLOEXEC);
        if (p->ladder_fd < 0) {
            fprintf(stderr, "ahoy: --ladder: %s\n", strerror(errno));
            return EXIT_ERROR;
        }
        snprintf(p->ladder_path, sizeof p->ladder_path, "/proc/self/fd/%d", p->ladder_fd);
        options->trace = p->ladder_path;
    }
    p->trace = options->trace;
    return EXIT_OK;
}

void probing_call(struct probing *p, object_id call, struct slice peer, bool outgoing)
{
    p->call        = call;
    p->next_key    = 0;
    p->keys_failed = false;
    summary_begin(&p->summary, peer, outgoing);
}

static void on_key_timer(struct timer *t, msec now)
{
    struct probing        *p = CONTAINER_OF(t, struct probing, timer);
    const struct key_step *step;
    int                    error = 0;

    if (p->next_key == p->keys.count)
        return;
    step = &p->keys.steps[p->next_key++];
    if (step->keys.len > 0)
        error = call_send_digits_by(p->shell->phone, p->call, step->keys, p->way);
    if (error != 0) {
        progress_hide(&p->shell->progress);
        fprintf(stderr, "ahoy: cannot press '%.*s': %s\n", SLICE_ARG(step->keys), error_text(error));
        p->keys_failed = true;
        return;
    }
    world_timer(p->shell->world, t, on_key_timer, now + key_step_length(step));
}

void probing_note(struct probing *p, const struct phone_event *e)
{
    struct world *w = p->shell->world;

    if (e->call != 0 && e->call != p->call)
        return;
    summary_note(&p->summary, e);
    if (e->kind == PHONE_ANSWERED && p->keys.count > 0)
        world_timer(w, &p->timer, on_key_timer, world_now(w));
    if (e->kind == PHONE_ENDED)
        world_timer_stop(w, &p->timer);
}

/* ---- the end ---- */

static bool is_for_nagios(const struct probing *p)
{
    return p->output != NULL && p->output->write == output_nagios;
}

static int exit_code_of(const struct probing *p, const struct outcome *o, int code)
{
    if (is_for_nagios(p))
        return (int)o->grade;
    if (p->shell->interrupts > 0 || p->summary.state != SUMMARY_ENDED || !o->judged)
        return code;
    return o->unmet ? EXIT_EXPECTATION : EXIT_OK;
}

/* Returns what to exit with: a monitor that has got no line knows nothing. */
static int print_outcome(const struct probing *p, const struct outcome *o)
{
    char       memory[OUTPUT_MAX];
    struct buf b = BUF_ON(memory);

    if (p->output == NULL && p->shell->json)
        return o->exit_code;
    if (p->output != NULL)
        p->output->write(&b, o);
    else
        output_text(&b, o);
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
    fflush(stdout);
    return ferror(stdout) && is_for_nagios(p) ? (int)OUTCOME_UNKNOWN : o->exit_code;
}

int probing_judge(struct probing *p, int code)
{
    struct outcome   outcome;
    enum outcome_end end = END_GOOD;

    if (code == EXIT_OK && p->keys_failed)
        code = EXIT_ERROR;
    if (p->shell->interrupts > 0)
        end = END_INTERRUPTED;
    else if (code != EXIT_OK)
        end = END_BAD;
    outcome_judge(&outcome, &p->summary, &p->expectations, end);
    outcome.exit_code = exit_code_of(p, &outcome, code);
    progress_hide(&p->shell->progress);
    return print_outcome(p, &outcome);
}

void probing_close(struct probing *p)
{
    struct trace_wanted wanted = { .call = p->summary.call_id };
    struct trace_style  style  = { .out = stderr, .pens = LADDER_UNICODE, .has_time = true };

    if (p->ladder && p->summary.call_id[0] != '\0')
        trace_ladder("call", &p->trace, 1, &wanted, &style);
    if (p->ladder_fd >= 0)
        close(p->ladder_fd);
    p->ladder_fd = -1;
}

bool probing_is_for_nagios(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--output=nagios") == 0 ||
            (i + 1 < argc && strcmp(argv[i], "--output") == 0 && strcmp(argv[i + 1], "nagios") == 0))
            return true;
    return false;
}

int probing_give_up(struct probing *p, int argc, char **argv, int code)
{
    struct outcome outcome;

    if (code == EXIT_OK)
        return code;
    if (probing_is_for_nagios(argc, argv) && code != EXIT_TIMED_OUT) {
        printf("CALL UNKNOWN - no call was made, see standard error\n");
        return OUTCOME_UNKNOWN;
    }
    if (code == EXIT_USAGE || p->output == NULL || p->output->write == output_text)
        return code;
    outcome_judge(&outcome, &p->summary, &p->expectations, code == EXIT_INTERRUPTED ? END_INTERRUPTED : END_BAD);
    outcome.exit_code = is_for_nagios(p) ? (int)outcome.grade : code;
    return print_outcome(p, &outcome);
}
