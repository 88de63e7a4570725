/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/log_reader.h"

#include "base/error.h"
#include "base/log_record.h"
#include "base/table.h"

#include <stdlib.h>

enum { OUTCOME = 64, METHOD_TEXT = 32 };

/* The text of one line that was kept. */
struct kept {
    struct kept *next;
    char         bytes[];
};

struct call_entry {
    struct table_link link;
    struct log_call   call;
    char              method[METHOD_TEXT], outcome[OUTCOME];
    char              call_id[];
};

struct log_reader {
    const char             *call;
    bool                    details;
    struct hash_key         key;
    struct kept            *kept;
    struct sighting        *sightings;
    size_t                  sighting_count, sighting_room;
    struct log_event       *events;
    size_t                  event_count, event_room;
    struct table            by_id;
    const struct log_call **calls; /* in order of appearance */
    size_t                  call_count, call_room;
};

struct log_reader *log_reader_new(const char *call, bool details, const struct hash_key *key)
{
    struct log_reader *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->call    = call;
    r->details = details;
    r->key     = *key;
    if (table_init(&r->by_id, 64) != 0) {
        free(r);
        return NULL;
    }
    return r;
}

static void free_call(struct table_link *l, void *arg)
{
    (void)arg;
    free(CONTAINER_OF(l, struct call_entry, link));
}

