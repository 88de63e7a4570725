/* SPDX-License-Identifier: BSD-2-Clause */
/* binding.c - `ahoy binding`: where users are reached. */

#include "cmd/binding.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/option.h"
#include "cmd/settings.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_ALL, URI_MAX = 2048 };

static const struct option_entry options_list[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "only those of this domain" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_add[] = {
    OPTION_CONFIG,
    { 'e', "expires", "SECONDS", "for so long (default: for ever)" },
    { 'q', "q", "NUMBER", "preference from 0 to 1 (default: 1)" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_remove[] = {
    OPTION_CONFIG,
    { OPT_ALL, "all", NULL, "all contacts of the address" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const struct config  *config;
    const char           *path, *domain, *q;
    uint32_t              expires; /* 0: not given */
    bool                  json, all;
    int                   count; /* arguments */
    char                **words;
};

static void take_option(struct request *r, struct options *o, int letter)
{
    switch (letter) {
    case 'c':
        r->path = o->value;
        break;
    case 'd':
        r->domain = o->value;
        break;
    case 'e':
        if (options_number(o, UINT32_MAX - 1, &r->expires) && r->expires == 0)
            o->exit_code = options_complain(r->command, "--expires wants at least 1 second");
        break;
    case 'q':
        r->q = o->value;
        break;
    case OPT_JSON:
        r->json = true;
        break;
    case OPT_ALL:
        r->all = true;
        break;
    }
}

/* One that were left out of the request would make it another: all contacts. */
static bool are_texts(const struct request *r)
{
    bool good = options_is_text(r->command, r->domain);

    for (int i = 0; good && i < r->count; i++)
        good = options_is_text(r->command, r->words[i]);
    return good;
}

/* True to go on; else `*code` is what to end with. */
static bool read_request(struct request *r, int argc, char **argv, int least, int most, int *code)
{
    struct options o = options_of(r->command, argc, argv);

    for (int letter; o.exit_code < 0 && (letter = options_next(&o)) != OPTIONS_END;)
        take_option(r, &o, letter);
    *code    = o.exit_code;
    r->count = argc - o.index;
    r->words = argv + o.index;
    if (o.exit_code >= 0)
        return false;
    *code = EXIT_USAGE;
    if (!are_texts(r))
        return false;
    if (r->count < least)
        *code = options_complain(r->command, "give %s", r->command->synopsis);
    else if (r->count > most)
        *code = options_complain(r->command, "unexpected argument '%s'", r->words[most]);
    else
        *code = settings_load(r->path, &r->config);
    return *code == EXIT_OK;
}

/* "sip:" unless the word begins with it, or with "sips:". */
static const char *scheme_of(const char *word)
{
    return strncasecmp(word, "sip:", 4) == 0 || strncasecmp(word, "sips:", 5) == 0 ? "" : "sip:";
}

/* "alice" and "alice@example.com" are addresses too. */
static json_t *address_of(const struct request *r, const char *word)
{
    if (strchr(word, '@') != NULL)
        return json_sprintf("%s%s", scheme_of(word), word);
    return json_sprintf("%s%s@%.*s", scheme_of(word), word, SLICE_ARG(r->config->domains[0]));
}

static json_t *contact_of(const char *word)
{
    return json_sprintf("%s%s", scheme_of(word), word);
}

/* ---- list ---- */

static void print_binding(const struct request *r, const json_t *b)
{
    const json_t *expires = json_object_get(b, "expires");
    json_int_t    reg_id  = json_integer_value(json_object_get(b, "reg_id"));

    if (r->json) {
        json_print_line(b);
        return;
    }
    printf("%-32s %-40s q=%-5.3g ", json_text_of(b, "aor"), json_text_of(b, "contact"),
           json_number_value(json_object_get(b, "q")));
    if (json_is_integer(expires))
        printf("%" JSON_INTEGER_FORMAT " s", json_integer_value(expires));
    else
        fputs("for ever", stdout);
    if (reg_id != 0)
        printf("  reg-id=%" JSON_INTEGER_FORMAT, reg_id);
    printf("%s%s\n", json_text_of(b, "user_agent")[0] != '\0' ? "  " : "", json_text_of(b, "user_agent"));
}

static json_t *list_params(const struct request *r, const json_t *cursor)
{
    json_t *params = json_object();

    if (r->count > 0)
        json_object_set_new(params, "aor", address_of(r, r->words[0]));
    if (r->domain != NULL)
        json_object_set_new(params, "domain", json_string(r->domain));
    if (cursor != NULL)
        json_object_set(params, "cursor", (json_t *)cursor);
    return params;
}

/* Page by page. */
static int list(const struct request *r)
{
    json_t *page = NULL, *cursor = NULL, *one;
    size_t  i;
    int     code;

    do {
        json_t *last = page;

        page = NULL;
        code = endpoint_call(r->command->name, r->config, "binding.list", list_params(r, cursor), &page);
        json_decref(last);
        json_array_foreach(json_object_get(page, "bindings"), i, one) print_binding(r, one);
        cursor = json_object_get(page, "cursor");
    } while (code == EXIT_OK && json_is_string(cursor));
    json_decref(page);
    return code;
}

static int run_list(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, 0, 1, &code))
        code = list(&r);
    config_free(r.config);
    return code;
}

/* ---- add and remove ---- */

static int change(const struct request *r, const char *method, json_t *params, const char *verb)
{
    json_t *result = NULL;
    int     code   = endpoint_call(r->command->name, r->config, method, params, &result);

    if (result != NULL && r->json)
        json_print_line(result);
    else if (result != NULL)
        fprintf(stderr, "%s %s%s%s\n", verb, json_text_of(result, "aor"), r->count > 1 ? ": " : "",
                r->count > 1 ? r->words[1] : "");
    json_decref(result);
    return code;
}

/* False: it was complained about. */
static bool take_q(const struct request *r, json_t *params)
{
    char  *end;
    double q;

    if (r->q == NULL)
        return true;
    q = strtod(r->q, &end);
    if (end == r->q || *end != '\0' || !(q >= 0 && q <= 1))
        return options_complain(r->command, "'%s' is not a number from 0 to 1", r->q), false;
    json_object_set_new(params, "q", json_real(q));
    return true;
}

static int add(const struct request *r)
{
    json_t *params = json_object();

    json_object_set_new(params, "aor", address_of(r, r->words[0]));
    json_object_set_new(params, "contact", contact_of(r->words[1]));
    if (r->expires > 0)
        json_object_set_new(params, "expires", json_integer(r->expires));
    if (take_q(r, params))
        return change(r, "binding.add", params, "added to");
    json_decref(params);
    return EXIT_USAGE;
}

static int run_add(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, 2, 2, &code))
        code = add(&r);
    config_free(r.config);
    return code;
}

