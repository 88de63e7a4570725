/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/expectation.h"

#include "base/duration.h"
#include "probe/key_script.h"

enum value_form { VALUE_NONE, VALUE_STATUS, VALUE_DURATION, VALUE_PERCENT, VALUE_MOS, VALUE_WORD, VALUE_KEYS };

typedef bool condition_fn(const struct expectation *e, const struct summary *s, struct buf *measured);

struct condition {
    struct slice    name;
    enum value_form value;
    const char     *form, *meaning;
    condition_fn   *is_met;
};

/* ---- conditions ---- */

static bool not_measured(struct buf *measured)
{
    buf_put(measured, SLICE("not measured"));
    return false;
}

static bool say_bool(bool is, struct buf *measured)
{
    buf_put(measured, is ? SLICE("yes") : SLICE("no"));
    return is;
}

static bool at_most_time(const struct expectation *e, msec time, struct buf *measured)
{
    if (time == NEVER)
        return not_measured(measured);
    duration_write(measured, time);
    return (double)time <= e->limit;
}

/* Of several streams the worst one counts; negative: no stream knows. */
typedef double stream_fn(const struct summary_stream *m);

static double worst(const struct summary *s, stream_fn *of)
{
    double most = -1;

    for (size_t i = 0; i < s->stream_count; i++)
        if (of(&s->streams[i]) > most)
            most = of(&s->streams[i]);
    return most;
}

static double loss_of(const struct summary_stream *m)
{
    return m->heard ? m->loss : -1;
}

static double peer_loss_of(const struct summary_stream *m)
{
    return m->peer_loss;
}

static double silence_of(const struct summary_stream *m)
{
    return m->heard ? (double)m->stats.silent : -1;
}

static double jitter_of(const struct summary_stream *m)
{
    return m->heard ? m->stats.jitter : -1;
}

static double round_trip_of(const struct summary_stream *m)
{
    return m->stats.round_trip;
}

static const double BEST_MOS = 5, MODEL_MOS = 4.41; /* more than that the model gives to none */

static double badness_of(const struct summary_stream *m)
{
    return m->heard ? BEST_MOS - m->mos : -1;
}

static bool is_answered(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    (void)e;
    return say_bool(s->answered, measured);
}

static bool has_media(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    (void)e;
    return say_bool(s->heard, measured);
}

static bool has_status(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    if (s->status == 0)
        buf_put(measured, SLICE("none"));
    else
        buf_put_number(measured, s->status);
    return (double)s->status == e->limit;
}

static bool max_setup(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_time(e, s->times.answered, measured);
}

static bool max_pdd(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_time(e, summary_post_dial_delay(s), measured);
}

static bool max_ring(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    /* Who answers without ringing has rung for no time at all. */
    return at_most_time(e, s->answered && summary_ring_time(s) == NEVER ? 0 : summary_ring_time(s), measured);
}

static bool min_duration(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    if (!s->answered)
        return not_measured(measured);
    duration_write(measured, s->duration);
    return (double)s->duration >= e->limit;
}

static bool at_most_part(const struct expectation *e, double part, struct buf *measured)
{
    if (part < 0)
        return not_measured(measured);
    buf_printf(measured, "%.2f %%", part * 100);
    return part <= e->limit;
}

static bool max_loss(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_part(e, worst(s, loss_of), measured);
}

static bool max_peer_loss(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_part(e, worst(s, peer_loss_of), measured);
}

static bool at_most_ms(const struct expectation *e, double ms, struct buf *measured)
{
    if (ms < 0)
        return not_measured(measured);
    buf_printf(measured, "%.1f ms", ms);
    return ms <= e->limit;
}

static bool max_jitter(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_ms(e, worst(s, jitter_of), measured);
}

static bool max_silence(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_ms(e, worst(s, silence_of), measured);
}

static bool max_rtt(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return at_most_ms(e, worst(s, round_trip_of), measured);
}

static bool min_mos(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    double badness = worst(s, badness_of);

    if (badness < 0)
        return not_measured(measured);
    buf_printf(measured, "%.2f", BEST_MOS - badness);
    return BEST_MOS - badness >= e->limit;
}

static bool has_word(const struct expectation *e, const char *word, struct buf *measured)
{
    if (word[0] == '\0')
        buf_put(measured, SLICE("none"));
    else
        buf_put(measured, slice_from(word));
    return slice_eq_nocase(slice_from(word), e->word);
}

static bool has_codec(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    for (size_t i = 1; i < s->stream_count; i++)
        if (slice_eq_nocase(slice_from(s->streams[i].codec), e->word))
            return has_word(e, s->streams[i].codec, measured);
    return has_word(e, s->stream_count > 0 ? s->streams[0].codec : "", measured);
}

