/* SPDX-License-Identifier: BSD-2-Clause */
/* ping.c - ahoy ping: is anybody there?  OPTIONS (RFC 3261 11) with times like
 * those of ping(8).  Whatever the status, who answers is alive. */

#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/ping_run.h"
#include "cmd/probing.h"
#include "cmd/shell.h"

#include <stdio.h>

enum { HOUR_MS = 3600 * 1000 };

enum {
    OPT_JSON = OPTION_LONG_ONLY,
    OPT_TRACE,
    OPT_EXPECT,
    OPT_EXPECT_WARNING,
    OPT_OUTPUT,
    OPT_TLS_TRUST,
    OPT_TLS_NO_VERIFY,
    OPT_TLS_CERTIFICATE,
    OPT_TLS_KEY,
};

static const struct option_entry entries[] = {
    { 'c', "count", "N", "stop after N requests (until Ctrl-C)" },
    { 'i', "interval", "DURATION", "from one request to the next (1s)" },
    { 'W', "wait", "DURATION", "how long to wait for the last answer (5s)" },
    { 'q', "quiet", NULL, "only the summary" },
    { OPT_EXPECT, "expect", "CONDITIONS", "what has to be fulfilled, else exit with 23: " PING_CONDITION_FORMS },
    { OPT_EXPECT_WARNING, "expect-warning", "CONDITIONS", "only warn if one of these is not met" },
    { OPT_OUTPUT, "output", "FORMAT", "the summary alone, as " OUTPUT_NAMES "; with nagios the exit code is 0 to 3" },
    TLS_OPTIONS(OPT_TLS_TRUST, OPT_TLS_NO_VERIFY, OPT_TLS_CERTIFICATE, OPT_TLS_KEY),
    { OPT_JSON, "json", NULL, "one JSON object a line for each answer and for the summary" },
    { OPT_TRACE, "trace", "FILE", "append each SIP message to FILE, see 'ahoy trace'" },
    OPTION_TABLE_END,
};

static void add_conditions(struct ping *p, struct options *o, bool warning)
{
    struct slice wrong;

    if (!ping_conditions_add(&p->conditions, slice_from(o->value), warning, &wrong))
        o->exit_code = options_complain(o->command, "'%.*s': wanted is one of " PING_CONDITION_FORMS, SLICE_ARG(wrong));
}

static void read_output(struct ping *p, struct options *o)
{
    p->output = ping_output_find(o->value);
    p->quiet  = true;
    if (p->output == NULL)
        o->exit_code = options_complain(o->command, "'%s': wanted is " OUTPUT_NAMES, o->value);
}

static void read_tls(struct ping *p, struct options *o, char to[ACCOUNT_TEXT])
{
    (void)p;
    if (snprintf(to, ACCOUNT_TEXT, "%s", o->value) >= ACCOUNT_TEXT)
        o->exit_code = options_complain(o->command, "'%.40s...' is too long", o->value);
}

static bool read_tls_option(struct ping *p, struct options *o, int letter)
{
    if (letter == OPT_TLS_TRUST)
        read_tls(p, o, p->tls_options.tls_trust);
    else if (letter == OPT_TLS_CERTIFICATE)
        read_tls(p, o, p->tls_options.tls_certificate);
    else if (letter == OPT_TLS_KEY)
        read_tls(p, o, p->tls_options.tls_key);
    else if (letter == OPT_TLS_NO_VERIFY)
        p->tls_options.tls_no_verify = true;
    else
        return false;
    return true;
}

static int read_options(struct ping *p, struct options *o, const char **trace)
{
    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;) {
        if (read_tls_option(p, o, letter))
            continue;
        if (letter == 'c')
            options_count(o, 1000000, &p->count);
        else if (letter == 'i')
            options_span(o, HOUR_MS, &p->interval);
        else if (letter == 'W')
            options_duration(o, HOUR_MS, &p->wait);
        else if (letter == 'q')
            p->quiet = true;
        else if (letter == OPT_JSON)
            p->json = true;
        else if (letter == OPT_TRACE)
            *trace = o->value;
        else if (letter == OPT_EXPECT || letter == OPT_EXPECT_WARNING)
            add_conditions(p, o, letter == OPT_EXPECT_WARNING);
        else if (letter == OPT_OUTPUT)
            read_output(p, o);
    }
    return o->exit_code;
}

/* -1: go on. */
static int prepare(struct ping *p, struct options *o, char *target, size_t size, const char **trace)
{
    struct uri  uri;
    const char *whom;

    if (read_options(p, o, trace) >= 0)
        return o->exit_code;
    if (o->argc - o->index != 1)
        return options_complain(o->command, o->argc == o->index ? "whom?" : "one address at a time");
    whom = o->argv[o->index];
    snprintf(target, size, "%s%s", scheme_for(whom), whom);
    if (!uri_parse(slice_from(target), &uri) || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS))
        return options_complain(o->command, "'%s' is not a URI like sip:example.test", whom);
    if (p->output != NULL && p->count == 0)
        p->count = 1; /* who wants a form waits for its end */
    if (p->json && p->output != NULL && p->output != ping_output_json)
        return options_complain(o->command, "--json goes with --output json alone");
    return -1;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct ping p;
    struct options     o     = options_of(command, argc, argv);
    const char        *trace = NULL;
    char               target[600];
    int                code;

    p.interval = 1000;
    p.wait     = 5000;
    p.target   = target;
    code       = prepare(&p, &o, target, sizeof target, &trace);
    if (code > EXIT_OK && probing_is_for_nagios(argc, argv)) {
        printf("SIP UNKNOWN - nothing was sent, see standard error\n");
        return OUTCOME_UNKNOWN;
    }
    if (code >= 0)
        return code;
    ping_summary_begin(&p.summary, slice_from(target));
    return ping_run(&p, trace);
}

extern const struct command command_ping;
const struct command        command_ping = {
           .name     = "ping",
           .summary  = "is a server or phone alive? OPTIONS with times",
           .synopsis = "[OPTION...] URI",
           .details  = "Any response, whatever its status, counts as alive.  The URI says by what to go: UDP, or "
                              ";transport=tcp, tls, ws\n"
                              "or wss, or sips:.  Durations are like 20s, 500ms, 2m or a plain number of seconds.",
           .options  = entries,
           .examples = "ahoy ping sip:example.test\n"
                              "ahoy ping -c 3 -i 200ms 'sip:192.0.2.1;transport=tcp'\n"
                              "ahoy ping -c 10 -i 100ms --expect max-loss=10%,max-p95=50ms --output nagios sip:example.test\n"
                              "ahoy ping --tls-trust ca.pem 'sip:example.test;transport=tls'\n",
           .run      = run,
};
