/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/exit_code.h"
#include "cmd/manual.h"
#include "dialog/refusal.h"
#include "sip/message.h"

static void write_codes(FILE *out, unsigned status)
{
    enum exit_code before = exit_code_of_status(status, false), after = exit_code_of_status(status, true);

    if (before == after)
        fprintf(out, "%d", (int)before);
    else
        fprintf(out, "%d; if it rang %d", (int)before, (int)after);
}

void manual_write_refusals(FILE *out)
{
    const struct refusal *r;

    fputs("| status | a call that begins | a call that is up | exit code |\n|---|---|---|---|\n", out);
    for (unsigned n = 0; (r = refusal_at(n)) != NULL; n++) {
        fprintf(out, "| %u %.*s | %s | %s | ", r->status, SLICE_ARG(status_reason(r->status)),
                refusal_outside_text(r->outside), refusal_within_text(r->within));
        write_codes(out, r->status);
        fputs(" |\n", out);
    }
}
