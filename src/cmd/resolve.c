/* SPDX-License-Identifier: BSD-2-Clause */
/* resolve.c - ahoy resolve: where would a request to this URI go, and why?
 *
 * The machines that the server and the phone find their way with (locate/), with every
 * step told. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/resolve_print.h"
#include "cmd/shell.h"
#include "locate/enum.h"
#include "net/world_uv.h"

#include <signal.h>
#include <stdio.h>

enum {
    OPT_JSON = OPTION_LONG_ONLY,
    OPT_SERVERS,
    OPT_TRANSPORT,
    OPT_TIMEOUT,
    OPT_SUFFIX,
    ALL      = 62 /* transports */,
    PATIENCE = 30
};

static const struct option_entry entries[] = {
    { OPT_SERVERS, "dns-servers", "LIST", "ask these instead of those in /etc/resolv.conf: 192.0.2.53,127.0.0.1:5353" },
    { OPT_TRANSPORT, "transport", "LIST", "the transports that we have: udp,tcp,tls,ws,wss (all)" },
    { '4', "ipv4", NULL, "as a host without IPv6" },
    { '6', "ipv6", NULL, "as a host without IPv4" },
    { OPT_SUFFIX, "enum-suffix", "NAME",
      "where numbers are (e164.arpa); with it, those of sip URIs with user=phone too" },
    { OPT_TIMEOUT, "timeout", "SECONDS", "how long the whole may take (30)" },
    { OPT_JSON, "json", NULL, "one JSON object a line: uri, answer, record, target, end" },
    OPTION_TABLE_END,
};

/* A question that has been asked. */
struct asked {
    struct resolve *resolve;
    struct query   *query; /* NULL: none */
};

struct resolve {
    struct world        *world;
    struct enum_lookup   number;
    struct locate        locate;
    struct asked         asked[LOCATE_OPEN];
    struct timer         timer;
    struct resolve_print print;
    unsigned             transports, families;
    uint32_t             patience; /* s */
    const char          *suffix;   /* of --enum-suffix, or NULL */
    int                  error;
    bool                 over, late, interrupted;
};

static void go_on(struct resolve *r, enum locate_action action);

static void finish(struct resolve *r, int error)
{
    r->error = error;
    r->over  = true;
    world_uv_stop(r->world);
}

static void on_dns(void *owner, const struct dns_report *report)
{
    const struct resolve *r = owner;

    resolve_print_answer(&r->print, report);
}

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    struct asked   *a = owner;
    struct resolve *r = a->resolve;

    a->query = NULL;
    go_on(r, locate_answer(&r->locate, (unsigned)(a - r->asked), error, records, count));
}

/* All questions that are open now go out together. */
static enum locate_action ask(struct resolve *r)
{
    enum locate_action action = LOCATE_ASK;
    unsigned           number;

    while (action == LOCATE_ASK && locate_next(&r->locate, &number)) {
        struct locate_question q     = locate_question(&r->locate, number);
        struct asked          *a     = &r->asked[number];
        int                    error = world_resolve(r->world, q.name, q.type, on_records, a, &a->query);

        if (error != 0)
            action = locate_answer(&r->locate, number, error, NULL, 0);
    }
    return action;
}

static void go_on(struct resolve *r, enum locate_action action)
{
    if (action == LOCATE_ASK)
        action = ask(r);
    if (action == LOCATE_DONE)
        finish(r, 0);
    else if (action == LOCATE_FAILED)
        finish(r, r->locate.error);
}

static void start_locate(struct resolve *r, const struct uri *uri)
{
    go_on(r, locate_start(&r->locate, uri, r->transports, r->families, &r->world->random));
}

/* ---- numbers ---- */

static void go_on_number(struct resolve *r, enum enum_action action);

static void on_number(void *owner, int error, const struct record *records, size_t count)
{
    struct resolve *r = owner;

    go_on_number(r, enum_answer(&r->number, error, records, count));
}

static void end_number(struct resolve *r)
{
    struct uri uri;

    resolve_print_uri(&r->print, enum_uri(&r->number), true);
    if (uri_parse(enum_uri(&r->number), &uri))
        start_locate(r, &uri);
    else
        finish(r, -ERR_SYNTAX);
}

static void go_on_number(struct resolve *r, enum enum_action action)
{
    struct query *query;

    while (action == ENUM_ASK) {
        int error = world_resolve(r->world, enum_question(&r->number), RECORD_NAPTR, on_number, r, &query);

        if (error == 0)
            return;
        action = enum_answer(&r->number, error, NULL, 0);
    }
    if (action == ENUM_DONE)
        end_number(r);
    else
        finish(r, r->number.error);
}

static void start(struct resolve *r, const struct uri *uri)
{
    const char *suffix = r->suffix != NULL ? r->suffix : "e164.arpa";
    char        text[64];
    struct buf  number = BUF_ON(text);

    if (uri->scheme == URI_TEL || (r->suffix != NULL && enum_number(uri, &number)))
        go_on_number(r, enum_start(&r->number, uri, slice_from(suffix)));
    else
        start_locate(r, uri);
}

/* ---- the end ---- */

static void on_timer(struct timer *t, msec now)
{
    struct resolve *r = CONTAINER_OF(t, struct resolve, timer);

    (void)now;
    r->late = true;
    finish(r, -ERR_TIMEOUT);
}

