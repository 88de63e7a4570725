/* SPDX-License-Identifier: BSD-2-Clause */
/* config_test.c - `ahoy config test`: do requests go where a table says, by this configuration alone? */
#include "cmd/config_test.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/offline.h"
#include "cmd/route_print.h"
#include "cmd/route_wanted.h"
#include "cmd/settings.h"
#include "cmd/shell.h"
#include "server/binding_admin.h"
#include "server/registrar.h"

#include <errno.h>
#include <stdlib.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_EXPLAIN, PATIENCE = 30000, OUTCOME = 4096, HOUR = 3600 * 1000 };

/* One call at a time.  It may be answered as late as when everything ends. */
struct waiting {
    struct control_call call;
    json_t             *outcome;
};

struct run {
    struct waiting        waiting;
    const struct command *command;
    const char           *path, *file; /* of the configuration, of the table */
    bool                  json, explain;
    const struct config  *config;
    struct case_table     table;
    struct offline        offline;
    uint64_t              rows; /* of bindings */
    unsigned              failed;
};

/* ---- the methods, as a command without a server calls them ---- */

static void on_finish(struct control_call *call, json_t *outcome)
{
    CONTAINER_OF(call, struct waiting, call)->outcome = outcome;
}

/* Takes `params`.  The result, the caller's; NULL, and `*problem`, malloc'ed, says why. */
static json_t *call(struct run *r, const char *method, json_t *params, char **problem)
{
    struct waiting              *w = &r->waiting;
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    msec                         now     = r->offline.world->now;
    json_t                      *result  = NULL;
    const char                  *message = "there is no answer";
    msec                         until   = now + PATIENCE;

    *w = (struct waiting){ .call = { on_finish } };
    control_dispatch(methods, count, &r->offline.admin, &w->call, method, params);
    json_decref(params);
    while (w->outcome == NULL && now < until)
        now = offline_turn(&r->offline, PATIENCE);
    if (w->outcome != NULL && control_outcome_read(w->outcome, &result, &message) == 0)
        json_incref(result);
    *problem = result == NULL ? strdup(message) : NULL;
    json_decref(w->outcome);
    w->outcome = NULL;
    return result;
}

/* ---- what is declared ---- */

static json_t *text(struct slice s)
{
    return json_stringn(s.ptr, s.len);
}

/* The part before the @, and if there is one what is behind it. */
static void set_name(json_t *params, const char *name_key, const char *domain_key, struct slice word)
{
    const char *at = memchr(word.ptr, '@', word.len);

    json_object_set_new(params, name_key, text(at != NULL ? slice_between(word.ptr, at) : word));
    if (at != NULL)
        json_object_set_new(params, domain_key, text(slice_between(at + 1, word.ptr + word.len)));
}

static char *add_user(struct run *r, const struct case_row *row)
{
    json_t *params = json_pack("{s:s}", "password", "nobody asks for it");
    char   *problem;

    set_name(params, "name", "domain", row->name);
    json_decref(call(r, "user.add", params, &problem));
    return problem;
}

static char *add_alias(struct run *r, const struct case_row *row)
{
    json_t *params = json_object();
    char   *problem;

    json_object_set_new(params, "alias", text(row->name));
    set_name(params, "user", "domain", row->user);
    json_decref(call(r, "alias.add", params, &problem));
    return problem;
}

/* "bob", "bob@example.com" or a URI; malloc'ed. */
static char *uri_of(const struct run *r, struct slice word)
{
    char *uri = NULL;

    if (memchr(word.ptr, '@', word.len) == NULL && memchr(word.ptr, ':', word.len) == NULL) {
        if (asprintf(&uri, "sip:%.*s@%.*s", SLICE_ARG(word), SLICE_ARG(r->config->domains[0])) < 0)
            return NULL;
    } else {
        uri = strndup(word.ptr, word.len);
        if (uri != NULL && *scheme_for(uri) != '\0' && memchr(word.ptr, '@', word.len) != NULL) {
            free(uri);
            if (asprintf(&uri, "sip:%.*s", SLICE_ARG(word)) < 0)
                return NULL;
        }
    }
    return uri;
}

/* As a restart would bring it back: no phone is there to register. */
static int load_binding(struct run *r, struct slice key, const struct case_row *row)
{
    uint64_t              until = world_wall(r->offline.world) + HOUR;
    struct stored_binding b     = { .row         = ++r->rows,
                                    .aor         = key,
                                    .contact     = row->contact,
                                    .params      = row->params,
                                    .call_id     = SLICE("declared"),
                                    .q           = row->q,
                                    .expires_at  = until,
                                    .lease_until = until };

    return registrar_loaded(r->offline.shared, r->offline.world, &b);
}

