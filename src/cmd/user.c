/* SPDX-License-Identifier: BSD-2-Clause */
/* user.c - `ahoy user`: who may register here. */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/option.h"
#include "cmd/password.h"
#include "cmd/settings.h"
#include "cmd/user_private.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_STDIN = OPTION_LONG_ONLY, OPT_GENERATE, OPT_AFTER, OPT_JSON };

static const struct option_entry options_password[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "the user's domain (default: the first that is configured)" },
    { OPT_STDIN, "password-stdin", NULL, "read the password from the first line of stdin" },
    { OPT_GENERATE, "generate", NULL, "make up a password and print it, this once" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_remove[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "the user's domain (default: the first that is configured)" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

static const struct option_entry options_list[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "only the users of this domain" },
    { 'n', "limit", "NUMBER", "this many at most" },
    { OPT_AFTER, "after", "NAME@DOMAIN", "those who come after this one" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

/* What the options and arguments of all four say. */
struct request {
    const struct command *command;
    const char           *name, *domain, *after, *config_path;
    uint32_t              limit; /* 0: all */
    enum password_source  source;
    bool                  source_given, json;
    const struct config  *config;
};

static int take_source(struct request *r, enum password_source source)
{
    if (r->source_given && r->source != source)
        return options_complain(r->command, "give either --password-stdin or --generate");
    r->source       = source;
    r->source_given = true;
    return EXIT_OK;
}

static int take_option(struct request *r, int letter, const char *value)
{
    switch (letter) {
    case 'c':
        r->config_path = value;
        break;
    case 'd':
        r->domain = value;
        break;
    case OPT_AFTER:
        r->after = value;
        break;
    case OPT_JSON:
        r->json = true;
        break;
    case OPT_STDIN:
        return take_source(r, PASSWORD_STDIN);
    case OPT_GENERATE:
        return take_source(r, PASSWORD_GENERATE);
    }
    return EXIT_OK;
}

/* True to go on; else `*code` is what to end with. */
static bool read_request(struct request *r, int argc, char **argv, int names, int *code)
{
    struct options o = options_of(r->command, argc, argv);

    *code = EXIT_OK;
    for (int letter; *code == EXIT_OK && (letter = options_next(&o)) != OPTIONS_END;) {
        *code = take_option(r, letter, o.value);
        if (letter == 'n')
            (void)options_number(&o, UINT32_MAX, &r->limit); /* else o.exit_code is set */
    }
    if (*code != EXIT_OK)
        return false;
    *code = o.exit_code;
    if (o.exit_code >= 0)
        return false;
    if (argc - o.index < names)
        *code = options_complain(r->command, "give the name of a user");
    else if (argc - o.index > names)
        *code = options_complain(r->command, "unexpected argument '%s'", argv[o.index + names]);
    else
        *code = settings_load(r->config_path, &r->config);
    if (*code != EXIT_OK)
        return false;
    r->name = names > 0 ? argv[o.index] : NULL;
    if (!options_is_text(r->command, r->name) || !options_is_text(r->command, r->domain) ||
        !options_is_text(r->command, r->after))
        *code = EXIT_USAGE;
    return *code == EXIT_OK;
}

/* "alice@example.test" gives the domain too. */
static json_t *params_of(const struct request *r)
{
    json_t     *params = json_object();
    const char *at     = r->name == NULL ? NULL : strchr(r->name, '@');
    const char *domain = at != NULL && r->domain == NULL ? at + 1 : r->domain;

    if (r->name != NULL)
        json_object_set_new(params, "name",
                            at != NULL ? json_stringn(r->name, (size_t)(at - r->name)) : json_string(r->name));
    if (domain != NULL)
        json_object_set_new(params, "domain", json_string(domain));
    return params;
}

static int call(const struct request *r, const char *method, json_t *params, json_t **result)
{
    return endpoint_call(r->command->name, r->config, method, params, result);
}

/* `generated` NULL: it came from elsewhere and is not shown. */
static void print_put(const struct request *r, json_t *result, const char *generated, const char *verb)
{
    if (r->json) {
        if (generated != NULL)
            json_object_set_new(result, "password", json_string(generated));
        json_print_line(result);
        return;
    }
    fprintf(stderr, "%s %s@%s\n", verb, json_text_of(result, "name"), json_text_of(result, "domain"));
    if (generated != NULL)
        printf("%s\n", generated);
}

static int put(const struct request *r, const char *method, const char *verb)
{
    char    password[PASSWORD_SIZE];
    json_t *params, *result = NULL;
    int     code = password_get(r->command->name, r->source, password);

    if (code == EXIT_OK) {
        params = params_of(r);
        if (json_object_set_new(params, "password", json_string(password)) == 0) {
            code = call(r, method, params, &result);
        } else {
            code = options_complain(r->command, "the password is not UTF-8");
            json_decref(params);
        }
    }
    if (code == EXIT_OK)
        print_put(r, result, r->source == PASSWORD_GENERATE ? password : NULL, verb);
    password_forget(password);
    json_decref(result);
    return code;
}

static int run_add(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, 1, &code))
        code = put(&r, "user.add", "added");
    config_free(r.config);
    return code;
}

static int run_passwd(const struct command *command, int argc, char **argv)
{
    struct request r = { .command = command };
    int            code;

    if (read_request(&r, argc, argv, 1, &code))
        code = put(&r, "user.passwd", "changed the password of");
    config_free(r.config);
    return code;
}

static int run_remove(const struct command *command, int argc, char **argv)
{
    struct request r      = { .command = command };
    json_t        *result = NULL;
    int            code;

    if (read_request(&r, argc, argv, 1, &code))
        code = call(&r, "user.remove", params_of(&r), &result);
    if (result != NULL && r.json)
        json_print_line(result);
    else if (result != NULL)
        fprintf(stderr, "removed %s@%s\n", json_text_of(result, "name"), json_text_of(result, "domain"));
    json_decref(result);
    config_free(r.config);
    return code;
}

static void print_list(const struct request *r, json_t *users)
{
    json_t *user;
    size_t  i;

    json_array_foreach(users, i, user)
    {
        if (r->json)
            json_print_line(user);
        else
            printf("%s@%s\n", json_text_of(user, "name"), json_text_of(user, "domain"));
    }
}

enum { PAGE = 1000 };

static json_t *params_of_page(const struct request *r, json_t *cursor, size_t printed)
{
    json_t *params = params_of(r);

    if (cursor != NULL)
        json_object_set(params, "cursor", cursor);
    else if (r->after != NULL)
        json_object_set_new(params, "cursor", json_string(r->after));
    if (r->limit > 0 && r->limit - printed < PAGE)
        json_object_set_new(params, "limit", json_integer((json_int_t)(r->limit - printed)));
    return params;
}

static int list_pages(const struct request *r, struct endpoint *e)
{
    json_t *page = NULL, *cursor = NULL, *params;
    size_t  printed = 0;
    int     code;

    do {
        params = params_of_page(r, cursor, printed);
        json_decref(page);
        page = NULL;
        code = endpoint_ask(e, "user.list", params, &page);
        print_list(r, json_object_get(page, "users"));
        printed += json_array_size(json_object_get(page, "users"));
        cursor = json_object_get(page, "cursor");
    } while (code == EXIT_OK && json_is_string(cursor) && (r->limit == 0 || printed < r->limit));
    json_decref(page);
    return code;
}

static int run_list(const struct command *command, int argc, char **argv)
{
    struct request   r = { .command = command };
    struct endpoint *e = NULL;
    int              code;

    if (read_request(&r, argc, argv, 0, &code))
        code = endpoint_open(command->name, r.config, &e);
    if (code == EXIT_OK && e != NULL)
        code = list_pages(&r, e);
    endpoint_close(e);
    config_free(r.config);
    return code;
}

static const struct command command_user_add = {
    .name     = "user add",
    .summary  = "let somebody register here",
    .synopsis = "[OPTION...] NAME[@DOMAIN]",
    .details =
        USER_EFFECTIVE " The password is asked for twice, unless an option says where it comes from; it is never an "
                       "argument. Only hashes of it are stored.",
    .options  = options_password,
    .examples = "  ahoy user add alice\n"
                "  ahoy user add alice --generate\n"
                "  ahoy user add bob@other.test --password-stdin < bob.password\n",
    .run      = run_add,
};

static const struct command command_user_passwd = {
    .name     = "user passwd",
    .summary  = "give a user another password",
    .synopsis = "[OPTION...] NAME[@DOMAIN]",
    .details  = USER_EFFECTIVE,
    .options  = options_password,
    .examples = "  ahoy user passwd alice\n",
    .run      = run_passwd,
};

static const struct command command_user_list = {
    .name     = "user list",
    .summary  = "print the users, one a line",
    .synopsis = "[OPTION...]",
    .options  = options_list,
    .examples = "  ahoy user list\n"
                "  ahoy user list --json --domain example.com\n"
                "  ahoy user list --limit 50 --after alice@example.com\n",
    .run      = run_list,
};

static const struct command command_user_remove = {
    .name     = "user remove",
    .summary  = "let somebody register no longer",
    .synopsis = "[OPTION...] NAME[@DOMAIN]",
    .details  = USER_EFFECTIVE,
    .options  = options_remove,
    .examples = "  ahoy user remove alice\n",
    .run      = run_remove,
};

static const struct command *const children[] = { &command_user_add,    &command_user_list,
                                                  &command_user_passwd, &command_user_remove,
                                                  &command_user_import, &command_user_export,
                                                  &command_user_alias,  NULL };

const struct command command_user = {
    .name     = "user",
    .summary  = "users: add, list, passwd, remove, import, export, alias",
    .synopsis = "SUBCOMMAND [OPTION...] [NAME]",
    .children = children,
};
