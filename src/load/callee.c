/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    ANSWERED_MAX = 1000000,     /* calls at one time                                      */
    FORGOTTEN    = 3600 * 1000, /* ms after which a call whose BYE has not come is over    */
};

enum answered_step { ANSWERED_IDLE, ANSWERED_RINGING, ANSWERED_UNACKNOWLEDGED, ANSWERED_UP };

/* A call that came to one of ours.  Its INVITE is held until the ACK has come; after that
 * its hash alone keeps a late repetition from ringing again. */
struct answered {
    struct load       *load;
    struct way        *way;
    struct table_link  by_branch;
    struct link        member; /* load->answered_idle, or none */
    uint32_t           index;
    uint64_t           number;
    enum answered_step step;
    struct message    *invite;
    struct address     from;
    struct timer       timer;
    msec               gap, end_at;
    struct media      *media;
};

static void on_timer(struct timer *timer, msec now);

/* ---- responses ---- */

/* RFC 3261 18.2.2, RFC 3581 4. */
static struct address reply_to(const struct message *m, const struct address *from)
{
    struct address to = *from;

    if (!m->via.rport)
        to.port = m->via.port != 0 ? m->via.port : transport_default_port(TRANSPORT_UDP);
    return to;
}

static void begin_reply(struct load *l, const struct message *m, unsigned status, const struct answered *c)
{
    struct buf tag = BUF_ON(l->tag);

    load_write_mark(l, &tag, c != NULL ? c->index : UINT32_MAX, c != NULL ? c->number : l->next_call++);
    gather_init(&l->gather);
    write_response_head(&l->gather, m, status, SLICE(""), buf_slice(&tag));
}

static void send_reply(struct way *way, const struct message *m, const struct address *from, struct slice type,
                       struct slice body)
{
    struct gather *g  = &way->load->gather;
    struct address to = reply_to(m, from);

    gather_put(g, SLICE("User-Agent: ahoy-load/" AHOY_VERSION "\r\n"));
    gather_body(g, type, body);
    if (gather_ok(g))
        (void)way_send(way, &to, g->parts, g->count); /* what is lost is asked for again */
}

static void reply(struct way *way, const struct message *m, const struct address *from, unsigned status)
{
    begin_reply(way->load, m, status, NULL);
    send_reply(way, m, from, SLICE(""), SLICE(""));
}

static void put_contact(struct answered *c)
{
    struct gather *g    = &c->load->gather;
    size_t         mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Contact: <sip:"));
    if (c->invite->uri.user.len > 0 && c->invite->uri.user.len < LOAD_HOST_SIZE) {
        buf_put(&g->scratch, c->invite->uri.user);
        buf_put_byte(&g->scratch, '@');
    }
    buf_put(&g->scratch, slice_from(c->way->sent_by));
    if (c->load->plan->transport != TRANSPORT_UDP) {
        buf_put(&g->scratch, SLICE(";transport="));
        buf_put(&g->scratch, transport_param(c->load->plan->transport));
    }
    buf_put(&g->scratch, SLICE(">\r\n"));
    gather_written(g, mark);
}

static void answer(struct answered *c, unsigned status)
{
    char       memory[LOAD_REQUEST_ROOM / 2];
    struct buf body = BUF_ON(memory);

    begin_reply(c->load, c->invite, status, c);
    if (status < 300)
        put_contact(c);
    if (status == 200) {
        gather_put(&c->load->gather, SLICE("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE\r\n"));
        media_describe(c->way, c->media, &body);
    }
    send_reply(c->way, c->invite, &c->from, status == 200 ? SLICE("application/sdp") : SLICE(""), buf_slice(&body));
}

/* ---- calls ---- */

static uint64_t hash_of(const struct load *l, const struct message *m)
{
    struct siphash h;
    struct slice   port = { (const char *)&m->via.port, sizeof m->via.port };

    siphash_init(&h, &l->key);
    siphash_add(&h, m->via.branch);
    siphash_add(&h, m->via.host);
    siphash_add(&h, port);
    return siphash_result(&h);
}