/* Others may be pressed before and behind. */
static bool has_digits(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    struct slice heard = slice_from(s->digits);

    if (has_word(e, s->digits, measured))
        return true;
    for (size_t i = 0; i + e->word.len <= heard.len; i++)
        if (slice_eq_nocase((struct slice){ heard.ptr + i, e->word.len }, e->word))
            return true;
    return false;
}

static bool is_ended_by(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return has_word(e, s->state == SUMMARY_ENDED ? call_side_name(s->side) : "", measured);
}

static bool has_cause(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return has_word(e, s->state == SUMMARY_ENDED ? call_cause_name(s->cause) : "", measured);
}

static const struct condition conditions[] = {
#define CONDITION(name, value, form, meaning, fn) { SLICE_INIT(name), VALUE_##value, form, meaning, fn },
#include "probe/conditions.def"
#undef CONDITION
};

enum { CONDITIONS = sizeof conditions / sizeof *conditions };

/* ---- reading ---- */

static const struct condition *find(struct slice name)
{
    for (size_t i = 0; i < CONDITIONS; i++)
        if (slice_eq_nocase(conditions[i].name, name))
            return &conditions[i];
    return NULL;
}

/* "1", "1.5", up to a million. */
static bool scan_decimal(struct scan *s, double *out)
{
    double   weight = 0.1;
    uint32_t whole;

    if (!scan_number(s, 1000000, &whole))
        return false;
    *out = whole;
    if (!scan_byte(s, '.'))
        return true;
    if (scan_at_end(s) || !is_digit_byte(*s->at))
        return false;
    for (; s->at < s->end && is_digit_byte(*s->at); s->at++, weight /= 10)
        *out += weight * (*s->at - '0');
    return true;
}

static bool is_name_of_end(const struct condition *c, struct slice word)
{
    if (slice_eq(c->name, SLICE("ended-by")))
        for (int side = SIDE_LOCAL; side <= SIDE_NETWORK; side++)
            if (slice_eq_nocase(word, slice_from(call_side_name((enum call_side)side))))
                return true;
    if (slice_eq(c->name, SLICE("cause")))
        for (int cause = CALL_NORMAL; cause <= CALL_LOCAL_FAULT; cause++)
            if (slice_eq_nocase(word, slice_from(call_cause_name((enum call_cause)cause))))
                return true;
    return slice_eq(c->name, SLICE("codec"));
}

static bool read_value(struct expectation *e)
{
    struct scan s = scan_from(e->word);
    msec        duration;

    switch (e->condition->value) {
    case VALUE_NONE:
        return true;
    case VALUE_DURATION:
        if (!duration_parse(e->word, DURATION_MAX, &duration))
            return false;
        e->limit = (double)duration;
        return true;
    case VALUE_PERCENT:
        if (!scan_decimal(&s, &e->limit))
            return false;
        e->limit /= 100;
        scan_byte(&s, '%');
        return scan_at_end(&s) && e->limit <= 1;
    case VALUE_STATUS:
        return scan_decimal(&s, &e->limit) && scan_at_end(&s) && e->limit >= 100 && e->limit <= 699;
    case VALUE_MOS:
        return scan_decimal(&s, &e->limit) && scan_at_end(&s) && e->limit >= 1 && e->limit <= MODEL_MOS;
    case VALUE_WORD:
        return e->word.len > 0 && is_name_of_end(e->condition, e->word);
    case VALUE_KEYS:
        return keys_are_good(e->word) && e->word.len <= SUMMARY_DIGITS;
    }
    return false;
}

static bool read_one(struct expectation *e, struct expectation_fault *fault)
{
    struct scan  s = scan_from(e->text);
    struct slice name;

    fault->text     = e->text;
    fault->meaning  = "";
    fault->expected = "a condition of 'ahoy call --help'";
    if (!scan_until(&s, "=", &name))
        name = e->text;
    e->condition = find(name);
    if (e->condition == NULL)
        return false;
    fault->expected = e->condition->form;
    fault->meaning  = e->condition->meaning;
    if (name.len < e->text.len)
        e->word = slice_between(name.ptr + name.len + 1, e->text.ptr + e->text.len);
    if ((e->condition->value == VALUE_NONE) != (name.len == e->text.len))
        return false;
    return read_value(e);
}

bool expectations_add(struct expectations *e, struct slice text, bool warning, struct expectation_fault *fault)
{
    struct scan s = scan_from(text);

    do {
        struct expectation *one = &e->list[e->count];
        struct slice        part;

        if (!scan_until(&s, ",", &part))
            part = SLICE("");
        if (e->count == EXPECTATIONS_MAX) {
            *fault = (struct expectation_fault){ part, "no more conditions", "" };
            return false;
        }
        *one = (struct expectation){ .text = slice_trim(part), .warning = warning };
        if (!read_one(one, fault))
            return false;
        e->count++;
    } while (scan_byte(&s, ','));
    return true;
}

bool expectation_is_met(const struct expectation *e, const struct summary *s, struct buf *measured)
{
    return e->condition->is_met(e, s, measured);
}
