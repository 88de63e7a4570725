/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/journal.h"
#include "base/siphash.h"
#include "scenario/wire.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { COLUMN = 18, MARGIN = 10, LADDER = 16 * COLUMN };

void journal_init(struct journal *j, msec start)
{
    memset(j, 0, sizeof *j);
    j->start = start;
}

void journal_fini(struct journal *j)
{
    for (size_t i = 0; i < j->count; i++)
        free((char *)(uintptr_t)j->entries[i].text.ptr);
    free(j->entries);
}

static struct entry *add_entry(struct journal *j, enum entry_kind kind, msec at, struct slice text)
{
    struct entry *e;
    char         *copy;

    if (j->count == JOURNAL_LIMIT) {
        j->overflow = true;
        return NULL;
    }
    if (j->count == j->capacity) {
        j->capacity = j->capacity == 0 ? 256 : 2 * j->capacity;
        j->entries  = alloc_grow(j->entries, j->capacity * sizeof *j->entries);
    }
    copy = alloc_new(text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    e = &j->entries[j->count++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->at   = at;
    e->text = (struct slice){ copy, text.len };
    return e;
}

/* RFC 3550 5.1, and 5.2 keeps RTCP apart from it. */
static bool is_rtp(struct slice bytes)
{
    unsigned char type = bytes.len > 11 ? (unsigned char)bytes.ptr[1] : 200;

    return bytes.len > 11 && ((unsigned char)bytes.ptr[0] & 0xc0) == 0x80 && (type < 192 || type > 223);
}

static void count_media(struct journal *j, const struct packet *p)
{
    size_t i = 0;

    while (i < j->media_pairs && (j->media[i].from != p->from_host || j->media[i].to != p->to_host))
        i++;
    if (i == JOURNAL_MEDIA)
        return;
    if (i == j->media_pairs)
        j->media[j->media_pairs++] = (struct media_count){ p->from_host, p->to_host, 0 };
    j->media[i].packets++;
}

uint64_t journal_media(const struct journal *j, const struct host *from, const struct host *to)
{
    for (size_t i = 0; i < j->media_pairs; i++)
        if (j->media[i].from == from && j->media[i].to == to)
            return j->media[i].packets;
    return 0;
}

void journal_packet(void *journal, const struct packet *p)
{
    static const enum entry_kind kinds[] = {
        [PACKET_ARRIVED] = ENTRY_HEARD,
        [PACKET_LOST]    = ENTRY_LOST,
        [PACKET_REFUSED] = ENTRY_REFUSED,
    };
    struct entry *e;

    if ((p->stage == PACKET_ARRIVED || p->stage == PACKET_REFUSED) && !p->is_stream && is_rtp(p->bytes))
        count_media(journal, p);
    if (p->stage == PACKET_SENT || !wire_is_sip(p->bytes))
        return;
    e = add_entry(journal, kinds[p->stage], p->at, p->bytes);
    if (e == NULL)
        return;
    e->is_stream    = p->is_stream;
    e->from         = p->from_host;
    e->to           = p->to_host;
    e->from_address = p->from;
    e->to_address   = p->to;
}

void journal_note(struct journal *j, enum entry_kind kind, msec at, const struct host *whose, struct slice text)
{
    struct entry *e = add_entry(j, kind, at, text);

    if (e != NULL)
        e->to = whose;
}

uint64_t journal_digest(const struct journal *j)
{
    const struct hash_key key = { 0, 0 };
    uint64_t              sum = 0;

    for (size_t i = 0; i < j->count; i++) {
        const struct entry *e = &j->entries[i];

        sum = (sum ^ siphash(&key, e->text) ^ e->at ^ (uint64_t)e->kind << 56) * 0x9e3779b97f4a7c15u;
    }
    return sum;
}

/* ---- in words ---- */

static const char *name_of(const struct host *h)
{
    return h == NULL ? "nobody" : host_name(h);
}

static void write_label(const struct entry *e, struct buf *b)
{
    buf_put(b, wire_what(e->text));
    if (wire_status(e->text) != 0) {
        buf_put_byte(b, ' ');
        buf_put(b, wire_method(e->text));
    }
}

void entry_write(const struct entry *e, struct buf *b)
{
    static const char *const arrows[] = { [ENTRY_HEARD] = "->", [ENTRY_LOST] = "-x", [ENTRY_REFUSED] = "-!" };

    if (!entry_is_message(e)) {
        buf_printf(b, "%s: %.*s", name_of(e->to), SLICE_ARG(e->text));
        return;
    }
    buf_printf(b, "%s %s %s  ", name_of(e->from), arrows[e->kind], name_of(e->to));
    write_label(e, b);
}

/* ---- the ladder ---- */

static size_t column_of(const struct host *h, const struct host *const *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hosts[i] == h)
            return i;
    return count;
}

/* alice |---INVITE---->|   or, lost on the way:   |---INVITE--x  */
static void draw_arrow(char *row, size_t from, size_t to, const char *label, enum entry_kind kind)
{
    size_t left  = (from < to ? from : to) * COLUMN + 1;
    size_t right = (from < to ? to : from) * COLUMN;
    size_t head  = from < to ? right - 1 : left;
    size_t len   = strlen(label);
    char   tip   = from < to ? '>' : '<';

    if (from == to) {
        memcpy(row + left, label, len < COLUMN - 1 ? len : COLUMN - 1);
        return;
    }
    memset(row + left, '-', right - left);
    row[head] = kind == ENTRY_LOST ? 'x' : kind == ENTRY_REFUSED ? '!' : tip;
    if (len > right - left - 3)
        len = right - left - 3;
    memcpy(row + left + (right - left - len) / 2, label, len);
}

static void print_message_row(const struct entry *e, FILE *out, const struct host *const *hosts, size_t count)
{
    char       row[LADDER + 1];
    char       label[64];
    struct buf b    = BUF_ON(label);
    size_t     from = column_of(e->from, hosts, count);
    size_t     to   = column_of(e->to, hosts, count);

    write_label(e, &b);
    memset(row, ' ', sizeof row);
    for (size_t i = 0; i < count; i++)
        row[i * COLUMN] = '|';
    row[count * COLUMN + 1] = '\0';
    if (from == count || to == count) {
        fprintf(out, "%.*s  %s %s > %s\n", (int)(count * COLUMN), row, buf_cstr(&b), name_of(e->from), name_of(e->to));
        return;
    }
    draw_arrow(row, from, to, buf_cstr(&b), e->kind);
    fprintf(out, "%s%s\n", row, e->is_stream ? " tcp" : "");
}

static void print_note_row(const struct entry *e, FILE *out, const struct host *const *hosts, size_t count)
{
    size_t column = column_of(e->to, hosts, count);

    for (size_t i = 0; i < column && i < count; i++)
        fprintf(out, "|%*s", COLUMN - 1, "");
    fprintf(out, "* %.*s\n", SLICE_ARG(e->text));
}

static void print_text(struct slice text, FILE *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (i == 0 || text.ptr[i - 1] == '\n')
            fprintf(out, "%*s", MARGIN + 4, "");
        if (text.ptr[i] != '\r')
            fputc(text.ptr[i], out);
    }
    fputc('\n', out);
}

void journal_print(const struct journal *j, FILE *out, const struct host *const *hosts, size_t count, bool everything)
{
    if (count > LADDER / COLUMN - 1)
        count = LADDER / COLUMN - 1;
    fprintf(out, "%*s", MARGIN, "");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%-*s", COLUMN, host_name(hosts[i]));
    fputc('\n', out);
    for (size_t i = 0; i < j->count; i++) {
        const struct entry *e = &j->entries[i];

        if (e->kind == ENTRY_LOG && !everything)
            continue;
        fprintf(out, "%8.3f  ", (double)(e->at - j->start) / 1000);
        if (!entry_is_message(e)) {
            print_note_row(e, out, hosts, count);
            continue;
        }
        print_message_row(e, out, hosts, count);
        if (everything)
            print_text(e->text, out);
    }
}
