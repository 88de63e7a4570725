/* SPDX-License-Identifier: BSD-2-Clause */
/* expect: one thing, now or soon; whatever else happens is let pass. */
#include "scenario/scenario.h"

enum { PATIENCE = 5000 };

struct want {
    struct actor  *who;
    struct pattern pattern; /* hears */
    const char    *from;    /* hears ... from; NULL: anybody */
    const char    *event;   /* or what its events start with */
    msec           within;
};

/* Word `name` and its duration at the end of the list, taken off. */
static bool take_option(struct words *w, const char *name, msec *value)
{
    if (w->count < 3 || strcmp(w->word[w->count - 2], name) != 0 || !parse_duration(w->word[w->count - 1], value))
        return false;
    w->count -= 2;
    w->word[w->count] = NULL;
    return true;
}

/* ---- hearing and noticing ---- */

static bool entry_fits(const struct want *want, const struct entry *e)
{
    if (e->to != want->who->host)
        return false;
    if (want->event != NULL)
        return e->kind == ENTRY_EVENT && e->text.len >= strlen(want->event) &&
               memcmp(e->text.ptr, want->event, strlen(want->event)) == 0;
    return e->kind == ENTRY_HEARD && (want->from == NULL || strcmp(host_name(e->from), want->from) == 0) &&
           pattern_matches(&want->pattern, e->text, NULL);
}

/* The first entry that fits; the actor's cursor moves behind it. */
static bool await(struct scenario *s, const struct want *want)
{
    size_t *cursor = want->event == NULL ? &want->who->heard : &want->who->noticed;
    msec    limit  = network_now(s->net) + want->within;

    for (size_t n = *cursor; scenario_await_entry(s, n, limit); n++)
        if (entry_fits(want, &s->journal.entries[n])) {
            *cursor = n + 1;
            network_run_until(s->net, network_now(s->net)); /* let everybody end what this instant began */
            return true;
        }
    return false;
}

static bool expect_hears(struct scenario *s, struct words *w, struct want *want)
{
    const char *const *word = w->word + 3;
    unsigned           used = pattern_parse(&want->pattern, word);

    if (used == 0)
        return scenario_fail(s, "expect A hears PATTERN [from B] [within T]");
    if (word[used] != NULL && strcmp(word[used], "from") == 0 && scenario_actor(s, word[used + 1]) != NULL)
        want->from = word[used + 1];
    else if (word[used] != NULL)
        return scenario_fail(s, "what is %s?", word[used]);
    return await(s, want) || scenario_fail(s, "it never does");
}

static bool expect_event(struct scenario *s, struct words *w, struct want *want)
{
    char       memory[512];
    struct buf event = BUF_ON(memory);

    for (unsigned i = 2; i < w->count; i++)
        buf_printf(&event, "%s%s", i == 2 ? "" : " ", w->word[i]);
    want->event = buf_cstr(&event);
    return await(s, want) || scenario_fail(s, "\"%s\" never happens to %s", want->event, host_name(want->who->host));
}

/* ---- silence ---- */

/* expect A hears nothing for T */
static bool expect_nothing(struct scenario *s, struct words *w, struct actor *who)
{
    size_t n = s->journal.count;
    msec   duration;

    if (!take_option(w, "for", &duration))
        return scenario_fail(s, "expect A hears nothing for T");
    scenario_wait(s, duration);
    for (; n < s->journal.count; n++) {
        const struct entry *e = &s->journal.entries[n];

        if (e->kind == ENTRY_HEARD && e->to == who->host)
            return scenario_fail(s, "it hears %.*s", SLICE_ARG(wire_what(e->text)));
    }
    return true;
}

/* ---- counting ---- */

static size_t count_between(const struct scenario *s, size_t from_entry, const struct pattern *p, const char *from,
                            const char *to)
{
    size_t count = 0;

    for (size_t n = from_entry; n < s->journal.count; n++) {
        const struct entry *e = &s->journal.entries[n];

        count += entry_is_message(e) && e->to != NULL && strcmp(host_name(e->from), from) == 0 &&
                 strcmp(host_name(e->to), to) == 0 && pattern_matches(p, e->text, NULL);
    }
    return count;
}

/* expect media|no media FROM -> TO for T: RTP packets, from now on. */
static bool expect_media(struct scenario *s, struct words *w, bool wanted)
{
    const char *const *word = w->word + (wanted ? 2 : 3);
    struct actor      *from, *to;
    msec               duration;
    uint64_t           before, after;

    if (!take_option(w, "for", &duration) || w->count != (wanted ? 5 : 6) || strcmp(word[1], "->") != 0 ||
        (from = scenario_actor(s, word[0])) == NULL || (to = scenario_actor(s, word[2])) == NULL)
        return scenario_fail(s, "expect media|no media FROM -> TO for T");
    before = journal_media(&s->journal, from->host, to->host);
    scenario_wait(s, duration);
    after = journal_media(&s->journal, from->host, to->host);
    return (after > before) == wanted || scenario_fail(s, "%llu packets come", (unsigned long long)(after - before));
}

/* expect N PATTERN FROM -> TO: so far.   expect no PATTERN FROM -> TO for T: from now on. */
static bool expect_count(struct scenario *s, struct words *w, unsigned wanted)
{
    const char *const *word = w->word + 2;
    size_t             now  = s->journal.count;
    msec               duration;
    bool               later = take_option(w, "for", &duration);
    struct pattern     p;
    unsigned           used = pattern_parse(&p, word);
    size_t             got;

    if (used == 0 || w->count != 2 + used + 3 || strcmp(word[used + 1], "->") != 0)
        return scenario_fail(s, "expect N|no PATTERN FROM -> TO [for T]");
    if (scenario_actor(s, word[used]) == NULL || scenario_actor(s, word[used + 2]) == NULL)
        return scenario_fail(s, "one of them is nobody"); /* from whom nothing ever comes */
    if (later)
        scenario_wait(s, duration);
    got = count_between(s, later ? now : 0, &p, word[used], word[used + 2]);
    return got == wanted || scenario_fail(s, "there are %zu", got);
}

bool verb_expect(struct scenario *s, const struct statement *st)
{
    struct words w      = st->words;
    unsigned     number = 0;
    struct want  want   = { .within = PATIENCE };

    if (w.count < 3)
        return scenario_fail(s, "expect what?");
    if (strcmp(w.word[1], "sound") == 0 || strcmp(w.word[1], "silence") == 0 || strcmp(w.word[1], "voice") == 0 ||
        strcmp(w.word[1], "absence") == 0)
        return expect_sound(s, st);
    if (strcmp(w.word[1], "media") == 0)
        return expect_media(s, &w, true);
    if (strcmp(w.word[1], "no") == 0 && strcmp(w.word[2], "media") == 0)
        return expect_media(s, &w, false);
    if (strcmp(w.word[1], "no") == 0 || parse_count(w.word[1], &number))
        return expect_count(s, &w, number);
    want.who = scenario_actor(s, w.word[1]);
    if (want.who == NULL)
        return scenario_fail(s, "%s is nobody", w.word[1]);
    if (strcmp(w.word[2], "hears") == 0 && w.count > 3 && strcmp(w.word[3], "nothing") == 0)
        return expect_nothing(s, &w, want.who);
    take_option(&w, "within", &want.within);
    return strcmp(w.word[2], "hears") == 0 ? expect_hears(s, &w, &want) : expect_event(s, &w, &want);
}
