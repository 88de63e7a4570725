/* SPDX-License-Identifier: BSD-2-Clause */
/* account.c - ahoy account: the phone's accounts, in their file. */

#include "cmd/account_file.h"
#include "cmd/account_instance.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/password.h"
#include "cmd/shell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_NAME = OPTION_LONG_ONLY,
    OPT_USER,
    OPT_DISPLAY,
    OPT_REGISTRAR,
    OPT_PROXY,
    OPT_SECOND_PROXY,
    OPT_STRICT,
    OPT_OUTBOUND,
    OPT_EXPIRES,
    OPT_KEEP_ALIVE,
    OPT_WATCHERS,
    OPT_PRESENCE,
    OPT_TLS_TRUST,
    OPT_TLS_NO_VERIFY,
    OPT_TLS_CERTIFICATE,
    OPT_TLS_KEY,
    OPT_PASSWORD_STDIN,
    OPT_DEFAULT,
};

static const struct option_entry add_options[] = {
    { OPT_NAME, "name", "NAME", "what to call it; the address if not given" },
    { OPT_USER, "auth-user", "USER", "user name for authentication, if it is not that of the address" },
    { OPT_DISPLAY, "display", "NAME", "the name that others see" },
    { OPT_REGISTRAR, "registrar", "URI", "where to register, if not the domain of the address" },
    { OPT_PROXY, "proxy", "URI", "outbound proxy, e.g. sip:192.0.2.1:5060;transport=tcp" },
    { OPT_SECOND_PROXY, "second-proxy", "URI",
      "register by this one too, and be reached while either works (--outbound)" },
    { OPT_STRICT, "strict", NULL,
      "the proxies are strict routers (RFC 2543), who want to find themselves in the Request-URI" },
    { OPT_OUTBOUND, "outbound", NULL,
      "give this phone a name (instance) of its own, by which a server may keep its connections (RFC 5626) and tell "
      "others how to "
      "reach it and no other phone of yours (RFC 5627)" },
    { OPT_EXPIRES, "expires", "SECONDS", "how long a registration shall last (3600)" },
    { OPT_KEEP_ALIVE, "keep-alive", "SECONDS",
      "how often to give the server a sign of life, so that NATs on the way let it reach us (29); 0: never" },
    { OPT_WATCHERS, "watchers", "state|details|none",
      "what others of its domain may know of its calls: that there is one (state), and with whom (details), or "
      "nothing" },
    { OPT_PRESENCE, "presence", "ask|domain|none",
      "who may see whether you are there: whom you allow (ask), everybody of its domain, or nobody" },
    TLS_OPTIONS(OPT_TLS_TRUST, OPT_TLS_NO_VERIFY, OPT_TLS_CERTIFICATE, OPT_TLS_KEY),
    { OPT_PASSWORD_STDIN, "password-stdin", NULL, "read the password from standard input" },
    { OPT_DEFAULT, "default", NULL, "make it the default" },
    OPTION_TABLE_END,
};

/* The new entry comes last, or first as the default. */
static int add_entry(struct account_list *list, const struct account_entry *e, bool first)
{
    if (list->count == ACCOUNT_COUNT_MAX) {
        fprintf(stderr, "ahoy account add: there are %d accounts already, which is the limit\n", ACCOUNT_COUNT_MAX);
        return EXIT_ERROR;
    }
    if (first)
        memmove(&list->entries[1], &list->entries[0], list->count * sizeof list->entries[0]);
    list->entries[first ? 0 : list->count] = *e;
    list->count++;
    return account_file_save(list);
}

static bool put(const struct command *command, char *to, size_t size, const char *text, int *code)
{
    if (strlen(text) < size && strchr(text, '\n') == NULL) {
        strcpy(to, text);
        return true;
    }
    *code = options_complain(command, "'%.40s...' is too long or has a line end", text);
    return false;
}

/* The account is used from other folders too. */
static bool put_path(const struct command *command, char to[ACCOUNT_TEXT], const char *text, int *code)
{
    char whole[PATH_MAX];

    if (realpath(text, whole) != NULL)
        return put(command, to, ACCOUNT_TEXT, whole, code);
    *code = options_complain(command, "%s: %s", text, strerror(errno));
    return false;
}

static bool put_watchers(const struct command *command, enum call_watchers *to, const char *text, int *code)
{
    if (account_watchers_read(text, to))
        return true;
    *code = options_complain(command, "--watchers is state, details or none, not '%.40s'", text);
    return false;
}

