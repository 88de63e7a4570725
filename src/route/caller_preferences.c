/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/caller_preferences.h"

#include "route/explain.h"
#include "route/feature_set.h"

static const struct directive {
    struct slice     name;
    enum disposition bit;
} directives[] = {
    { SLICE_INIT("proxy"), DISPOSITION_PROXY },       { SLICE_INIT("redirect"), DISPOSITION_REDIRECT },
    { SLICE_INIT("cancel"), DISPOSITION_CANCEL },     { SLICE_INIT("no-cancel"), DISPOSITION_NO_CANCEL },
    { SLICE_INIT("fork"), DISPOSITION_FORK },         { SLICE_INIT("no-fork"), DISPOSITION_NO_FORK },
    { SLICE_INIT("recurse"), DISPOSITION_RECURSE },   { SLICE_INIT("no-recurse"), DISPOSITION_NO_RECURSE },
    { SLICE_INIT("parallel"), DISPOSITION_PARALLEL }, { SLICE_INIT("sequential"), DISPOSITION_SEQUENTIAL },
    { SLICE_INIT("queue"), DISPOSITION_QUEUE },       { SLICE_INIT("no-queue"), DISPOSITION_NO_QUEUE },
};

enum { DIRECTIVES = sizeof directives / sizeof directives[0] };

/* The score of a phone for one value, and the average of them, in millionths. */
enum { SCORE_MOST = 1000000 };

/* "There can only be one directive of each type": of a pair that contradicts itself neither counts. */
static unsigned without_contradictions(unsigned bits)
{
    for (unsigned i = 0; i < DIRECTIVES; i += 2) {
        unsigned pair = (unsigned)directives[i].bit | (unsigned)directives[i + 1].bit;

        if ((bits & pair) == pair)
            bits &= ~pair;
    }
    return bits;
}

unsigned disposition_read(const struct message *request)
{
    struct header_values v;
    struct slice         token;
    unsigned             bits = 0;

    if (message_header(request, HEADER_REQUEST_DISPOSITION) == NULL)
        return 0;
    v = message_values(request, HEADER_REQUEST_DISPOSITION);
    while (values_next_token(&v, &token))
        for (unsigned i = 0; i < DIRECTIVES; i++)
            if (slice_eq_nocase(directives[i].name, token))
                bits |= (unsigned)directives[i].bit;
    return without_contradictions(bits);
}

static bool has_flag(struct slice params, struct slice flag)
{
    struct slice value;

    return params_find(params, flag, &value);
}

/* "*" and its parameters, up to the comma or the end. */
static bool scan_preference(struct scan *s, bool reject, struct preference *p)
{
    *p = (struct preference){ .reject = reject };
    if (!(scan_lws(s) && scan_byte(s, '*') && params_scan(s, &p->params)))
        return false;
    p->require  = !reject && has_flag(p->params, SLICE("require"));
    p->explicit = !reject && has_flag(p->params, SLICE("explicit"));
    scan_lws(s);
    return scan_at_end(s) || scan_byte(s, ',');
}

/* All values of one line up to one that cannot be read.  False if there are too many. */
static bool read_line(const struct header *h, bool reject, struct preferences *out)
{
    struct scan       s = scan_from(h->value);
    struct preference p;

    while (!scan_at_end(&s) && scan_preference(&s, reject, &p)) {
        if (out->count == PREFERENCES)
            return false;
        out->list[out->count++] = p;
    }
    return true;
}

static bool read_values(const struct message *request, enum header_id id, struct preferences *out)
{
    const struct header *h = message_header(request, id);

    out->has_explicit = out->has_explicit || h != NULL;
    for (; h != NULL; h = message_next(request, h))
        if (!read_line(h, id == HEADER_REJECT_CONTACT, out))
            return false;
    return true;
}

bool preferences_read(const struct message *request, struct preferences *out)
{
    out->request      = request;
    out->disposition  = disposition_read(request);
    out->has_explicit = false;
    out->count        = 0;
    return read_values(request, HEADER_ACCEPT_CONTACT, out) && read_values(request, HEADER_REJECT_CONTACT, out);
}

/* ---- one phone ---- */

