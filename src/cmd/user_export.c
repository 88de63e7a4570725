/* SPDX-License-Identifier: BSD-2-Clause */
/* user_export.c - `ahoy user export`: users and their aliases as a table (CSV), without
 * secrets.
 *
 * Users and aliases come in the same order, page by page, and are put together here. */

#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/settings.h"
#include "cmd/user_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "only the users of this domain" },
    OPTION_TABLE_END,
};

/* A list that is read page by page. */
struct pages {
    struct endpoint *endpoint;
    const char      *method, *key, *domain;
    json_t          *page;
    size_t           next;
};

/* The one that is next, of the page that is there; NULL at its end. */
static json_t *pages_peek(const struct pages *p)
{
    return json_array_get(json_object_get(p->page, p->key), p->next);
}

static bool has_more(const struct pages *p)
{
    return p->page == NULL || json_is_string(json_object_get(p->page, "cursor"));
}

/* After it, peek gives NULL only at the end of all.  Returns an exit code. */
static int pages_fill(struct pages *p)
{
    int code = EXIT_OK;

    while (code == EXIT_OK && pages_peek(p) == NULL && has_more(p)) {
        json_t *params = json_object(), *page = NULL;

        if (p->page != NULL)
            json_object_set(params, "cursor", json_object_get(p->page, "cursor"));
        if (p->domain != NULL)
            json_object_set_new(params, "domain", json_string(p->domain));
        code = endpoint_ask(p->endpoint, p->method, params, &page);
        json_decref(p->page);
        p->page = page;
        p->next = 0;
    }
    return code;
}

/* <0: whom the alias is of comes before the user. */
static int order(const json_t *alias, const json_t *user)
{
    int domains = strcmp(json_text_of(alias, "user_domain"), json_text_of(user, "domain"));

    return domains != 0 ? domains : strcmp(json_text_of(alias, "user"), json_text_of(user, "name"));
}

static void print_alias(const json_t *alias, const json_t *user, bool first)
{
    const char *domain = json_text_of(alias, "domain");

    printf("%s%s", first ? "" : " ", json_text_of(alias, "alias"));
    if (domain[0] != '\0' && strcmp(domain, json_text_of(user, "domain")) != 0)
        printf("@%s", domain);
}

static int print_aliases(struct pages *aliases, const json_t *user)
{
    bool first = true;
    int  code;

    while ((code = pages_fill(aliases)) == EXIT_OK && pages_peek(aliases) != NULL) {
        int where = order(pages_peek(aliases), user);

        if (where > 0)
            break;
        if (where == 0) {
            print_alias(pages_peek(aliases), user, first);
            first = false;
        }
        aliases->next++;
    }
    return code;
}

static void print_hashes(const json_t *user)
{
    json_t *hash;
    size_t  i;

    json_array_foreach(json_object_get(user, "hashes"), i, hash)
    {
        printf("%s%s", i > 0 ? " " : "", json_string_value(hash));
    }
}

/* Names, domains and numbers need no quotes: there is no comma, quote or line end in them. */
static int print_users(struct pages *users, struct pages *aliases)
{
    int code;

    puts("name,domain,aliases,hashes");
    while ((code = pages_fill(users)) == EXIT_OK && pages_peek(users) != NULL) {
        json_t *user = pages_peek(users);

        printf("%s,%s,", json_text_of(user, "name"), json_text_of(user, "domain"));
        code = print_aliases(aliases, user);
        if (code != EXIT_OK)
            break;
        putchar(',');
        print_hashes(user);
        putchar('\n');
        users->next++;
    }
    return code;
}

static int export(const struct config *config, const char *domain)
{
    struct endpoint *e;
    int              code    = endpoint_open("user export", config, &e);
    struct pages     users   = { e, "user.list", "users", domain, NULL, 0 };
    struct pages     aliases = { e, "alias.list", "aliases", NULL, NULL, 0 };

    if (code == EXIT_OK)
        code = print_users(&users, &aliases);
    if (code == EXIT_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        fprintf(stderr, "ahoy user export: %s\n", strerror(errno));
        code = EXIT_ERROR;
    }
    json_decref(users.page);
    json_decref(aliases.page);
    endpoint_close(e);
    return code;
}

static int run_export(const struct command *command, int argc, char **argv)
{
    struct options       o           = options_of(command, argc, argv);
    const char          *config_path = NULL, *domain = NULL;
    const struct config *config = NULL;
    int                  code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        *(letter == 'c' ? &config_path : &domain) = o.value;
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc != o.index)
        return options_complain(command, "unexpected argument '%s'", argv[o.index]);
    if (!options_is_text(command, domain))
        return EXIT_USAGE;
    code = settings_load(config_path, &config);
    if (code == EXIT_OK)
        code = export(config, domain);
    config_free(config);
    return code;
}

const struct command command_user_export = {
    .name     = "user export",
    .summary  = "print the users and their aliases as a table (CSV)",
    .synopsis = "[OPTION...]",
    .details  = "Columns: name, domain, aliases, and for which algorithms there are hashes; the hashes themselves are "
                "never shown. 'ahoy user import' reads it: it then gives the aliases to users who are there.",
    .options  = options,
    .examples = "  ahoy user export > users.csv\n"
                "  ahoy user export --domain example.com\n",
    .run      = run_export,
};
