/* SPDX-License-Identifier: BSD-2-Clause */
/* What an actor was told and a later line of the file is to say again. */
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <ctype.h>
#include <stdlib.h>

enum { NOTE_NAME = 40, NOTE_TEXT = 512, EXPANDED = 8192 };

struct note {
    struct link link; /* in scenario->notes, the latest first */
    char        name[NOTE_NAME], text[NOTE_TEXT];
};

/* A statement with its notes filled in; its own, as others may keep pieces of it. */
struct expanded {
    struct link      link; /* in scenario->expanded */
    struct statement statement;
    char             memory[EXPANDED];
};

/* ---- note NAME from ACTOR PARAM|Header [behind TEXT] ---- */

static struct slice last_heard(const struct scenario *s, const struct host *by)
{
    for (size_t n = s->journal.count; n > 0; n--) {
        const struct entry *e = &s->journal.entries[n - 1];

        if (e->kind == ENTRY_HEARD && e->to == by)
            return e->text;
    }
    return SLICE("");
}

/* What stands behind the first `word` in `text`; empty if it does not. */
static struct slice behind(struct slice text, const char *word)
{
    const char *at = text.len > 0 ? memmem(text.ptr, text.len, word, strlen(word)) : NULL;

    return at != NULL ? slice_between(at + strlen(word), text.ptr + text.len) : SLICE("");
}

/* ;name=value or ;name="value" */
static struct slice param_in(struct slice text, const char *name)
{
    char         word[NOTE_NAME + 3];
    const char  *ends = ";,> \r\n";
    struct slice value;

    snprintf(word, sizeof word, ";%s=", name);
    value = behind(text, word);
    if (value.len > 0 && value.ptr[0] == '"') {
        value.ptr++;
        value.len--;
        ends = "\"";
    }
    for (size_t i = 0; i < value.len; i++)
        if (strchr(ends, value.ptr[i]) != NULL)
            return (struct slice){ value.ptr, i };
    return SLICE("");
}

/* A name with a capital is a header's. */
static struct slice value_of(struct slice text, const char *name)
{
    struct slice value;

    if (!isupper((unsigned char)name[0]))
        return param_in(text, name);
    return wire_header(text, name, 0, &value) ? value : SLICE("");
}

bool verb_note(struct scenario *s, const struct statement *st)
{
    const char *const *word  = st->words.word;
    bool               place = st->words.count == 7 && strcmp(word[5], "behind") == 0;
    struct actor      *from  = st->words.count > 3 ? scenario_actor(s, word[3]) : NULL;
    struct slice       text, value;
    struct note       *n;

    if (from == NULL || (st->words.count != 5 && !place))
        return scenario_fail(s, "note NAME from ACTOR PARAM|Header [behind TEXT]");
    text  = last_heard(s, from->host);
    value = value_of(place ? behind(text, word[6]) : text, word[4]);
    if (value.len == 0 || value.len >= NOTE_TEXT || strlen(word[1]) >= NOTE_NAME)
        return scenario_fail(s, "%s is not in what %s heard last", word[4], word[3]);
    n = alloc_new(sizeof *n);
    snprintf(n->name, sizeof n->name, "%s", word[1]);
    snprintf(n->text, sizeof n->text, "%.*s", SLICE_ARG(value));
    list_append(s->notes.next, &n->link);
    return true;
}

/* ---- $NAME ---- */

static const struct note *find_note(const struct scenario *s, struct slice name)
{
    LIST_EACH (l, &s->notes)
        if (slice_eq(name, slice_from(CONTAINER_OF(l, struct note, link)->name)))
            return CONTAINER_OF(l, struct note, link);
    return NULL;
}

static size_t name_length(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && (isupper((unsigned char)*p) || isdigit((unsigned char)*p)))
        p++;
    return (size_t)(p - at);
}

static void expand(const struct scenario *s, struct slice text, struct buf *out)
{
    const char *end = text.ptr + text.len;

    for (const char *at = text.ptr; at < end;) {
        size_t             len = *at == '$' ? name_length(at + 1, end) : 0;
        const struct note *n   = len > 0 ? find_note(s, (struct slice){ at + 1, len }) : NULL;

        if (n != NULL)
            buf_put(out, slice_from(n->text));
        else
            buf_put_byte(out, *at);
        at += n != NULL ? 1 + len : 1;
    }
}

static bool has_dollar(const struct statement *st)
{
    for (unsigned i = 0; i < st->words.count; i++)
        if (strchr(st->words.word[i], '$') != NULL)
            return true;
    for (size_t i = 0; i < st->block_count; i++)
        if (st->block[i].len > 0 && memchr(st->block[i].ptr, '$', st->block[i].len) != NULL)
            return true;
    return false;
}

static void expand_words(const struct scenario *s, const struct words *from, struct words *to)
{
    struct buf b = BUF_ON(to->memory);

    for (unsigned i = 0; i < from->count; i++) {
        to->word[i] = to->memory + b.len;
        expand(s, slice_from(from->word[i]), &b);
        buf_put_byte(&b, '\0');
    }
    to->word[from->count] = NULL;
    to->count             = from->count;
    if (!buf_ok(&b))
        to->count = 0;
}

const struct statement *scenario_expand(struct scenario *s, const struct statement *st)
{
    struct expanded *x;
    struct buf       b;

    if (list_empty(&s->notes) || !has_dollar(st))
        return st;
    x            = alloc_new(sizeof *x);
    x->statement = *st;
    list_append(&s->expanded, &x->link);
    expand_words(s, &st->words, &x->statement.words);
    x->statement.block = alloc_new((st->block_count + 1) * sizeof *st->block);
    b                  = BUF_ON(x->memory);
    for (size_t i = 0; i < st->block_count; i++) {
        size_t mark = b.len;

        expand(s, st->block[i], &b);
        x->statement.block[i] = (struct slice){ x->memory + mark, b.len - mark };
    }
    return buf_ok(&b) && x->statement.words.count == st->words.count ? &x->statement : NULL;
}

void scenario_free_notes(struct scenario *s)
{
    struct link *l;

    while ((l = list_shift(&s->notes)) != NULL)
        free(CONTAINER_OF(l, struct note, link));
    while ((l = list_shift(&s->expanded)) != NULL) {
        free(CONTAINER_OF(l, struct expanded, link)->statement.block);
        free(CONTAINER_OF(l, struct expanded, link));
    }
}
