/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/session_timer.h"

enum {
    END_BEFORE = 32000, /* ms, RFC 4028 10 */
    RAISES_MAX = 4,     /* by 422s to one request and its repetitions */
};

enum refresher { REFRESHER_NONE, REFRESHER_UAC, REFRESHER_UAS };

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static msec earlier(msec a, msec b)
{
    return a < b ? a : b;
}

/* What cannot be read is as good as not there (RFC 3261 8.2). */
static bool read_expires(const struct message *m, uint32_t *seconds, enum refresher *refresher)
{
    const struct header *h = message_header(m, HEADER_SESSION_EXPIRES);
    struct slice         params, who;

    *refresher = REFRESHER_NONE;
    if (!message_number(m, HEADER_SESSION_EXPIRES, seconds) || *seconds == 0)
        return false;
    params.ptr = memchr(h->value.ptr, ';', h->value.len);
    if (params.ptr == NULL)
        return true;
    params.len = (size_t)(h->value.ptr + h->value.len - params.ptr);
    if (params_find(params, SLICE("refresher"), &who)) {
        if (slice_eq_nocase(who, SLICE("uac")))
            *refresher = REFRESHER_UAC;
        else if (slice_eq_nocase(who, SLICE("uas")))
            *refresher = REFRESHER_UAS;
    }
    return true;
}

static bool supports(const struct message *m)
{
    return message_lists(m, HEADER_SUPPORTED, SLICE("timer")) || message_lists(m, HEADER_REQUIRE, SLICE("timer"));
}

void session_timer_init(struct session_timer *t, uint32_t wish, uint32_t floor)
{
    floor = larger(floor, SESSION_TIMER_LEAST);
    *t    = (struct session_timer){
           .wish       = wish == 0 ? 0 : larger(wish, floor),
           .floor      = floor,
           .refresh_at = NEVER,
           .end_at     = NEVER,
    };
}

void session_timer_stop(struct session_timer *t)
{
    t->interval   = 0;
    t->refresh_at = t->end_at = NEVER;
}

/* `interval` from now on.  Less than anybody may ask for is taken as that, so that nobody
 * has us refresh without pause (11.1). */
static void arm(struct session_timer *t, uint32_t interval, bool ours, bool alone, msec now)
{
    msec whole = (msec)larger(interval, SESSION_TIMER_LEAST) * 1000;

    t->interval   = interval;
    t->ours       = ours;
    t->alone      = alone;
    t->refresh_at = ours ? now + whole / 2 : NEVER;
    if (alone)
        t->end_at = NEVER;
    else
        t->end_at = ours ? now + whole : now + whole - earlier(END_BEFORE, whole / 3);
}

/* ---- who sends the request ---- */

/* The dialog begins: what other branches and the way to them wanted counts no more (7.4). */
static void begin(struct session_timer *t)
{
    if (!t->begun)
        t->min_se = 0;
    t->begun = true;
}

void session_timer_write_request(struct session_timer *t, struct gather *g)
{
    size_t mark = gather_mark(g);

    t->asked = t->interval != 0 ? t->interval : t->wish;
    if (t->asked != 0)
        t->asked = larger(t->asked, larger(t->min_se, SESSION_TIMER_LEAST));
    if (t->asked != 0)
        buf_printf(&g->scratch, "Session-Expires: %u", t->asked);
    if (t->interval != 0)
        buf_put(&g->scratch, t->ours ? SLICE(";refresher=uac") : SLICE(";refresher=uas"));
    if (t->asked != 0)
        buf_put(&g->scratch, SLICE("\r\n"));
    if (t->min_se != 0)
        buf_printf(&g->scratch, "Min-SE: %u\r\n", t->min_se);
    gather_written(g, mark);
}

void session_timer_on_2xx(struct session_timer *t, const struct message *response, msec now)
{
    enum refresher refresher;
    uint32_t       interval;

    begin(t);
    t->raises = 0;
    if (read_expires(response, &interval, &refresher)) /* without the parameter that belongs there it is us */
        arm(t, interval, refresher != REFRESHER_UAS, false, now);
    else if (t->asked != 0 && !supports(response))
        arm(t, t->asked, true, true, now);
    else
        session_timer_stop(t);
}

bool session_timer_on_422(struct session_timer *t, const struct message *response)
{
    uint32_t least;

    if (!message_number(response, HEADER_MIN_SE, &least) || least <= t->asked || t->raises == RAISES_MAX)
        return false;
    t->raises++;
    t->min_se = larger(t->min_se, least);
    return true;
}

/* Nothing here moves the end: only a 2xx does (10). */
void session_timer_on_failure(struct session_timer *t, msec wait, msec now)
{
    msec left;

    t->raises = 0;
    if (t->interval == 0 || !t->ours)
        return;
    left          = t->end_at == NEVER ? (msec)t->interval * 1000 : t->end_at - earlier(now, t->end_at);
    t->refresh_at = now + (left / 2 > wait ? left / 2 : wait);
}

/* ---- who answers it ---- */

/* One who does not know timers could make nothing of a 422. */
bool session_timer_refuses(const struct session_timer *t, const struct message *request)
{
    enum refresher refresher;
    uint32_t       interval;

    return supports(request) && read_expires(request, &interval, &refresher) && interval < t->floor;
}

void session_timer_write_refusal(const struct session_timer *t, struct gather *g)
{
    gather_header_number(g, HEADER_MIN_SE, t->floor);
}

/* As asked for, less if we wish less, but never below what all others can do.  0: none. */
static uint32_t choose(const struct session_timer *t, uint32_t asked, uint32_t least)
{
    uint32_t wish = larger(t->wish, larger(least, t->floor));

    if (asked == 0)
        return t->wish == 0 ? 0 : wish;
    return t->wish != 0 && wish < asked ? wish : asked;
}

void session_timer_accept(struct session_timer *t, const struct message *request, msec now)
{
    enum refresher refresher = REFRESHER_NONE;
    uint32_t       asked = 0, least = 0, interval = 0;
    bool           known = supports(request);

    if (!read_expires(request, &asked, &refresher))
        asked = 0;
    (void)message_number(request, HEADER_MIN_SE, &least);
    begin(t);
    t->min_se = larger(t->min_se, least);
    if (known || asked >= t->floor) /* too short a wish of a proxy's, and nobody to refuse it to: none */
        interval = choose(t, asked, least);
    t->require = known && interval != 0;
    if (interval == 0)
        session_timer_stop(t);
    else
        arm(t, interval, !known || refresher != REFRESHER_UAC, false, now);
}

void session_timer_write_answer(const struct session_timer *t, struct gather *g)
{
    size_t mark = gather_mark(g);

    if (t->interval == 0)
        return;
    buf_printf(&g->scratch, "Session-Expires: %u;refresher=%s\r\n", t->interval, t->ours ? "uas" : "uac");
    if (t->require)
        buf_put(&g->scratch, SLICE("Require: timer\r\n"));
    gather_written(g, mark);
}

/* ---- both ---- */

enum session_timer_action session_timer_on_timer(struct session_timer *t, msec now)
{
    if (now >= t->end_at) {
        session_timer_stop(t);
        return SESSION_TIMER_END;
    }
    if (now < t->refresh_at)
        return SESSION_TIMER_NOTHING;
    t->refresh_at = NEVER;
    return SESSION_TIMER_REFRESH;
}

msec session_timer_deadline(const struct session_timer *t)
{
    return earlier(t->refresh_at, t->end_at);
}
