/* SPDX-License-Identifier: BSD-2-Clause */
/* status.c - `ahoy status`: how is the server that runs here? */

#include "base/counters.h"
#include "cmd/endpoint.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/settings.h"

#include <time.h>
#include <unistd.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_PROMETHEUS, OPT_ALL, OPT_RESET };

static const struct option_entry options[] = {
    OPTION_CONFIG,
    { OPT_ALL, "all", NULL, "with the counters that are still 0" },
    { 'w', "watch", "SECONDS", "print it again and again" },
    { OPT_JSON, "json", NULL, "one JSON object on stdout" },
    { OPT_PROMETHEUS, "prometheus", NULL, "counters and gauges in Prometheus' text format" },
    { OPT_RESET, "reset", NULL, "first let the high-water marks begin anew" },
    OPTION_TABLE_END,
};

struct request {
    const struct command *command;
    const struct config  *config;
    const char           *path;
    bool                  json, prometheus, all, reset;
    uint32_t              watch; /* seconds, 0: once */
};

static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);

    return text == NULL ? "" : text;
}

static void print_list(const char *name, const json_t *list)
{
    json_t *one;
    size_t  i;

    printf("%-10s", name);
    json_array_foreach(list, i, one) printf("%s%s", i == 0 ? "" : " ", text_of(one));
    putchar('\n');
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* "in order", or what was wrong at the last try. */
static void print_store(const json_t *store)
{
    const json_t *error = json_object_get(store, "error"), *last = json_object_get(store, "last_error");

    printf("%-10s", "store");
    if (json_is_object(error))
        printf("%s: %" JSON_INTEGER_FORMAT " changes wait\n", text_of(json_object_get(error, "message")),
               number_of(store, "queued"));
    else if (json_is_object(last))
        printf("in order again, after: %s\n", text_of(json_object_get(last, "message")));
    else
        puts("in order");
}

static void print_configuration(const json_t *c)
{
    time_t    taken    = (time_t)(number_of(c, "taken_at") / 1000);
    char      when[64] = "";
    struct tm local;

    if (localtime_r(&taken, &local) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    printf("%-10s%s, number %" JSON_INTEGER_FORMAT " since the start, taken %s\n", "config",
           text_of(json_object_get(c, "file")), number_of(c, "number"), when);
}

static void print_server(const json_t *status)
{
    json_int_t seconds = number_of(status, "uptime_msec") / 1000;

    printf("%-10s%s, process %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " worker%s\n", "version",
           text_of(json_object_get(status, "version")), number_of(status, "pid"), number_of(status, "workers"),
           number_of(status, "workers") == 1 ? "" : "s");
    printf("%-10s%" JSON_INTEGER_FORMAT "d %02d:%02d:%02d", "up", seconds / 86400, (int)(seconds / 3600 % 24),
           (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (number_of(status, "restarts") > 0)
        printf(", after dying %" JSON_INTEGER_FORMAT " time%s", number_of(status, "restarts"),
               number_of(status, "restarts") == 1 ? "" : "s");
    putchar('\n');
    print_list("domains", json_object_get(status, "domains"));
    printf("%-10s%s\n", "realm", text_of(json_object_get(status, "realm")));
    print_list("listening", json_object_get(status, "listening"));
    print_configuration(json_object_get(status, "configuration"));
    if (json_is_string(json_object_get(status, "metrics")))
        printf("%-10shttp://%s/metrics\n", "metrics", text_of(json_object_get(status, "metrics")));
    printf("%-10s%" JSON_INTEGER_FORMAT "\n", "users", number_of(status, "users"));
    printf("%-10s%" JSON_INTEGER_FORMAT "\n", "bindings", number_of(status, "bindings"));
    print_store(json_object_get(status, "store"));
}

static void print_gauge(const struct counter_entry *e, const json_t *gauge)
{
    json_int_t full = number_of(gauge, "full");

    printf("%-24s%12" JSON_INTEGER_FORMAT "%12" JSON_INTEGER_FORMAT, e->name, number_of(gauge, "value"),
           number_of(gauge, "high"));
    if (json_is_integer(json_object_get(gauge, "limit")))
        printf("%12" JSON_INTEGER_FORMAT "%8" JSON_INTEGER_FORMAT ".%" JSON_INTEGER_FORMAT "%%",
               number_of(gauge, "limit"), full / 10, full % 10);
    putchar('\n');
}

static void print_counter(const struct counter_entry *e, json_int_t count, const json_t *rates)
{
    printf("%-24s%12" JSON_INTEGER_FORMAT "%12.1f%12.1f%12.1f\n", e->name, count,
           json_real_value(json_object_get(rates, "1s")), json_real_value(json_object_get(rates, "10s")),
           json_real_value(json_object_get(rates, "all")));
}

static void print_memory(const json_t *memory)
{
    const char *name;
    json_t     *account;

    printf("\n%-24s%12s%12s%12s   memory is %s\n", "", "bytes", "highest", "full",
           text_of(json_object_get(memory, "level")));
    json_object_foreach(json_object_get(memory, "accounts"), name, account)
        printf("%-24s%12" JSON_INTEGER_FORMAT "%12" JSON_INTEGER_FORMAT "%11.1f%%\n", name, number_of(account, "bytes"),
               number_of(account, "high"), json_real_value(json_object_get(account, "percent")));
}

static void print_status(const json_t *status, bool all)
{
    print_server(status);
    printf("\n%-24s%12s%12s%12s%11s\n", "", "now", "highest", "limit", "full");
    for (size_t i = 0; i < GAUGES; i++)
        print_gauge(&gauge_table[i], json_object_get(json_object_get(status, "gauges"), gauge_table[i].name));
    if (json_is_object(json_object_get(status, "memory")))
        print_memory(json_object_get(status, "memory"));
    printf("\n%-24s%12s%12s%12s%12s\n", "", "count", "/s, 1 s", "/s, 10 s", "/s, ever");
    for (size_t i = 0; i < COUNTERS; i++) {
        const char *name  = counter_table[i].name;
        json_int_t  count = number_of(json_object_get(status, "counters"), name);

        if (count > 0 || all)
            print_counter(&counter_table[i], count, json_object_get(json_object_get(status, "rates"), name));
    }
}

static int show(const struct request *r)
{
    json_t *status = NULL;
    int     code = endpoint_call_server(r->command->name, r->config, r->prometheus ? "server.metrics" : "server.status",
                                        NULL, &status);

    if (code != EXIT_OK)
        return code;
    if (r->prometheus) {
        fputs(text_of(json_object_get(status, "text")), stdout);
    } else if (r->json) {
        json_dumpf(status, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        if (r->watch > 0 && isatty(STDOUT_FILENO))
            fputs("\033[H\033[J", stdout);
        print_status(status, r->all);
    }
    json_decref(status);
    fflush(stdout);
    return EXIT_OK;
}

static int reset(const struct request *r)
{
    json_t *result = NULL;
    int     code   = endpoint_call_server(r->command->name, r->config, "server.reset", NULL, &result);

    json_decref(result);
    return code;
}

static int show_all(const struct request *r)
{
    int code = r->reset ? reset(r) : EXIT_OK;

    if (code == EXIT_OK)
        code = show(r);
    while (code == EXIT_OK && r->watch > 0 && !ferror(stdout)) {
        sleep(r->watch);
        code = show(r);
    }
    return code;
}

static void take_option(struct request *r, struct options *o, int letter)
{
    enum { A_DAY = 86400 };

    switch (letter) {
    case 'c':
        r->path = o->value;
        break;
    case 'w':
        if (options_number(o, A_DAY, &r->watch) && r->watch == 0)
            o->exit_code = options_complain(r->command, "--watch wants at least 1 second");
        break;
    case OPT_JSON:
        r->json = true;
        break;
    case OPT_PROMETHEUS:
        r->prometheus = true;
        break;
    case OPT_ALL:
        r->all = true;
        break;
    case OPT_RESET:
        r->reset = true;
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
    if (o.index < argc)
        return options_complain(command, "takes no argument, but got '%s'", argv[o.index]);
    if (r.json && r.prometheus)
        return options_complain(command, "give either --json or --prometheus");
    code = settings_load(r.path, &r.config);
    if (code == EXIT_OK)
        code = show_all(&r);
    config_free(r.config);
    return code;
}

const struct command command_status = {
    .name     = "status",
    .summary  = "tell how the running server is",
    .synopsis = "[OPTION...]",
    .details =
        "Asks the server whose state folder the configuration names. If none runs, the exit status is 15. What the "
        "numbers mean is in docs/counters.md and in 'ahoy help counters'. The highest is that since the start or the "
        "last --reset.",
    .options  = options,
    .examples = "  ahoy status\n"
                "  ahoy status --watch=1\n"
                "  ahoy status --json | jq .gauges.connections\n"
                "  ahoy status --json | jq '.rates.requests_received[\"10s\"]'\n"
                "  ahoy status --prometheus > /var/lib/node_exporter/ahoy.prom\n",
    .run      = run,
};
