/* SPDX-License-Identifier: BSD-2-Clause */
/* register.c - ahoy register: be reachable under an account until Ctrl-C. */

#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/report.h"
#include "cmd/shell.h"

#include <stdio.h>

enum { OPT_ONCE = SHELL_OPTION_OWN };

static const struct option_entry entries[] = {
    SHELL_ACCOUNT_OPTION,
    { OPT_ONCE, "once", NULL, "exit when registered; the registration stays until it expires" },
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

struct registering {
    bool once;
};

static void on_event(struct shell *s, const struct phone_event *e)
{
    const struct registering *r = s->user;

    if (e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 480);
    if (e->kind == PHONE_REGISTER_FAILED && (r->once || e->retry_in == NEVER))
        shell_finish(s, report_registration_code(e));
    if (e->kind != PHONE_REGISTERED || !r->once)
        return;
    s->registered = false; /* nothing to take back */
    shell_finish(s, EXIT_OK);
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct shell  shell;
    struct options       o       = options_of(command, argc, argv);
    struct shell_options options = { .node = "phone", .max_calls = 1 };
    struct registering   r       = { false };
    int                  code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (!shell_option(&options, NULL, letter, o.value) && letter == OPT_ONCE)
            r.once = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index != argc)
        return options_complain(command, "no argument is wanted");
    shell.on_event = on_event;
    shell.user     = &r;
    code           = shell_open(&shell, &options);
    if (code != EXIT_OK)
        return code;
    if (shell.is_guest) {
        shell_close(&shell);
        fprintf(stderr, "ahoy register: there is no account yet; try 'ahoy account add sip:alice@example.test'\n");
        return EXIT_NOT_FOUND;
    }
    phone_register(shell.phone, shell.account);
    code = shell_run(&shell);
    shell_close(&shell);
    return code;
}

extern const struct command command_register;
const struct command        command_register = {
           .name     = "register",
           .summary  = "register an account and stay registered until Ctrl-C",
           .synopsis = "[OPTION...]",
           .options  = entries,
           .examples = "ahoy register\n"
                              "ahoy register --account alice --once   # is the password right?\n",
           .run      = run,
};