/* What is asked of phones: the values of the request, or what is implicit in it. */
struct wish {
    struct feature_set features;
    bool               reject, require, explicit;
};

struct wishes {
    struct wish     list[PREFERENCES];
    unsigned        count, accepts;
    bool            implicit;
    struct explain *explain;
};

struct verdict {
    bool     dropped;
    unsigned fit; /* Qa in millionths */
};

static void say(const struct wishes *w, const struct route_target *t, const char *what, unsigned which)
{
    explain_step(w->explain, "RFC 3841 7.2.4", "%.*s: %s (preference %u)", SLICE_ARG(t->uri), what, which + 1);
}

/* RFC 3841 7.2.4: it has said that it is all of this. */
static bool is_rejected(const struct wish *w, const struct feature_set *has)
{
    struct feature_match m = feature_set_match(&w->features, has);

    return m.wanted > 0 && m.matched == m.wanted;
}

static bool is_rejected_by_any(const struct wishes *w, const struct route_target *t, const struct feature_set *has)
{
    for (unsigned i = 0; i < w->count; i++) {
        if (!w->list[i].reject || !is_rejected(&w->list[i], has))
            continue;
        say(w, t, "dropped, it is what Reject-Contact names", i);
        return true;
    }
    return false;
}

/* Figure 1, the score of a value that matches. */
static unsigned score_of(const struct feature_match *m)
{
    return m->wanted == 0 ? SCORE_MOST : (unsigned)((uint64_t)m->matched * SCORE_MOST / m->wanted);
}

/* What one value of Accept-Contact does with a phone. */
enum outcome { DROPPED, NO_MATCH, SCORED };

static enum outcome judge_accept(const struct wish *w, const struct feature_set *has, unsigned *score)
{
    struct feature_match m = feature_set_match(&w->features, has);

    if (m.matched < m.named)
        return w->require ? DROPPED : NO_MATCH;
    *score = score_of(&m);
    if (*score < SCORE_MOST && w->explicit) {
        if (w->require)
            return DROPPED;
        *score = 0;
    }
    return SCORED;
}

static struct verdict judge_accepts(const struct wishes *w, const struct route_target *t, const struct feature_set *has)
{
    uint64_t sum     = 0;
    unsigned matches = 0, score = 0;

    for (unsigned i = 0; i < w->count; i++) {
        if (w->list[i].reject)
            continue;
        switch (judge_accept(&w->list[i], has, &score)) {
        case DROPPED:
            say(w, t, "dropped, it is not what is required", i);
            return (struct verdict){ .dropped = true };
        case NO_MATCH:
            say(w, t, "no match", i);
            break;
        case SCORED:
            explain_step(w->explain, "RFC 3841 7.2.4", "%.*s: score %u.%03u (preference %u)", SLICE_ARG(t->uri),
                         score / SCORE_MOST, score % SCORE_MOST / 1000, i + 1);
            sum += score;
            matches++;
            break;
        }
    }
    /* where nothing is preferred, none is preferred to another */
    return (struct verdict){ .fit = w->accepts == 0 ? SCORE_MOST : matches == 0 ? 0 : (unsigned)(sum / matches) };
}

/* Decision 0047. */
static bool says_only_who_it_is(const struct feature_set *has)
{
    return has->count == 1 && has->list[0].sip && slice_eq_nocase(has->list[0].name, SLICE("instance"));
}

static struct verdict judge(const struct wishes *w, const struct route_target *t)
{
    struct feature_set has;

    feature_set_read(t->params, &has);
    if (has.count == 0 || (w->implicit && says_only_who_it_is(&has))) {
        explain_step(w->explain, "RFC 3841 7.2.3", "%.*s: has not said what it can, and is not judged",
                     SLICE_ARG(t->uri));
        return (struct verdict){ .fit = SCORE_MOST };
    }
    if (is_rejected_by_any(w, t, &has))
        return (struct verdict){ .dropped = true };
    return judge_accepts(w, t, &has);
}

/* ---- all of them ---- */

