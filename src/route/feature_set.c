/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/feature_set.h"

#include "sip/params.h"

#include <math.h>

enum value_kind { VALUE_TOKEN, VALUE_STRING, VALUE_RANGE };

struct value {
    enum value_kind kind;
    bool            negated;
    struct slice    text; /* TOKEN; STRING with its escapes */
    double          low, high;
};

/* RFC 3841 7.2.1.  All but the last two are of the SIP tree (RFC 3840 5). */
static const struct slice base_tags[] = {
    SLICE_INIT("audio"),   SLICE_INIT("automata"),    SLICE_INIT("class"),    SLICE_INIT("duplex"),
    SLICE_INIT("data"),    SLICE_INIT("control"),     SLICE_INIT("mobility"), SLICE_INIT("description"),
    SLICE_INIT("events"),  SLICE_INIT("priority"),    SLICE_INIT("methods"),  SLICE_INIT("extensions"),
    SLICE_INIT("schemes"), SLICE_INIT("application"), SLICE_INIT("video"),    SLICE_INIT("isfocus"),
    SLICE_INIT("actor"),   SLICE_INIT("text"),        SLICE_INIT("language"), SLICE_INIT("type"),
};

enum { BASE_TAGS = sizeof base_tags / sizeof base_tags[0], SIP_TAGS = BASE_TAGS - 2 };

static size_t base_tag(struct slice name)
{
    size_t i = 0;

    while (i < BASE_TAGS && !slice_eq_nocase(base_tags[i], name))
        i++;
    return i;
}

/* ALPHA *( ALPHA / DIGIT / "!" / "'" / "." / "-" / "%" ) */
static bool is_tag_name(struct slice name)
{
    if (name.len == 0 || !is_alnum_byte(name.ptr[0]) || is_digit_byte(name.ptr[0]))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (!is_alnum_byte(name.ptr[i]) && memchr("!'.-%", name.ptr[i], 5) == NULL)
            return false;
    return true;
}

static struct slice behind(struct slice text, size_t count)
{
    return slice_between(text.ptr + count, text.ptr + text.len);
}

static bool is_other_tag(struct slice name)
{
    return name.len > 1 && name.ptr[0] == '+' && is_tag_name(behind(name, 1));
}

bool feature_is_name(struct slice name)
{
    return is_other_tag(name) || base_tag(name) < BASE_TAGS;
}

/* 1*DIGIT ["." 0*DIGIT], with a sign: whole numbers first, so that 1.1 and 1.10 are the same. */
static bool scan_decimal(struct scan *s, double *number)
{
    struct scan at    = *s;
    bool        minus = scan_byte(&at, '-');
    bool        point = false;
    double      sum = 0, scale = 1;

    if (!minus)
        (void)scan_byte(&at, '+');
    if (scan_at_end(&at) || !is_digit_byte(*at.at))
        return false;
    for (; !scan_at_end(&at) && (is_digit_byte(*at.at) || (*at.at == '.' && !point)); at.at++) {
        if (*at.at == '.') {
            point = true;
            continue;
        }
        sum = sum * 10 + (*at.at - '0');
        scale *= point ? 10 : 1;
    }
    if (!isfinite(sum) || !isfinite(scale)) /* RFC 3840 9: it has to fit into a double */
        return false;
    *number = minus ? -sum / scale : sum / scale;
    *s      = at;
    return true;
}

/* Behind '#'. */
static bool scan_range(struct scan *s, struct value *v)
{
    double other;

    v->kind = VALUE_RANGE;
    v->low  = -INFINITY;
    v->high = INFINITY;
    if (scan_exact(s, SLICE(">=")))
        return scan_decimal(s, &v->low);
    if (scan_exact(s, SLICE("<=")))
        return scan_decimal(s, &v->high);
    if (scan_byte(s, '=')) {
        if (!scan_decimal(s, &v->low))
            return false;
        v->high = v->low;
        return true;
    }
    if (!scan_decimal(s, &v->low) || !scan_byte(s, ':') || !scan_decimal(s, &other))
        return false;
    v->high = fmax(v->low, other); /* RFC 4596 6.2: whichever is the smaller one */
    v->low  = fmin(v->low, other);
    return true;
}

static bool is_value_byte(char c)
{
    return is_alnum_byte(c) || (c != '\0' && strchr("-.%*_+`'~", c) != NULL);
}

static bool scan_value(struct scan *s, struct value *v)
{
    const char *start;

    scan_lws(s); /* phones write "INVITE, ACK" */
    v->negated = scan_byte(s, '!');
    if (scan_byte(s, '#'))
        return scan_range(s, v);
    v->kind = VALUE_TOKEN;
    start   = s->at;
    while (!scan_at_end(s) && is_value_byte(*s->at))
        s->at++;
    v->text = slice_between(start, s->at);
    return v->text.len > 0;
}

/* All values of a feature, one after the other. */
struct values {
    struct slice text;
    struct scan  scan;
    bool         bare, broken, over;
};

static struct values values_of(const struct feature *f)
{
    return (struct values){ .text = f->value, .scan = scan_from(f->value), .bare = f->bare };
}

static bool end_with(struct values *v, bool broken)
{
    v->over   = true;
    v->broken = broken;
    return !broken;
}

/* "<...>": all of it is one string. */
static bool read_string(struct values *values, struct value *v)
{
    struct slice text = scan_rest(&values->scan);

    if (text.len < 2 || text.ptr[text.len - 1] != '>')
        return end_with(values, true);
    *v = (struct value){ .kind = VALUE_STRING, .text = slice_between(text.ptr + 1, text.ptr + text.len - 1) };
    return end_with(values, false);
}

