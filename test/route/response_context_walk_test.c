/* SPDX-License-Identifier: BSD-2-Clause */
/* Every event in every state that a response context can come into, by every order of answers of up to four
 * branches, in one group or several: what it does is what response_model.h, another reading of RFC 3261 16.7,
 * says; and whatever has happened, it comes to an end with one answer. */
#include "route/response_context.h"

#include "base/siphash.h"
#include "support/response_model.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMER_C = 185000, LINGER = 32000, GROUP_TIME = 20000, SEEN = 1 << 21 };

struct state {
    struct response_context rc;
    struct rc_branch        branches[LIMIT_BRANCHES]; /* of rc */
    struct response_model   model;
    unsigned                next_group; /* of the play's */
};

/* "T|TR": two groups; T, R, I as the kinds of branches. */
struct play {
    bool            invite, alone, recurse;
    const char     *groups;
    const unsigned *statuses;
    unsigned        status_count, extra; /* branches that may come of 3xx and flows that fail */
};

static const struct play *play;
static uint64_t          *seen;
static size_t             states, steps;

/* ---- states that were seen ---- */

/* What a branch that has ended has said on the way is of no account any more; nor is its status once an answer has
 * gone up. */
static unsigned char *put_branch(unsigned char *at, const struct rc_branch *x, const struct model_branch *m,
                                 bool answered)
{
    *at++ = (unsigned char)(x->state << 4 | x->kind);
    if (m->open != (x->state == RC_OPEN))
        *at++ = 255; /* then they do not agree */
    if (x->state == RC_OPEN) {
        *at++ = (unsigned char)(x->provisional << 3 | x->reached << 2 | x->cancelled << 1 | (x->timer_c != NEVER));
        *at++ = (unsigned char)(m->heard << 3 | m->rang << 2 | m->cancelled << 1 | m->timer_c);
    } else if (!answered) {
        *at++ = (unsigned char)(x->made << 3 | x->taken << 2 | m->own << 1 | m->out);
        *at++ = (unsigned char)(x->status / 4);
        *at++ = (unsigned char)(x->status % 4 << 4 | (x->status == m->final));
    }
    return at;
}

static uint64_t hash_of(const struct state *s)
{
    static const struct hash_key key = { 1, 2 };
    unsigned char                text[MODEL_BRANCHES * 8 + 4], *at = text;

    for (unsigned i = 0; i < s->rc.count; i++)
        at = put_branch(at, &s->rc.branches[i], &s->model.branch[i], s->rc.answered);
    *at++ = (unsigned char)s->next_group;
    *at++ = (unsigned char)(s->rc.answered << 5 | s->rc.closed << 4 | s->rc.cancelled << 3 | s->rc.more << 2 |
                            (s->rc.next_at != NEVER) << 1 | s->model.hurried);
    *at++ = (unsigned char)(s->model.refused << 3 | s->model.more << 2 | (s->model.finals > 0) << 1 |
                            (s->model.successes > 0));
    return siphash(&key, (struct slice){ (const char *)text, (size_t)(at - text) }) | 1;
}

static bool is_new(const struct state *s)
{
    uint64_t hash = hash_of(s);
    size_t   at;

    for (at = hash % SEEN; seen[at] != 0; at = (at + 1) % SEEN)
        if (seen[at] == hash)
            return false;
    CHECK(++states < SEEN / 2);
    seen[at] = hash;
    return true;
}

/* ---- one step of both ---- */

static const enum rc_action_kind kinds[] = {
    [DEED_FORWARD] = RC_FORWARD, [DEED_CANCEL] = RC_CANCEL, [DEED_ANSWER] = RC_ANSWER, [DEED_SILENCE] = RC_SILENCE,
    [DEED_FOLLOW] = RC_FOLLOW,   [DEED_NEXT] = RC_NEXT,     [DEED_MORE] = RC_MORE
};

static bool is_done(const struct rc_actions *did, const struct deed *d)
{
    for (unsigned i = 0; i < did->count; i++)
        if (did->list[i].kind == kinds[d->kind] && did->list[i].branch == d->branch &&
            did->list[i].status == d->status && did->list[i].retry == d->retry)
            return true;
    return false;
}

/* The same deeds, in whatever order; MORE is the last. */
static void compare(const struct state *s, const struct rc_actions *did)
{
    steps++;
    CHECK_INT(s->model.deed_count, did->count);
    for (unsigned i = 0; i < s->model.deed_count; i++)
        CHECK(is_done(did, &s->model.deeds[i]));
    for (unsigned i = 0; i + 1 < did->count; i++)
        CHECK(did->list[i].kind != RC_MORE);
    CHECK(s->model.finals <= 1);
    CHECK(s->model.invite || s->model.finals + s->model.successes <= 1);
}

