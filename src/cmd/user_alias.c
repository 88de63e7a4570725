/* SPDX-License-Identifier: BSD-2-Clause */
/* user_alias.c - `ahoy user alias`: other names and numbers of users. */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/settings.h"
#include "cmd/user_private.h"

#include <stdio.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG_ONLY };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "the domain of names without one (default: the first that is configured)" },
    { OPT_JSON, "json", NULL, "JSON objects on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const char           *config_path, *domain;
    bool                  json;
    char                **words;
    int                   count;
    const struct config  *config;
};

static void take_option(struct request *r, int letter, const char *value)
{
    switch (letter) {
    case 'c':
        r->config_path = value;
        break;
    case 'd':
        r->domain = value;
        break;
    case OPT_JSON:
        r->json = true;
        break;
    }
}

/* True to go on; else `*code` is what to end with.  `words`: which are wanted, if they are not
 * `least` to `most`. */
static bool read_request(struct request *r, int argc, char **argv, int least, int most, const char *words, int *code)
{
    struct options o = options_of(r->command, argc, argv);

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        take_option(r, letter, o.value);
    *code = o.exit_code;
    if (o.exit_code >= 0)
        return false;
    r->words = argv + o.index;
    r->count = argc - o.index;
    if (r->count < least || r->count > most)
        *code = options_complain(r->command, "give %s", words);
    else
        *code = settings_load(r->config_path, &r->config);
    for (int i = 0; *code == EXIT_OK && i < r->count; i++)
        *code = options_is_text(r->command, r->words[i]) ? EXIT_OK : EXIT_USAGE;
    if (*code == EXIT_OK && !options_is_text(r->command, r->domain))
        *code = EXIT_USAGE;
    return *code == EXIT_OK;
}

/* "alice@example.com" gives the domain too. */
static void put_user(json_t *params, const struct request *r, const char *user)
{
    const char *at     = strchr(user, '@');
    const char *domain = at != NULL ? at + 1 : r->domain;

    json_object_set_new(params, "user", at != NULL ? json_stringn(user, (size_t)(at - user)) : json_string(user));
    if (domain != NULL)
        json_object_set_new(params, "domain", json_string(domain));
}

static void print_name(FILE *out, const char *name, const char *domain)
{
    fprintf(out, "%s%s%s", name, domain[0] != '\0' ? "@" : "", domain);
}

static int change(struct request *r, const char *method, json_t *params, const char *verb)
{
    json_t *result = NULL;
    int     code   = endpoint_call(r->command->name, r->config, method, params, &result);

    if (code == EXIT_OK && r->json) {
        json_print_line(result);
    } else if (code == EXIT_OK) {
        fprintf(stderr, "%s ", verb);
        print_name(stderr, json_text_of(result, "alias"), json_text_of(result, "domain"));
        fputc('\n', stderr);
    }
    json_decref(result);
    return code;
}

static int run_add(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    json_t        *params;
    int            code;

    if (read_request(&r, argc, argv, 2, 2, "an alias and the user whom it stands for", &code)) {
        params = json_pack("{s:s}", "alias", r.words[0]);
        put_user(params, &r, r.words[1]);
        code = change(&r, "alias.add", params, "added");
    }
    config_free(r.config);
    return code;
}

static int run_remove(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    json_t        *params;
    int            code;

    if (read_request(&r, argc, argv, 1, 1, "an alias", &code)) {
        params = json_pack("{s:s,s:s*}", "alias", r.words[0], "domain", r.domain);
        code   = change(&r, "alias.remove", params, "removed");
    }
    config_free(r.config);
    return code;
}

static void print_list(const struct request *r, const json_t *aliases)
{
    json_t *a;
    size_t  i;

    json_array_foreach((json_t *)aliases, i, a)
    {
        if (r->json) {
            json_print_line(a);
            continue;
        }
        print_name(stdout, json_text_of(a, "alias"), json_text_of(a, "domain"));
        fputs(" -> ", stdout);
        print_name(stdout, json_text_of(a, "user"), json_text_of(a, "user_domain"));
        putchar('\n');
    }
}

static int list_pages(struct request *r, struct endpoint *e)
{
    json_t *page = NULL, *cursor = NULL, *params;
    int     code;

    do {
        params = json_object();
        if (r->count > 0)
            put_user(params, r, r->words[0]);
        if (cursor != NULL)
            json_object_set(params, "cursor", cursor);
        json_decref(page);
        page = NULL;
        code = endpoint_ask(e, "alias.list", params, &page);
        print_list(r, json_object_get(page, "aliases"));
        cursor = json_object_get(page, "cursor");
    } while (code == EXIT_OK && json_is_string(cursor));
    json_decref(page);
    return code;
}

static int run_list(const struct command *command, int argc, char **argv)
{
    struct request   r = { .command = command };
    struct endpoint *e = NULL;
    int              code;

    if (read_request(&r, argc, argv, 0, 1, "one user or none", &code))
        code = endpoint_open(command->name, r.config, &e);
    if (code == EXIT_OK && e != NULL)
        code = list_pages(&r, e);
    endpoint_close(e);
    config_free(r.config);
    return code;
}

static const struct command command_add = {
    .name     = "user alias add",
    .summary  = "give a user one more name or number",
    .synopsis = "[OPTION...] ALIAS USER[@DOMAIN]",
    .details  = USER_EFFECTIVE " The alias is NAME, of the user's domain; NAME@DOMAIN; or a telephone number with its "
                               "country code, which is the same in all domains.",
    .options  = options,
    .examples = "  ahoy user alias add sales alice\n"
                "  ahoy user alias add +49-30-12345 alice@example.com\n",
    .run      = run_add,
};

static const struct command command_list = {
    .name     = "user alias list",
    .summary  = "print the aliases, of all or of one user, one a line",
    .synopsis = "[OPTION...] [USER[@DOMAIN]]",
    .options  = options,
    .examples = "  ahoy user alias list\n"
                "  ahoy user alias list --json alice\n",
    .run      = run_list,
};

static const struct command command_remove = {
    .name     = "user alias remove",
    .summary  = "take an alias away",
    .synopsis = "[OPTION...] ALIAS",
    .details  = USER_EFFECTIVE,
    .options  = options,
    .examples = "  ahoy user alias remove sales\n"
                "  ahoy user alias remove +49-30-12345\n",
    .run      = run_remove,
};

static const struct command *const children[] = { &command_add, &command_list, &command_remove, NULL };

const struct command command_user_alias = {
    .name     = "user alias",
    .summary  = "other names and numbers of users: add, list, remove",
    .synopsis = "SUBCOMMAND [OPTION...] [ARGUMENT...]",
    .children = children,
};
