/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/asking.h"

#include "cmd/exit_code.h"
#include "cmd/probing.h"

#include <stdio.h>

/* ---- options ---- */

void asking_init(struct asking *a, enum exchange_kind kind)
{
    *a = (struct asking){ .output = NULL };
    exchange_init(&a->exchange, kind, SLICE(""));
}

static void add_conditions(struct asking *a, struct options *o, bool warning)
{
    struct expectation_fault fault;

    if (!finding_expect(&a->conditions, exchange_kind(a->exchange.kind), slice_from(o->value), warning, &fault))
        o->exit_code = options_complain(o->command, "'%.*s': wanted is %s%s%s", SLICE_ARG(fault.text), fault.expected,
                                        fault.meaning[0] != '\0' ? ": " : "", fault.meaning);
}

bool asking_option(struct asking *a, struct options *o, int letter)
{
    if (letter == ASKING_EXPECT || letter == ASKING_EXPECT_WARNING) {
        add_conditions(a, o, letter == ASKING_EXPECT_WARNING);
        return true;
    }
    if (letter != ASKING_OUTPUT)
        return false;
    a->output = finding_output_find(o->value);
    if (a->output == NULL)
        o->exit_code = options_complain(o->command, "'%s': wanted is " OUTPUT_NAMES, o->value);
    return true;
}

int asking_check(const struct asking *a, const struct options *o, bool json)
{
    if (o->exit_code >= 0 || !json || a->output == NULL || a->output == finding_json)
        return o->exit_code;
    return options_complain(o->command, "--json goes with --output json alone");
}

bool asking_is_probe(const struct asking *a)
{
    return a->output != NULL || a->conditions.count > 0;
}

/* ---- events ---- */

void asking_note(struct asking *a, struct shell *s, const struct phone_event *e)
{
    exchange_note(&a->exchange, e, world_now(s->world));
}

/* ---- the end ---- */

static int exit_code_of(const struct asking *a, const struct finding *f, enum outcome_end end, bool tried, int code)
{
    if (a->output == finding_nagios)
        return (int)f->grade;
    if (end == END_INTERRUPTED || !tried || !f->judged)
        return code;
    return f->unmet ? EXIT_EXPECTATION : EXIT_OK;
}

static int tell(struct asking *a, enum outcome_end end, bool json, int code)
{
    static struct finding finding;
    char                  memory[OUTPUT_MAX], headline[EXCHANGE_HEADLINE];
    struct buf            b      = BUF_ON(memory);
    bool                  tried  = a->exchange.begun && !a->exchange.unregistered;
    finding_fn           *output = a->output != NULL ? a->output : finding_text;

    exchange_find(&a->exchange, &finding, headline);
    finding_judge(&finding, &a->conditions, end, tried);
    code = finding.exit_code = exit_code_of(a, &finding, end, tried, code);
    if (a->output == NULL && json)
        return code;
    output(&b, &finding);
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
    fflush(stdout);
    return ferror(stdout) && output == finding_nagios ? (int)OUTCOME_UNKNOWN : code;
}

int asking_judge(struct asking *a, const struct shell *s, int code)
{
    enum outcome_end end = s->interrupts > 0 ? END_INTERRUPTED : code == EXIT_OK ? END_GOOD : END_BAD;

    return asking_is_probe(a) ? tell(a, end, s->json, code) : code;
}

int asking_give_up(struct asking *a, int argc, char **argv, int code)
{
    if (code == EXIT_OK)
        return code;
    if (probing_is_for_nagios(argc, argv)) {
        printf("%s UNKNOWN - nothing was sent, see standard error\n", exchange_kind(a->exchange.kind)->service);
        return OUTCOME_UNKNOWN;
    }
    if (code == EXIT_USAGE || a->output == NULL || a->output == finding_text)
        return code;
    return tell(a, END_BAD, false, code);
}