static int remove_binding(const struct request *r)
{
    json_t *params;

    if ((r->count > 1) == r->all)
        return options_complain(r->command, "give either a contact or --all");
    params = json_object();
    json_object_set_new(params, "aor", address_of(r, r->words[0]));
    if (r->count > 1)
        json_object_set_new(params, "contact", contact_of(r->words[1]));
    return change(r, "binding.remove", params, "removed from");
}

static int run_remove(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, 1, 2, &code))
        code = remove_binding(&r);
    config_free(r.config);
    return code;
}

#define EFFECTIVE "Works on a running server, where it is effective at once, or else on its database."

static const struct command command_binding_list = {
    .name     = "binding list",
    .summary  = "print the contacts at which users are reached, one a line",
    .synopsis = "[OPTION...] [NAME[@DOMAIN]]",
    .details  = "In no order. " EFFECTIVE,
    .options  = options_list,
    .examples = "  ahoy binding list\n"
                "  ahoy binding list alice --json\n"
                "  ahoy binding list --domain example.com --json | jq -r .contact\n",
    .run      = run_list,
};

static const struct command command_binding_add = {
    .name     = "binding add",
    .summary  = "give an address a contact, as if a phone had registered it",
    .synopsis = "[OPTION...] NAME[@DOMAIN] CONTACT",
    .details  = EFFECTIVE " The address need not be a user's. A contact that is there already gets the new time and "
                          "preference.",
    .options  = options_add,
    .examples = "  ahoy binding add reception sip:192.0.2.7:5062\n"
                "  ahoy binding add alice@example.com sip:alice@gateway.example.com --expires 3600 --q 0.5\n",
    .run      = run_add,
};

static const struct command command_binding_remove = {
    .name     = "binding remove",
    .summary  = "take a contact, or all of them, from an address",
    .synopsis = "[OPTION...] NAME[@DOMAIN] [CONTACT]",
    .details  = EFFECTIVE " A phone that registers again is there again.",
    .options  = options_remove,
    .examples = "  ahoy binding remove reception sip:192.0.2.7:5062\n"
                "  ahoy binding remove alice --all\n",
    .run      = run_remove,
};

static const struct command *const children[] = { &command_binding_add, &command_binding_list, &command_binding_remove,
                                                  &command_binding_watch, NULL };

const struct command command_binding = {
    .name     = "binding",
    .summary  = "where users are reached: list, add, remove, watch",
    .synopsis = "SUBCOMMAND [OPTION...] [NAME] [CONTACT]",
    .children = children,
};
