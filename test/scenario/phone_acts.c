/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "scenario/phone_news.h"
#include "scenario/phone_state.h"

static bool done(struct phone_actor *a, int error)
{
    return error == 0 || scenario_fail(a->actor.scenario, "it cannot: %s", error_text(error));
}

static bool phone_registers(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_register(a->phone, a->account);
    return true;
}

static bool phone_unregisters(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_unregister(a->phone, a->account);
    return true;
}

/* adds AOR PASSWORD [options]: one more account, which the verbs are about from now on */
static bool phone_adds(struct phone_actor *a, const struct statement *st)
{
    struct account_config *config = st->words.count < 4 ? NULL : phone_parse_account(a, st->words.word + 2);

    if (config == NULL)
        return scenario_fail(a->actor.scenario, "adds AOR PASSWORD [options]");
    if (!done(a, phone_desk_add_account(a->desk, SLICE(""), config, &a->account))) {
        a->account_count--;
        return false;
    }
    a->accounts[a->account_count - 1] = a->account;
    return true;
}

/* uses AOR: of its accounts, the one that the verbs are about */
static bool phone_uses(struct phone_actor *a, const struct statement *st)
{
    for (unsigned i = 0; st->words.count == 3 && i < a->account_count; i++)
        if (slice_eq(a->account_configs[i].aor, slice_from(st->words.word[2]))) {
            a->account = a->accounts[i];
            return true;
        }
    return scenario_fail(a->actor.scenario, "uses AOR: of one of its accounts");
}

static bool parse_call(struct call_options *options, const char *const *word)
{
    unsigned expires;

    for (; word[0] != NULL; word++) {
        if (strcmp(word[0], "late") == 0) {
            options->late_offer = true;
            continue;
        }
        if (strcmp(word[0], "anonymous") == 0) {
            options->anonymous = true;
            continue;
        }
        if (strcmp(word[0], "expires") != 0 || word[1] == NULL || !parse_count(word[1], &expires))
            return false;
        options->expires = expires;
        word++;
    }
    return true;
}

/* calls URI [late] [anonymous] [expires SECONDS] */
static bool phone_calls(struct phone_actor *a, const struct statement *st)
{
    struct call_options options = { .account = a->account };
    object_id           call;
    int                 error;

    if (st->words.count < 3 || !parse_call(&options, st->words.word + 3))
        return scenario_fail(a->actor.scenario, "calls URI [late] [anonymous] [expires SECONDS]");
    options.target = slice_from(st->words.word[2]);
    error          = call_place(a->phone, &options, &call);
    if (error == 0)
        phone_set_call(a, call);
    return done(a, error);
}

static bool phone_rings(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_ring(a->phone, a->call));
}

/* 183 with early media */
static bool phone_early(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_progress(a->phone, a->call));
}

static bool phone_updates(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_update(a->phone, a->call));
}

static bool phone_answers(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_answer(a->phone, a->call));
}

/* rejects STATUS */
static bool phone_rejects(struct phone_actor *a, const struct statement *st)
{
    unsigned status;

    if (!parse_count(st->words.word[2], &status))
        return scenario_fail(a->actor.scenario, "rejects STATUS");
    return done(a, call_reject(a->phone, a->call, status));
}

/* hangs up [branch NUMBER] */
static bool phone_hangs(struct phone_actor *a, const struct statement *st)
{
    unsigned number;

    if (st->words.count < 4)
        return done(a, call_hang_up(a->phone, a->call));
    if (strcmp(st->words.word[3], "branch") != 0 || st->words.count != 5 || !parse_count(st->words.word[4], &number))
        return scenario_fail(a->actor.scenario, "hangs up [branch NUMBER]");
    return done(a, call_hang_up_branch(a->phone, a->call, number));
}

static bool phone_holds(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_hold(a->phone, a->call, true));
}

static bool phone_resumes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_hold(a->phone, a->call, false));
}

/* swaps: the call that it talks in is held, its other one taken up; the verbs are about that then */
static bool phone_swaps(struct phone_actor *a, const struct statement *st)
{
    object_id other = 0;

    (void)st;
    for (unsigned i = 0; i < PHONE_CALLS && other == 0; i++)
        if (a->calls[i] != a->call && call_media_stats(a->phone, a->calls[i], &(struct media_stats){ 0 }) == 0)
            other = a->calls[i];
    if (!done(a, call_swap(a->phone, a->call, other)))
        return false;
    a->call = other;
    return true;
}

static bool phone_mutes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_mute(a->phone, a->call, true));
}

static bool phone_unmutes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_mute(a->phone, a->call, false));
}

static bool parse_direction(const char *word, enum sdp_direction *direction)
{
    for (unsigned d = SDP_INACTIVE; d <= SDP_SENDRECV; d++)
        if (slice_eq(sdp_direction_name((enum sdp_direction)d), slice_from(word))) {
            *direction = (enum sdp_direction)d;
            return true;
        }
    return false;
}

/* offers KIND DIRECTION */
static bool phone_offers(struct phone_actor *a, const struct statement *st)
{
    enum sdp_direction direction;
    unsigned           index;

    if (st->words.count != 4 || !parse_direction(st->words.word[3], &direction))
        return scenario_fail(a->actor.scenario, "offers KIND DIRECTION");
    return done(a, call_add_stream(a->phone, a->call, slice_from(st->words.word[2]), direction, &index));
}