static void on_signal(void *arg)
{
    struct resolve *r = arg;

    r->interrupted = true;
    world_uv_stop(r->world);
}

static int conclude(struct resolve *r)
{
    if (r->interrupted)
        return EXIT_INTERRUPTED;
    if (r->error == 0)
        resolve_print_targets(&r->print, &r->locate);
    if (r->error == -ERR_TIMEOUT && !r->late)
        resolve_print_end(&r->print, "the name servers could not tell");
    else
        resolve_print_end(&r->print, r->error != 0 ? error_text(r->error) : NULL);
    return (int)exit_code_of_error(r->error);
}

static int complain_of_servers(const struct command *command, const char *servers)
{
    if (servers != NULL)
        return options_complain(
            command, "--dns-servers '%s': wanted are addresses like 192.0.2.53, with commas between", servers);
    fprintf(stderr, "ahoy resolve: %s\n", error_text(ERR_NO_MEMORY));
    return EXIT_ERROR;
}

static int resolve(struct resolve *r, const struct command *command, const char *servers, const char *text,
                   const struct uri *uri)
{
    struct world_uv_options options = { .dns_servers = servers, .on_dns = on_dns, .dns_owner = r };
    int                     code;

    for (unsigned i = 0; i < LOCATE_OPEN; i++)
        r->asked[i].resolve = r;
    r->world = world_uv_new_with(NULL, &options);
    if (r->world == NULL)
        return complain_of_servers(command, servers);
    (void)world_uv_signal(r->world, SIGINT, on_signal, r); /* without it Ctrl-C ends us all the same */
    resolve_print_uri(&r->print, slice_from(text), false);
    world_timer(r->world, &r->timer, on_timer, world_now(r->world) + (msec)r->patience * 1000);
    start(r, uri);
    if (!r->over) /* a number needs no question */
        world_uv_run(r->world);
    code = conclude(r);
    world_timer_stop(r->world, &r->timer);
    world_uv_free(r->world);
    return code;
}

/* ---- arguments ---- */

static bool read_transports(const char *text, unsigned *set)
{
    *set = 0;
    for (const char *at = text;; at++) {
        size_t         len = strcspn(at, ",");
        enum transport t   = transport_parse((struct slice){ at, len });

        if (t == TRANSPORT_NONE)
            return false;
        *set |= LOCATE_TRANSPORT(t);
        at += len;
        if (*at == '\0')
            return true;
    }
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct resolve r;
    struct options        o       = options_of(command, argc, argv);
    const char           *servers = NULL;
    struct uri            uri;
    char                  text[600];

    r.transports = ALL;
    r.patience   = PATIENCE;
    for (int letter; o.exit_code < 0 && (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == OPT_SERVERS)
            servers = o.value;
        else if (letter == OPT_TRANSPORT && !read_transports(o.value, &r.transports))
            return options_complain(command, "'%s' is not a list of udp, tcp, tls, ws, wss", o.value);
        else if (letter == '4')
            r.families |= LOCATE_IPV4;
        else if (letter == '6')
            r.families |= LOCATE_IPV6;
        else if (letter == OPT_SUFFIX)
            r.suffix = o.value;
        else if (letter == OPT_TIMEOUT)
            options_count(&o, 3600, &r.patience);
        else if (letter == OPT_JSON)
            r.print.json = true;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc - o.index != 1)
        return options_complain(command, "which URI?");
    if (r.families == 0)
        r.families = LOCATE_IPV4 | LOCATE_IPV6;
    snprintf(text, sizeof text, "%s%s", scheme_for(argv[o.index]), argv[o.index]);
    if (!uri_parse(slice_from(text), &uri))
        return options_complain(command, "'%s' is not a URI like sip:example.test", argv[o.index]);
    return resolve(&r, command, servers, text, &uri);
}

extern const struct command command_resolve;
const struct command        command_resolve = {
           .name     = "resolve",
           .summary  = "where a request to a URI would go, and why",
           .synopsis = "[OPTION...] URI",
           .details = "Asks the DNS what RFC 3263 says, in its order, and tells each answer with how long it may be kept, or "
                             "what went "
                             "wrong; then the targets: transport, address and port, in the order in which they would be tried, and "
                             "for TLS the "
                             "name that the certificate must be for. Servers of the same priority stand in an order drawn by their "
                             "weights, which "
                             "the next call may draw otherwise. A telephone number is looked up by ENUM (RFC 6116) first, which "
                             "tells it to the "
                             "DNS.\n\n"
                             "The objects of --json by their \"event\": uri (uri, enum: it is what a number became); answer (name, "
                             "type, outcome, "
                             "source: server, cache or local, records, ttl, timeouts, took_ms); record (name, type, ttl, and "
                             "address, or priority, "
                             "weight, port, target, or order, preference, flags, service, regexp, target); target (place, transport, "
                             "address, "
                             "port, server, priority, weight, certificate); end (found, reason).",
           .options  = entries,
           .examples = "ahoy resolve sip:example.test\n"
                              "ahoy resolve --json 'sips:example.test' | jq 'select(.event == \"target\")'\n"
                              "ahoy resolve --dns-servers 127.0.0.1:5353 --transport udp,tcp -4 sip:bob@example.test\n"
                              "ahoy resolve --enum-suffix e164.example.test tel:+4930123456\n",
           .run      = run,
};