/* RFC 3841 7.2.2: the method; and what a SUBSCRIBE subscribes to. */
static void read_implicit(const struct message *request, struct wishes *w)
{
    const struct header *event = message_header(request, HEADER_EVENT);
    struct wish         *wish  = &w->list[0];
    struct scan          s;
    struct slice         package;

    feature_set_read(SLICE(""), &wish->features);
    (void)feature_set_add(&wish->features, SLICE("methods"), request->method_text);
    if (request->method == METHOD_SUBSCRIBE && event != NULL) {
        s = scan_from(event->value);
        if (scan_token(&s, &package))
            (void)feature_set_add(&wish->features, SLICE("events"), package);
    }
    wish->require = true;
    wish->reject = wish->explicit = false;
    w->count = w->accepts = 1;
}

/* A value with a term that cannot be read would reject more, or demand less, than was meant. */
static void read_explicit(const struct preferences *p, struct wishes *w)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct preference *from = &p->list[i];
        struct wish             *wish = &w->list[w->count];

        feature_set_read(from->params, &wish->features);
        if (wish->features.broken) {
            explain_step(w->explain, "RFC 3841 10", "a preference cannot be read and is left out: *%.*s",
                         SLICE_ARG(from->params));
            continue;
        }
        wish->reject   = from->reject;
        wish->require  = from->require;
        wish->explicit = from->explicit;
        w->accepts += !from->reject;
        w->count++;
    }
}

static void apply(const struct wishes *w, struct target_set *set)
{
    unsigned kept = 0, count = set->count;
    bool     dropped[LIMIT_TARGETS];

    for (unsigned i = 0; i < count; i++) {
        struct verdict v = judge(w, &set->list[i]);

        set->list[i].fit = v.fit;
        dropped[i]       = v.dropped;
        kept += !v.dropped;
    }
    if (kept == 0 && w->implicit) { /* the phones will say themselves what they cannot: 405, 489 */
        explain_step(w->explain, "RFC 3841 7.2.4", "none says that it can: all are asked");
        for (unsigned i = 0; i < count; i++)
            set->list[i].fit = 0;
        return;
    }
    for (unsigned i = count; i-- > 0;)
        if (dropped[i])
            target_set_drop(set, i);
}

static void keep_together(struct target_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        set->list[i].fit = 0;
}

/* The method is implied: of a single phone it drops nothing in the end, and there is nothing to order. */
static bool is_of_no_effect(const struct preferences *p, const struct target_set *set)
{
    return set->count == 0 || (!p->has_explicit && set->count == 1);
}

void preferences_apply(const struct preferences *p, struct target_set *set)
{
    if (!is_of_no_effect(p, set)) {
        struct wishes w;

        w.explain  = set->explain;
        w.implicit = !p->has_explicit;
        w.count = w.accepts = 0;
        if (w.implicit)
            read_implicit(p->request, &w);
        else
            read_explicit(p, &w);
        apply(&w, set);
        target_set_sort(set);
        if (w.implicit && p->request->method == METHOD_INVITE)
            keep_together(set);
    }
    if ((p->disposition & DISPOSITION_NO_FORK) != 0 && set->count > 1) {
        explain_step(set->explain, "RFC 3841 9.1", "no-fork: only the best of %u", set->count);
        target_set_cut(set, 1);
    }
}

enum target_order preferences_order(const struct preferences *p, enum target_order usual)
{
    if ((p->disposition & DISPOSITION_SEQUENTIAL) != 0)
        return TARGETS_SEQUENTIAL;
    return (p->disposition & DISPOSITION_PARALLEL) != 0 ? TARGETS_PARALLEL : usual;
}

void preferences_number(struct target_set *set)
{
    unsigned steps = 0, step = 0;
    bool     fits = false;

    for (unsigned i = 1; i < set->count; i++) {
        const struct route_target *a = &set->list[i - 1], *b = &set->list[i];

        steps += a->q != b->q || a->fit != b->fit;
        fits = fits || (a->q == b->q && a->fit != b->fit);
    }
    if (!fits)
        return;
    for (unsigned i = 0; i < set->count; i++) {
        struct route_target *t = &set->list[i];
        bool lower             = i + 1 < set->count && (t->q != set->list[i + 1].q || t->fit != set->list[i + 1].fit);

        t->q = Q_MOST - Q_MOST * step / (steps + 1);
        step += lower;
    }
}
