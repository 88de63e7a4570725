/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/ladder.h"

#include "base/error.h"
#include "base/scan.h"

#include <stdlib.h>

enum {
    COLUMN_WIDTH = 26, /* from one lifeline to the next                          */
    TIME_WIDTH   = 18,
    MARGIN       = 8,     /* before the first lifeline: half a name may stand there */
    SKEW_MS      = 5,     /* clocks of nodes on one host may differ by rounding     */
    LIFETIME_MS  = 64000, /* no message is on its way for longer                   */
    CELLS_MAX    = 2048,  /* of one line                                            */
};

/* ---- joining ---- */

static int by_time(const void *a, const void *b)
{
    const struct sighting *x = a, *y = b;

    if (x->t != y->t)
        return x->t < y->t ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

struct slice sighting_label(const struct sighting *s)
{
    struct scan  scan = scan_from(s->first);
    struct slice word;

    if (scan_word(&scan, SLICE("SIP/2.0 ")))
        return slice_trim(scan_rest(&scan));
    return scan_until(&scan, " ", &word) ? word : SLICE("?");
}

static unsigned column_of(struct ladder *l, struct slice name)
{
    for (unsigned i = 0; i < l->column_count; i++)
        if (slice_eq(l->columns[i], name))
            return i;
    l->columns[l->column_count] = name;
    return l->column_count++;
}

/* The node that has used `address` as its own, or the address itself. */
static struct slice name_of(const struct sighting *all, size_t count, struct slice address, bool *traced)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(all[i].local, address)) {
            *traced = true;
            return all[i].node;
        }
    *traced = false;
    return address;
}

static void add_arrow(struct ladder *l, const struct sighting *s, struct slice peer, bool peer_traced)
{
    unsigned own = column_of(l, s->node), other = column_of(l, peer);

    l->arrows[l->count++] = (struct arrow){
        .sent_at     = s->t,
        .received_at = s->t,
        .from        = s->sent ? own : other,
        .to          = s->sent ? other : own,
        .lost        = s->sent && peer_traced,
        .label       = sighting_label(s),
        .sighting    = s,
    };
}

enum { NONE = -1 };

/* What the joining knows of each sighting, by its place in the sorted array. */
struct note {
    ptrdiff_t sending; /* of a reception: where it was sent, or NONE   */
    ptrdiff_t arrow;   /* drawn as that one, or NONE                   */
    bool      claimed; /* of a sending: a reception belongs to it      */
    bool      done;
};

/* A log has no texts: there the label, the call and the CSeq tell, and of repetitions
 * find_sending takes the nearest. */
static bool reads_the_same(const struct sighting *a, const struct sighting *b)
{
    if (a->text.len > 0 && b->text.len > 0)
        return slice_eq(a->text, b->text);
    return slice_eq(sighting_label(a), sighting_label(b)) && slice_eq(a->call_id, b->call_id) &&
           slice_eq(a->cseq, b->cseq);
}

static bool is_same_message(const struct sighting *out, const struct sighting *in)
{
    return out->sent && slice_eq(out->remote, in->local) && !slice_eq(out->local, in->local) && reads_the_same(out, in);
}

/* The last sending of these bytes before they arrived that nobody has claimed:
 * with repetitions, the nearest one. */
static ptrdiff_t find_sending(const struct sighting *all, size_t count, const struct note *notes, size_t in)
{
    size_t i = in + 1;

    while (i < count && all[i].t <= all[in].t + SKEW_MS)
        i++;
    while (i-- > 0 && all[i].t + LIFETIME_MS >= all[in].t)
        if (!notes[i].claimed && is_same_message(&all[i], &all[in]))
            return (ptrdiff_t)i;
    return NONE;
}

static void match(const struct sighting *all, size_t count, struct note *notes)
{
    for (size_t i = 0; i < count; i++)
        notes[i] = (struct note){ .sending = NONE, .arrow = NONE };
    for (size_t i = 0; i < count; i++) {
        if (all[i].sent)
            continue;
        notes[i].sending = find_sending(all, count, notes, i);
        if (notes[i].sending != NONE)
            notes[notes[i].sending].claimed = true;
    }
}

/* The earliest sighting that no sighting of the same node stands before and that
 * was sent before it is received; the earliest of all if clocks contradict that. */
static size_t next_to_happen(const struct sighting *all, size_t count, const struct note *notes, size_t from)
{
    size_t fallback = count;

    for (size_t i = from; i < count; i++) {
        bool first = true;

        if (notes[i].done)
            continue;
        if (fallback == count)
            fallback = i;
        if (all[i].t > all[fallback].t + SKEW_MS)
            break;
        for (size_t k = from; k < i && first; k++)
            first = notes[k].done || !slice_eq(all[k].node, all[i].node);
        if (first && (notes[i].sending == NONE || notes[notes[i].sending].done))
            return i;
    }
    return fallback;
}

static void draw_sighting(struct ladder *l, const struct sighting *all, size_t count, struct note *notes, size_t i)
{
    struct slice peer;
    bool         traced;

    if (notes[i].sending != NONE && notes[notes[i].sending].arrow != NONE) {
        struct arrow *a = &l->arrows[notes[notes[i].sending].arrow];

        a->received_at = all[i].t;
        a->to          = column_of(l, all[i].node);
        a->lost        = false;
        return;
    }
    peer           = name_of(all, count, all[i].remote, &traced);
    notes[i].arrow = (ptrdiff_t)l->count;
    add_arrow(l, &all[i], peer, traced);
}

