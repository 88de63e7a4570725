/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_typed.h"

#include "base/scan.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 1024 };

/* ---- words ---- */

static void skip_blanks(struct scan *s)
{
    while (!scan_at_end(s) && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

/* False at the end of the line; `*cut`: it was too long, or a quote has no end. */
static bool next_word(struct scan *s, struct buf *word, bool *cut)
{
    char quote = '\0';

    skip_blanks(s);
    if (scan_at_end(s))
        return false;
    for (; !scan_at_end(s); s->at++) {
        char c = *s->at;

        if (quote == '\0' && (c == ' ' || c == '\t'))
            break;
        if (c == quote)
            quote = '\0';
        else if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else
            buf_put_byte(word, c);
    }
    *cut = quote != '\0' || !buf_ok(word);
    return true;
}

/* '-' is as good as '_'. */
static bool is_named(const char *name, struct slice word)
{
    if (strlen(name) != word.len)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (name[i] != (word.ptr[i] == '-' ? '_' : word.ptr[i]))
            return false;
    return true;
}

/* ---- one command ---- */

struct reading {
    struct scan                  s;
    const struct phone_command  *command;
    const struct phone_argument *place; /* that the next word without a name fills */
    json_t                      *object;
    struct phone_fault          *fault;
    char                         memory[WORD_MAX];
};

static bool complain(struct phone_fault *f, const char *what, const char *name)
{
    snprintf(f->reason, sizeof f->reason, "%s%.40s%s", what, name, *name == '\0' ? "" : "'");
    return false;
}

static void skip_named(struct reading *r)
{
    while (r->place->name != NULL && r->place->place == PLACE_NAMED)
        r->place++;
}

static json_t *text_of(struct slice word)
{
    return json_stringn(word.ptr, word.len);
}

/* Numbers are typed as they are; what is no number goes on as text, to be complained about. */
static json_t *value_of(const struct phone_argument *a, struct slice word)
{
    struct scan s = scan_from(word);
    uint64_t    number;

    if ((a->type == ARGUMENT_STATUS || a->type == ARGUMENT_NUMBER) && scan_number64(&s, INT64_MAX, &number) &&
        scan_at_end(&s))
        return json_integer((json_int_t)number);
    return text_of(word);
}

static bool set(struct reading *r, const struct phone_argument *a, json_t *value)
{
    if (value == NULL)
        return complain(r->fault, "not UTF-8, or no memory", "");
    if (json_object_get(r->object, a->name) != NULL) {
        json_decref(value);
        return complain(r->fault, "given twice: '", a->name);
    }
    return json_object_set_new(r->object, a->name, value) == 0 || complain(r->fault, "no memory", "");
}

static const struct phone_argument *find_named(const struct phone_command *c, struct slice word)
{
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++)
        if (a->place == PLACE_NAMED && is_named(a->name, word))
            return a;
    return NULL;
}

static bool take_named(struct reading *r, const struct phone_argument *a)
{
    struct buf word;
    bool       cut = false;

    if (a->type == ARGUMENT_SECRET)
        return complain(r->fault, "not to be typed where it can be seen: '", a->name);
    if (a->type == ARGUMENT_FLAG)
        return set(r, a, json_true());
    word = BUF_ON(r->memory);
    if (!next_word(&r->s, &word, &cut))
        return complain(r->fault, "a value is missing after '", a->name);
    return cut ? complain(r->fault, "a word is too long, or a quote has no end", "")
               : set(r, a, value_of(a, buf_slice(&word)));
}

static bool take_rest(struct reading *r)
{
    struct slice rest;

    skip_blanks(&r->s);
    rest    = scan_rest(&r->s);
    r->s.at = r->s.end;
    return rest.len == 0 || set(r, r->place++, text_of(rest));
}

/* A choice that need not be made. */
static bool is_left_out(const struct phone_argument *place, struct slice word)
{
    return place->name != NULL && place->place == PLACE_OPTIONAL && place->type == ARGUMENT_CHOICE &&
           !phone_argument_has(place, word);
}

static bool take_words(struct reading *r)
{
    struct buf word;
    bool       cut = false;

    for (;;) {
        const struct phone_argument *named;

        skip_named(r);
        if (r->place->name != NULL && r->place->type == ARGUMENT_REST)
            return take_rest(r);
        word = BUF_ON(r->memory);
        if (!next_word(&r->s, &word, &cut))
            return true;
        if (cut)
            return complain(r->fault, "a word is too long, or a quote has no end", "");
        named = find_named(r->command, buf_slice(&word));
        if (named == NULL && is_left_out(r->place, buf_slice(&word))) {
            r->place++;
            skip_named(r);
        }
        if (named == NULL && r->place->name == NULL)
            return complain(r->fault, "one word too many: '", buf_cstr(&word));
        if (named != NULL ? !take_named(r, named) : !set(r, r->place, value_of(r->place, buf_slice(&word))))
            return false;
        r->place += named == NULL;
    }
}

static bool find_command(struct reading *r, struct slice name)
{
    char shown[48];

    r->command = r->fault->command = phone_command_find(name);
    if (r->command != NULL)
        return true;
    snprintf(shown, sizeof shown, "%.40s", name.ptr);
    r->fault->command = phone_command_nearest(name);
    if (r->fault->command == NULL)
        snprintf(r->fault->reason, sizeof r->fault->reason, "there is no command '%s'; 'help' lists them", shown);
    else
        snprintf(r->fault->reason, sizeof r->fault->reason, "there is no command '%s'; did you mean '%s'?", shown,
                 r->fault->command->name);
    return false;
}

json_t *phone_line_read(struct slice line, struct phone_fault *f)
{
    struct reading r = { .s = scan_from(line), .fault = f };
    struct buf     word;
    bool           cut = false, good;

    *f   = (struct phone_fault){ 0 };
    word = BUF_ON(r.memory);
    if (!next_word(&r.s, &word, &cut))
        return NULL;
    (void)buf_cstr(&word);
    if (cut || !find_command(&r, buf_slice(&word))) {
        if (cut)
            complain(f, "a word is too long, or a quote has no end", "");
        return NULL;
    }
    r.place  = r.command->arguments;
    r.object = json_object();
    good = json_object_set_new(r.object, "command", json_string(r.command->name)) == 0 || complain(f, "no memory", "");
    if (good && take_words(&r))
        return r.object;
    json_decref(r.object);
    return NULL;
}

/* ---- completion ---- */

static void offer(const struct phone_completion *c, struct slice begun, struct slice word)
{
    if (word.len >= begun.len && slice_eq((struct slice){ word.ptr, begun.len }, begun))
        c->fn(c->arg, word);
}

static void offer_choices(const struct phone_completion *c, struct slice begun, const char *choices)
{
    struct scan  s = scan_from(slice_from(choices));
    struct slice word;

    while (scan_until(&s, "|", &word)) {
        offer(c, begun, word);
        (void)scan_byte(&s, '|');
    }
}

static void offer_value(const struct phone_completion *c, struct slice begun, const struct phone_argument *a)
{
    if (a->type == ARGUMENT_CHOICE)
        offer_choices(c, begun, a->choices);
    else if (c->names != NULL)
        c->names(c->arg, a->type);
}

static void offer_commands(const struct phone_completion *c, struct slice begun)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    for (size_t i = 0; i < count; i++)
        offer(c, begun, slice_from(all[i].name));
}