static void add_branch(struct state *s, char kind)
{
    static const enum rc_branch_kind of_rc[]    = { ['T'] = RC_TARGET, ['R'] = RC_REDIRECT, ['I'] = RC_INSTANCE };
    static const enum model_kind     of_model[] = { ['T'] = MODEL_PLAIN, ['R'] = MODEL_REDIRECT, ['I'] = MODEL_PHONE };

    CHECK(rc_add(&s->rc, of_rc[(int)kind], 0) == (int)s->model.count);
    model_add(&s->model, of_model[(int)kind]);
}

/* The next group of the play. */
static void add_group(struct state *s)
{
    struct rc_actions did;
    const char       *at = play->groups;

    for (unsigned skipped = 0; skipped < s->next_group; at++)
        skipped += *at == '|';
    for (; *at != '\0' && *at != '|'; at++)
        add_branch(s, *at);
    s->next_group++;
    rc_group(&s->rc, *at == '|', play->alone, GROUP_TIME, 0, &did);
    model_group(&s->model, *at == '|', play->alone);
    compare(s, &did);
}

static unsigned planned(void)
{
    unsigned count = 0;

    for (const char *at = play->groups; *at != '\0'; at++)
        count += *at != '|';
    return count;
}

enum event { RESPONSE, TIMEOUT, ERROR, CANCEL, GROUP_OVER, TIMER_C_OVER };

static void happen(struct state *s, enum event event, unsigned branch, unsigned status, bool any);

/* What the deeds want of who does them. */
static void go_on(struct state *s, const struct rc_actions *did, bool any)
{
    struct rc_actions then;

    for (unsigned i = 0; i < did->count; i++) {
        const struct rc_action *a = &did->list[i];

        if (a->kind == RC_MORE) {
            CHECK(!model_is_over(&s->model));
            add_group(s);
        }
        if (a->kind != RC_FOLLOW && a->kind != RC_NEXT)
            continue;
        any = any && s->model.count < planned() + play->extra;
        if (any)
            add_branch(s, a->kind == RC_FOLLOW ? 'T' : 'I');
        rc_followed(&s->rc, a->branch, any, &then);
        model_taken(&s->model, a->branch, any);
        compare(s, &then);
        go_on(s, &then, any);
    }
}

static void happen(struct state *s, enum event event, unsigned branch, unsigned status, bool any)
{
    struct rc_actions did = { .count = 0 };

    switch (event) {
    case RESPONSE:
        rc_response(&s->rc, branch, status, 0, &did);
        model_response(&s->model, branch, status);
        break;
    case TIMEOUT:
        rc_timeout(&s->rc, branch, &did);
        model_timeout(&s->model, branch);
        break;
    case ERROR:
        rc_error(&s->rc, branch, &did);
        model_error(&s->model, branch);
        break;
    case CANCEL:
        rc_cancel(&s->rc, &did);
        model_cancel(&s->model);
        break;
    case GROUP_OVER:
        rc_timer(&s->rc, GROUP_TIME, &did);
        model_group_time(&s->model);
        break;
    case TIMER_C_OVER:
        rc_timer(&s->rc, TIMER_C, &did);
        model_timer_c(&s->model);
        break;
    }
    compare(s, &did);
    go_on(s, &did, any);
}

/* Nobody says anything any more. */
static void comes_to_an_end(struct state s)
{
    rc_room(&s.rc, s.branches, LIMIT_BRANCHES);
    for (unsigned i = 0; i < s.rc.count && !play->invite; i++)
        CHECK(!s.rc.branches[i].cancelled); /* RFC 3261 9.1 */
    for (unsigned i = 0; i < s.rc.count; i++)
        happen(&s, TIMEOUT, i, 0, false);
    CHECK(s.model.finals + s.model.successes > 0);
    CHECK(rc_is_done(&s.rc, LINGER));
    CHECK_INT(-1, rc_add(&s.rc, RC_TARGET, 0));
}

/* ---- the walk ---- */

static void walk(const struct state *s);

static void try_event(const struct state *s, enum event event, unsigned branch, unsigned status, bool any)
{
    struct state next = *s;

    rc_room(&next.rc, next.branches, LIMIT_BRANCHES);
    happen(&next, event, branch, status, any);
    walk(&next);
}

