/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/response_model.h"

#include <assert.h>
#include <stddef.h>

static void deed(struct response_model *m, enum deed_kind kind, unsigned branch, unsigned status)
{
    assert(m->deed_count < MODEL_DEEDS);
    m->deeds[m->deed_count++] = (struct deed){ .kind = kind, .branch = branch, .status = status };
}

bool model_is_over(const struct response_model *m)
{
    return m->cancelled || m->refused || m->finals + m->successes > 0;
}

void model_add(struct response_model *m, enum model_kind kind)
{
    assert(m->count < MODEL_BRANCHES);
    m->branch[m->count++] = (struct model_branch){ .kind = kind, .open = true, .timer_c = m->invite };
}

/* 16.7 item 10, 9.1 */
static void cancel_pending(struct response_model *m, unsigned cause)
{
    for (unsigned i = 0; i < m->count && m->invite; i++)
        if (m->branch[i].open && !m->branch[i].cancelled) {
            m->branch[i].cancelled = true;
            deed(m, DEED_CANCEL, i, cause);
        }
}

static bool has_ended(const struct response_model *m)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->branch[i].open || m->branch[i].asks)
            return false;
    return true;
}

/* ---- item 6: the best ---- */

static bool counts(const struct model_branch *b)
{
    return !b->out && b->final >= 300;
}

/* The first branch whose final response lies within, and is one of `only` if that is not NULL (0 at its end) and
 * none of `never`. */
static int find(const struct response_model *m, unsigned low, unsigned high, const unsigned *only,
                const unsigned *never)
{
    for (unsigned i = 0; i < m->count; i++) {
        unsigned        s = m->branch[i].final;
        const unsigned *o = only, *n = never;

        if (!counts(&m->branch[i]) || s < low || s > high)
            continue;
        while (o != NULL && *o != 0 && *o != s)
            o++;
        while (*n != 0 && *n != s)
            n++;
        if ((o == NULL || *o != 0) && *n == 0)
            return (int)i;
    }
    return -1;
}

static int find_4xx(const struct response_model *m)
{
    static const unsigned none[] = { 0 }, cancelled[] = { 487, 0 }, challenge[] = { 401, 407, 0 },
                          again[] = { 415, 420, 484, 0 }, little[] = { 480, 408, 487, 0 }, away[] = { 480, 0 },
                          late[] = { 408, 0 };
    const struct {
        const unsigned *only, *never;
    } order[] = { { challenge, none }, { again, none }, { NULL, little }, { away, none } };
    int found = m->cancelled ? find(m, 487, 487, cancelled, none) : -1;

    for (size_t i = 0; i < sizeof order / sizeof *order && found < 0; i++)
        found = find(m, 400, 499, order[i].only, m->invite ? order[i].never : order[i].only == NULL ? little : none);
    if (found < 0 && m->invite)
        found = find(m, 408, 408, late, none);
    return found < 0 ? find(m, 487, 487, cancelled, none) : found;
}

static int find_best(const struct response_model *m)
{
    static const unsigned none[] = { 0 }, unavailable[] = { 503, 0 };
    int                   found = find(m, 600, 699, NULL, none);

    if (found < 0)
        found = find(m, 300, 399, NULL, none);
    if (found < 0)
        found = find_4xx(m);
    if (found < 0)
        found = find(m, 500, 599, NULL, unavailable);
    if (found < 0)
        found = find(m, 503, 503, NULL, none);
    return found < 0 ? find(m, 408, 408, NULL, none) : found;
}

static void send_best(struct response_model *m)
{
    int      best = find_best(m);
    unsigned status;

    if (best < 0)
        return;
    m->finals++;
    status = m->branch[best].final;
    if (status == 408 && !m->invite) {
        deed(m, DEED_SILENCE, 0, 0); /* RFC 4320 4.2 */
    } else if (status == 503) {
        deed(m, DEED_ANSWER, (unsigned)best, 500);
        m->deeds[m->deed_count - 1].retry = !m->branch[best].own; /* 21.5.1 */
    } else if (m->branch[best].own) {
        deed(m, DEED_ANSWER, 0, status == 408 && m->cancelled ? 487 : status);
    } else {
        deed(m, DEED_FORWARD, (unsigned)best, status);
    }
}