/* Where the words before the last one have led: the argument whose value is to come, by
 * name or by place. */
static const struct phone_argument *walk(const struct phone_command *command, struct scan *s, const char *last,
                                         const struct phone_argument **place)
{
    const struct phone_argument *value = NULL;
    char                         memory[WORD_MAX];
    bool                         cut;

    *place = command->arguments;
    for (;;) {
        struct buf                   word = BUF_ON(memory);
        const struct phone_argument *named;

        while ((*place)->name != NULL && (*place)->place == PLACE_NAMED)
            (*place)++;
        skip_blanks(s);
        if (s->at >= last || !next_word(s, &word, &cut))
            return value;
        named = value == NULL ? find_named(command, buf_slice(&word)) : NULL;
        if (named == NULL && value == NULL && is_left_out(*place, buf_slice(&word)))
            (*place)++;
        if (named == NULL && value == NULL && (*place)->name != NULL)
            (*place)++;
        value = named != NULL && named->type != ARGUMENT_FLAG ? named : NULL;
    }
}

void phone_line_complete(struct slice line, const struct phone_completion *c, size_t *begun)
{
    struct scan                  s    = scan_from(line);
    const char                  *last = s.end;
    char                         memory[WORD_MAX];
    struct buf                   word = BUF_ON(memory);
    const struct phone_argument *value, *place;
    const struct phone_command  *command;
    struct slice                 part;
    bool                         cut;

    while (last > s.at && last[-1] != ' ' && last[-1] != '\t')
        last--;
    part   = slice_between(last, s.end);
    *begun = part.len;
    skip_blanks(&s);
    if (s.at >= last) {
        offer_commands(c, part);
        return;
    }
    (void)next_word(&s, &word, &cut);
    command = phone_command_find(buf_slice(&word));
    if (command == NULL)
        return;
    value = walk(command, &s, last, &place);
    if (value != NULL) {
        offer_value(c, part, value);
        return;
    }
    if (place->name != NULL)
        offer_value(c, part, place);
    for (const struct phone_argument *a = command->arguments; a->name != NULL; a++)
        if (a->place == PLACE_NAMED && a->type != ARGUMENT_SECRET)
            offer(c, part, slice_from(a->name));
}
