/* SPDX-License-Identifier: BSD-2-Clause */
/* cert_show.c - `ahoy cert show`: certificates of a running server, in a file, or of a TLS server
 * anywhere. */

#include "base/error.h"
#include "cmd/cert.h"
#include "cmd/cert_print.h"
#include "cmd/cert_probe.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/settings.h"
#include "console/cert_json.h"
#include "net/cert_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { OPT_CHECK = OPTION_LONG_ONLY, OPT_JSON, OPT_TRUST };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { 'd', "domain", "NAME", "whom HOST must prove to be (default: HOST)" },
    { OPT_TRUST, "trust", "FILE", "the CAs that may vouch for HOST (default: those of this host)" },
    { OPT_CHECK, "check", NULL,
      "for monitors: one line, and 0, 1 or 2 as exit status: all good, one ends soon, one is no good" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const char           *path; /* of the configuration */
    const char           *what; /* a file, or a host; NULL: the running server */
    const char           *domain, *trust;
    bool                  check, json;
};

static int complain(const struct request *r, const char *path, const char *why, int error)
{
    fprintf(stderr, "ahoy %s: %s: %s\n", r->command->name, path, why);
    return (int)exit_code_of_error(error);
}

/* ---- where they come from ---- */

static json_t *list_to_json(const char *path, const struct cert_facts *list, size_t count)
{
    json_t *all = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *one = cert_facts_to_json(&list[i], (uint64_t)time(NULL));

        json_object_set_new(one, "file", json_string(path));
        json_array_append_new(all, one);
    }
    return all;
}

static const char *reading_problem(int error)
{
    switch (error) {
    case -ERR_NOT_FOUND:
        return "there is no certificate in it (PEM is read, DER is not)";
    case -ERR_TOO_LARGE:
        return "more certificates than a chain has";
    case -ERR_CORRUPT:
        return "a certificate in it is damaged";
    default:
        return error_text(error);
    }
}

static int of_file(const struct request *r, json_t **all)
{
    struct cert_facts *list;
    size_t             count, len;
    char              *text;
    int                error = cert_read_text(r->what, &text, &len);

    if (error != 0)
        return complain(r, r->what, error_text(error), error);
    error = cert_list_read((struct slice){ text, len }, &list, &count);
    explicit_bzero(text, len); /* a key may stand in it, too */
    free(text);
    if (error != 0)
        return complain(r, r->what, reading_problem(error), error);
    *all = list_to_json(r->what, list, count);
    cert_list_free(list, count);
    return EXIT_OK;
}

static int of_server(const struct request *r, json_t **all)
{
    const struct config *config = NULL;
    json_t              *result = NULL;
    int                  code   = settings_load(r->path, &config);

    if (code == EXIT_OK)
        code = endpoint_call_server(r->command->name, config, "cert.list", NULL, &result);
    if (code == EXIT_OK)
        *all = json_incref(json_object_get(result, "certificates"));
    json_decref(result);
    config_free(config);
    return code;
}

static int of_host(const struct request *r, json_t **all)
{
    const struct cert_probe probe = { r->what, r->domain == NULL ? SLICE("") : slice_from(r->domain), r->trust };
    char                    problem[1024];
    json_t                 *one;
    int                     error = cert_probe_run(&probe, &one, problem, sizeof problem);

    if (error == -ERR_SYNTAX || error == -ERR_NAME)
        return options_complain(r->command, "%s is no file, and no host: %s", r->what, problem);
    if (error != 0) {
        fprintf(stderr, "ahoy %s: %s\n", r->command->name, problem);
        return (int)exit_code_of_error(error);
    }
    *all = json_pack("[o]", one);
    return EXIT_OK;
}

/* A name with a slash, or one that is there, is a file's. */
static bool is_file(const char *what)
{
    struct stat st;

    return strchr(what, '/') != NULL || stat(what, &st) == 0;
}

static int find_all(const struct request *r, json_t **all)
{
    if (r->what == NULL)
        return of_server(r, all);
    return is_file(r->what) ? of_file(r, all) : of_host(r, all);
}

/* ---- the command ---- */

static int print_all(const struct request *r, const json_t *all)
{
    const json_t *one;
    size_t        i;

    if (r->check)
        return cert_print_check(all, stdout);
    json_array_foreach(all, i, one)
    {
        if (r->json) {
            json_dumpf(one, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            cert_print(one, i > 0, stdout);
        }
    }
    if (json_array_size(all) == 0)
        fprintf(stderr, "the server has no certificate: it offers neither TLS nor WSS\n");
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options o   = options_of(command, argc, argv);
    struct request r   = { .command = command };
    json_t        *all = NULL;
    int            code;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            r.path = o.value;
        else if (letter == 'd')
            r.domain = o.value;
        else if (letter == OPT_TRUST)
            r.trust = o.value;
        else if (letter == OPT_CHECK)
            r.check = true;
        else if (letter == OPT_JSON)
            r.json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index < argc)
        r.what = argv[o.index++];
    if (o.index < argc)
        return options_complain(command, "unexpected argument '%s'", argv[o.index]);
    if (r.check && r.json)
        return options_complain(command, "give either --check or --json");
    if (!options_is_text(command, r.domain))
        return EXIT_USAGE;
    code = find_all(&r, &all);
    if (code == EXIT_OK)
        code = print_all(&r, all);
    json_decref(all);
    return code;
}

const struct command command_cert_show = {
    .name     = "cert show",
    .summary  = "show the certificates of the running server, of a file or of a host",
    .synopsis = "[OPTION...] [FILE | HOST[:PORT]]",
    .details  = "Without an argument: what the server that runs on this state folder speaks TLS with. HOST is\n"
                "connected to by TLS, on port 5061 unless told otherwise, and besides its certificate it is shown\n"
                "whether we would take it for NAME (RFC 5922). A certificate ends soon when 30 days or less are left.\n"
                "With --check the exit status is 0 if all is well, 1 if one ends soon, 2 if one has ended, has not\n"
                "begun or is not accepted, or if there is none.",
    .options  = options,
    .examples = "  ahoy cert show\n"
                "  ahoy cert show /etc/ahoy/tls/example.com.pem\n"
                "  ahoy cert show sip.example.com --domain example.com --trust ca.pem\n"
                "  ahoy cert show --check       # for Nagios and the like\n"
                "  ahoy cert show --json | jq -r '.file + \" \" + (.days_left | tostring)'\n",
    .run      = run,
};