/* After every event. */
static void conclude(struct response_model *m)
{
    if (m->more && !model_is_over(m) && (has_ended(m) || (m->hurried && !m->alone))) {
        m->more = m->hurried = false;
        deed(m, DEED_MORE, 0, 0);
        return;
    }
    if (m->finals + m->successes == 0 && has_ended(m))
        send_best(m);
}

/* ---- what happens ---- */

void model_group(struct response_model *m, bool more, bool alone)
{
    m->deed_count = 0;
    m->more       = more && !model_is_over(m);
    m->alone      = alone;
    m->hurried    = false;
    conclude(m);
}

static void hear_provisional(struct response_model *m, unsigned branch, unsigned status)
{
    struct model_branch *b = &m->branch[branch];

    if (!b->open)
        return;
    b->heard = true;
    b->rang  = b->rang || status > 100;
    if (status > 100 && m->invite && m->finals + m->successes == 0)
        deed(m, DEED_FORWARD, branch, status);
}

static void hear_success(struct response_model *m, unsigned branch, unsigned status)
{
    m->branch[branch].open    = false;
    m->branch[branch].timer_c = false;
    m->branch[branch].final   = status;
    m->branch[branch].own     = false;
    if (!m->invite && m->finals + m->successes > 0)
        return;
    m->successes++;
    deed(m, DEED_FORWARD, branch, status);
    cancel_pending(m, status);
}

/* RFC 5626 7 */
static bool is_of_the_flow(const struct response_model *m, const struct model_branch *b, unsigned status, bool own)
{
    return b->kind == MODEL_PHONE && !b->rang &&
           (status == 430 || (own && status == 503) || (status == 408 && m->invite));
}

static void end_branch(struct response_model *m, unsigned branch, unsigned status, bool own)
{
    struct model_branch *b       = &m->branch[branch];
    bool                 may_ask = !model_is_over(m) && !b->cancelled;

    if (!b->open)
        return;
    b->open    = false;
    b->timer_c = false;
    b->final   = status;
    b->own     = own;
    if (may_ask && is_of_the_flow(m, b, status, own)) {
        b->asks = true;
        deed(m, DEED_NEXT, branch, 0);
    } else if (may_ask && (b->kind == MODEL_REDIRECT || m->recurse) && status >= 300 && status <= 302) {
        b->asks = true;
        deed(m, DEED_FOLLOW, branch, 0);
    }
    if (b->kind == MODEL_PHONE && (status == 430 || (own && status == 503))) { /* RFC 5626 11.5 */
        b->final = 480;
        b->own   = true;
    }
    if (status >= 600) {
        m->refused = true;
        cancel_pending(m, status);
    }
    conclude(m);
}

void model_response(struct response_model *m, unsigned branch, unsigned status)
{
    m->deed_count = 0;
    if (status < 200)
        hear_provisional(m, branch, status);
    else if (status < 300)
        hear_success(m, branch, status);
    else
        end_branch(m, branch, status, false);
}

void model_timeout(struct response_model *m, unsigned branch)
{
    m->deed_count = 0;
    end_branch(m, branch, 408, true);
}

void model_error(struct response_model *m, unsigned branch)
{
    m->deed_count = 0;
    end_branch(m, branch, 503, true);
}

void model_taken(struct response_model *m, unsigned branch, bool any)
{
    m->deed_count          = 0;
    m->branch[branch].asks = false;
    m->branch[branch].out  = any;
    conclude(m);
}

void model_cancel(struct response_model *m)
{
    m->deed_count = 0;
    if (m->finals + m->successes > 0)
        return;
    m->cancelled = true;
    cancel_pending(m, 0);
}

static void time_is_over(struct response_model *m)
{
    if (!m->more || model_is_over(m) || m->hurried)
        return;
    m->hurried = true;
    cancel_pending(m, 408);
}

void model_group_time(struct response_model *m)
{
    m->deed_count = 0;
    time_is_over(m);
    conclude(m);
}

/* 16.8: for all that it still runs for; the time of a group is shorter. */
void model_timer_c(struct response_model *m)
{
    m->deed_count = 0;
    for (unsigned i = 0; i < m->count; i++) {
        struct model_branch *b = &m->branch[i];

        if (!b->timer_c)
            continue;
        b->timer_c = false;
        if (!b->cancelled)
            deed(m, DEED_CANCEL, i, 408);
        b->cancelled = true;
        if (b->heard)
            continue;
        b->open  = false;
        b->final = 408;
        b->own   = true;
    }
    time_is_over(m);
    conclude(m);
}