static bool put_presence(const struct command *command, enum presence_viewers *to, const char *text, int *code)
{
    if (account_presence_read(text, to))
        return true;
    *code = options_complain(command, "--presence is ask, domain or none, not '%.40s'", text);
    return false;
}

static bool is_sip(const char *text)
{
    struct uri uri;

    return uri_parse(slice_from(text), &uri) && (uri.scheme == URI_SIP || uri.scheme == URI_SIPS);
}

/* "alice@example.test" will do. */
static int check(const struct command *command, struct account_entry *e, const char *address)
{
    struct uri uri;

    snprintf(e->address, sizeof e->address, "%s%s", scheme_for(address), address);
    if (!is_sip(e->address) || !uri_parse(slice_from(e->address), &uri) || uri.user.len == 0)
        return options_complain(command, "'%s' is not an address like sip:alice@example.test", address);
    if (e->registrar[0] != '\0' && !is_sip(e->registrar))
        return options_complain(command, "--registrar '%s' is not a SIP URI", e->registrar);
    if (e->proxy[0] != '\0' && !is_sip(e->proxy))
        return options_complain(command, "--proxy '%s' is not a SIP URI", e->proxy);
    if (e->second_proxy[0] != '\0' && !is_sip(e->second_proxy))
        return options_complain(command, "--second-proxy '%s' is not a SIP URI", e->second_proxy);
    if (e->strict && e->proxy[0] == '\0')
        return options_complain(command, "--strict says what the proxy is, and there is none: --proxy");
    if (e->name[0] == '\0')
        snprintf(e->name, sizeof e->name, "%.*s", SLICE_ARG(uri.user));
    return EXIT_OK;
}

struct add {
    struct account_entry entry;
    bool                 from_stdin, first, outbound;
};

static int read_options(struct options *o, struct add *add)
{
    struct account_entry *e = &add->entry;

    for (int letter, code = EXIT_OK; (letter = options_next(o)) != OPTIONS_END;) {
        bool good = true;

        if (letter == OPT_NAME)
            good = put(o->command, e->name, sizeof e->name, o->value, &code);
        else if (letter == OPT_USER)
            good = put(o->command, e->user, sizeof e->user, o->value, &code);
        else if (letter == OPT_DISPLAY)
            good = put(o->command, e->display, sizeof e->display, o->value, &code);
        else if (letter == OPT_REGISTRAR)
            good = put(o->command, e->registrar, sizeof e->registrar, o->value, &code);
        else if (letter == OPT_PROXY)
            good = put(o->command, e->proxy, sizeof e->proxy, o->value, &code);
        else if (letter == OPT_SECOND_PROXY)
            good = put(o->command, e->second_proxy, sizeof e->second_proxy, o->value, &code);
        else if (letter == OPT_WATCHERS)
            good = put_watchers(o->command, &e->watchers, o->value, &code);
        else if (letter == OPT_PRESENCE)
            good = put_presence(o->command, &e->presence, o->value, &code);
        else if (letter == OPT_OUTBOUND)
            add->outbound = true;
        else if (letter == OPT_STRICT)
            e->strict = true;
        else if (letter == OPT_TLS_TRUST)
            good = put_path(o->command, e->tls_trust, o->value, &code);
        else if (letter == OPT_TLS_CERTIFICATE)
            good = put_path(o->command, e->tls_certificate, o->value, &code);
        else if (letter == OPT_TLS_KEY)
            good = put_path(o->command, e->tls_key, o->value, &code);
        else if (letter == OPT_TLS_NO_VERIFY)
            e->tls_no_verify = true;
        else if (letter == OPT_PASSWORD_STDIN)
            add->from_stdin = true;
        else if (letter == OPT_DEFAULT)
            add->first = true;
        else if (letter == OPT_KEEP_ALIVE && !options_number(o, ACCOUNT_KEEP_ALIVE_MAX, &e->keep_alive))
            return o->exit_code;
        else if (letter == OPT_EXPIRES && (!options_number(o, 7 * 24 * 3600, &e->expires) || e->expires == 0))
            return o->exit_code >= 0 ? o->exit_code : options_complain(o->command, "--expires must be 1 or more");
        if (!good)
            return code;
    }
    return o->exit_code;
}