static bool next_value(struct values *values, struct value *v)
{
    struct scan *s = &values->scan;

    if (values->over)
        return false;
    if (values->bare) {
        *v = (struct value){ .kind = VALUE_TOKEN, .text = SLICE("TRUE") };
        return end_with(values, false);
    }
    if (s->at == values->text.ptr && values->text.len > 0 && *s->at == '<')
        return read_string(values, v);
    *v = (struct value){ .kind = VALUE_TOKEN };
    if (!scan_value(s, v))
        return end_with(values, true);
    scan_lws(s);
    if (scan_at_end(s))
        return end_with(values, false);
    return scan_byte(s, ',') || end_with(values, true);
}

/* Bytes of strings, escapes resolved. */
static bool next_byte(struct scan *s, char *byte)
{
    (void)(s->end - s->at > 1 && scan_byte(s, '\\'));
    if (scan_at_end(s))
        return false;
    *byte = *s->at++;
    return true;
}

static bool is_same_string(struct slice a, struct slice b)
{
    struct scan sa = scan_from(a), sb = scan_from(b);
    char        ca = 0, cb = 0;

    while (next_byte(&sa, &ca))
        if (!next_byte(&sb, &cb) || ca != cb)
            return false;
    return !next_byte(&sb, &cb);
}

/* Is there a number that is in one and not in the other; that is in neither? */
static bool ranges_meet(const struct value *a, const struct value *b)
{
    if (a->negated && b->negated)
        return fmin(a->low, b->low) > -INFINITY || fmax(a->high, b->high) < INFINITY ||
               fmax(a->low, b->low) > fmin(a->high, b->high);
    if (a->negated)
        return b->low < a->low || b->high > a->high;
    if (b->negated)
        return a->low < b->low || a->high > b->high;
    return fmax(a->low, b->low) <= fmin(a->high, b->high);
}

/* Can one and the same phone be both (RFC 2533 5)?  What is not the one token can be anything else, even
 * a number. */
static bool values_meet(const struct value *a, const struct value *b)
{
    bool same;

    if (a->kind != b->kind)
        return a->negated || b->negated;
    if (a->kind == VALUE_RANGE)
        return ranges_meet(a, b);
    same = a->kind == VALUE_TOKEN ? slice_eq_nocase(a->text, b->text) : is_same_string(a->text, b->text);
    return a->negated && b->negated ? true : same != (a->negated || b->negated);
}

static bool features_meet(const struct feature *wanted, const struct feature *has)
{
    struct values outer = values_of(wanted);
    struct value  want, can;

    while (next_value(&outer, &want)) {
        struct values inner = values_of(has);

        while (next_value(&inner, &can))
            if (values_meet(&want, &can))
                return true;
    }
    return false;
}

/* How many values, 0 if they cannot be read. */
static unsigned count_values(const struct feature *f)
{
    struct values values = values_of(f);
    struct value  v;
    unsigned      count = 0;

    while (next_value(&values, &v))
        count++;
    return values.broken ? 0 : count;
}

static const struct feature *find(const struct feature_set *set, const struct feature *f)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->list[i].sip == f->sip && slice_eq_nocase(set->list[i].name, f->name))
            return &set->list[i];
    return NULL;
}

/* RFC 3841 8: the name without its encoding.  '!' and "'" stay, since nothing else stands for them. */
static struct feature decode(struct slice name)
{
    struct feature f    = { .name = name };
    struct scan    scan = scan_from(name);

    if (!scan_byte(&scan, '+')) {
        f.sip = base_tag(name) < SIP_TAGS;
        return f;
    }
    f.sip  = scan_word(&scan, SLICE("sip."));
    f.name = scan_rest(&scan);
    return f;
}

static bool add(struct feature_set *set, struct slice name, struct slice value, bool bare)
{
    struct feature f = decode(name);
    unsigned       count;

    f.value = value;
    f.bare  = bare;
    count   = count_values(&f);
    if (count == 0 || set->count == FEATURES || set->values + count > FEATURE_VALUES) {
        set->broken = true;
        return false;
    }
    if (find(set, &f) != NULL)
        return true;
    set->list[set->count++] = f;
    set->values += count;
    return true;
}

bool feature_set_add(struct feature_set *set, struct slice name, struct slice value)
{
    if (feature_is_name(name))
        return add(set, name, value, false);
    set->broken = true;
    return false;
}

/* "+video" beside "video": RFC 3841 7.2.3 step 3. */
static bool is_of_base(const struct feature_set *set, struct slice name)
{
    struct feature f = { .name = behind(name, 1), .sip = true };

    return find(set, &f) != NULL;
}

static void read_tags(struct slice params, bool base, struct feature_set *out)
{
    struct scan  s = scan_from(params);
    struct slice name, value;

    while (params_next(&s, &name, &value)) {
        bool bare = value.len == 0 && s.at[-1] != '"';

        if (base ? base_tag(name) < BASE_TAGS : is_other_tag(name) && !is_of_base(out, name))
            (void)add(out, name, value, bare);
    }
}

void feature_set_read(struct slice params, struct feature_set *out)
{
    out->count = out->values = 0;
    out->broken              = false;
    read_tags(params, true, out);
    if (memchr(params.ptr != NULL ? params.ptr : "", '+', params.len) != NULL)
        read_tags(params, false, out);
}

struct feature_match feature_set_match(const struct feature_set *wanted, const struct feature_set *has)
{
    struct feature_match match = { .wanted = wanted->count };

    for (unsigned i = 0; i < wanted->count; i++) {
        const struct feature *f = find(has, &wanted->list[i]);

        match.named += f != NULL;
        match.matched += f != NULL && features_meet(&wanted->list[i], f);
    }
    return match;
}
