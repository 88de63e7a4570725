/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_lab.c - `ahoy cert lab`: a CA of one's own, and certificates for domains and phones. */

#include "net/cert_lab.h"
#include "base/error.h"
#include "cmd/cert.h"
#include "cmd/exit_code.h"
#include "console/folder.h"
#include "net/cert_read.h"
#include "process/privilege.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OPT_DAYS = OPTION_LONG_ONLY, OPT_CA_DAYS, OPT_CA_NAME, OPT_CLIENT, OPT_NAME, OPT_IP, OPT_RSA, OPT_OWNER };
enum { OPT_FORCE = OPT_OWNER + 1, OPT_JSON };
enum { LIST_MAX = 64, DAYS = 825, CA_DAYS = 3650, DAYS_MAX = 36500, DAY = 86400 };

static const struct option_entry options[] = {
    { OPT_CLIENT, "client", "USER@DOMAIN", "a certificate that this user's phone proves itself with; may be repeated" },
    { OPT_NAME, "name", "NAME", "a further host name in every domain's certificate; may be repeated" },
    { OPT_IP, "ip", "ADDRESS", "the same for an IP address" },
    { OPT_DAYS, "days", "NUMBER", "how long the certificates are good (825)" },
    { OPT_CA_DAYS, "ca-days", "NUMBER", "how long a new CA is good (3650)" },
    { OPT_CA_NAME, "ca-name", "TEXT", "what a new CA is called (Ahoy lab CA, and the date)" },
    { OPT_RSA, "rsa", NULL, "RSA keys of 2048 bits, for phones that do not know P-256" },
    { OPT_OWNER, "owner", "USER", "give the domains' keys to this user of the host, who runs the server" },
    { OPT_FORCE, "force", NULL, "replace certificates that are there; the CA never is" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    OPTION_TABLE_END,
};

struct list {
    struct slice items[LIST_MAX];
    size_t       count;
};

struct request {
    const struct command *command;
    const char           *folder;
    char                  path[PATH_MAX];  /* of the folder, as a configuration names it */
    struct list           who, names, ips; /* who: domains, then clients */
    size_t                domain_count;
    uint32_t              days, ca_days;
    const char           *ca_name, *owner;
    struct identity       identity;
    bool                  rsa, force, json;
};

static int complain(const struct request *r, const char *problem, int error)
{
    fprintf(stderr, "ahoy %s: %s\n", r->command->name, problem);
    return error == -ERR_SYNTAX ? EXIT_USAGE : (int)exit_code_of_error(error);
}

/* ---- what was made ---- */

static void say_text(const struct cert_lab_made *made)
{
    char date[CERT_TIME_TEXT];

    cert_time_write(made->not_after, date);
    fprintf(stderr, "made %s (until %.10s%s)\n     %s\n", made->certificate, date, made->is_cut ? ", as its CA" : "",
            made->key);
    if (made->both[0] != '\0')
        fprintf(stderr, "     %s (both in one, for baresip)\n", made->both);
}

static json_t *made_to_json(struct slice who, const struct cert_lab_made *made)
{
    char date[CERT_TIME_TEXT];

    cert_time_write(made->not_after, date);
    return json_pack("{s:s%,s:b,s:s,s:s,s:s*,s:s}", "for", who.ptr, who.len, "client", made->is_user, "certificate",
                     made->certificate, "key", made->key, "both", made->both[0] == '\0' ? NULL : made->both,
                     "not_after", date);
}

/* To stdout, so that it can be appended to a configuration. */
static void print_lines(const struct request *r, const struct cert_lab *lab)
{
    if (r->domain_count > 0)
        fprintf(stderr, "for ahoy.conf:\n");
    for (size_t i = 0; i < r->domain_count; i++)
        printf("certificate \"%.*s\" {\n    chain = \"%s/%.*s.pem\"\n    key = \"%s/%.*s.key\"\n}\n",
               SLICE_ARG(r->who.items[i]), r->path, SLICE_ARG(r->who.items[i]), r->path, SLICE_ARG(r->who.items[i]));
    if (lab->ca_is_new && r->domain_count > 0)
        printf("tls_trust = \"%s/ca.pem\"\n", r->path);
    fflush(stdout);
    fprintf(stderr, "who is to trust these needs %s/ca.pem; nobody else needs ca.key\n", r->path);
}

/* ---- the work ---- */

/* The server's user must be able to read its key, when it is another one. */
static int give(const struct request *r, const struct cert_lab_made *made)
{
    if (r->owner == NULL || made->is_user || lchown(made->key, r->identity.user, r->identity.group) == 0)
        return EXIT_OK;
    fprintf(stderr, "ahoy %s: cannot give %s to %s: %s\n", r->command->name, made->key, r->owner, strerror(errno));
    return EXIT_ERROR;
}

static int make_one(const struct request *r, const struct cert_lab *lab, struct slice who, json_t *list)
{
    struct cert_lab_made made;
    char                 problem[1024];
    int                  error = cert_lab_make(lab, who, &made, problem, sizeof problem);

    if (error != 0)
        return complain(r, problem, error);
    if (r->json)
        json_array_append_new(list, made_to_json(who, &made));
    else
        say_text(&made);
    return give(r, &made);
}

/* Nothing is made if one of them cannot be. */
static int check_all(const struct request *r, const struct cert_lab *lab)
{
    char problem[1024];

    for (size_t i = 0; i < r->who.count; i++) {
        int error = cert_lab_check(lab, r->who.items[i], problem, sizeof problem);

        if (error != 0)
            return complain(r, problem, error);
    }
    return EXIT_OK;
}

static int make_all(const struct request *r, const struct cert_lab *lab)
{
    json_t *list = json_array();
    int     code = check_all(r, lab);

    if (code == EXIT_OK && !r->json)
        fprintf(stderr, "%s the CA %s/ca.pem\n", lab->ca_is_new ? "made" : "used", r->path);
    for (size_t i = 0; code == EXIT_OK && i < r->who.count; i++)
        code = make_one(r, lab, r->who.items[i], list);
    if (code == EXIT_OK && r->json) {
        json_t *all = json_pack("{s:s+,s:b,s:O}", "ca", r->path, "/ca.pem", "ca_is_new", lab->ca_is_new, "made", list);

        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    } else if (code == EXIT_OK) {
        print_lines(r, lab);
    }
    json_decref(list);
    return code;
}

static struct slice ca_name(const struct request *r, time_t now, char text[64])
{
    struct tm date;

    if (r->ca_name != NULL)
        return slice_from(r->ca_name);
    gmtime_r(&now, &date);
    strftime(text, 64, "Ahoy lab CA %Y-%m-%d", &date);
    return slice_from(text);
}

static int work(struct request *r)
{
    char                          name[64], problem[1024];
    time_t                        now = time(NULL);
    const struct cert_lab_options o   = {
          .now        = (uint64_t)now,
          .seconds    = (uint64_t)r->days * DAY,
          .ca_seconds = (uint64_t)r->ca_days * DAY,
          .ca_name    = ca_name(r, now, name),
          .algorithm  = r->rsa ? CERT_RSA2048 : CERT_P256,
          .replace    = r->force,
          .names      = r->names.items,
          .name_count = r->names.count,
          .ips        = r->ips.items,
          .ip_count   = r->ips.count,
    };
    struct cert_lab lab;
    int             error, code;

    error = folder_make(slice_from(r->folder), problem, sizeof problem);
    if (error != 0)
        return complain(r, problem, error);
    if (realpath(r->folder, r->path) == NULL)
        return complain(r, strerror(errno), -ERR_IO);
    error = cert_lab_open(&lab, r->path, &o, problem, sizeof problem);
    code  = error == 0 ? make_all(r, &lab) : complain(r, problem, error);
    cert_lab_close(&lab);
    return code;
}

/* ---- arguments ---- */

static int append(const struct request *r, struct list *list, const char *text)
{
    if (!options_is_text(r->command, text))
        return EXIT_USAGE;
    if (list->count == LIST_MAX)
        return options_complain(r->command, "more than %d at a time; run it again for the rest", LIST_MAX);
    list->items[list->count++] = slice_from(text);
    return EXIT_OK;
}

static int take_days(struct options *o, uint32_t *days)
{
    if (!options_number(o, DAYS_MAX, days))
        return o->exit_code;
    return *days > 0 ? EXIT_OK : options_complain(o->command, "it must be good for a day at least");
}

static int take_option(struct request *r, struct options *o, int letter, struct list *clients)
{
    switch (letter) {
    case OPT_DAYS:
        return take_days(o, &r->days);
    case OPT_CA_DAYS:
        return take_days(o, &r->ca_days);
    case OPT_CLIENT:
        if (strchr(o->value, '@') == NULL)
            return options_complain(r->command, "'%s' is no client: give user@domain", o->value);
        return append(r, clients, o->value);
    case OPT_NAME:
        return append(r, &r->names, o->value);
    case OPT_IP:
        return append(r, &r->ips, o->value);
    case OPT_CA_NAME:
        r->ca_name = o->value;
        if (*o->value == '\0' || strlen(o->value) > 64)
            return options_complain(r->command, "a CA is called something of 1 to 64 bytes");
        return options_is_text(r->command, o->value) ? EXIT_OK : EXIT_USAGE;
    case OPT_OWNER:
        r->owner = o->value;
        return EXIT_OK;
    case OPT_RSA:
        r->rsa = true;
        return EXIT_OK;
    case OPT_FORCE:
        r->force = true;
        return EXIT_OK;
    case OPT_JSON:
        r->json = true;
        return EXIT_OK;
    }
    return EXIT_OK;
}

static int take_arguments(struct request *r, const struct options *o, const struct list *clients)
{
    int code = EXIT_OK;

    if (o->index >= o->argc)
        return options_complain(r->command, "give a folder, then domains");
    r->folder = o->argv[o->index];
    for (int i = o->index + 1; code == EXIT_OK && i < o->argc; i++)
        code =
            strchr(o->argv[i], '@') == NULL
                ? append(r, &r->who, o->argv[i])
                : options_complain(r->command, "'%s' is no domain; did you mean --client %s?", o->argv[i], o->argv[i]);
    r->domain_count = r->who.count;
    for (size_t i = 0; code == EXIT_OK && i < clients->count; i++)
        code = append(r, &r->who, clients->items[i].ptr);
    if (code == EXIT_OK && r->who.count == 0)
        code = options_complain(r->command, "give a domain, or a client");
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options o       = options_of(command, argc, argv);
    struct request r       = { .command = command, .days = DAYS, .ca_days = CA_DAYS };
    struct list    clients = { .count = 0 };
    char           problem[256];
    int            code = EXIT_OK, error;

    for (int letter; code == EXIT_OK && (letter = options_next(&o)) != OPTIONS_END;)
        code = take_option(&r, &o, letter, &clients);
    if (code != EXIT_OK || o.exit_code >= 0)
        return code != EXIT_OK ? code : o.exit_code;
    code = take_arguments(&r, &o, &clients);
    if (code != EXIT_OK)
        return code;
    error = r.owner == NULL ? 0 : identity_find(slice_from(r.owner), SLICE(""), &r.identity, problem, sizeof problem);
    return error == 0 ? work(&r) : complain(&r, problem, error);
}

const struct command command_cert_lab = {
    .name     = "cert lab",
    .summary  = "make a private CA and certificates for domains and phones",
    .synopsis = "[OPTION...] FOLDER [DOMAIN...]",
    .details  = "The CA is FOLDER/ca.pem with its key ca.key; one that is there is used again. Each domain gets\n"
                "DOMAIN.pem and DOMAIN.key, with the names that RFC 5922 wants; an IP address is a domain, too. Keys\n"
                "are readable by their owner alone. What ahoy.conf needs is printed on stdout, the rest on stderr.\n"
                "Who is to trust the certificates must be given ca.pem: phones, browsers, other servers.",
    .options  = options,
    .examples = "  ahoy cert lab ./tls example.com >> ahoy.conf\n"
                "  ahoy cert lab ./tls example.com --name sip.example.com --ip 192.0.2.7\n"
                "  ahoy cert lab ./tls --client alice@example.com     # for a phone; see tls_clients in ahoy.conf(5)\n"
                "  sudo ahoy cert lab /etc/ahoy/tls example.com --owner ahoy\n",
    .run      = run,
};