static int run_add(const struct command *command, int argc, char **argv)
{
    static struct account_list list;
    struct add                 add = { .entry = { .expires = 3600, .keep_alive = ACCOUNT_KEEP_ALIVE } };
    struct options             o   = options_of(command, argc, argv);
    char                       password[PASSWORD_SIZE], path[PATH_MAX];
    int                        code = read_options(&o, &add);

    if (code >= 0)
        return code;
    if (argc - o.index != 1)
        return options_complain(command, "which address?");
    if ((add.outbound || add.entry.second_proxy[0] != '\0') && !instance_make(add.entry.instance)) {
        fprintf(stderr, "ahoy account add: no random numbers\n");
        return EXIT_ERROR;
    }
    code = check(command, &add.entry, argv[o.index]);
    if (code == EXIT_OK)
        code = account_file_load(&list);
    if (code != EXIT_OK)
        return code;
    if (!account_file_path(path, sizeof path)) /* nobody types a password in vain */
        return account_file_save(&list);
    if (account_list_find(&list, add.entry.name) != NULL) {
        fprintf(stderr, "ahoy account add: there is an account '%s' already\n", add.entry.name);
        return EXIT_EXISTS;
    }
    code = password_get(command->name, add.from_stdin ? PASSWORD_STDIN : PASSWORD_TERMINAL, password);
    if (code != EXIT_OK)
        return code;
    snprintf(add.entry.password, sizeof add.entry.password, "%s", password);
    password_forget(password);
    code = add_entry(&list, &add.entry, add.first);
    explicit_bzero(&add, sizeof add);
    explicit_bzero(&list, sizeof list);
    return code;
}

static int run_list(const struct command *command, int argc, char **argv)
{
    static struct account_list list;
    struct options             o = options_of(command, argc, argv);
    int                        code;

    while (options_next(&o) != OPTIONS_END)
        ;
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index != argc)
        return options_complain(command, "no argument is wanted");
    code = account_file_load(&list);
    if (code == EXIT_OK && list.count == 0)
        fprintf(stderr, "No accounts yet.  Try 'ahoy account add sip:alice@example.test'.\n");
    for (size_t i = 0; code == EXIT_OK && i < list.count; i++) {
        const struct account_entry *e = &list.entries[i];

        printf("%-16s %s%s%s%s\n", e->name, e->address, e->proxy[0] != '\0' ? " via " : "", e->proxy,
               i == 0 ? " (default)" : "");
    }
    explicit_bzero(&list, sizeof list);
    return code;
}

static int run_remove(const struct command *command, int argc, char **argv)
{
    static struct account_list list;
    struct options             o = options_of(command, argc, argv);
    struct account_entry      *e;
    size_t                     behind;
    int                        code;

    while (options_next(&o) != OPTIONS_END)
        ;
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc - o.index != 1)
        return options_complain(command, "which account?");
    code = account_file_load(&list);
    if (code != EXIT_OK)
        return code;
    e = account_list_find(&list, argv[o.index]);
    if (e == NULL) {
        fprintf(stderr, "ahoy account remove: there is no account '%s'; see 'ahoy account list'\n", argv[o.index]);
        return EXIT_NOT_FOUND;
    }
    behind = list.count - (size_t)(e - list.entries) - 1;
    memmove(e, e + 1, behind * sizeof *e);
    list.count--;
    code = account_file_save(&list);
    explicit_bzero(&list, sizeof list);
    return code;
}

static const struct command command_add = {
    .name     = "account add",
    .summary  = "add an account",
    .synopsis = "[OPTION...] ADDRESS",
    .details  = "Asks for the password without showing it.  It is kept in a file that only you can read.",
    .options  = add_options,
    .examples = "ahoy account add sip:alice@example.test\n"
                "ahoy account add --proxy sip:127.0.0.1:5060 --password-stdin alice@example.test < secret\n"
                "ahoy account add --proxy 'sip:example.test;transport=tls' --tls-trust ca.pem alice@example.test\n",
    .run      = run_add,
};

static const struct command command_list = {
    .name     = "account list",
    .summary  = "list the accounts",
    .synopsis = "",
    .run      = run_list,
};

static const struct command command_remove = {
    .name     = "account remove",
    .summary  = "remove an account",
    .synopsis = "NAME",
    .run      = run_remove,
};

static const struct command *const children[] = { &command_add, &command_list, &command_remove, NULL };

extern const struct command command_account;
const struct command        command_account = {
           .name     = "account",
           .summary  = "the phone's accounts: add, list, remove",
           .synopsis = "add|list|remove ...",
           .children = children,
};
