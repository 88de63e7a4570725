/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - ahoy trace: what --trace wrote, by several nodes, as one ladder. */

#include "base/error.h"
#include "base/json_line.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "stack/ladder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_CALL = OPTION_LONG_ONLY, OPT_ASCII, OPT_JSON, LINE_TEXT = 16 * 1024 };

static const struct option_entry entries[] = {
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
    bool             verbose, json;
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

static int read_lines(struct reading *r, FILE *file, const char *path)
{
    char   *line = NULL;
    size_t  size = 0;
    ssize_t len;
    int     code = EXIT_OK;

    for (unsigned number = 1; code == EXIT_OK && (len = getline(&line, &size, file)) > 0; number++) {
        json_error_t fault;
        json_t      *object = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, &fault);

        if (object != NULL && is_sighting(object)) {
            if (!take(r, object))
                code = EXIT_ERROR;
            continue;
        }
        json_decref(object);
        if (line[len - 1] != '\n') /* being written at this moment */
            break;
        fprintf(stderr, "ahoy trace: %s:%u: not a line of a trace\n", path, number);
        code = EXIT_ERROR;
    }
    if (code == EXIT_OK && ferror(file)) {
        fprintf(stderr, "ahoy trace: %s: %s\n", path, strerror(errno));
        code = EXIT_ERROR;
    }
    free(line);
    return code;
}

static int read_file(struct reading *r, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    int   code;

    if (file == NULL) {
        code = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_ERROR;
        fprintf(stderr, "ahoy trace: %s: %s\n", path, strerror(errno));
        return code;
    }
    code = read_lines(r, file, path);
    if (file != stdin)
        fclose(file);
    return code;
}

/* ---- printing ---- */

static void print_json(const struct ladder *l, const struct arrow *a)
{
    char             memory[LINE_TEXT];
    struct buf       b = BUF_ON(memory);
    struct json_line j = json_line_begin(&b);

    json_line_number(&j, "t", (int64_t)a->sent_at);
    json_line_text(&j, "from", l->columns[a->from]);
    json_line_text(&j, "to", l->columns[a->to]);
    json_line_text(&j, "message", a->label);
    json_line_bool(&j, "lost", a->lost);
    json_line_number(&j, "travel_ms", (int64_t)a->received_at - (int64_t)a->sent_at);
    json_line_text(&j, "transport", a->sighting->transport);
    json_line_text(&j, "call_id", a->sighting->call_id);
    json_line_text(&j, "cseq", a->sighting->cseq);
    json_line_end(&j);
    buf_put_byte(&b, '\n');
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
}

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

static void print_arrow(const struct reading *r, const struct ladder *l, size_t i, enum ladder_style style)
{
    char       memory[LINE_TEXT];
    struct buf b = BUF_ON(memory);

    if (r->json) {
        print_json(l, &l->arrows[i]);
        return;
    }
    ladder_write_arrow(&b, l, i, style);
    fwrite(b.ptr, 1, buf_ok(&b) ? b.len : 0, stdout);
    if (r->verbose)
        print_text(l->arrows[i].sighting->text);
}

static int print_ladder(struct reading *r, enum ladder_style style)
{
    char          memory[LINE_TEXT];
    struct buf    b = BUF_ON(memory);
    struct ladder l;

    if (ladder_init(&l, r->sightings, r->count) != 0) {
        fprintf(stderr, "ahoy trace: %s\n", error_text(ERR_NO_MEMORY));
        return EXIT_ERROR;
    }
    if (!r->json) {
        ladder_write_head(&b, &l);
        fwrite(b.ptr, 1, buf_ok(&b) ? b.len : 0, stdout);
    }
    for (size_t i = 0; i < l.count; i++)
        print_arrow(r, &l, i, style);
    ladder_fini(&l);
    return EXIT_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct reading    r     = { .sightings = NULL };
    struct options    o     = options_of(command, argc, argv);
    enum ladder_style style = LADDER_UNICODE;
    int               code  = EXIT_OK;

    for (int letter; (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == OPT_CALL)
            r.call = o.value;
        else if (letter == 'v')
            r.verbose = true;
        else if (letter == OPT_JSON)
            r.json = true;
        else if (letter == OPT_ASCII)
            style = LADDER_ASCII;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (o.index == argc)
        return options_complain(command, "which files?");
    for (int i = o.index; code == EXIT_OK && i < argc; i++)
        code = read_file(&r, argv[i]);
    if (code == EXIT_OK && r.count == 0) {
        fprintf(stderr, "ahoy trace: no message%s\n", r.call != NULL ? " of such a call" : "");
        code = EXIT_NOT_FOUND;
    } else if (code == EXIT_OK) {
        code = print_ladder(&r, style);
    }
    for (size_t i = 0; i < r.count; i++)
        json_decref(r.objects[i]);
    free(r.objects);
    free(r.sightings);
    return code;
}

extern const struct command command_trace;
const struct command        command_trace = {
           .name     = "trace",
           .summary  = "draw the ladder of what --trace wrote",
           .synopsis = "[OPTION...] FILE...",
           .details  = "Files of several nodes are merged.  A message that was sent to one of them and never\n"
                              "arrived is marked x and 'lost'.",
           .options  = entries,
           .examples = "ahoy call --trace alice.jsonl bob; ahoy trace alice.jsonl server.jsonl\n"
                              "ahoy trace --call 3f2a -v alice.jsonl\n",
           .run      = run,
};