static char *add_binding(struct run *r, const struct case_row *row)
{
    char         memory[BINDING_KEY_MAX];
    char        *uri = uri_of(r, row->aor);
    struct slice key = SLICE("");
    int          error;

    if (uri != NULL)
        key = binding_admin_key(r->offline.server, slice_from(uri), memory);
    free(uri);
    if (key.len == 0)
        return strdup("this is no address of a domain of this server");
    error = load_binding(r, key, row);
    return error != 0 ? strdup(error_text(error)) : NULL;
}

/* ---- one case ---- */

static void set_text(json_t *params, const char *key, struct slice value)
{
    if (value.len > 0)
        json_object_set_new(params, key, text(value));
}

static void set_uri(const struct run *r, json_t *params, const char *key, struct slice word)
{
    char *uri = word.len > 0 ? uri_of(r, word) : NULL;

    if (uri != NULL)
        json_object_set_new(params, key, json_string(uri));
    free(uri);
}

static json_t *params_of(const struct run *r, const struct case_row *row)
{
    json_t *headers = json_array();
    json_t *params  = json_pack("{s:o,s:b}", "headers", headers, "authenticated", !row->stranger);

    set_text(params, "method", row->method);
    set_uri(r, params, "uri", row->uri);
    set_uri(r, params, "from", row->from);
    set_text(params, "source", row->source);
    set_text(params, "transport", row->transport);
    set_text(params, "trunk", row->trunk);
    for (unsigned i = 0; i < row->header_count; i++)
        json_array_append_new(headers, text(row->headers[i]));
    return params;
}

static void print_case(const struct run *r, const struct case_row *row, bool good, const char *got,
                       const json_t *explanation)
{
    if (r->json) {
        json_t *line = json_pack("{s:s,s:s,s:i,s:o,s:b,s:o,s:s,s:O}", "event", "case", "file", r->file, "line",
                                 (int)row->line, "text", text(row->text), "passed", good, "expected",
                                 text(row->wanted.text), "got", got, "explanation", explanation);

        json_print_line(line);
        json_decref(line);
        return;
    }
    if (good && !r->explain)
        return;
    printf("%s:%u: %s\n", r->file, row->line, good ? "as expected" : "not as expected");
    printf("  %.*s\n", SLICE_ARG(row->text));
    if (!good)
        printf("  expected: %.*s\n  got:      %s\n", SLICE_ARG(row->wanted.text), got);
    route_print_steps(stdout, explanation, "    ");
    route_print_outcome(stdout, explanation, "    ");
    putchar('\n');
}

static char *try_case(struct run *r, const struct case_row *row)
{
    char       *problem;
    json_t     *e = call(r, "route.explain", params_of(r, row), &problem);
    char        memory[OUTCOME];
    struct buf  got = BUF_ON(memory);
    const char *came;
    bool        good;

    if (e == NULL)
        return problem;
    route_write_outcome(&got, e);
    came = buf_ok(&got) ? buf_cstr(&got) : "more than can be told";
    good = route_is_wanted(&row->wanted, e);
    r->failed += !good;
    print_case(r, row, good, came, e);
    json_decref(e);
    return NULL;
}

/* ---- all ---- */

static char *do_row(struct run *r, const struct case_row *row)
{
    switch (row->kind) {
    case ROW_USER:
        return add_user(r, row);
    case ROW_ALIAS:
        return add_alias(r, row);
    case ROW_BINDING:
        return add_binding(r, row);
    case ROW_CASE:
        break;
    }
    return try_case(r, row);
}

static int summarise(const struct run *r)
{
    if (r->json) {
        json_t *line =
            json_pack("{s:s,s:i,s:i}", "event", "end", "cases", (int)r->table.cases, "failed", (int)r->failed);

        json_print_line(line);
        json_decref(line);
    } else {
        printf("%s: %u cases, %u not as expected\n", r->file, r->table.cases, r->failed);
    }
    return r->failed > 0 ? EXIT_ERROR : EXIT_OK;
}

