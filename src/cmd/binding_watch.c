/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_watch.c - `ahoy binding watch`: who comes and goes, as it happens. */

#include "cmd/binding.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/json_out.h"
#include "cmd/settings.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_REFRESHED, OPT_LAST, PAUSE = 250 /* ms */, A_LOT = 1000000 };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { 'n', "count", "NUMBER", "end after so many events" },
    { OPT_LAST, "last", NULL, "begin with those that are still known" },
    { OPT_REFRESHED, "refreshed", NULL, "with registrations that only go on" },
    { OPT_JSON, "json", NULL, "one JSON object a line on stdout" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const struct config  *config;
    const char           *path, *word;
    uint32_t              count; /* still to print; 0: no end */
    bool                  json, refreshed, last, counted;
};

static void print_event(const struct request *r, const json_t *e)
{
    const json_t *expires = json_object_get(e, "expires");

    if (r->json) {
        json_dumpf(e, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    printf("%s %-12s %s %s", json_text_of(e, "time"), json_text_of(e, "event"), json_text_of(e, "aor"),
           json_text_of(e, "contact"));
    if (json_is_null(expires))
        printf(" for ever");
    else if (json_integer_value(expires) > 0)
        printf(" for %" JSON_INTEGER_FORMAT " s", json_integer_value(expires));
    putchar('\n');
}

/* "alice", "alice@example.com" and "sip:alice@example.com". */
static json_t *address_of(const struct request *r)
{
    const char *scheme = strncasecmp(r->word, "sip:", 4) == 0 || strncasecmp(r->word, "sips:", 5) == 0 ? "" : "sip:";

    if (strchr(r->word, '@') != NULL)
        return json_sprintf("%s%s", scheme, r->word);
    return json_sprintf("%s%s@%.*s", scheme, r->word, SLICE_ARG(r->config->domains[0]));
}

/* `since` < 0: only where the end is. */
static int ask(const struct request *r, json_int_t since, json_t **page)
{
    json_t *params = json_object();

    *page = NULL;
    if (since >= 0)
        json_object_set_new(params, "since", json_integer(since));
    if (r->word != NULL)
        json_object_set_new(params, "aor", address_of(r));
    if (r->refreshed)
        json_object_set_new(params, "refreshed", json_true());
    return endpoint_call_server(r->command->name, r->config, "binding.watch", params, page);
}

/* False: that were as many as wanted.  Whoever begins with what is still known (`since` 0)
 * has missed nothing. */
static bool print_page(struct request *r, const json_t *page, json_int_t since)
{
    json_int_t    missed = since > 0 ? json_integer_value(json_object_get(page, "missed")) : 0;
    const json_t *events = json_object_get(page, "events");

    if (missed > 0)
        fprintf(stderr, "missed %" JSON_INTEGER_FORMAT " events\n", missed);
    for (size_t i = 0; i < json_array_size(events); i++) {
        print_event(r, json_array_get(events, i));
        if (r->counted && --r->count == 0)
            break;
    }
    fflush(stdout);
    return !r->counted || r->count > 0;
}

static int watch(struct request *r)
{
    const struct timespec pause = { .tv_nsec = PAUSE * 1000000L };
    json_int_t            since = r->last ? 0 : -1;
    json_t               *page;
    int                   code;
    bool                  more = true;

    while (more && (code = ask(r, since, &page)) == EXIT_OK) {
        more  = print_page(r, page, since) && !ferror(stdout);
        since = json_integer_value(json_object_get(page, "next"));
        if (more && json_array_size(json_object_get(page, "events")) == 0)
            nanosleep(&pause, NULL);
        json_decref(page);
    }
    return more ? code : EXIT_OK;
}

static void take_option(struct request *r, struct options *o, int letter)
{
    switch (letter) {
    case 'c':
        r->path = o->value;
        break;
    case 'n':
        r->counted = true;
        if (options_number(o, A_LOT, &r->count) && r->count == 0)
            o->exit_code = options_complain(r->command, "--count wants at least 1 event");
        break;
    case OPT_LAST:
        r->last = true;
        break;
    case OPT_REFRESHED:
        r->refreshed = true;
        break;
    case OPT_JSON:
        r->json = true;
        break;
    }
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options o = options_of(command, argc, argv);
    struct request r = { .command = command };
    int            code;

    for (int letter; o.exit_code < 0 && (letter = options_next(&o)) != OPTIONS_END;)
        take_option(&r, &o, letter);
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc - o.index > 1)
        return options_complain(command, "unexpected argument '%s'", argv[o.index + 1]);
    r.word = argc > o.index ? argv[o.index] : NULL;
    if (!options_is_text(command, r.word))
        return EXIT_USAGE;
    code = settings_load(r.path, &r.config);
    if (code == EXIT_OK)
        code = watch(&r);
    config_free(r.config);
    return code;
}

const struct command command_binding_watch = {
    .name     = "binding watch",
    .summary  = "print who registers and who is gone, as it happens",
    .synopsis = "[OPTION...] [NAME[@DOMAIN]]",
    .details =
        "One line for each change of a contact: registered, expired (its time was over), unregistered (its phone took "
        "it "
        "away, or has registered elsewhere) or rejected (an administrator took it away). Wants a running server. "
        "Without --count it ends with the server, or by Ctrl-C. Who reads too slowly is told how many events he has "
        "missed.",
    .options  = options,
    .examples = "  ahoy binding watch\n"
                "  ahoy binding watch alice --last --json | jq -r .event\n"
                "  ahoy binding watch --count 1 alice && echo alice has come or gone\n",
    .run      = run,
};
