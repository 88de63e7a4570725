/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - ahoy trace: what --trace wrote, by several nodes, or a log, as one ladder. */

#include "cmd/option.h"
#include "cmd/trace_ladder.h"
#include "cmd/trace_log.h"

enum { OPT_CALL = OPTION_LONG_ONLY, OPT_ASCII, OPT_JSON, OPT_LOG, OPT_ALL };

static const struct option_entry entries[] = {
    { OPT_LOG, "log", "FILE", "read the log of a server instead; without --call, list its calls; may be repeated" },
    { OPT_ALL, "all", NULL, "with --log: what was said at debug level too, such as changes of state" },
    { OPT_CALL, "call", "ID", "only messages whose Call-ID begins so" },
    { 'v', "verbose", NULL, "under each arrow the whole message" },
    { OPT_ASCII, "ascii", NULL, "draw with - and | only" },
    { OPT_JSON, "json", NULL, "one JSON object a line for each arrow" },
    OPTION_TABLE_END,
};

static void take_option(int letter, const char *value, struct trace_wanted *wanted, struct trace_log *log)
{
    if (letter == OPT_CALL)
        wanted->call = log->call = value;
    else if (letter == 'v')
        wanted->verbose = true;
    else if (letter == OPT_JSON)
        log->style.json = true;
    else if (letter == OPT_ASCII)
        log->style.pens = LADDER_ASCII;
    else if (letter == OPT_ALL)
        log->details = true;
    else if (letter == OPT_LOG && log->count++ < TRACE_LOGS)
        log->files[log->count - 1] = value;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct trace_wanted wanted = { .call = NULL };
    struct trace_log    log    = { .style = { .out = stdout, .pens = LADDER_UNICODE, .has_time = true } };
    struct options      o      = options_of(command, argc, argv);

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        take_option(letter, o.value, &wanted, &log);
    if (o.exit_code >= 0)
        return o.exit_code;
    if (log.count > TRACE_LOGS)
        return options_complain(command, "at most %d logs at once", TRACE_LOGS);
    if (log.count > 0 && o.index < argc)
        return options_complain(command, "give either --log or files of traces, such as '%s'", argv[o.index]);
    if (log.count > 0)
        return trace_log_run(&log);
    if (o.index == argc)
        return options_complain(command, "which files?");
    return trace_ladder("trace", (const char *const *)argv + o.index, (size_t)(argc - o.index), &wanted, &log.style);
}

extern const struct command command_trace;
const struct command        command_trace = {
           .name     = "trace",
           .summary  = "draw the ladder of what --trace wrote, or of a server's log",
           .synopsis = "[OPTION...] FILE... | --log FILE [--call ID]",
           .details  = "Files of several nodes are merged.  A message that was sent to one of them and never\n"
                              "arrived is marked x and 'lost'.\n\n"
                              "A log shows messages if it was written with --log-level transport=debug (or log_levels in\n"
                              "ahoy.conf); between them stand the decisions of the server with their reasons.  What\n"
                              "'journalctl -o cat' or '-o short-iso' prints will do.  Lines that are not of a log are counted.",
           .options  = entries,
           .examples = "ahoy call --trace alice.jsonl bob; ahoy trace alice.jsonl server.jsonl\n"
                              "ahoy trace --call 3f2a -v alice.jsonl\n"
                              "ahoy trace --log /var/log/ahoy.log              # which calls are in it?\n"
                              "ahoy trace --log /var/log/ahoy.log --call 3f2a  # one of them\n"
                              "journalctl -u ahoy -o short-iso | ahoy trace --log - --call 3f2a --all\n",
           .run      = run,
};
