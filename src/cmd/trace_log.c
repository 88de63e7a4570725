/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/trace_log.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/trace_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* "/var/log/ahoy.log" is written by "ahoy". */
static struct slice node_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name  = slash != NULL ? slash + 1 : path;
    const char *dot   = strchr(name, '.');

    if (strcmp(path, "-") == 0)
        return SLICE("server");
    return dot != NULL && dot > name ? slice_between(name, dot) : slice_from(name);
}

static int no_memory(void)
{
    fprintf(stderr, "ahoy trace: %s\n", error_text(ERR_NO_MEMORY));
    return EXIT_ERROR;
}

struct log_lines {
    struct log_reader *reader;
    unsigned long      other; /* than those of a log */
};

static int take_line(void *arg, const char *path, unsigned long number, struct slice line)
{
    struct log_lines *l     = arg;
    int               taken = log_reader_line(l->reader, node_of(path), line);

    (void)number;
    l->other += taken == 0;
    return taken < 0 ? no_memory() : EXIT_OK;
}

/* What else a program has written to the same place is stepped over and counted. */
static int read_log(struct log_reader *r, const char *path)
{
    struct log_lines l    = { r, 0 };
    int              code = trace_file_read("trace", path, take_line, &l);

    if (l.other > 0)
        fprintf(stderr, "ahoy trace: %s: %lu line%s not of a log\n", path, l.other, l.other == 1 ? " is" : "s are");
    return code;
}

/* ---- printing ---- */

static int by_time(const void *a, const void *b)
{
    const struct log_event *x = *(const struct log_event *const *)a, *y = *(const struct log_event *const *)b;

    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    return x < y ? -1 : x > y; /* as they were read */
}

/* The events in their order, to be freed; NULL without memory. */
static const struct log_event **sort(const struct log_event *events, size_t count)
{
    const struct log_event **sorted = malloc((count + 1) * sizeof *sorted);

    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &events[i];
    qsort(sorted, count, sizeof *sorted, by_time);
    return sorted;
}

static void print_all(const struct ladder *l, const struct log_event *const *events, size_t count,
                      const struct trace_style *style)
{
    uint64_t start = l->count > 0 ? l->arrows[0].sent_at : count > 0 ? events[0]->t : 0;
    size_t   next  = 0;

    if (l->count > 0)
        trace_print_head(l, style);
    for (size_t i = 0; i < l->count; i++) {
        while (next < count && log_event_is_before(events[next], l->arrows[i].sighting))
            trace_print_event(events[next++], start, style);
        trace_print_arrow(l, i, style);
    }
    while (next < count)
        trace_print_event(events[next++], start, style);
}

static int print_ladder(struct log_reader *r, const struct trace_log *t)
{
    size_t                   sighting_count, event_count;
    struct sighting         *sightings = log_reader_sightings(r, &sighting_count);
    const struct log_event  *events    = log_reader_events(r, &event_count);
    const struct log_event **sorted    = sort(events, event_count);
    struct trace_style       style     = t->style;
    struct ladder            l;

    if (sorted == NULL)
        return no_memory();
    if (ladder_init(&l, sightings, sighting_count) != 0) {
        free(sorted);
        return no_memory();
    }
    style.has_time = (sighting_count > 0 && sightings[0].t != 0) || (event_count > 0 && sorted[0]->t != 0);
    print_all(&l, sorted, event_count, &style);
    if (sighting_count == 0)
        fprintf(stderr, "ahoy trace: no message is in the log: was it written with --log-level transport=debug?\n");
    ladder_fini(&l);
    free(sorted);
    return EXIT_OK;
}

static int print_calls(struct log_reader *r, const struct trace_log *t)
{
    size_t                  count;
    const struct log_call **calls = log_reader_calls(r, &count);

    if (count == 0) {
        fprintf(stderr, "ahoy trace: no call is in the log\n");
        return EXIT_NOT_FOUND;
    }
    trace_print_calls(calls, count, &t->style);
    return EXIT_OK;
}

static int print(struct log_reader *r, const struct trace_log *t)
{
    size_t sightings, events;

    if (t->call == NULL)
        return print_calls(r, t);
    log_reader_sightings(r, &sightings);
    log_reader_events(r, &events);
    if (sightings + events > 0)
        return print_ladder(r, t);
    fprintf(stderr, "ahoy trace: nothing about such a call\n");
    return EXIT_NOT_FOUND;
}

int trace_log_run(const struct trace_log *t)
{
    struct hash_key    key = { 0 };
    struct log_reader *r;
    int                code = EXIT_OK;

    if (getrandom(&key, sizeof key, 0) != sizeof key) {
        fprintf(stderr, "ahoy trace: no random numbers: %s\n", strerror(errno));
        return EXIT_ERROR;
    }
    r = log_reader_new(t->call, t->details, &key);
    if (r == NULL)
        return no_memory();
    for (size_t i = 0; code == EXIT_OK && i < t->count; i++)
        code = read_log(r, t->files[i]);
    if (code == EXIT_OK)
        code = print(r, t);
    log_reader_free(r);
    return code;
}