static void join(struct ladder *l, const struct sighting *all, size_t count, struct note *notes)
{
    size_t from = 0;

    match(all, count, notes);
    for (size_t n = 0; n < count; n++) {
        size_t i = next_to_happen(all, count, notes, from);

        draw_sighting(l, all, count, notes, i);
        notes[i].done = true;
        while (from < count && notes[from].done)
            from++;
    }
}

int ladder_init(struct ladder *l, struct sighting *sightings, size_t count)
{
    struct note *notes = calloc(count + 1, sizeof *notes);

    *l = (struct ladder){
        .columns = calloc(2 * count + 1, sizeof *l->columns),
        .arrows  = calloc(count + 1, sizeof *l->arrows),
    };
    if (notes == NULL || l->columns == NULL || l->arrows == NULL) {
        free(notes);
        ladder_fini(l);
        return -ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        sightings[i].order = i;
    if (count > 0)
        qsort(sightings, count, sizeof *sightings, by_time);
    join(l, sightings, count, notes);
    free(notes);
    return 0;
}

void ladder_fini(struct ladder *l)
{
    free(l->columns);
    free(l->arrows);
    l->columns = NULL;
    l->arrows  = NULL;
}

/* ---- drawing ---- */

struct pens {
    const char *life, *line, *left, *right, *lost;
};

static const struct pens pens[] = {
    [LADDER_UNICODE] = { "│", "─", "◄", "►", "✗" },
    [LADDER_ASCII]   = { "|", "-", "<", ">", "x" },
};

/* A line of cells, each the text of one character. */
struct canvas {
    struct slice cells[CELLS_MAX];
    size_t       width;
};

static size_t x_of(unsigned column)
{
    return MARGIN + (size_t)column * COLUMN_WIDTH;
}

static void draw(struct canvas *c, size_t x, struct slice cell)
{
    if (x < CELLS_MAX)
        c->cells[x] = cell;
}

/* ASCII text; what is not printable becomes '?'. */
static void draw_text(struct canvas *c, size_t x, struct slice text, size_t room)
{
    for (size_t i = 0; i < text.len && i < room; i++) {
        bool printable = text.ptr[i] >= ' ' && text.ptr[i] <= '~';

        draw(c, x + i, printable ? (struct slice){ text.ptr + i, 1 } : SLICE("?"));
    }
}

static void write_canvas(struct buf *b, const struct canvas *c)
{
    size_t end = c->width < CELLS_MAX ? c->width : CELLS_MAX;

    while (end > 0 && c->cells[end - 1].len == 0)
        end--;
    for (size_t i = 0; i < end; i++)
        buf_put(b, c->cells[i].len == 0 ? SLICE(" ") : c->cells[i]);
    buf_put_byte(b, '\n');
}

void ladder_write_head(struct buf *b, const struct ladder *l)
{
    struct canvas c = { .width = x_of(l->column_count) };

    buf_printf(b, "%*s", TIME_WIDTH, "");
    for (unsigned i = 0; i < l->column_count; i++) {
        struct slice name = l->columns[i];
        size_t       len  = name.len < COLUMN_WIDTH - 2 ? name.len : COLUMN_WIDTH - 2;
        size_t       half = len / 2 < x_of(i) ? len / 2 : x_of(i);

        draw_text(&c, x_of(i) - half, name, len);
    }
    write_canvas(b, &c);
}

static void draw_arrow(struct canvas *c, const struct arrow *a, const struct pens *pen)
{
    bool   right = a->to > a->from;
    size_t first = x_of(right ? a->from : a->to) + 1, last = x_of(right ? a->to : a->from) - 1;
    size_t room = last - first - 3;
    size_t len  = a->label.len < room ? a->label.len : room;
    size_t text = first + (last - first + 1 - len) / 2;

    for (size_t x = first; x <= last; x++)
        draw(c, x, slice_from(pen->line));
    draw(c, right ? last : first, slice_from(right ? pen->right : pen->left));
    if (a->lost) {
        size_t end = right ? last - 2 : first + 2;

        draw(c, right ? last : first, SLICE(" "));
        draw(c, right ? last - 1 : first + 1, SLICE(" "));
        draw(c, end, slice_from(pen->lost));
    }
    draw(c, text - 1, SLICE(" "));
    draw_text(c, text, a->label, len);
    draw(c, text + len, SLICE(" "));
}

/* Sent to itself: no arrow has room. */
static void draw_loop(struct canvas *c, const struct arrow *a, const struct pens *pen)
{
    size_t x = x_of(a->from) + 1;

    draw(c, x, slice_from(pen->left));
    draw(c, x + 1, slice_from(pen->line));
    draw_text(c, x + 3, a->label, COLUMN_WIDTH - 5);
}

void ladder_write_arrow(struct buf *b, const struct ladder *l, size_t i, enum ladder_style style)
{
    const struct arrow *a        = &l->arrows[i];
    uint64_t            start    = l->arrows[0].sent_at;
    uint64_t            previous = i > 0 ? l->arrows[i - 1].sent_at : start;
    struct canvas       c        = { .width = x_of(l->column_count) };

    buf_printf(b, "%8.3f %+8.3f ", (double)(a->sent_at - start) / 1000, (double)(a->sent_at - previous) / 1000);
    for (unsigned column = 0; column < l->column_count; column++)
        draw(&c, x_of(column), slice_from(pens[style].life));
    if (a->from == a->to)
        draw_loop(&c, a, &pens[style]);
    else
        draw_arrow(&c, a, &pens[style]);
    if (a->lost)
        draw_text(&c, x_of(l->column_count) - COLUMN_WIDTH + 3, SLICE("lost"), 4);
    write_canvas(b, &c);
}