static struct answered *find_invite(const struct load *l, const struct message *m)
{
    struct table_link *at = table_first(&l->calls, hash_of(l, m));

    return at == NULL ? NULL : CONTAINER_OF(at, struct answered, by_branch);
}

static struct answered *find_call(const struct load *l, const struct message *m)
{
    struct load_mark mark;
    struct answered *c;

    if (!load_read_mark(l, m->to_tag, &mark) || mark.index >= l->answered_count)
        return NULL;
    c = l->answered[mark.index];
    return c->step != ANSWERED_IDLE && c->number == mark.number ? c : NULL;
}

static struct answered *make(struct load *l)
{
    struct answered **more;
    struct answered  *c;
    uint32_t          room = l->answered_room == 0 ? 64 : 2 * l->answered_room;

    if (l->answered_count == ANSWERED_MAX)
        return NULL;
    if (l->answered_count == l->answered_room) {
        more = realloc(l->answered, room * sizeof *more);
        if (more == NULL)
            return NULL;
        l->answered      = more;
        l->answered_room = room;
    }
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->load  = l;
    c->index = l->answered_count;

    l->answered[l->answered_count++] = c;
    return c;
}

static void release(struct answered *c)
{
    world_timer_stop(c->load->world, &c->timer);
    table_remove(&c->load->calls, &c->by_branch);
    message_drop(c->invite);
    media_end(c->media);
    c->invite = NULL;
    c->step   = ANSWERED_IDLE;
    list_append(&c->load->answered_idle, &c->member);
}

static void ring(struct answered *c, const struct load_plan *p, msec now)
{
    c->step = ANSWERED_RINGING;
    answer(c, 180);
    if (p->ring > 0)
        world_timer(c->load->world, &c->timer, on_timer, now + p->ring);
    else
        on_timer(&c->timer, now);
}

static struct answered *take(struct load *l)
{
    struct link *idle = list_shift(&l->answered_idle);

    return idle != NULL ? CONTAINER_OF(idle, struct answered, member) : make(l);
}

static void on_invite(struct way *way, const struct address *from, struct message *m)
{
    struct load     *l = way->load;
    struct answered *c = find_invite(l, m);

    if (c != NULL) { /* again: with what it was told last */
        l->tally.repeated++;
        if (c->step == ANSWERED_RINGING)
            answer(c, 180);
        else if (c->step == ANSWERED_UNACKNOWLEDGED)
            answer(c, 200);
        return;
    }
    c = take(l);
    if (c == NULL || (l->plan->media && media_ready(l, &c->media) != 0)) {
        l->tally.full++;
        reply(way, m, from, 486);
        if (c != NULL)
            list_append(&l->answered_idle, &c->member);
        return;
    }
    c->way    = way;
    c->from   = *from;
    c->number = l->next_call++;
    c->invite = message_hold(m);
    table_insert(&l->calls, &c->by_branch, hash_of(l, m));
    ring(c, l->plan, world_now(l->world));
}

/* RFC 3261 13.3.1.4: the 2xx again and again until its ACK. */
static void pick_up(struct answered *c, msec now)
{
    const struct txn_timers t = TXN_TIMERS_DEFAULT;

    c->step   = ANSWERED_UNACKNOWLEDGED;
    c->gap    = t.t1;
    c->end_at = now + 64 * t.t1;
    c->load->tally.answered++;
    if (c->media != NULL)
        (void)media_begin(c->media, c->invite->body); /* without an offer: when the ACK answers */
    answer(c, 200);
    world_timer(c->load->world, &c->timer, on_timer, now + c->gap);
}

static void again(struct answered *c, msec now)
{
    const struct txn_timers t = TXN_TIMERS_DEFAULT;

    if (now >= c->end_at) {
        c->load->tally.unacknowledged++;
        release(c);
        return;
    }
    c->load->tally.retransmitted++;
    answer(c, 200);
    c->gap = 2 * c->gap < t.t2 ? 2 * c->gap : t.t2;
    world_timer(c->load->world, &c->timer, on_timer, now + c->gap);
}