static int run_table(struct run *r)
{
    char problem[1024];
    int  error = offline_open(&r->offline, OFFLINE_EMPTY, problem, sizeof problem);

    if (error != 0) {
        fprintf(stderr, "ahoy %s: %s\n", r->command->name, problem);
        return exit_code_of_error(error);
    }
    for (unsigned i = 0; i < r->table.count; i++) {
        const struct case_row *row  = &r->table.rows[i];
        char                  *what = do_row(r, row);

        if (what == NULL)
            continue;
        fprintf(stderr, "%s:%u: %s\n", r->file, row->line, what);
        free(what);
        return EXIT_USAGE;
    }
    return summarise(r);
}

static void print_problem(void *arg, const char *problem)
{
    (void)arg;
    fprintf(stderr, "%s\n", problem);
}

static int read_table(struct run *r)
{
    static char memory[CASE_TABLE_SIZE + 1];
    FILE       *in = strcmp(r->file, "-") == 0 ? stdin : fopen(r->file, "r");
    size_t      size;
    int         error;

    if (in == NULL) {
        fprintf(stderr, "%s: %s\n", r->file, strerror(errno));
        return EXIT_USAGE;
    }
    size  = fread(memory, 1, sizeof memory, in);
    error = ferror(in) ? -ERR_IO : 0;
    if (in != stdin)
        fclose(in);
    if (error == 0)
        error = case_table_parse(&r->table, (struct slice){ memory, size }, r->file, print_problem, NULL);
    if (error != 0 && error != -ERR_SYNTAX)
        fprintf(stderr, "%s: %s\n", r->file, error_text(error));
    return error == 0 ? EXIT_OK : EXIT_USAGE;
}

static int run_all(struct run *r)
{
    int code = settings_load(r->path, &r->config);

    if (code == EXIT_OK)
        code = read_table(r);
    if (code == EXIT_OK) {
        r->offline.admin.config = r->config;
        code                    = run_table(r);
        offline_close(&r->offline);
    }
    case_table_free(&r->table);
    config_free(r->config);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct run     r = { .command = command };
    struct options o = options_of(command, argc, argv);

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            r.path = o.value;
        r.json    = r.json || letter == OPT_JSON;
        r.explain = r.explain || letter == OPT_EXPLAIN;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index == argc)
        return options_complain(command, "give the table");
    if (o.index + 1 < argc)
        return options_complain(command, "unexpected argument '%s'", argv[o.index + 1]);
    r.file = argv[o.index];
    return options_is_text(command, r.file) ? run_all(&r) : EXIT_USAGE;
}

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { OPT_EXPLAIN, "explain", NULL, "with the explanation of each case, not only of those that are not as expected" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout: case, end" },
    OPTION_TABLE_END,
};

const struct command command_config_test = {
    .name     = "config test",
    .summary  = "do requests go where a table says, by this configuration?",
    .synopsis = "[OPTION...] TABLE",
    .details =
        "Needs neither a server nor its database, and sends nothing: who is there the table says itself, in lines such "
        "as 'user NAME', 'alias NUMBER NAME' and 'binding NAME CONTACT [q=NUMBER]'. All others are requests: METHOD "
        "ADDRESS, then what is to be said of them of 'from ADDRESS', 'via SOURCE', 'by TRANSPORT', 'header \"Name: "
        "value\"', 'trunk NAME' and 'authenticated no', then '->' and what is expected: a status, perhaps with "
        "Contacts; targets, "
        "with commas between those that are asked together and 'then' between those that are asked one after the "
        "other, each perhaps with 'by NEXT-HOP', '...' for any more; 'register'; or 'route NAME', the section of the "
        "configuration that sends it. What is declared is there for the lines below it. TABLE '-' is the standard "
        "input. Exits with 0 if all is as expected, with 1 if not, with 2 if the table has mistakes.",
    .options  = options,
    .examples = "  ahoy config test routes.table -c /etc/ahoy/ahoy.conf\n"
                "  echo 'INVITE bob from sip:eve@elsewhere.example -> 404' | ahoy config test -\n"
                "\n"
                "  # routes.table\n"
                "  binding bob sip:bob@192.0.2.3:5060 q=0.5\n"
                "  binding bob sip:bob@192.0.2.4\n"
                "  INVITE bob from alice -> sip:bob@192.0.2.4 then sip:bob@192.0.2.3:5060\n"
                "  INVITE bob from alice authenticated no -> 407\n"
                "  INVITE sip:x@far.example from sip:eve@elsewhere.example via 198.51.100.7 -> 403\n",
    .run      = run,
};
