/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - ahoy trace: what --trace wrote, by several nodes, or a log, as one ladder. */

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/trace_file.h"
#include "cmd/trace_log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The text of the sightings lives in their JSON objects. */
struct reading {
    struct sighting *sightings;
    json_t         **objects;
    size_t           count, room;
    const char      *call;
    bool             verbose;
};

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        return (struct slice){ "", 0 };
    return (struct slice){ json_string_value(value), json_string_length(value) };
}

static bool grow(struct reading *r)
{
    size_t           room      = r->room == 0 ? 256 : 2 * r->room;
    struct sighting *sightings = realloc(r->sightings, room * sizeof *sightings);
    json_t         **objects;

    if (sightings == NULL)
        return false;
    r->sightings = sightings;
    objects      = realloc(r->objects, room * sizeof(json_t *));
    if (objects == NULL)
        return false;
    r->objects = objects;
    r->room    = room;
    return true;
}

static bool wanted(const struct reading *r, struct slice call_id)
{
    size_t len = r->call == NULL ? 0 : strlen(r->call);

    return call_id.len >= len && (len == 0 || memcmp(call_id.ptr, r->call, len) == 0);
}

/* Takes `object`.  False without memory. */
static bool take(struct reading *r, json_t *object)
{
    if (!wanted(r, text_of(object, "call_id"))) {
        json_decref(object);
        return true;
    }
    if (r->count == r->room && !grow(r)) {
        json_decref(object);
        return false;
    }
    r->objects[r->count]     = object;
    r->sightings[r->count++] = (struct sighting){
        .t         = (uint64_t)json_integer_value(json_object_get(object, "t")),
        .sent      = slice_eq(text_of(object, "dir"), SLICE("out")),
        .node      = text_of(object, "node"),
        .transport = text_of(object, "transport"),
        .local     = text_of(object, "local"),
        .remote    = text_of(object, "remote"),
        .first     = text_of(object, "first"),
        .call_id   = text_of(object, "call_id"),
        .cseq      = text_of(object, "cseq"),
        .text      = text_of(object, "text"),
    };
    return true;
}

static bool is_sighting(const json_t *object)
{
    return json_is_integer(json_object_get(object, "t")) && json_is_string(json_object_get(object, "node")) &&
           json_is_string(json_object_get(object, "dir")) && json_is_string(json_object_get(object, "first"));
}

static int take_line(void *arg, const char *path, unsigned long number, struct slice line)
{
    json_error_t fault;
    json_t      *object = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &fault);

    if (object != NULL && is_sighting(object))
        return take(arg, object) ? EXIT_OK : EXIT_ERROR;
    json_decref(object);
    if (line.ptr[line.len - 1] != '\n') /* being written at this moment, and the last */
        return EXIT_OK;
    fprintf(stderr, "ahoy trace: %s:%lu: not a line of a trace\n", path, number);
    return EXIT_ERROR;
}

/* ---- printing ---- */

/* Indented, without what could drive a terminal. */
static void print_text(struct slice text)
{
    bool start = true;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (start)
            fputs("        ", stdout);
        start = c == '\n';
        if (c != '\r')
            putchar(c >= ' ' || c == '\n' || c == '\t' ? c : '?');
    }
    if (!start)
        putchar('\n');
}

static int print_ladder(struct reading *r, const struct trace_style *style)
{
    struct ladder l;

    if (ladder_init(&l, r->sightings, r->count) != 0) {
        fprintf(stderr, "ahoy trace: %s\n", error_text(ERR_NO_MEMORY));
        return EXIT_ERROR;
    }
    trace_print_head(&l, style);
    for (size_t i = 0; i < l.count; i++) {
        trace_print_arrow(&l, i, style);
        if (r->verbose && !style->json)
            print_text(l.arrows[i].sighting->text);
    }
    ladder_fini(&l);
    return EXIT_OK;
}

/* Files of traces. */
static int run_files(struct reading *r, char **files, size_t count, const struct trace_style *style)
{
    int code = EXIT_OK;

    for (size_t i = 0; code == EXIT_OK && i < count; i++)
        code = trace_file_read(files[i], take_line, r);
    if (code == EXIT_OK && r->count == 0) {
        fprintf(stderr, "ahoy trace: no message%s\n", r->call != NULL ? " of such a call" : "");
        code = EXIT_NOT_FOUND;
    } else if (code == EXIT_OK) {
        code = print_ladder(r, style);
    }
    for (size_t i = 0; i < r->count; i++)
        json_decref(r->objects[i]);
    free(r->objects);
    free(r->sightings);
    return code;
}

static void take_option(int letter, const char *value, struct reading *r, struct trace_log *log)
{
    if (letter == OPT_CALL)
        r->call = log->call = value;
    else if (letter == 'v')
        r->verbose = true;
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
    struct reading   r   = { .sightings = NULL };
    struct trace_log log = { .style = { .pens = LADDER_UNICODE, .has_time = true } };
    struct options   o   = options_of(command, argc, argv);

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;)
        take_option(letter, o.value, &r, &log);
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
    return run_files(&r, argv + o.index, (size_t)(argc - o.index), &log.style);
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