static void on_timer(struct timer *timer, msec now)
{
    struct answered *c = CONTAINER_OF(timer, struct answered, timer);

    switch (c->step) {
    case ANSWERED_RINGING:
        pick_up(c, now);
        break;
    case ANSWERED_UNACKNOWLEDGED:
        again(c, now);
        break;
    case ANSWERED_UP:
        release(c);
        break;
    case ANSWERED_IDLE:
        break;
    }
}

static void on_ack(struct load *l, const struct message *m)
{
    struct answered *c = find_call(l, m);

    if (c == NULL || c->step != ANSWERED_UNACKNOWLEDGED)
        return;
    if (c->media != NULL && !c->media->running)
        (void)media_begin(c->media, m->body);
    c->step = ANSWERED_UP;
    message_drop(c->invite);
    c->invite = NULL;
    world_timer(l->world, &c->timer, on_timer, world_now(l->world) + FORGOTTEN);
}

/* The caller's side of a call: has the other one hung up? */
static void hung_up(struct load *l, const struct message *m)
{
    struct load_mark mark;
    struct attempt  *a = load_read_mark(l, m->to_tag, &mark) ? load_attempt(l, mark.index) : NULL;

    if (a != NULL && a->call == mark.number)
        attempt_hung_up(a);
}

/* A BYE that comes again, its answer lost, is answered again: what bears our tag was ours. */
static void on_bye(struct way *way, const struct address *from, const struct message *m)
{
    struct load     *l = way->load;
    struct answered *c = way->callee ? find_call(l, m) : NULL;
    struct load_mark mark;

    reply(way, m, from, load_read_mark(l, m->to_tag, &mark) ? 200 : 481);
    if (c != NULL)
        release(c);
    else if (!way->callee)
        hung_up(l, m);
}

static void on_cancel(struct way *way, const struct address *from, const struct message *m)
{
    struct answered *c = find_invite(way->load, m);

    reply(way, m, from, c != NULL ? 200 : 481);
    if (c == NULL || c->step != ANSWERED_RINGING)
        return;
    answer(c, 487);
    release(c);
}

/* RFC 3261 8.2.2.3: we have no extensions. */
static bool is_demanding(struct way *way, const struct address *from, const struct message *m)
{
    struct load         *l = way->load;
    struct header_values v = message_values(m, HEADER_REQUIRE);
    struct slice         token;

    if (m->method == METHOD_ACK || m->method == METHOD_CANCEL || !values_next_token(&v, &token))
        return false;
    begin_reply(l, m, 420, NULL);
    do
        gather_header(&l->gather, HEADER_UNSUPPORTED, token);
    while (values_next_token(&v, &token));
    send_reply(way, m, from, SLICE(""), SLICE(""));
    return true;
}

void callee_request(struct way *way, const struct address *from, struct message *m)
{
    if (is_demanding(way, from, m))
        return;
    if (m->method == METHOD_ACK)
        on_ack(way->load, m);
    else if (m->method == METHOD_BYE)
        on_bye(way, from, m);
    else if (m->method == METHOD_CANCEL)
        on_cancel(way, from, m);
    else if (m->method == METHOD_INVITE && m->to_tag.len > 0)
        reply(way, m, from, 488); /* a session is what it was agreed to be */
    else if (m->method == METHOD_INVITE && !way->callee)
        reply(way, m, from, 480);
    else if (m->method == METHOD_INVITE)
        on_invite(way, from, m);
    else
        reply(way, m, from, m->method == METHOD_OPTIONS || m->method == METHOD_MESSAGE ? 200 : 405);
}

int callee_init(struct load *l)
{
    list_init(&l->answered_idle);
    random_fill(&l->world->random, &l->key, sizeof l->key);
    return table_init(&l->calls, 256);
}

void callee_fini(struct load *l)
{
    for (uint32_t i = 0; i < l->answered_count; i++) {
        struct answered *c = l->answered[i];

        world_timer_stop(l->world, &c->timer);
        message_drop(c->invite);
        media_free(c->media);
        free(c);
    }
    free(l->answered);
    table_fini(&l->calls);
}