/* removes STREAM */
static bool phone_removes(struct phone_actor *a, const struct statement *st)
{
    unsigned index;

    if (st->words.count != 3 || !parse_count(st->words.word[2], &index))
        return scenario_fail(a->actor.scenario, "removes STREAM");
    return done(a, call_remove_stream(a->phone, a->call, index));
}

/* turns STREAM DIRECTION */
static bool phone_turns(struct phone_actor *a, const struct statement *st)
{
    enum sdp_direction direction;
    unsigned           index;

    if (st->words.count != 4 || !parse_count(st->words.word[2], &index) ||
        !parse_direction(st->words.word[3], &direction))
        return scenario_fail(a->actor.scenario, "turns STREAM DIRECTION");
    return done(a, call_turn_stream(a->phone, a->call, index, direction));
}

/* The N-th call that it has had, 1 being the first: 0 if it is none that is remembered. */
static object_id nth_call(const struct phone_actor *a, const char *word)
{
    unsigned n;

    return word != NULL && parse_count(word, &n) && n > 0 && n <= a->call_count && n + PHONE_CALLS > a->call_count
               ? a->calls[(n - 1) % PHONE_CALLS]
               : 0;
}

/* picks N: the call that the verbs are about */
static bool phone_picks(struct phone_actor *a, const struct statement *st)
{
    object_id call = nth_call(a, st->words.word[2]);

    if (call == 0)
        return scenario_fail(a->actor.scenario, "picks N: the N-th of its calls");
    a->call = call;
    return true;
}

/* transfers URI; transfers N to M: of its calls */
static bool phone_transfers(struct phone_actor *a, const struct statement *st)
{
    const char *const *word = st->words.word;

    if (st->words.count == 3)
        return done(a, call_transfer(a->phone, a->call, slice_from(word[2])));
    if (st->words.count == 5 && strcmp(word[3], "to") == 0)
        return done(a, call_transfer_to(a->phone, nth_call(a, word[2]), nth_call(a, word[4])));
    return scenario_fail(a->actor.scenario, "transfers URI, or transfers N to M");
}

/* follows: calls whom the other side wants to have called */
static bool phone_follows(struct phone_actor *a, const struct statement *st)
{
    object_id placed;

    (void)st;
    return done(a, call_follow_refer(a->phone, a->call, &placed));
}

static bool phone_declines(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_refuse_refer(a->phone, a->call));
}

/* presses DIGITS */
static bool phone_presses(struct phone_actor *a, const struct statement *st)
{
    if (st->words.count != 3)
        return scenario_fail(a->actor.scenario, "presses DIGITS");
    return done(a, call_send_digits(a->phone, a->call, slice_from(st->words.word[2])));
}

/* commands JSON */
static bool phone_commanded(struct phone_actor *a, const struct statement *st)
{
    return desk_commands(a->desk, &a->actor, st);
}

/* types 'call bob' */
static bool phone_types(struct phone_actor *a, const struct statement *st)
{
    return desk_types(a->desk, &a->actor, st);
}

/* dies without a word */
static bool phone_dies(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_end(a);
    return actor_end_world(&a->actor, false);
}

static bool phone_starts(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return phone_begin(a);
}

static const struct {
    const char *word;
    bool        running;
    bool (*run)(struct phone_actor *a, const struct statement *st);
} phone_verbs[] = {
    { "registers", true, phone_registers }, { "unregisters", true, phone_unregisters },
    { "calls", true, phone_calls },         { "rings", true, phone_rings },
    { "progresses", true, phone_early },    { "updates", true, phone_updates },
    { "answers", true, phone_answers },     { "rejects", true, phone_rejects },
    { "hangs", true, phone_hangs },         { "holds", true, phone_holds },
    { "resumes", true, phone_resumes },     { "presses", true, phone_presses },
    { "mutes", true, phone_mutes },         { "unmutes", true, phone_unmutes },
    { "swaps", true, phone_swaps },         { "offers", true, phone_offers },
    { "removes", true, phone_removes },     { "turns", true, phone_turns },
    { "commands", true, phone_commanded },  { "types", true, phone_types },
    { "dies", true, phone_dies },           { "starts", false, phone_starts },
    { "adds", true, phone_adds },           { "uses", true, phone_uses },
    { "picks", true, phone_picks },         { "transfers", true, phone_transfers },
    { "follows", true, phone_follows },     { "declines", true, phone_declines },
};

/* What has nothing to do with calls. */
static bool act_outside(struct phone_actor *a, const struct statement *st)
{
    const struct phone_news n = { &a->actor, a->phone, a->account, a->call, &a->subscription };
    bool                    known, good = news_act(&n, st, &known);

    return known ? good : scenario_fail(a->actor.scenario, "a phone cannot \"%s\"", st->words.word[1]);
}

bool phone_act(struct phone_actor *a, const struct statement *st)
{
    for (size_t i = 0; i < sizeof phone_verbs / sizeof *phone_verbs; i++)
        if (strcmp(phone_verbs[i].word, st->words.word[1]) == 0)
            return phone_verbs[i].running == (a->phone != NULL)
                       ? phone_verbs[i].run(a, st)
                       : scenario_fail(a->actor.scenario, "the phone is%s running", a->phone == NULL ? " not" : "");
    return act_outside(a, st);
}