static void walk(const struct state *s)
{
    if (!is_new(s))
        return;
    comes_to_an_end(*s);
    for (unsigned i = 0; i < s->rc.count; i++) {
        for (unsigned n = 0; n < play->status_count; n++) {
            try_event(s, RESPONSE, i, play->statuses[n], true);
            if (play->extra > 0)
                try_event(s, RESPONSE, i, play->statuses[n], false);
        }
        try_event(s, TIMEOUT, i, 0, true);
        try_event(s, ERROR, i, 0, true);
    }
    try_event(s, CANCEL, 0, 0, false);
    try_event(s, GROUP_OVER, 0, 0, false);
    try_event(s, TIMER_C_OVER, 0, 0, false);
}

static void walk_play(const struct play *p)
{
    struct state s = { .next_group = 0 };

    play = p;
    memset(seen, 0, SEEN * sizeof *seen);
    states = 0;
    rc_init(&s.rc, p->invite, TIMER_C, LINGER);
    rc_room(&s.rc, s.branches, LIMIT_BRANCHES);
    s.model.invite  = p->invite;
    s.model.recurse = s.rc.recurse = p->recurse;
    add_group(&s);
    walk(&s);
    if (getenv("WALK_STATES") != NULL)
        fprintf(stderr, "%s invite=%d alone=%d: %zu states, %zu steps\n", p->groups, p->invite, p->alone, states,
                steps);
    CHECK(states > 1);
}

static const unsigned all[]   = { 100, 180, 200, 302, 401, 404, 407, 408, 480, 484, 487, 500, 503, 603 };
static const unsigned some[]  = { 180, 200, 302, 404, 407, 487, 503, 603 };
static const unsigned few[]   = { 180, 200, 401, 404, 503, 603 };
static const unsigned moved[] = { 180, 200, 300, 302, 305, 380, 430, 603 };
static const unsigned flow[]  = { 100, 180, 200, 302, 408, 430, 480, 503, 603 };

#define STATUSES(list) .statuses = (list), .status_count = sizeof(list) / sizeof *(list)

/* INVITE and another method, with and without breadth for two groups. */
static void walk_all(struct play p)
{
    for (int i = 0; i < 4; i++) {
        p.invite = i % 2 == 0;
        p.alone  = i / 2 == 1;
        if (p.alone && strchr(p.groups, '|') == NULL)
            continue;
        walk_play(&p);
    }
}

TEST(one_branch)
{
    walk_all((struct play){ .groups = "T", STATUSES(all) });
}

TEST(two_branches)
{
    walk_all((struct play){ .groups = "TT", STATUSES(all) });
}

TEST(three_branches)
{
    walk_all((struct play){ .groups = "TTT", STATUSES(all) });
}

TEST(four_branches)
{
    walk_all((struct play){ .groups = "TTTT", STATUSES(some) });
}

TEST(two_groups)
{
    walk_all((struct play){ .groups = "T|T", STATUSES(all) });
    walk_all((struct play){ .groups = "TT|T", STATUSES(some) });
    walk_all((struct play){ .groups = "T|TT", STATUSES(some) });
}

TEST(three_groups_and_four_branches)
{
    walk_all((struct play){ .groups = "T|T|T", STATUSES(some) });
    walk_all((struct play){ .groups = "TT|T|T", STATUSES(some) });
}

TEST(redirects_and_flows_that_fail)
{
    walk_all((struct play){ .groups = "R", STATUSES(all), .extra = 1 });
    walk_all((struct play){ .groups = "I", STATUSES(flow), .extra = 2 });
    walk_all((struct play){ .groups = "RI|T", STATUSES(few), .extra = 1 });
    walk_all((struct play){ .groups = "I|R", STATUSES(flow), .extra = 1 });
    walk_all((struct play){ .groups = "T|T", .recurse = true, STATUSES(moved), .extra = 1 });
}

static int begin(void **state)
{
    (void)state;
    seen = calloc(SEEN, sizeof *seen);
    return seen == NULL;
}

static int end(void **state)
{
    (void)state;
    free(seen);
    printf("%zu steps\n", steps);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_branch),
        cmocka_unit_test(two_branches),
        cmocka_unit_test(three_branches),
        cmocka_unit_test(four_branches),
        cmocka_unit_test(two_groups),
        cmocka_unit_test(three_groups_and_four_branches),
        cmocka_unit_test(redirects_and_flows_that_fail),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
