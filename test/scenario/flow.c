/* SPDX-License-Identifier: BSD-2-Clause */
/* flow: exactly these messages, in this order, and no others between them.
 *
 *     flow
 *         alice -> proxy1   INVITE
 *         proxy1 -> alice   100
 *         | proxy1 -> bob   INVITE        |: in any order with the line above
 *         +500 alice -x proxy1 INVITE     +: exactly so long after the line before
 *
 *         proxy -> bob by 192.0.2.11:5060  INVITE    by: from that address of his
 *
 * -> arrives, -x is lost on the way, -! finds a closed port. */
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { PATIENCE = 5000, GROUP = 24 };

struct flow_line {
    struct words    words;
    struct slice    text;
    unsigned        number;
    bool            together;
    bool            timed;
    msec            after;
    enum entry_kind kind;
    const char     *from, *to;
    struct address  by; /* FAMILY_NONE: whichever */
    struct pattern  pattern;
    bool            matched;
};

static bool parse_arrow(const char *word, enum entry_kind *kind)
{
    static const char *const arrows[] = { [ENTRY_HEARD] = "->", [ENTRY_LOST] = "-x", [ENTRY_REFUSED] = "-!" };

    for (unsigned i = 0; word != NULL && i < 3; i++)
        if (strcmp(word, arrows[i]) == 0)
            return *kind = (enum entry_kind)i, true;
    return false;
}

static bool parse_line(struct scenario *s, struct flow_line *f)
{
    const char *const *word = f->words.word;
    unsigned           used;

    if (!words_split(&f->words, f->text) || word[0] == NULL)
        return false;
    if (strcmp(word[0], "|") == 0) {
        f->together = true;
        word++;
    }
    if (word[0] != NULL && word[0][0] == '+') {
        f->timed = true;
        if (!parse_duration(word[0] + 1, &f->after))
            return false;
        word++;
    }
    if (word[0] == NULL || !parse_arrow(word[1], &f->kind) || word[2] == NULL)
        return false;
    f->from = word[0];
    f->to   = word[2];
    if (word[3] != NULL && strcmp(word[3], "by") == 0) {
        if (word[4] == NULL || !address_parse(slice_from(word[4]), &f->by))
            return false;
        word += 2;
    }
    used = pattern_parse(&f->pattern, word + 3);
    if (scenario_actor(s, f->from) == NULL || scenario_actor(s, f->to) == NULL)
        return false;
    return used > 0 && word[3 + used] == NULL;
}

static bool line_matches(const struct flow_line *f, const struct entry *e, struct buf *why)
{
    if (f->matched || e->kind != f->kind || e->to == NULL || strcmp(host_name(e->from), f->from) != 0 ||
        strcmp(host_name(e->to), f->to) != 0)
        return false;
    if (f->by.family != FAMILY_NONE && !address_eq(&f->by, &e->from_address)) {
        buf_put(why, SLICE("it came from another address"));
        return false;
    }
    return pattern_matches(&f->pattern, e->text, why);
}

/* The next message on the wire, or NULL when none comes by `limit`. */
static const struct entry *next_message(struct scenario *s, msec limit)
{
    while (scenario_await_entry(s, s->flowed, limit)) {
        const struct entry *e = &s->journal.entries[s->flowed++];

        if (entry_is_message(e))
            return e;
    }
    return NULL;
}

static bool fail_line(struct scenario *s, const struct flow_line *f, const struct entry *e, struct buf *why)
{
    char       memory[256];
    struct buf got = BUF_ON(memory);

    s->line = f->number;
    if (e != NULL)
        entry_write(e, &got);
    if (why->len > 0)
        buf_printf(&got, ": %s", buf_cstr(why));
    return scenario_fail(s, "expected \"%.*s\", got %s", SLICE_ARG(slice_trim(f->text)),
                         e == NULL ? "nothing in time" : buf_cstr(&got));
}

static bool check_time(struct scenario *s, const struct flow_line *f, const struct entry *e, msec before)
{
    if (!f->timed || e->at == before + f->after)
        return true;
    s->line = f->number;
    return scenario_fail(s, "\"%.*s\" came after %llu ms", SLICE_ARG(slice_trim(f->text)),
                         (unsigned long long)(e->at - before));
}

/* The lines of one group against as many messages; `*last` is the time of the
 * message before, then of the last one. */
static bool match_group(struct scenario *s, struct flow_line *lines, size_t count, msec *last)
{
    msec before = *last;
    msec wait   = lines[0].timed ? lines[0].after : PATIENCE;

    for (size_t done = 0; done < count; done++) {
        const struct entry *e = next_message(s, before + wait);
        char                memory[256];
        struct buf          why = BUF_ON(memory);
        size_t              i   = 0;

        while (e != NULL && i < count && !line_matches(&lines[i], e, &why))
            i++;
        if (e == NULL || i == count) {
            for (i = 0; lines[i].matched; i++)
                ;
            return fail_line(s, &lines[i], e, &why);
        }
        lines[i].matched = true;
        *last            = e->at;
        if (!check_time(s, &lines[i], e, before))
            return false;
    }
    return true;
}

static bool match_lines(struct scenario *s, struct flow_line *lines, size_t count)
{
    msec last = network_now(s->net);

    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && lines[next].together; next++)
            ;
        if (!match_group(s, lines + first, next - first, &last))
            return false;
    }
    return true;
}

bool verb_flow(struct scenario *s, const struct statement *st)
{
    struct flow_line *lines = alloc_new((st->block_count + 1) * sizeof *lines);
    size_t            count = 0;
    bool              ok    = true;

    for (size_t i = 0; i < st->block_count && ok; i++) {
        struct slice text = slice_trim(st->block[i]);

        if (text.len == 0 || *text.ptr == '#')
            continue;
        lines[count].text   = text;
        lines[count].number = st->block_line + (unsigned)i;
        if (!parse_line(s, &lines[count])) {
            s->line = lines[count].number;
            ok      = scenario_fail(s, "not a line of a flow: [|] [+TIME] FROM ->|-x|-! TO PATTERN");
        }
        count++;
    }
    ok = ok && match_lines(s, lines, count);
    free(lines);
    network_run_until(s->net, network_now(s->net)); /* who heard the last line may also act on it */
    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        a->heard = s->flowed > a->heard ? s->flowed : a->heard;
    }
    return ok;
}
