/* SPDX-License-Identifier: BSD-2-Clause */
/* cert.c - `ahoy cert`: certificates for a lab, and those that a server uses. */

#include "cmd/cert.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/order.h"

#include <string.h>

static const struct option_entry options_reload[] = {
    OPTION_CONFIG,
    { ORDER_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

static void say_change(const json_t *c)
{
    const char *change = json_text_of(c, "change"), *domain = json_text_of(c, "domain");

    fprintf(stderr, "%s: ", domain[0] == '\0' ? "any name" : domain);
    if (strcmp(change, "gone") == 0)
        fprintf(stderr, "gone\n");
    else
        fprintf(stderr, "%s, good until %s%s\n", strcmp(change, "same") == 0 ? "the same as before" : change,
                json_text_of(c, "not_after"),
                strcmp(json_text_of(c, "state"), "good") == 0 ? "" : ": that is soon, or over");
}

static void print_changes(const json_t *all, bool json)
{
    const json_t *one;
    size_t        i;

    json_array_foreach(all, i, one)
    {
        if (json) {
            json_dumpf(one, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            say_change(one);
        }
    }
    if (json_array_size(all) == 0)
        fprintf(stderr, "the server has no certificate\n");
}

static int run_reload(const struct command *command, int argc, char **argv)
{
    json_t *result;
    bool    json;
    int     code = order_give(command, argc, argv, "cert.reload", &json, &result);

    if (result != NULL)
        print_changes(json_object_get(result, "certificates"), json);
    json_decref(result);
    return code;
}

static const struct command command_cert_reload = {
    .name     = "cert reload",
    .summary  = "let the running server read its certificates and keys again",
    .synopsis = "[OPTION...]",
    .details  = "New connections get the new ones, those that are open keep theirs. All or nothing: if a file is no\n"
                "good, the server keeps all that it had, says which file and why, and the exit status is not 0.\n"
                "The paths are those of the configuration that the server was started with.",
    .options  = options_reload,
    .examples = "  ahoy cert reload\n"
                "  certbot renew --deploy-hook 'ahoy cert reload'\n",
    .run      = run_reload,
};

static const struct command *const children[] = { &command_cert_lab, &command_cert_reload, &command_cert_show, NULL };

const struct command command_cert = {
    .name     = "cert",
    .summary  = "certificates: lab, reload, show",
    .synopsis = "SUBCOMMAND [OPTION...] [ARGUMENT...]",
    .children = children,
};