void log_reader_free(struct log_reader *r)
{
    if (r == NULL)
        return;
    for (struct kept *k = r->kept, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    table_each(&r->by_id, free_call, NULL);
    table_fini(&r->by_id);
    free(r->sightings);
    free(r->events);
    free(r->calls);
    free(r);
}

/* Room for one more in an array; false without memory. */
static bool grow(void **array, size_t count, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 64 : 2 * *room;
    void  *bigger;

    if (count < *room)
        return true;
    bigger = realloc(*array, more * size);
    if (bigger == NULL)
        return false;
    *array = bigger;
    *room  = more;
    return true;
}

static char *keep(struct log_reader *r, size_t size)
{
    struct kept *k = malloc(sizeof *k + size);

    if (k == NULL)
        return NULL;
    k->next = r->kept;
    r->kept = k;
    return k->bytes;
}

static bool is_message(const struct log_fields *f)
{
    struct slice event = log_field(f, "event");

    return slice_eq(log_field(f, "part"), SLICE("transport")) &&
           (slice_eq(event, SLICE("sent")) || slice_eq(event, SLICE("received")));
}

/* ---- one call ---- */

static int take_message(struct log_reader *r, struct slice node, const struct log_fields *f)
{
    if (!grow((void **)&r->sightings, r->sighting_count, &r->sighting_room, sizeof *r->sightings))
        return -ERR_NO_MEMORY;
    r->sightings[r->sighting_count++] = (struct sighting){
        .t         = f->wall,
        .sent      = slice_eq(log_field(f, "event"), SLICE("sent")),
        .node      = node,
        .transport = log_field(f, "transport"),
        .local     = log_field(f, "local"),
        .remote    = log_field(f, "remote"),
        .first     = log_field(f, "first"),
        .call_id   = log_field(f, "call"),
        .cseq      = log_field(f, "cseq"),
        .text      = SLICE(""),
    };
    return 1;
}

static bool stands_apart(struct slice key)
{
    static const char *const apart[] = { "level", "part", "event", "call", "worker" };

    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (slice_eq(key, slice_from(apart[i])))
            return true;
    return false;
}

/* The other fields, as they stood in the line. */
static struct slice rest_of(const struct log_fields *f, char *memory, size_t size)
{
    struct buf b = buf_on(memory, size);

    for (size_t i = 0; i < f->count; i++) {
        if (stands_apart(f->list[i].key))
            continue;
        if (b.len > 0)
            buf_put_byte(&b, ' ');
        buf_put(&b, f->list[i].key);
        buf_put_byte(&b, '=');
        log_value_write(&b, f->list[i].value, false);
    }
    return buf_slice(&b);
}

static int take_event(struct log_reader *r, const struct log_fields *f, size_t line_length)
{
    char *memory;

    if (!r->details && slice_eq(log_field(f, "level"), SLICE("debug")))
        return 1;
    memory = keep(r, 2 * line_length);
    if (memory == NULL || !grow((void **)&r->events, r->event_count, &r->event_room, sizeof *r->events))
        return -ERR_NO_MEMORY;
    r->events[r->event_count++] = (struct log_event){
        .t       = f->wall,
        .after   = r->sighting_count,
        .level   = log_field(f, "level"),
        .part    = log_field(f, "part"),
        .event   = log_field(f, "event"),
        .call_id = log_field(f, "call"),
        .text    = rest_of(f, memory, 2 * line_length),
    };
    return 1;
}

static bool is_wanted(const struct log_reader *r, struct slice call_id)
{
    size_t len = strlen(r->call);

    return call_id.len >= len && call_id.len > 0 && memcmp(call_id.ptr, r->call, len) == 0;
}

/* Its text is copied, since the caller's line goes. */
static int take_line(struct log_reader *r, struct slice node, struct slice line)
{
    char             *copy = keep(r, 2 * line.len);
    struct log_fields f;

    if (copy == NULL)
        return -ERR_NO_MEMORY;
    memcpy(copy, line.ptr, line.len);
    log_parse((struct slice){ copy, line.len }, copy + line.len, &f);
    return is_message(&f) ? take_message(r, node, &f) : take_event(r, &f, line.len);
}

/* ---- the list of calls ---- */

static struct call_entry *call_of(struct log_reader *r, struct slice call_id, uint64_t t)
{
    uint64_t           hash = siphash13(&r->key, call_id);
    struct table_link *l    = table_first(&r->by_id, hash);
    struct call_entry *c;

    for (; l != NULL; l = table_next(l)) {
        c = CONTAINER_OF(l, struct call_entry, link);
        if (slice_eq(c->call.call_id, call_id))
            return c;
    }
    if (!grow((void **)&r->calls, r->call_count, &r->call_room, sizeof *r->calls))
        return NULL;
    c = calloc(1, sizeof *c + call_id.len);
    if (c == NULL)
        return NULL;
    memcpy(c->call_id, call_id.ptr, call_id.len);
    c->call                   = (struct log_call){ .call_id = { c->call_id, call_id.len }, .t = t };
    r->calls[r->call_count++] = &c->call;
    table_insert(&r->by_id, &c->link, hash);
    return c;
}

static struct slice cut_copy(char *memory, size_t size, struct slice text)
{
    size_t len = text.len < size ? text.len : size;

    if (len > 0)
        memcpy(memory, text.ptr, len);
    return (struct slice){ memory, len };
}

static void note_message(struct call_entry *c, const struct log_fields *f)
{
    struct sighting s     = { .first = log_field(f, "first") };
    struct slice    label = sighting_label(&s);
    bool            final = label.len > 1 && *label.ptr >= '2' && *label.ptr <= '6';

    c->call.messages++;
    if (final)
        c->call.outcome = cut_copy(c->outcome, sizeof c->outcome, label);
    else if (c->call.method.len == 0 && label.len > 0 && *label.ptr != '1')
        c->call.method = cut_copy(c->method, sizeof c->method, label);
}

static int list_line(struct log_reader *r, const struct log_fields *f)
{
    struct slice       call_id = log_field(f, "call");
    struct call_entry *c       = call_id.len > 0 ? call_of(r, call_id, f->wall) : NULL;

    if (call_id.len == 0)
        return 1;
    if (c == NULL)
        return -ERR_NO_MEMORY;
    if (is_message(f))
        note_message(c, f);
    else
        c->call.events++;
    return 1;
}

int log_reader_line(struct log_reader *r, struct slice node, struct slice line)
{
    struct log_fields f;
    char             *memory;
    int               result = 1;

    if (line.len == 0)
        return 0;
    memory = malloc(line.len);
    if (memory == NULL)
        return -ERR_NO_MEMORY;
    if (!log_parse(line, memory, &f))
        result = 0;
    else if (r->call == NULL)
        result = list_line(r, &f);
    else if (is_wanted(r, log_field(&f, "call")))
        result = take_line(r, node, line);
    free(memory);
    return result;
}

struct sighting *log_reader_sightings(struct log_reader *r, size_t *count)
{
    *count = r->sighting_count;
    return r->sightings;
}

const struct log_event *log_reader_events(const struct log_reader *r, size_t *count)
{
    *count = r->event_count;
    return r->events;
}

const struct log_call **log_reader_calls(struct log_reader *r, size_t *count)
{
    *count = r->call_count;
    return r->calls;
}

bool log_event_is_before(const struct log_event *e, const struct sighting *s)
{
    return e->t != s->t ? e->t < s->t : e->after <= s->order;
}
