/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/trace_ladder.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/trace_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of the sightings lives in their JSON objects. */
struct reading {
    struct sighting *sightings;
    json_t         **objects;
    size_t           count, room;
    const char      *name; /* of the command */

    const struct trace_wanted *wanted;
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

static bool is_wanted(const struct reading *r, struct slice call_id)
{
    size_t len = r->wanted->call == NULL ? 0 : strlen(r->wanted->call);

    return call_id.len >= len && (len == 0 || memcmp(call_id.ptr, r->wanted->call, len) == 0);
}

/* Takes `object`.  False without memory. */
static bool take(struct reading *r, json_t *object)
{
    if (!is_wanted(r, text_of(object, "call_id"))) {
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
    struct reading *r = arg;
    json_error_t    fault;
    json_t         *object = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &fault);

    if (object != NULL && is_sighting(object))
        return take(r, object) ? EXIT_OK : EXIT_ERROR;
    json_decref(object);
    if (line.ptr[line.len - 1] != '\n') /* being written at this moment, and the last */
        return EXIT_OK;
    fprintf(stderr, "ahoy %s: %s:%lu: not a line of a trace\n", r->name, path, number);
    return EXIT_ERROR;
}

/* ---- printing ---- */

/* Indented, without what could drive a terminal. */
static void print_text(FILE *out, struct slice text)
{
    bool start = true;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (start)
            fputs("        ", out);
        start = c == '\n';
        if (c != '\r')
            fputc(c >= ' ' || c == '\n' || c == '\t' ? c : '?', out);
    }
    if (!start)
        fputc('\n', out);
}

static int print_ladder(struct reading *r, const struct trace_style *style)
{
    struct ladder l;

    if (ladder_init(&l, r->sightings, r->count) != 0) {
        fprintf(stderr, "ahoy %s: %s\n", r->name, error_text(ERR_NO_MEMORY));
        return EXIT_ERROR;
    }
    trace_print_head(&l, style);
    for (size_t i = 0; i < l.count; i++) {
        trace_print_arrow(&l, i, style);
        if (r->wanted->verbose && !style->json)
            print_text(style->out, l.arrows[i].sighting->text);
    }
    ladder_fini(&l);
    return EXIT_OK;
}

int trace_ladder(const char *name, const char *const *files, size_t count, const struct trace_wanted *wanted,
                 const struct trace_style *style)
{
    struct reading r    = { .name = name, .wanted = wanted };
    int            code = EXIT_OK;

    for (size_t i = 0; code == EXIT_OK && i < count; i++)
        code = trace_file_read(name, files[i], take_line, &r);
    if (code == EXIT_OK && r.count == 0) {
        fprintf(stderr, "ahoy %s: no message%s\n", name, wanted->call != NULL ? " of such a call" : "");
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
